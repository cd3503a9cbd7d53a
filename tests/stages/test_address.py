"""An address is one that letters can be sent to, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.address import address_key, read_address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  ada@example.org ", "ada@example.org"),
        ("Ada.Lovelace+news@Example.ORG", "Ada.Lovelace+news@example.org"),
        ("o'neil@mail.example.org", "o'neil@mail.example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_an_address_is_read_as_it_is_sent_to(typed: str, address: str) -> None:
    assert read_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "@", "ada", "ada@", "@example.org", "ada@localhost", "ada@127.0.0.1", "ada@[127.0.0.1]",
        "ada@@example.org", "a da@example.org", "ada@exa mple.org", ".ada@example.org", "ada.@example.org",
        "a..da@example.org", '"ada"@example.org', "ada(x)@example.org", "Ada <ada@example.org>",
        "ada@-example.org", "ada@example-.org", "ada@example..org", "ada@example.org.", "àda@example.org",
        "ada@example.org\nBcc: all@example.org", "ada@example.org\r\nBcc: all@example.org",
        "ada\n@example.org", "ada@example.org\x00", "ada@example.org,bob@example.org", "ada%0a@example.org\t",
        "ada@exa\u2028mple.org", f"{'a' * 65}@example.org", f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.org",
        f"a@{'b' * 64}.org", "a@\u3002.org", "a@" + "é" * 300 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_none(typed: str) -> None:
    assert read_address(typed) is None


@given(st.text(max_size=80))
def test_whatever_is_typed_no_address_can_leave_its_header(typed: str) -> None:
    for text in (typed, f"{typed}@example.org", f"ada@{typed}", f"ada@example.org{typed}"):
        address = read_address(text)
        if address is not None:
            assert address.isascii()
            assert address.isprintable()
            assert not set(address) & set(' <>(),;:"\\[]')
            assert read_address(address) == address


def test_two_spellings_of_one_mailbox_are_the_same() -> None:
    assert address_key("Ada@example.org") == address_key("ada@example.org")
