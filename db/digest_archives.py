"""Archives of the digest's feeds (RFC 5005): filled from what left the window, closed for ever.

A feed is named by its site path without extension.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, select

from db import digests
from db.tables import digest_archive_items, digest_archives, digest_items, digest_placements


def newest(connection: Connection) -> dict[str, int]:
    """Give the number of each feed's newest archive; feeds without any are left out."""
    rows = connection.execute(
        select(digest_archives.c.feed, func.max(digest_archives.c.number).label("number")).group_by(
            digest_archives.c.feed
        )
    )
    return {row.feed: row.number for row in rows}


def close_full(
    connection: Connection,
    feed: str,
    conflicts: Collection[str],
    *,
    since: datetime,
    least: int,
    size: int,
    now: datetime,
) -> int:
    """Close as many archives of exactly `size` entries as there are for a feed; gives how many.

    An entry goes into an archive when it was published before `since`, is none of the newest
    `least`, and stands in no archive of this feed yet; the oldest go first. What is in no archive
    stays in the subscription document, so nothing is ever in neither.
    """
    kept = digests.newest_moments(connection, conflicts, least)
    if len(kept) < least:
        return 0
    free = _items(conflicts).where(
        digest_items.c.published_at < min([since, *kept[-1:]]), _in_no_archive(feed)
    )
    oldest_first = free.order_by(digest_items.c.published_at, digest_items.c.uid)
    leaving = list(connection.scalars(oldest_first))
    first = newest(connection).get(feed, 0) + 1
    full = len(leaving) // size
    for number in range(first, first + full):
        held, leaving = leaving[:size], leaving[size:]
        connection.execute(digest_archives.insert().values(feed=feed, number=number, closed_at=now))
        connection.execute(
            digest_archive_items.insert(),
            [{"feed": feed, "item_id": item_id, "number": number} for item_id in held],
        )
    return full


def waiting(connection: Connection, conflicts: Collection[str]) -> dict[str, int]:
    """Count the entries of each of these conflicts' own feeds that stand in no archive yet."""
    placed = connection.execute(
        select(digest_placements.c.conflict, func.count().label("entries"))
        .where(digest_placements.c.conflict.in_(conflicts))
        .group_by(digest_placements.c.conflict)
    )
    # What is archived stays placed for ever.
    held = {
        row.feed: row.entries
        for row in connection.execute(
            select(digest_archive_items.c.feed, func.count().label("entries")).group_by(
                digest_archive_items.c.feed
            )
        )
    }
    return {
        row.conflict: row.entries - held.get(f"/conflicts/{row.conflict}/latest-news", 0)
        for row in placed
    }


def _items(conflicts: Collection[str]) -> Select[tuple[int]]:
    placed = select(digest_placements.c.item_id).where(digest_placements.c.conflict.in_(conflicts))
    return select(digest_items.c.id).where(digest_items.c.id.in_(placed))


def _in_no_archive(feed: str) -> ColumnElement[bool]:
    held = select(digest_archive_items.c.item_id).where(digest_archive_items.c.feed == feed)
    return digest_items.c.id.not_in(held)
