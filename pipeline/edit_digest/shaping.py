"""Shaping: notes, pins, order, what is left out, and holding the edition back."""

from dataclasses import dataclass
from datetime import datetime

from db import (
    Connection,
    Database,
    edition_drafts,
    edition_stories,
    editors,
)
from pipeline.edit_digest.looking import look_at, tracked
from pipeline.errors import EditionError
from pipeline.model import (
    EditionDraft,
    Pick,
)

LONGEST_NOTE = 2_000
LONGEST_WHY = 300
HELD, RELEASED, LEFT_OUT, PUT_BACK = (
    "edition.hold",
    "edition.release",
    "edition.leave_out",
    "edition.put_back",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A stale write: nothing was changed. What stands, who wrote it, and its version."""

    theirs: str
    by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A write that was stored, with the version it has now."""

    version: int


def write_note(database: Database, slug: str, note: str, *, seen: int, editor: str) -> Kept | Clash:
    """Keep the note for the next edition, unless somebody else wrote one since `seen`.

    Raises EditionError for an unknown conflict or a note that is too long.
    """
    if len(note) > LONGEST_NOTE:
        raise EditionError(f"a note has at most {LONGEST_NOTE} characters")
    with database.transaction() as connection:
        draft = _draft(connection, slug)
        if draft.version != seen and draft.note != note:
            return Clash(theirs=draft.note, by=draft.changed_by, version=draft.version)
        if draft.note == note:
            return Kept(version=draft.version)
        return Kept(version=edition_drafts.write_note(connection, slug, note, editor))


def write_why(
    database: Database, slug: str, item_id: int, why: str, *, seen: int, editor: str
) -> Kept | Clash:
    """Keep the line that says why a story matters, unless somebody else wrote one since `seen`.

    Raises EditionError for a story that is not in the draft, or a line that is too long.
    """
    if len(why) > LONGEST_WHY:
        raise EditionError(f"a line has at most {LONGEST_WHY} characters")
    with database.transaction() as connection:
        pick = _pick(connection, slug, item_id)
        if pick.version != seen and pick.why != why:
            return Clash(theirs=pick.why, by=pick.changed_by, version=pick.version)
        if pick.why == why:
            return Kept(version=pick.version)
        edition_drafts.pick(
            connection, slug, item_id, why=why, version=pick.version + 1, changed_by=editor
        )
        return Kept(version=pick.version + 1)


def pin(database: Database, slug: str, item_id: int, *, pinned: bool, editor: str) -> None:
    """Let a story stand before those that are not pinned, or no longer."""
    with database.transaction() as connection:
        _pick(connection, slug, item_id)
        edition_drafts.pick(connection, slug, item_id, pinned=pinned, changed_by=editor)


def leave_out(
    database: Database, slug: str, item_id: int, *, out: bool, editor: str, now: datetime
) -> None:
    """Keep a story out of editions, or put it back; it stays in the Latest News."""
    with database.transaction() as connection:
        _pick(connection, slug, item_id)
        edition_drafts.pick(connection, slug, item_id, left_out=out, changed_by=editor)
        editors.audit(
            connection,
            actor=editor,
            action=LEFT_OUT if out else PUT_BACK,
            subject=f"{slug}: entry {item_id}",
            now=now,
        )


def move(
    database: Database, slug: str, item_id: int, by: int, base_url: str, now: datetime
) -> None:
    """Move a story up (-1) or down (1) among those it stands with: pinned, new, or further."""
    with database.transaction() as connection:
        _pick(connection, slug, item_id)
        conflict = tracked(connection, slug)
        assert conflict is not None
        chosen = look_at(connection, conflict, base_url, now).chosen
        order = [each.story.item_id for each in chosen]
        groups = {each.story.item_id: (each.pick.pinned, each.further) for each in chosen}
        if item_id not in groups:
            return
        at = order.index(item_id)
        to = at + by
        if 0 <= to < len(order) and groups[order[to]] == groups[item_id]:
            order[at], order[to] = order[to], order[at]
            edition_drafts.order(connection, slug, order)


def hold(database: Database, slug: str, *, held: bool, editor: str, now: datetime) -> None:
    """Hold the next edition back until it is released, or release it. Raises EditionError for an
    unknown conflict."""
    with database.transaction() as connection:
        draft = _draft(connection, slug)
        if (draft.held_at is not None) is held:
            return
        edition_drafts.hold_back(connection, slug, editor, now if held else None)
        action = HELD if held else RELEASED
        editors.audit(connection, actor=editor, action=action, subject=slug, now=now)


def _draft(connection: Connection, slug: str) -> EditionDraft:
    if tracked(connection, slug) is None:
        raise EditionError("there is no such conflict")
    return edition_drafts.find(connection, slug, hold=True)


def _pick(connection: Connection, slug: str, item_id: int) -> Pick:
    draft = _draft(connection, slug)
    if not edition_stories.is_placed(connection, item_id, slug):
        raise EditionError("there is no such story in this conflict's digest")
    found = [pick for pick in draft.picks if pick.item_id == item_id]
    return found[0] if found else Pick(item_id=item_id)
