"""Followed conflicts: those that an editor calls their own."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from db.tables import conflicts, followed_conflicts


def of(connection: Connection, editor_id: int) -> frozenset[str]:
    """Give the slugs of an editor's own conflicts, as far as they are tracked now."""
    return frozenset(
        connection.scalars(
            select(followed_conflicts.c.conflict)
            .join(conflicts, conflicts.c.slug == followed_conflicts.c.conflict)
            .where(followed_conflicts.c.editor_id == editor_id, conflicts.c.retired_at.is_(None))
        )
    )


def choose(connection: Connection, editor_id: int, slugs: Collection[str]) -> None:
    """Make these an editor's own conflicts, and no others; what is not tracked is left out."""
    known = connection.scalars(select(conflicts.c.slug).where(conflicts.c.slug.in_(slugs))).all()
    connection.execute(
        followed_conflicts.delete().where(followed_conflicts.c.editor_id == editor_id)
    )
    if known:
        connection.execute(
            followed_conflicts.insert(),
            [{"editor_id": editor_id, "conflict": slug} for slug in known],
        )
