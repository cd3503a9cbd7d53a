"""Turns: when feeds are due for other reasons than their pace, and who is put off."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, or_, select

from db.tables import feeds
from pipeline.model import DueFeed, FeedState

# What is beyond these was written while the clock was wrong: the longest waits are a month, for a
# feed that is gone, and a week.
FURTHEST = timedelta(days=32)
LONGEST_LEASE = timedelta(days=1)
CLOCK_SLACK = timedelta(minutes=5)
AT_ONCE_AT_FIRST = 60
FIRST_ROUND = timedelta(minutes=35)
PAUSED = "its host asked for fewer requests"
_CHANGE = feeds.update().where(feeds.c.id == bindparam("which"))


def first_turns(newcomers: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Give feeds that were added together their first turns: a few at once, many one after another,
    the whole lot within 35 minutes, in no order that hosts stand together in."""
    apart = timedelta(0)
    if len(newcomers) > AT_ONCE_AT_FIRST:
        apart = min(timedelta(seconds=2), FIRST_ROUND / len(newcomers))
    ordered = sorted(newcomers, key=share)
    return {feed_id: now + apart * place for place, feed_id in enumerate(ordered)}


def share(feed_id: str) -> float:
    """A share of 1 that a feed always gets, evenly spread over feeds."""
    return int.from_bytes(sha256(feed_id.encode()).digest()[:4], "big") / 2**32


def unleased(now: datetime) -> Any:
    """The condition that no process holds a feed."""
    # No lease is that long: it was given while the clock was wrong.
    return or_(
        feeds.c.lease_until.is_(None),
        feeds.c.lease_until <= now,
        feeds.c.lease_until > now + LONGEST_LEASE,
    )


def ahead(row: Row[Any], now: datetime) -> float:
    """Minus the days a feed has waited for its turn."""
    ahead: float = (row.next_fetch_at - now) / timedelta(days=1)
    return min(ahead, 0.0)


def set_back(connection: Connection, now: datetime) -> None:
    """Bring turns near again that were given while the clock was ahead.

    A feed keeps the wait it was given; one without an attempt starts within the hour.
    """
    ahead = or_(feeds.c.last_attempt_at > now + CLOCK_SLACK, feeds.c.next_fetch_at > now + FURTHEST)
    rows = connection.execute(
        select(feeds.c.id, feeds.c.last_attempt_at, feeds.c.next_fetch_at).where(
            ahead, unleased(now)
        )
    ).all()
    if not rows:
        return
    changes = [
        {
            "which": row.id,
            "next_fetch_at": now + _kept_wait(row.id, row.last_attempt_at, row.next_fetch_at),
            "next_fetch_reason": "the clock was set back",
            "last_attempt_at": min(row.last_attempt_at or now, now),
        }
        for row in rows
    ]
    connection.execute(_CHANGE, changes)


def _kept_wait(feed_id: str, attempt_at: datetime | None, turn_at: datetime) -> timedelta:
    if attempt_at is not None and timedelta(0) <= turn_at - attempt_at <= FURTHEST:
        return turn_at - attempt_at
    return timedelta(hours=1) * share(feed_id)


def netloc(url: str) -> str:
    """The host of an address, with its port where it names one."""
    return urlsplit(url).netloc.casefold()


def put_off(
    connection: Connection,
    found: Sequence[tuple[Row[Any], DueFeed]],
    paused: Mapping[str, datetime],
    now: datetime,
) -> list[tuple[Row[Any], DueFeed]]:
    """Take out the feeds of hosts that asked to be left alone; their turns come after that."""
    left = []
    for row, due in found:
        until = paused.get(netloc(row.url))
        if until is None:
            left.append((row, due))
        elif row.next_fetch_at <= now:
            changes = {"next_fetch_at": until, "next_fetch_reason": PAUSED}
            connection.execute(_CHANGE, {"which": row.id, **changes})
    return left


def defer(
    connection: Connection,
    holder: str,
    only: Collection[str],
    until: datetime,
    reason: str,
    *,
    spread: timedelta = timedelta(0),
) -> None:
    """Give feeds that a process holds another turn, unfetched and without an error."""
    for feed_id in sorted(only):
        connection.execute(
            feeds.update()
            .where(feeds.c.id == feed_id, feeds.c.lease_by == holder)
            .values(
                next_fetch_at=until + spread * share(feed_id),
                next_fetch_reason=reason,
                lease_until=None,
                lease_by=None,
            )
        )


def hasten(connection: Connection, reason: str, now: datetime, *, spread: timedelta) -> None:
    """Bring the turns that were given for a reason near, one after another."""
    waiting = select(feeds.c.id).where(feeds.c.next_fetch_reason == reason).order_by(feeds.c.id)
    for feed_id in connection.scalars(waiting).all():
        connection.execute(
            _CHANGE, {"which": feed_id, "next_fetch_at": now + spread * share(feed_id)}
        )


def bring_forward(
    connection: Connection, feed_id: str, now: datetime, *, least: timedelta, reason: str
) -> bool:
    """Let the turn of a feed that works come now, or as soon as `least` has passed since it was
    last asked; False where it comes as early anyway.

    One that fails, is refused or gone keeps its turn: that may be what its server asked for.
    """
    row = connection.execute(
        select(feeds.c.last_attempt_at, feeds.c.next_fetch_at, feeds.c.every_seconds)
        .where(
            feeds.c.id == feed_id,
            feeds.c.enabled,
            feeds.c.retired_at.is_(None),
            feeds.c.state.in_((FeedState.NEW, FeedState.WORKING)),
            feeds.c.failing_since.is_(None),
        )
        .with_for_update()
    ).first()
    if row is None:
        return False
    asked_at = min(row.last_attempt_at or now - least, now)
    at = max(now, asked_at + min(least, timedelta(seconds=row.every_seconds)))
    if at >= row.next_fetch_at:
        return False
    connection.execute(
        _CHANGE, {"which": feed_id, "next_fetch_at": at, "next_fetch_reason": reason}
    )
    return True


def refusals(connection: Connection, host: str, kind: str) -> float:
    """Sum up the weighed failures in a row that feeds of a host have of one kind."""
    failing = select(feeds.c.url, feeds.c.failures).where(
        feeds.c.error_kind == kind, feeds.c.retired_at.is_(None)
    )
    total = 0.0
    for row in connection.execute(failing):
        total += row.failures if netloc(row.url) == host else 0.0
    return total
