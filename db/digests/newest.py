"""The newest items of a feed, found without reading through all that it ever held."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from db.tables import digest_items, digest_placements


def newest_moments(
    connection: Connection, among: Collection[str] | None, how_many: int
) -> Sequence[datetime]:
    """Give when the newest items of these conflicts (None: of all) were published, newest first."""
    wanted = select(digest_items.c.published_at)
    if among is not None:
        wanted = wanted.where(_looked_up(among))
    newest_first = wanted.order_by(digest_items.c.published_at.desc())
    return connection.scalars(newest_first.limit(how_many)).all()


def _looked_up(among: Collection[str]) -> ColumnElement[bool]:
    placed = select(digest_placements.c.item_id).where(digest_placements.c.conflict.in_(among))
    if len(among) == 1:
        return digest_items.c.id.in_(placed)
    # Of many conflicts: the newest are looked at one by one until there are enough. As a list
    # SQLite would read the places of the whole archive first.
    return placed.where(digest_placements.c.item_id == digest_items.c.id).exists()
