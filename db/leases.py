"""Leases: which process holds which feeds, so that each is fetched by one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from db import turns
from db.feeds import feed_of
from db.rows import in_batches
from db.tables import feeds
from pipeline.model import DueFeed, FeedState, Redirected, Validators

# So many due feeds are looked at for one that is taken.
_CHOICE = 2
_LEAST_CHOICE = 250

# Made once: every fetch asks them, and to put a statement together takes longer than its answer.
_LEASES = (
    select(feeds.c.id, feeds.c.lease_by)
    .where(feeds.c.id.in_(bindparam("wanted", expanding=True)))
    .order_by(feeds.c.id)
    .with_for_update()
)


def claim(
    connection: Connection,
    now: datetime,
    *,
    holder: str,
    lease: timedelta,
    limit: int | None = None,
    only: Collection[str] | None = None,
    even_if_not_due: bool = False,
    urgency: Callable[[DueFeed], float] | None = None,
    paused: Mapping[str, datetime] = MappingProxyType({}),
) -> tuple[DueFeed, ...]:
    """Take feeds whose turn has come, so that no other process fetches them until the lease ends.

    Hosts take turns before the limit applies: a host with hundreds of due feeds does not starve the
    others. Within a host those with most `urgency` go first, to which every day overdue adds 1;
    then those due longest. Feeds of a `paused` host wait until its time. Feeds that are disabled,
    retired or leased elsewhere are not taken.
    """
    wanted = _free(now)
    if only is not None:
        wanted = wanted.where(feeds.c.id.in_(only))
    if not even_if_not_due:
        wanted = wanted.where(feeds.c.next_fetch_at <= now)
    wanted = wanted.with_for_update(skip_locked=True)
    taken = _chosen(connection, wanted, now, urgency, paused, limit)
    for batch in in_batches([each.feed.id for each in taken]):
        connection.execute(
            feeds.update()
            .where(feeds.c.id.in_(batch))
            .values(lease_until=now + lease, lease_by=holder)
        )
    return tuple(taken)


def due(
    connection: Connection,
    now: datetime,
    *,
    limit: int,
    but: Collection[str] = (),
    urgency: Callable[[DueFeed], float] | None = None,
    paused: Mapping[str, datetime] = MappingProxyType({}),
) -> tuple[DueFeed, ...]:
    """List feeds that `claim` would take, in its order, and take none; those in `but` left out."""
    wanted = _free(now).where(feeds.c.next_fetch_at <= now)
    return tuple(_chosen(connection, wanted, now, urgency, paused, limit, frozenset(but)))


def prolong(connection: Connection, holder: str, until: datetime) -> int:
    """Keep what a process still holds for longer; how many feeds. What it lost stays lost."""
    return connection.execute(
        feeds.update().where(feeds.c.lease_by == holder).values(lease_until=until)
    ).rowcount


def _free(now: datetime) -> Select[Any]:
    return (
        select(feeds)
        .where(feeds.c.enabled, feeds.c.retired_at.is_(None), turns.unleased(now))
        .order_by(feeds.c.next_fetch_at, feeds.c.id)
    )


def _chosen(
    connection: Connection,
    wanted: Select[Any],
    now: datetime,
    urgency: Callable[[DueFeed], float] | None,
    paused: Mapping[str, datetime],
    limit: int | None,
    but: frozenset[str] = frozenset(),
) -> list[DueFeed]:
    """Put the feeds that are wanted in the order they are to be taken, up to `limit`.

    After a downtime a million may be due: those due longest are looked at, unless so few hosts
    stand behind them that others would starve.
    """
    looked_at = None if limit is None else limit * _CHOICE + _LEAST_CHOICE + len(but)
    rows = connection.execute(wanted.limit(looked_at)).all()
    if len(rows) == looked_at and len({turns.netloc(row.url) for row in rows}) < (limit or 0):
        rows = connection.execute(wanted).all()
    found = [(row, _due(row)) for row in rows if row.id not in but]
    found = turns.put_off(connection, found, paused, now)
    if urgency is not None:
        found.sort(key=lambda each: turns.ahead(each[0], now) - urgency(each[1]))
    return _in_turn(found)[:limit]


def _in_turn(found: Sequence[tuple[Row[Any], DueFeed]]) -> list[DueFeed]:
    """Order feeds so that every host's first comes before any host's second."""
    seen: dict[str, int] = defaultdict(int)
    ranked = []
    for place, (row, due) in enumerate(found):
        host = turns.netloc(row.url)
        ranked.append((seen[host], place, due))
        seen[host] += 1
    ranked.sort(key=lambda item: item[:2])
    return [due for _, _, due in ranked]


def _due(row: Row[Any]) -> DueFeed:
    return DueFeed(
        feed=feed_of(row),
        validators=Validators(
            etag=row.etag, last_modified=row.last_modified, url=row.validators_url
        ),
        body_hash=row.body_hash,
        failures=row.failures,
        state=FeedState(row.state),
        error_kind=row.error_kind,
        failing_since=row.failing_since,
        last_success_at=row.last_success_at,
        newest_entry_at=row.newest_entry_at,
        pace=row.pace,
        spared=row.spared,
        whole_at=row.whole_at,
        distrusted_until=row.distrusted_until,
        redirected=Redirected(to=row.moved_to, since=row.moved_since, seen=row.moved_seen),
    )


def release(connection: Connection, holder: str, only: Collection[str] | None = None) -> None:
    """Give back what a process holds, unfetched: it is due for anybody again."""
    given_back = feeds.update().where(feeds.c.lease_by == holder)
    if only is not None:
        given_back = given_back.where(feeds.c.id.in_(only))
    connection.execute(given_back.values(lease_until=None, lease_by=None))


def holders(connection: Connection) -> frozenset[str]:
    """Name the processes that hold feeds."""
    held = select(feeds.c.lease_by).where(feeds.c.lease_by.is_not(None)).distinct()
    return frozenset(connection.scalars(held))


def held(connection: Connection, holder: str, wanted: Collection[str]) -> frozenset[str]:
    """Name those of these feeds that a process still holds, and keep them from being taken until
    the transaction ends: a paused process may have lost some to another."""
    rows = (
        row
        for batch in in_batches(sorted(wanted))
        for row in connection.execute(_LEASES, {"wanted": batch})
    )
    return frozenset(row.id for row in rows if row.lease_by == holder)
