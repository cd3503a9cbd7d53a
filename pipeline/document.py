"""One document from bytes to articles: what a worker process does.

A room of its own, because a worker imports it with all it needs, and nothing else.
"""

import marshal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from pipeline.model import Article, DateOrigin, Feed, Fetched, Skipped
from pipeline.model.building import builder
from pipeline.stages.normalise import normalise_document
from pipeline.stages.parse import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document read to the end: what goes into the database of it.

    It pickles as one string of bytes: articles as columns of plain values, a thirtieth of the time
    that frozen values take one by one.
    """

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
    hub_url: str | None = None
    self_url: str | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Travel light between processes of one Python: `marshal` knows no other."""
        rest = [getattr(self, name) for name in _TRAVELLING_AS_THEY_ARE]
        return _arrive, (marshal.dumps(_columns(self.articles)), rest)


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
        hub_url=parsed.hub_url,
        self_url=parsed.self_url,
    )


_TRAVELLING_AS_THEY_ARE = [
    field.name for field in fields(Document) if field.name not in ("articles",)
]


def _packed_moments(moments: Sequence[datetime]) -> list[float]:
    """Seconds: their fractions are exact to the microsecond for longer than dates are plausible."""
    return [moment.timestamp() for moment in moments]


def _unpacked_moments(numbers: Sequence[float]) -> list[datetime]:
    return list(map(_moment, numbers))


@lru_cache(maxsize=1_000)
def _moment(number: float) -> datetime:
    """One value for both dates of an article: what is one is also written down as one."""
    return datetime.fromtimestamp(number, UTC)


def _packed_origins(origins: Sequence[DateOrigin]) -> list[str]:
    return [origin.value for origin in origins]


def _unpacked_origins(names: Sequence[str]) -> list[DateOrigin]:
    return [_ORIGINS[name] for name in names]


_ORIGINS = {origin.value: origin for origin in DateOrigin}
_Packing = tuple[Callable[[Any], list[Any]], Callable[[Any], list[Any]]]
_PACKINGS: dict[object, _Packing] = {
    datetime: (_packed_moments, _unpacked_moments),
    DateOrigin: (_packed_origins, _unpacked_origins),
}
_ARTICLE_FIELDS = fields(Article)
_PACKED = [(i, *_PACKINGS[f.type]) for i, f in enumerate(_ARTICLE_FIELDS) if f.type in _PACKINGS]
_row = attrgetter(*(field.name for field in _ARTICLE_FIELDS))
_build_article = builder(Article)


def _columns(articles: Sequence[Article]) -> list[Any]:
    columns: list[Any] = list(zip(*map(_row, articles), strict=True))
    if columns:
        for place, pack, _ in _PACKED:
            columns[place] = pack(columns[place])
    return columns


def _arrive(packed: bytes, rest: list[Any]) -> Document:
    columns = marshal.loads(packed)  # noqa: S302 (from our own child)
    if columns:
        for place, _, unpack in _PACKED:
            columns[place] = unpack(columns[place])
    articles = tuple(map(_build_article, *columns)) if columns else ()
    return Document(articles=articles, **dict(zip(_TRAVELLING_AS_THEY_ARE, rest, strict=True)))
