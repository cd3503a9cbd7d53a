"""Listing: matches one by one, in the order of the queue, with how many stand where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from db import (
    Connection,
    Database,
    conflicts,
    feeds,
)
from db import matches as match_rows
from db import search as word_index
from pipeline.gather import count_copies
from pipeline.index import index_news
from pipeline.model import (
    Copies,
    MatchStatus,
    QueuedMatch,
)

PAGE = 50


class Order(StrEnum):
    """How the queue is sorted."""

    SCORE = "score"  # best first, then newest
    NEWEST = "newest"
    OLDEST = "oldest"  # longest waiting first
    DECIDED = "decided"  # last decided first


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCount:
    """How many matches of one conflict stand where."""

    slug: str
    title: str
    by_status: Mapping[MatchStatus, int]

    @property
    def waiting(self) -> int:
        """Matches nobody decided yet."""
        return self.by_status.get(MatchStatus.PENDING, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page of the queue: `total` matches fit the filter, `waiting` are undecided in all.

    `copies` says of each match's story how often it was published and from how many origins.
    `next_fetch_at` is when the next feed's turn comes, None when no feed will be fetched.
    """

    matches: tuple[QueuedMatch, ...]
    total: int
    waiting: int
    conflicts: tuple[ConflictCount, ...]
    offset: int
    next_fetch_at: datetime | None
    copies: Mapping[int, Copies]


def queue(
    database: Database,
    *,
    status: MatchStatus | None = MatchStatus.PENDING,
    conflict: str | None = None,
    order: Order = Order.SCORE,
    words: str = "",
    limit: int | None = PAGE,
    offset: int = 0,
) -> QueuePage:
    """Give one page of the queue; `words` keeps articles that contain all of them."""
    if words:
        index_news(database)
    with database.reading() as connection:
        counted = _counts(connection)
        if words:
            found, total = word_index.queue(
                connection,
                words,
                status=status,
                conflict=conflict,
                order=order,
                limit=limit,
                offset=offset,
            )
        else:
            found = match_rows.queue(
                connection,
                status=status,
                conflict=conflict,
                order=order,
                limit=limit,
                offset=offset,
            )
            total = _total(counted, status, conflict)
        return QueuePage(
            matches=found,
            total=total,
            waiting=sum(each.waiting for each in counted),
            conflicts=counted,
            offset=offset,
            next_fetch_at=feeds.next_turn(connection),
            copies=count_copies(connection, {match.story_id for match in found if match.story_id}),
        )


def _counts(connection: Connection) -> tuple[ConflictCount, ...]:
    """Count by conflict, in the order of sources.yaml; retired ones with matches come last."""
    counted = match_rows.counts(connection)
    titles = conflicts.titles(connection)
    slugs = [*titles, *sorted(set(counted) - set(titles))]
    return tuple(
        ConflictCount(slug=slug, title=titles.get(slug, slug), by_status=counted.get(slug, {}))
        for slug in slugs
    )


def _total(
    counted: tuple[ConflictCount, ...], status: MatchStatus | None, conflict: str | None
) -> int:
    return sum(
        how_many
        for each in counted
        if conflict is None or each.slug == conflict
        for stands, how_many in each.by_status.items()
        if status is None or stands is status
    )


def matches(
    database: Database,
    *,
    status: MatchStatus | None = MatchStatus.PENDING,
    conflict: str | None = None,
    limit: int | None = None,
) -> tuple[QueuedMatch, ...]:
    """List matches, best first."""
    with database.reading() as connection:
        return match_rows.queue(connection, status=status, conflict=conflict, limit=limit)
