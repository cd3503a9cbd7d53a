"""What goes in and comes out: a page as fetched, its text as stored."""

import re
from dataclasses import dataclass

from pipeline.stages.extract.signs import Lack

LONGEST_TEXT = 50_000
_SPACES = re.compile(r"[^\S\n]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage:
    """A page as the server sent it; `charset` is what its Content-Type header says, if anything."""

    body: bytes
    content_type: str = ""
    charset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A page's text, at most 50,000 characters, and what is lacking in it (None: nothing)."""

    text: str
    lack: Lack | None


def tidy(text: str) -> str:
    """One line a paragraph without empty ones, printable, cut between words to `LONGEST_TEXT`."""
    lines = _SPACES.sub(" ", _UNPRINTABLE.sub("", text)).split("\n")
    whole = "\n".join(filter(None, (line.strip() for line in lines)))
    if len(whole) <= LONGEST_TEXT:
        return whole
    cut = whole[:LONGEST_TEXT]
    gap = max(cut.rfind(" "), cut.rfind("\n"))
    return cut[: gap if gap > LONGEST_TEXT // 2 else LONGEST_TEXT].rstrip()
