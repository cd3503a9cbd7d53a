"""Drafts of editions: what editors decided of the next one, before it is made."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from db.rows import insert_missing
from db.tables import edition_drafts, edition_picks
from pipeline.model import EditionDraft, Pick


def find(connection: Connection, conflict: str, *, hold: bool = False) -> EditionDraft:
    """Give a conflict's draft; with `hold`, nobody else changes it until this transaction ends."""
    wanted = select(edition_drafts).where(edition_drafts.c.conflict == conflict)
    if hold:
        connection.execute(
            insert_missing(connection, edition_drafts, ["conflict"]).values(
                conflict=conflict, note="", version=0, changed_by="", held_by=""
            )
        )
        wanted = wanted.with_for_update()
    row = connection.execute(wanted).one_or_none()
    picks = connection.execute(
        select(edition_picks)
        .where(edition_picks.c.conflict == conflict)
        .order_by(edition_picks.c.item_id)
    )
    if row is None:
        return EditionDraft(conflict=conflict, picks=tuple(map(_pick, picks)))
    return EditionDraft(
        conflict=conflict,
        note=row.note,
        version=row.version,
        held_by=row.held_by,
        held_at=row.held_at,
        changed_by=row.changed_by,
        picks=tuple(map(_pick, picks)),
    )


def _pick(row: Row[Any]) -> Pick:
    return Pick(
        item_id=row.item_id,
        pinned=row.pinned,
        place=row.place,
        why=row.why,
        left_out=row.left_out,
        version=row.version,
        changed_by=row.changed_by,
    )


def write_note(connection: Connection, conflict: str, note: str, editor: str) -> int:
    """Put a note in the place of the one that stands; gives the new version."""
    draft = find(connection, conflict, hold=True)
    _change(connection, conflict, note=note, version=draft.version + 1, changed_by=editor)
    return draft.version + 1


def hold_back(connection: Connection, conflict: str, editor: str, now: datetime | None) -> None:
    """Hold the next edition back, or, without a time, release it."""
    find(connection, conflict, hold=True)
    _change(connection, conflict, held_by=editor if now else "", held_at=now)


def _change(connection: Connection, conflict: str, **values: Any) -> None:
    connection.execute(
        edition_drafts.update().where(edition_drafts.c.conflict == conflict).values(**values)
    )


def pick(connection: Connection, conflict: str, item_id: int, **values: Any) -> None:
    """Note something of one story: `pinned`, `place`, `why`, `left_out`, `version`,
    `changed_by`."""
    connection.execute(
        insert_missing(connection, edition_picks, ["conflict", "item_id"]).values(
            conflict=conflict,
            item_id=item_id,
            pinned=False,
            why="",
            left_out=False,
            version=0,
            changed_by="",
        )
    )
    connection.execute(
        edition_picks.update()
        .where(edition_picks.c.conflict == conflict, edition_picks.c.item_id == item_id)
        .values(**values)
    )


def order(connection: Connection, conflict: str, item_ids: Sequence[int]) -> None:
    """Give these stories their places, in this order."""
    for place, item_id in enumerate(item_ids):
        pick(connection, conflict, item_id, place=place)


def clear(connection: Connection, conflict: str, item_ids: Collection[int]) -> None:
    """Forget the note, and what was decided of the stories that are now published."""
    draft = find(connection, conflict)
    if draft.note:
        _change(connection, conflict, note="", version=draft.version + 1, changed_by="")
    connection.execute(
        edition_picks.delete().where(
            edition_picks.c.conflict == conflict, edition_picks.c.item_id.in_(item_ids)
        )
    )
