"""Claims, holds and visits: who works on what, what waits for later, who looked when."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from db.tables import claims, desk_visits, holds
from pipeline.model import Claim, Hold


def claimed(connection: Connection, match_ids: Collection[int], now: datetime) -> dict[int, Claim]:
    """Give the claims on these matches that have not expired, by match."""
    rows = connection.execute(
        select(claims).where(claims.c.match_id.in_(match_ids), claims.c.expires_at > now)
    )
    return {
        row.match_id: Claim(match_id=row.match_id, editor=row.editor, expires_at=row.expires_at)
        for row in rows
    }


def claim(
    connection: Connection,
    match_ids: Collection[int],
    editor: str,
    now: datetime,
    until: datetime,
) -> None:
    """Let an editor work on these matches, whoever did before."""
    connection.execute(claims.delete().where(claims.c.match_id.in_(match_ids)))
    if match_ids:
        connection.execute(
            claims.insert(),
            [
                {"match_id": each, "editor": editor, "claimed_at": now, "expires_at": until}
                for each in match_ids
            ],
        )


def prolong(connection: Connection, editor: str, now: datetime, until: datetime) -> int:
    """Keep an editor's claims alive; how many there are."""
    return connection.execute(
        claims.update()
        .where(claims.c.editor == editor, claims.c.expires_at > now)
        .values(expires_at=until)
    ).rowcount


def release(connection: Connection, editor: str, match_ids: Collection[int] | None = None) -> int:
    """End an editor's claims, on these matches or on all; how many."""
    gone = claims.delete().where(claims.c.editor == editor)
    if match_ids is not None:
        gone = gone.where(claims.c.match_id.in_(match_ids))
    return connection.execute(gone).rowcount


def held(connection: Connection, match_ids: Collection[int], now: datetime) -> dict[int, Hold]:
    """Give the holds on these matches that still last, by match."""
    rows = connection.execute(
        select(holds).where(holds.c.match_id.in_(match_ids), holds.c.until > now)
    )
    return {
        row.match_id: Hold(match_id=row.match_id, editor=row.editor, until=row.until)
        for row in rows
    }


def hold(
    connection: Connection, match_ids: Collection[int], editor: str, now: datetime, until: datetime
) -> None:
    """Leave these matches out of the queue until a time."""
    unhold(connection, match_ids)
    if match_ids:
        connection.execute(
            holds.insert(),
            [
                {"match_id": each, "editor": editor, "held_at": now, "until": until}
                for each in match_ids
            ],
        )


def unhold(connection: Connection, match_ids: Collection[int]) -> int:
    """Put these matches back into the queue; how many were held."""
    return connection.execute(holds.delete().where(holds.c.match_id.in_(match_ids))).rowcount


def visit(
    connection: Connection, editor_id: int, now: datetime, *, pause: timedelta
) -> datetime | None:
    """Note that an editor looks at the queue; gives when the visit before this one ended.

    A visit ends when nothing is looked at for `pause`. None on the first visit ever.
    """
    row = connection.execute(
        select(desk_visits).where(desk_visits.c.editor_id == editor_id)
    ).one_or_none()
    if row is None:
        connection.execute(
            desk_visits.insert().values(editor_id=editor_id, began_at=now, last_at=now)
        )
        return None
    before: datetime | None = row.before_at
    values = {"last_at": now}
    if now - row.last_at > pause:
        before = row.last_at
        values |= {"began_at": now, "before_at": before}
    connection.execute(
        desk_visits.update().where(desk_visits.c.editor_id == editor_id).values(**values)
    )
    return before


def last_visit(connection: Connection, editor_id: int) -> tuple[datetime, datetime | None] | None:
    """Give when an editor last looked at the queue and when the visit before ended."""
    row = connection.execute(
        select(desk_visits).where(desk_visits.c.editor_id == editor_id)
    ).one_or_none()
    return (row.last_at, row.before_at) if row else None
