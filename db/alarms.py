"""Alarms: what is wrong with feeds, raised once and ended once, whichever process noticed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from db.tables import alarms, feeds
from pipeline.model import Alarm, AlarmKind


def raise_(
    connection: Connection, feed_id: str, kind: AlarmKind, detail: str, now: datetime
) -> bool:
    """Note that something is wrong; False when it stands already."""
    make: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    raised = (
        make(alarms)
        .values(feed_id=feed_id, kind=kind, detail=detail, raised_at=now)
        .on_conflict_do_nothing()
        .returning(alarms.c.id)
    )
    return connection.execute(raised).first() is not None


def end(connection: Connection, alarm_id: int, detail: str, now: datetime) -> bool:
    """Note that it is over; False when somebody else noted it before."""
    changed = connection.execute(
        alarms.update()
        .where(alarms.c.id == alarm_id, alarms.c.ended_at.is_(None))
        .values(ended_at=now, end_detail=detail)
    )
    return changed.rowcount == 1


def standing(
    connection: Connection, only: Collection[str] | None = None
) -> Mapping[str, tuple[Alarm, ...]]:
    """Give the alarms that stand, by feed, the oldest first."""
    wanted = select(alarms).where(alarms.c.ended_at.is_(None))
    if only is not None:
        wanted = wanted.where(alarms.c.feed_id.in_(only))
    found: dict[str, list[Alarm]] = {}
    for row in connection.execute(wanted.order_by(alarms.c.raised_at, alarms.c.id)):
        found.setdefault(row.feed_id, []).append(_alarm(row))
    return {feed_id: tuple(each) for feed_id, each in found.items()}


def of_feed(connection: Connection, feed_id: str, limit: int) -> tuple[Alarm, ...]:
    """Give the newest alarms of one feed, those that are over too."""
    wanted = select(alarms).where(alarms.c.feed_id == feed_id)
    return tuple(map(_alarm, connection.execute(wanted.order_by(alarms.c.id.desc()).limit(limit))))


def counts(connection: Connection) -> dict[AlarmKind, int]:
    """Count the alarms that stand, by kind, of feeds that are polled."""
    rows = connection.execute(
        select(alarms.c.kind, func.count().label("n"))
        .join(feeds, feeds.c.id == alarms.c.feed_id)
        .where(alarms.c.ended_at.is_(None), feeds.c.enabled, feeds.c.retired_at.is_(None))
        .group_by(alarms.c.kind)
    )
    return {AlarmKind(row.kind): row.n for row in rows}


def prune(connection: Connection, before: datetime) -> int:
    """Delete alarms that ended before a time; how many."""
    return connection.execute(alarms.delete().where(alarms.c.ended_at < before)).rowcount


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(
        id=row.id,
        feed_id=row.feed_id,
        kind=AlarmKind(row.kind),
        detail=row.detail,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        end_detail=row.end_detail,
    )
