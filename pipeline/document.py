"""One document from bytes to articles: what a worker process does.

A room of its own, because a worker imports it with all it needs, and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import Article, Feed, Fetched, Skipped
from pipeline.stages.normalise import normalise_document
from pipeline.stages.parse import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document read to the end: what goes into the database of it."""

    title: str
    home_url: str | None
    ttl: timedelta | None
    skip_hours: frozenset[int]
    skip_days: frozenset[int]
    complete: bool
    entries: int
    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...]
    newest_entry_at: datetime | None


def read_document(work: tuple[Fetched, Feed, datetime]) -> Document:
    """Parse and normalise one document; pure, so that it can run in a worker process.

    Raises ParseError.
    """
    fetched, feed, now = work
    parsed = parse(fetched)
    items = normalise_document(parsed, feed=feed, now=now)
    articles = tuple(item for item in items if isinstance(item, Article))
    dates = [entry.published_at for entry in parsed.entries if entry.published_at is not None]
    return Document(
        title=parsed.title,
        home_url=parsed.home_url,
        ttl=parsed.ttl,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        complete=parsed.complete,
        entries=len(parsed.entries),
        articles=articles,
        skipped=tuple(item for item in items if isinstance(item, Skipped)),
        newest_entry_at=max(dates, default=None),
    )
