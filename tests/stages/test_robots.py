"""Robots: what a site's robots.txt asks of us, as RFC 9309 says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fetch import user_agent
from pipeline.stages.robots import LARGEST_FILE, LONGEST_DELAY, PRODUCT, permission

SITE = "https://wire.example"


def allowed(file: str, path: str) -> bool:
    return permission((file.encode(), SITE + path)).allowed


def test_we_are_called_what_the_user_agent_says() -> None:
    assert user_agent("1.0").startswith(f"{PRODUCT}/")


def test_an_empty_file_allows_everything() -> None:
    assert permission((b"", SITE + "/a")).allowed
    assert permission((b"", SITE + "/a")).delay == 0


def test_rules_for_everybody_hold_for_us() -> None:
    file = "User-agent: *\nDisallow: /private/\n"
    assert not allowed(file, "/private/a")
    assert allowed(file, "/public/a")


def test_rules_for_us_take_the_place_of_those_for_everybody() -> None:
    file = "User-agent: *\nDisallow: /\n\nUser-agent: dateline\nDisallow: /drafts\n"
    assert allowed(file, "/a")
    assert not allowed(file, "/drafts/a")


def test_groups_of_one_name_count_together() -> None:
    file = "User-agent: Dateline\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: Dateline\nDisallow: /b\n"
    assert [allowed(file, path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_the_longest_rule_that_fits_decides() -> None:
    file = "User-agent: *\nDisallow: /news\nAllow: /news/world\n"
    assert allowed(file, "/news/world/1")
    assert not allowed(file, "/news/sport/1")


@pytest.mark.parametrize(
    ("rule", "path", "may"),
    [
        ("/*.pdf$", "/a/b.pdf", False),
        ("/*.pdf$", "/a/b.pdf?x", True),
        ("/*/print/", "/a/print/1", False),
        ("/*?page=", "/a?page=2", False),
        ("/%7Efoo", "/~foo", False),
        ("/été", "/%C3%A9t%C3%A9", False),
    ],
)
def test_patterns_are_understood(rule: str, path: str, may: bool) -> None:
    assert allowed(f"User-agent: *\nDisallow: {rule}\n", path) is may


def test_a_crawl_delay_is_heeded_within_reason() -> None:
    def delay(text: str) -> float:
        file = f"User-agent: *\nCrawl-delay: {text}\nDisallow: /x\n"
        return permission((file.encode(), SITE + "/a")).delay

    assert delay("7") == 7
    assert delay("1.5") == 1.5
    assert delay("86400") == LONGEST_DELAY
    assert delay("soon") == 0


def test_what_stands_beyond_the_largest_file_does_not_count() -> None:
    file = b"User-agent: *\n" + b"#" * LARGEST_FILE + b"\nDisallow: /\n"
    assert permission((file, SITE + "/a")).allowed


def test_a_byte_order_mark_hides_nothing() -> None:
    assert not allowed("\ufeffUser-agent: *\nDisallow: /a\n", "/a")


@given(st.binary(max_size=400), st.text(max_size=60))
def test_no_file_and_no_path_raises(file: bytes, path: str) -> None:
    asks = permission((b"User-agent: *\n" + file, f"{SITE}/{path}"))
    assert 0 <= asks.delay <= LONGEST_DELAY
