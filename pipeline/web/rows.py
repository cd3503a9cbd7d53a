"""Rows: what the desk's templates show of matches and times, worked out beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline.model import Copies, Field, Hit, Kind, MatchStatus, QueuedMatch
from pipeline.stages.highlight import excerpt, segments
from pipeline.stages.render.languages import language_name

Marked = tuple[tuple[str, Hit | None], ...]
_SENTENCE = 260
_PASSAGE = 240
_MOST_PASSAGES = 3
_WITHOUT_HEADLINE = "(no headline)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One word that was found: in which fields, and which term of the keywords found it."""

    fields: tuple[str, ...]
    text: str
    kind: str
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One match as the queue and the article page show it."""

    match: QueuedMatch
    headline: Marked
    sentence: Marked
    chips: tuple[Chip, ...]
    language: str
    link: str | None
    copies: Copies | None = None

    @property
    def is_pending(self) -> bool:
        """Whether nobody decided yet."""
        return self.match.status is MatchStatus.PENDING


def row(match: QueuedMatch, copies: Copies | None = None) -> Row:
    """Work out how a match is shown, beside how often its story was published."""
    sentence, hits = excerpt(match.summary, match.hits, Field.SUMMARY, width=_SENTENCE)
    return Row(
        match=match,
        headline=marked(match.title, match.hits, Field.TITLE) or ((_WITHOUT_HEADLINE, None),),
        sentence=segments(sentence, hits, Field.SUMMARY),
        chips=chips(match.hits),
        language=language_name(match.language) if match.language else "",
        link=safe_link(match.url),
        copies=copies if copies is not None and copies.copies > 1 else None,
    )


def marked(text: str, hits: Sequence[Hit], field: Field) -> Marked:
    """Cut a whole text into pieces with their hits."""
    return segments(text, hits, field)


def passages(body: str, hits: Sequence[Hit]) -> tuple[Marked, ...]:
    """Cut a page's text to the few short pieces that hold its first hits: never the whole of it.

    It is the publisher's and was read for matching; an editor sees why it matched, no more.
    """
    shown = [
        hit for hit in hits if hit.field is Field.BODY and body[hit.start : hit.end] == hit.text
    ]
    left = sorted(shown, key=lambda hit: hit.start)
    cut: list[Marked] = []
    while left and len(cut) < _MOST_PASSAGES:
        text, kept = excerpt(body, left, Field.BODY, width=_PASSAGE)
        cut.append(segments(text, kept, Field.BODY))
        end = max(hit.end for hit in kept) + left[0].start - kept[0].start
        left = [hit for hit in left if hit.start >= end]
    return tuple(cut)


def chips(hits: Sequence[Hit]) -> tuple[Chip, ...]:
    """Name every word found once for each kind, the most decisive kind first, then the title's."""
    ranks = {kind: rank for rank, kind in enumerate(Kind)}
    found: dict[tuple[Kind, str], list[Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (ranks[hit.kind], hit.field is not Field.TITLE)):
        found.setdefault((hit.kind, hit.text.casefold()), []).append(hit)
    return tuple(
        Chip(
            fields=tuple(dict.fromkeys(str(hit.field) for hit in same)),
            text=same[0].text,
            kind=str(kind),
            term=same[0].term,
        )
        for (kind, _), same in found.items()
    )


def safe_link(url: str | None) -> str | None:
    """Give an address people may follow: http(s) only, nothing that runs."""
    if url is None or _scheme(url) not in {"http", "https"}:
        return None
    return url


def _scheme(url: str) -> str:
    """Give an address's scheme, or nothing where it cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.scheme if parts.netloc else ""


def span(length: timedelta) -> str:
    """Say how long: `40 min`, `3 h`, `2 d`, `5 wk`."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    if minutes < 28 * 24 * 60:
        return f"{minutes // (24 * 60)} d"
    return f"{minutes // (7 * 24 * 60)} wk"


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was, or in how long it comes."""
    if abs(now - moment) < timedelta(minutes=1):
        return "just now"
    return f"{span(now - moment)} ago" if moment < now else f"in {span(moment - now)}"
