"""Walks along the queue: in its order, from its first row, only as far as a page needs.

A walk goes along the index of its order and skips what does not fit. Where hardly anything fits,
skipping would cost more than looking at all that does: then what fits is fetched by the index of a
filter and sorted. Counts end at COUNTED, so that they cost the same however much waits.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, func, literal, select

from db.search import containing
from db.tables import holds, matches
from pipeline.model import HowMany, MatchStatus, QueueFilter

StoryKey = tuple[str, int, str]
COUNTED = 1_000
# So many are sorted as quickly as a walk skips those that do not fit.
FEW = 8_000
# No match is left out by it, but a subquery with a limit is run as it stands.
_ALL = 2**31
_AT_ONCE = 200
_ORDERS = {
    "score": ("score", "proposed_at", "id"),
    "newest": ("proposed_at", "id"),
    "oldest": ("proposed_at", "id"),
    "decided": ("decided_at", "id"),
}


class _Narrow(NamedTuple):
    """A filter that an index serves: `asked` gives one value for each thing it leaves."""

    asked: Select[Any]
    only: ColumnElement[bool]


def story_key(row: Row[Any] | Any) -> StoryKey:
    """Name the row of the queue that a match stands in."""
    # An article without a story is one of its own; story ids are above zero.
    story = row.story_id if row.story_id is not None else -row.article_id
    return (row.conflict, story, str(row.status))


def walk(
    connection: Connection,
    wanted: QueueFilter,
    now: datetime,
    *,
    order: str,
    enough: int,
    few: int = FEW,
) -> tuple[dict[StoryKey, int], bool]:
    """Go along the queue until enough rows were met; gives the match each was met by, and whether
    there are more. Filters that leave so `few` matches are sorted instead of walked."""
    leads: dict[StoryKey, int] = {}
    with ExitStack() as opened:
        for row in _in_order(connection, wanted, now, order, few, opened):
            key = story_key(row)
            if key not in leads:
                if len(leads) == enough:
                    return leads, True
                leads[key] = row.id
    return leads, False


def count_some(connection: Connection, wanted: QueueFilter, now: datetime) -> HowMany:
    """Count the rows that fit a filter, up to COUNTED."""
    leads, more = walk(connection, wanted, now, order="newest", enough=COUNTED)
    return HowMany(number=len(leads), more=more)


def _in_order(
    connection: Connection,
    wanted: QueueFilter,
    now: datetime,
    order: str,
    few: int,
    opened: ExitStack,
) -> Iterator[Row[Any]]:
    if wanted.status is not None:
        return _along(connection, wanted, now, order, wanted.status, (), few, opened)
    # Each status along its own index, and of those the first each time.
    columns = _ORDERS[order]
    walks = [
        _along(connection, wanted, now, order, status, columns, few, opened)
        for status in MatchStatus
    ]

    def place(row: Row[Any]) -> list[tuple[bool, Any]]:
        # What was never decided comes last.
        return [(value is not None, value) for value in row[-len(columns) :]]

    return merge(*walks, key=place, reverse=order != "oldest")


def _along(
    connection: Connection,
    wanted: QueueFilter,
    now: datetime,
    order: str,
    status: MatchStatus,
    columns: Sequence[str],
    few: int,
    opened: ExitStack,
) -> Iterator[Row[Any]]:
    source: FromClause = matches
    only = _narrowest(connection, _narrows(connection, wanted, now, status), few)
    if only is not None:
        source = select(matches).where(only).limit(_ALL).subquery()
    asked = fitting(source, connection, wanted, now)
    if asked is None:
        return iter(())
    ordered = [source.c[name] for name in _ORDERS[order]]
    matching = (
        select(
            source.c.id,
            source.c.conflict,
            source.c.story_id,
            source.c.article_id,
            literal(str(status)).label("status"),
            *(source.c[name].label(f"by_{name}") for name in columns),
        )
        .where(source.c.status == status, *asked)
        .order_by(*(ordered if order == "oldest" else [each.desc() for each in ordered]))
    )
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(matching)
    opened.callback(rows.close)
    return iter(rows)


def fitting(
    source: FromClause, connection: Connection, wanted: QueueFilter, now: datetime
) -> list[ColumnElement[bool]] | None:
    """Say what a filter asks of a match, its status aside; None: nothing can hold the words."""
    asked = _by_column(source, wanted)
    if wanted.held or (wanted.held is False and any_held(connection, now)):
        on_hold = source.c.id.in_(_lasting(now))
        asked.append(on_hold if wanted.held else ~on_hold)
    if wanted.words:
        found = containing(connection, wanted.words)
        if found is None:
            return None
        asked.append(source.c.article_id.in_(found))
    return asked


def _by_column(source: FromClause, wanted: QueueFilter) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [
        source.c[name] == value
        for name in ("conflict", "publisher", "language")
        if (value := getattr(wanted, name))
    ]
    if wanted.among:
        asked.append(source.c.conflict.in_(sorted(wanted.among)))
    if wanted.least_score > 0:
        asked.append(source.c.score >= wanted.least_score)
    if wanted.found_after is not None:
        asked.append(source.c.proposed_at > wanted.found_after)
    if wanted.published_after is not None:
        asked.append(source.c.ordered_at >= wanted.published_after)
    return asked


def any_held(connection: Connection, now: datetime) -> bool:
    """Tell whether anything is on hold."""
    return connection.execute(_lasting(now).limit(1)).one_or_none() is not None


def _lasting(now: datetime) -> Select[Any]:
    return select(holds.c.match_id).where(holds.c.until > now)


def _narrows(
    connection: Connection, wanted: QueueFilter, now: datetime, status: MatchStatus
) -> Iterator[_Narrow]:
    for each in _by_column(matches, wanted):
        only = (matches.c.status == status) & each
        yield _Narrow(select(matches.c.id).where(only), only)
    if wanted.held:
        yield _Narrow(_lasting(now), matches.c.id.in_(_lasting(now)))
    if wanted.words and (found := containing(connection, wanted.words)) is not None:
        yield _Narrow(found, matches.c.article_id.in_(found))


def _narrowest(
    connection: Connection, narrows: Iterable[_Narrow], few: int
) -> ColumnElement[bool] | None:
    for each in narrows:
        some = each.asked.limit(few + 1).subquery()
        if (connection.scalar(select(func.count()).select_from(some)) or 0) <= few:
            return each.only
    return None
