"""Highlight: show a text with its hits marked, or just the sentence that matters."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.model import Field, Hit, Kind


def segments(text: str, hits: Sequence[Hit], field: Field) -> tuple[tuple[str, Hit | None], ...]:
    """Cut a field's text into pieces, each with the hit it shows or None.

    Joined, the pieces are the text. Where hits overlap, the first and longest is shown, and of
    equal ones the most decisive. Hits that do not fit the text (it was revised since) are left out.
    """
    pieces: list[tuple[str, Hit | None]] = []
    at = 0
    for hit in _apart(text, hits, field):
        if hit.start > at:
            pieces.append((text[at : hit.start], None))
        pieces.append((hit.text, hit))
        at = hit.end
    if at < len(text):
        pieces.append((text[at:], None))
    return tuple(pieces)


def excerpt(
    text: str, hits: Sequence[Hit], field: Field, width: int = 200
) -> tuple[str, tuple[Hit, ...]]:
    """Cut the text around its first hit, and give the hits that remain, rebased on the excerpt.

    It begins with a sentence where the hit's own sentence fits, is cut between words, and shows
    each cut by an ellipsis. It is at most `width` characters long, unless the first hit alone is
    longer. Without a hit it is the beginning of the text.
    """
    shown = _apart(text, hits, field)
    first = shown[0] if shown else None
    start, end = _window(text, first, width)
    before = "…" if text[:start].strip() else ""
    after = "…" if text[end:].strip() else ""
    shift = len(before) - start
    kept = tuple(
        replace(hit, start=hit.start + shift, end=hit.end + shift)
        for hit in hits
        if hit.field is field and _fits(text, hit) and start <= hit.start and hit.end <= end
    )
    return before + text[start:end] + after, kept


def _apart(text: str, hits: Sequence[Hit], field: Field) -> list[Hit]:
    """Choose hits of one field that do not overlap, in order."""
    here = [hit for hit in hits if hit.field is field and _fits(text, hit)]
    chosen: list[Hit] = []
    for hit in sorted(here, key=lambda hit: (hit.start, -hit.end, _RANKS[hit.kind], hit.term)):
        if not chosen or hit.start >= chosen[-1].end:
            chosen.append(hit)
    return chosen


def _fits(text: str, hit: Hit) -> bool:
    return hit.start < hit.end and text[hit.start : hit.end] == hit.text


def _window(text: str, hit: Hit | None, width: int) -> tuple[int, int]:
    """Choose the part of the text to show, its ellipses included in `width`."""
    if len(text) <= width:
        return 0, len(text)
    room = max(0, width - 2)
    if hit is None:
        return _between_words(text, 0, room, keep=(0, 0))
    starts = [start for start in _sentence_starts(text) if start <= hit.start]
    # Near the end of the text there is room for sentences before the hit's own.
    start = min((start for start in starts if start >= len(text) - room), default=starts[-1])
    if hit.end - start > room:
        # The sentence is too long to show from its beginning: put the hit in the middle.
        start = max(0, hit.start - max(0, room - (hit.end - hit.start)) // 2)
    return _between_words(text, start, start + room, keep=(hit.start, hit.end))


def _sentence_starts(text: str) -> Iterator[int]:
    yield 0
    for found in _SENTENCE_END.finditer(text):
        yield found.end()


def _between_words(text: str, start: int, end: int, keep: tuple[int, int]) -> tuple[int, int]:
    """Move both ends inwards to the next gap between words, never into the part to keep.

    A script without gaps is cut where it stands.
    """
    end = max(min(end, len(text)), keep[1])
    if start > 0 and not text[start - 1].isspace():
        gap = _GAP.search(text, start, keep[0])
        start = gap.end() if gap else start
    if end < len(text) and not text[end].isspace():
        gaps = [gap.start() for gap in _GAP.finditer(text, max(keep[1], start + 1), end)]
        end = gaps[-1] if gaps else end
    return start, start + len(text[start:end].rstrip())


_SENTENCE_END = re.compile("[.!?\u2026\u061f]['\"\u201d\u2019\u00bb)\\]]*\\s+|[\u3002\uff01\uff1f]")
_GAP = re.compile(r"\s+")
_RANKS = {kind: rank for rank, kind in enumerate(Kind)}
