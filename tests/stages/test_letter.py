"""A letter says what it should in the form that mail programs understand, and cannot be forged."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Writing
from pipeline.stages.letter import assemble

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEAVE = "https://tracker.example/letters/" + "a" * 75 + "/leave"
WRITING = Writing(subject="Mali: convoy attacked", text="A convoy.\n", html="<p>A convoy.</p>\n")


def letter(writing: Writing = WRITING, **changes):
    fields = {
        "sender": "Dateline <news@tracker.example>", "recipient": "ada@example.org",
        "number": "1f00", "made_at": NOON, "list_name": "news.tracker.example", "leave_url": LEAVE,
    }  # fmt: skip
    return assemble(writing, **{**fields, **changes})


def read(content: bytes):
    return message_from_bytes(content, policy=default)


def words_of(found) -> list[str]:
    return [part.get_content().replace("\r\n", "\n") for part in found.iter_parts()]


def test_a_letter_has_the_headers_that_mailboxes_look_for() -> None:
    found = read(letter(reply_to="Desk <desk@tracker.example>"))
    assert dict(found.items()) == {
        "From": "Dateline <news@tracker.example>",
        "To": "ada@example.org",
        "Reply-To": "Desk <desk@tracker.example>",
        "Subject": "Mali: convoy attacked",
        "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
        "Message-ID": "<1f00@tracker.example>",
        "Auto-Submitted": "auto-generated",
        "List-Id": "<news.tracker.example>",
        "List-Unsubscribe": f"<{LEAVE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": found["Content-Type"],
        "Content-Language": "en",
    }
    assert f"\r\nList-Unsubscribe: <{LEAVE}>\r\n".encode() in letter()


def test_a_letter_that_belongs_to_no_list_names_none() -> None:
    assert b"List-" not in letter(list_name="")


def test_both_parts_say_the_same_in_any_script() -> None:
    words = "هجوم في كيدال · Kidal, тревога\n.\nFrom here\n" + "long " * 400 + "\n"
    found = read(
        letter(Writing(subject="هجوم قرب كيدال " * 8, text=words, html=f"<p>{words}</p>\n"))
    )
    assert found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert words_of(found) == [words, f"<p>{words}</p>\n"]
    assert found["Subject"] == ("هجوم قرب كيدال " * 8).strip()


def test_the_same_letter_is_the_same_bytes_fit_for_any_server() -> None:
    content = letter()
    assert content == letter()
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "recipient", ["ada@example.org\r\nBcc: all@example.org", "a b@example.org"]
)
def test_no_recipient_adds_a_header(recipient: str) -> None:
    with pytest.raises(Exception, match=r"."):
        letter(recipient=recipient)


@given(st.text(max_size=120))
def test_no_subject_adds_a_header(subject: str) -> None:
    printable = "".join(c for c in subject if c.isprintable() or c in "\r\n\t")
    for hostile in (printable, f"News\r\nBcc: all@example.org\r\n\r\n{printable}"):
        found = read(letter(Writing(subject=hostile, text="x\n", html="<p>x</p>\n")))
        assert "Bcc" not in found
        assert found["To"] == "ada@example.org"
        assert words_of(found) == ["x\n", "<p>x</p>\n"]
