"""What changed of the digest, and what the clock alone will change: publishing looks at no more."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, literal, select, union_all

from db.tables import conflicts, digest_items, digest_placements
from pipeline.model import Pulse


def slugs(connection: Connection) -> tuple[str, ...]:
    """Name every item ever published."""
    return tuple(connection.scalars(select(digest_items.c.slug).order_by(digest_items.c.id)))


def newest_change(connection: Connection) -> int:
    """Count the changes the public sees: it tells whether the digest is old. 0 before the first."""
    return connection.scalar(select(func.max(digest_items.c.revision))) or 0


def changed_since(connection: Connection, revision: int) -> tuple[str, ...]:
    """Name the items whose public face changed after a revision."""
    wanted = select(digest_items.c.slug).where(digest_items.c.revision > revision)
    return tuple(connection.scalars(wanted.order_by(digest_items.c.revision)))


def touched_since(connection: Connection, revision: int) -> frozenset[str]:
    """Name the conflicts whose feeds hold, or held, an item that changed after a revision."""
    changed = select(digest_items.c.id).where(digest_items.c.revision > revision)
    wanted = (
        select(digest_placements.c.conflict)
        .where(digest_placements.c.item_id.in_(changed))
        .distinct()
    )
    return frozenset(connection.scalars(wanted))


def pulses(connection: Connection, among: Collection[str]) -> dict[str, Pulse]:
    """Give the last change of each of these conflicts' feeds; those never fed are left out."""
    rows = connection.execute(
        select(
            digest_placements.c.conflict,
            func.max(digest_items.c.updated_at).label("changed_at"),
            func.max(digest_items.c.revision).label("revision"),
        )
        .join(digest_items, digest_items.c.id == digest_placements.c.item_id)
        .where(digest_placements.c.conflict.in_(among))
        .group_by(digest_placements.c.conflict)
    )
    return {row.conflict: Pulse(changed_at=row.changed_at, revision=row.revision) for row in rows}


def in_windows(
    connection: Connection, *, since: datetime, withdrawn_since: Collection[datetime]
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Count, by conflict, what stands in its feeds' windows only for a time.

    Of each window (published, updated and placed since, withdrawn since each of the given) the
    number and the count; empty ones are left out.
    """
    item, placement = digest_items.c, digest_placements.c
    windows = [
        placement.item_id.in_(select(item.id).where(item.published_at >= since)),
        placement.item_id.in_(select(item.id).where(item.updated_at >= since)),
        placement.placed_at >= since,
        *(placement.withdrawn_at >= moment for moment in withdrawn_since),
    ]
    counts = [
        select(placement.conflict, literal(number).label("window"), func.count().label("count"))
        .where(condition)
        .group_by(placement.conflict)
        for number, condition in enumerate(windows)
    ]
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for row in sorted(map(tuple, connection.execute(union_all(*counts)))):
        conflict, window, count = row
        found[conflict] = (*found.get(conflict, ()), (window, count))
    return found


def steady_until(
    connection: Connection, now: datetime, *, window: timedelta, withdrawn: Collection[timedelta]
) -> datetime | None:
    """Give the last moment at which every window still holds what it holds now; None: for ever."""
    item, placement = digest_items.c, digest_placements.c
    leaving = [
        (item.published_at, window),
        (item.updated_at, window),
        (placement.placed_at, window),
        *((placement.withdrawn_at, span) for span in withdrawn),
    ]
    first = [
        (connection.scalar(select(func.min(moment)).where(moment >= now - span)), span)
        for moment, span in leaving
    ]
    return min((moment + span for moment, span in first if moment is not None), default=None)


def newest_standing(connection: Connection, among: Collection[str]) -> dict[str, str]:
    """Give the slug of the newest entry that is not withdrawn there, of each of these conflicts."""
    standing = (
        select(
            digest_placements.c.conflict,
            func.max(digest_items.c.published_at).label("published_at"),
        )
        .join(digest_items, digest_items.c.id == digest_placements.c.item_id)
        .where(digest_placements.c.withdrawn_at.is_(None), digest_placements.c.conflict.in_(among))
        .group_by(digest_placements.c.conflict)
        .subquery()
    )
    rows = connection.execute(
        select(standing.c.conflict, digest_items.c.slug)
        .join(digest_items, digest_items.c.published_at == standing.c.published_at)
        .order_by(digest_items.c.id)
    )
    return {row.conflict: row.slug for row in rows}


def backgrounds_state(connection: Connection) -> int:
    """A number that grows with every saved background: it tells whether the pages are old."""
    return connection.scalar(select(func.sum(conflicts.c.background_revision))) or 0
