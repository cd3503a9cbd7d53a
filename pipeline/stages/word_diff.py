"""Word diff: what was taken out of a text and what was put in, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# A word keeps the space behind it, so that the pieces joined give the texts back.
_WORDS = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
# Comparing word by word costs the product of both lengths: past this, lines are exchanged whole.
_MOST_PAIRS = 4_000_000


class Change(StrEnum):
    """What happened to a piece of text."""

    SAME = "same"
    TAKEN = "taken"
    PUT = "put"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text that stayed, was taken out, or was put in."""

    change: Change
    text: str


def word_diff(before: str, after: str) -> tuple[Piece, ...]:
    """Compare two texts.

    The pieces that stayed or were taken out join to `before`, those that stayed or were put in to
    `after`. Lines are compared first, then the words of the lines that differ.
    """
    old, new = _LINES.findall(before), _LINES.findall(after)
    found: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece(change=Change.SAME, text="".join(old[i:j])))
        else:
            found.extend(_words("".join(old[i:j]), "".join(new[k:m])))
    return tuple(_joined(found))


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) * len(new) > _MOST_PAIRS:
        yield from _exchange([before], [after])
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(change=Change.SAME, text="".join(old[i:j]))
        else:
            yield from _exchange(old[i:j], new[k:m])


def _exchange(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for change, words in ((Change.TAKEN, old), (Change.PUT, new)):
        if text := "".join(words):
            yield Piece(change=change, text=text)


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Join neighbours of the same kind."""
    last: Piece | None = None
    for piece in pieces:
        if last is not None and last.change is piece.change:
            last = Piece(change=piece.change, text=last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
