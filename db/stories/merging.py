"""Merging: which story stands for one that was merged away."""

from collections.abc import Collection

from sqlalchemy import (
    Connection,
    select,
)

from db.stories.telling import batches_of
from db.tables import stories


def where_now(connection: Connection, story_id: int) -> int | None:
    """Follow merges from a story to the one that stands now; None for an unknown one."""
    at: int | None = story_id
    found = None
    while at is not None:
        row = connection.execute(
            select(stories.c.id, stories.c.merged_into).where(stories.c.id == at)
        ).one_or_none()
        if row is None:
            break
        found, at = row.id, row.merged_into
    return found


def merged(connection: Connection, story_ids: Collection[int]) -> dict[int, int]:
    """Give the story that stands for each of these that was merged away; holds them all."""
    gone = [
        row.id
        for some in batches_of(story_ids)
        for row in connection.execute(
            select(stories.c.id, stories.c.merged_into)
            .where(stories.c.id.in_(some))
            .order_by(stories.c.id)
            .with_for_update()
        )
        if row.merged_into is not None
    ]
    return standing_for(connection, gone)


def standing_for(connection: Connection, story_ids: Collection[int]) -> dict[int, int]:
    """Follow merges: give the story that stands for each of these now; unknown ones are left out.

    The rows are held until the transaction ends, so that none of them is merged meanwhile.
    """
    found: dict[int, int] = {}
    for asked in sorted(set(story_ids)):
        at: int | None = asked
        while at is not None:
            row = connection.execute(
                select(stories.c.id, stories.c.merged_into)
                .where(stories.c.id == at)
                .with_for_update()
            ).one_or_none()
            if row is None:
                break
            found[asked] = row.id
            at = row.merged_into
    return found
