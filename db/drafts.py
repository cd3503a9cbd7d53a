"""Drafts of backgrounds: what an editor typed and has not saved, so that no restart loses it."""

from datetime import datetime

from sqlalchemy import Connection, select

from db.backgrounds import from_document, to_document
from db.tables import background_drafts as drafts
from pipeline.model import Background, BackgroundDraft


def keep(
    connection: Connection,
    slug: str,
    background: Background,
    *,
    editor: str,
    base: int,
    now: datetime,
) -> None:
    """Keep an editor's unsaved text in place of what was kept of it before."""
    discard(connection, slug, editor)
    connection.execute(
        drafts.insert().values(
            conflict=slug,
            editor=editor,
            base=base,
            document=to_document(background),
            kept_at=now,
        )
    )


def find(connection: Connection, slug: str, editor: str) -> BackgroundDraft | None:
    """Give an editor's draft, or None."""
    row = connection.execute(
        select(drafts).where(drafts.c.conflict == slug, drafts.c.editor == editor)
    ).one_or_none()
    if row is None:
        return None
    return BackgroundDraft(
        base=row.base, kept_at=row.kept_at, background=from_document(slug, row.document)
    )


def discard(connection: Connection, slug: str, editor: str) -> None:
    """Forget an editor's draft."""
    connection.execute(drafts.delete().where(drafts.c.conflict == slug, drafts.c.editor == editor))


def held_by(connection: Connection, slug: str) -> tuple[str, ...]:
    """Name the editors who hold a draft, in order of when they last wrote."""
    return tuple(
        connection.scalars(
            select(drafts.c.editor).where(drafts.c.conflict == slug).order_by(drafts.c.kept_at)
        )
    )
