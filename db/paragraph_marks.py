"""Paragraph marks: which article bears on a paragraph of the background, and what is outdated."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from db.tables import articles
from db.tables import paragraph_marks as marks
from pipeline.model import MarkKind, ParagraphMark


def standing(
    connection: Connection, slug: str, *, article_id: int | None = None
) -> tuple[ParagraphMark, ...]:
    """List the marks that stand, oldest first; those made beside one article, or all."""
    wanted = (
        select(marks, articles.c.title)
        .join(articles, articles.c.id == marks.c.article_id)
        .where(marks.c.conflict == slug, marks.c.cleared_at.is_(None))
        .order_by(marks.c.id)
    )
    if article_id is not None:
        wanted = wanted.where(marks.c.article_id == article_id)
    return tuple(
        ParagraphMark(
            id=row.id,
            paragraph=row.paragraph,
            kind=MarkKind(row.kind),
            article_id=row.article_id,
            headline=row.title,
            editor=row.editor,
            made_at=row.made_at,
        )
        for row in connection.execute(wanted)
    )


def add(
    connection: Connection,
    slug: str,
    paragraph: str,
    kind: MarkKind,
    *,
    article_id: int,
    editor: str,
    now: datetime,
) -> None:
    """Note a mark."""
    connection.execute(
        marks.insert().values(
            conflict=slug,
            paragraph=paragraph,
            kind=kind,
            article_id=article_id,
            editor=editor,
            made_at=now,
        )
    )


def clear(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Let marks stand no longer; they stay in the table."""
    if ids:
        connection.execute(marks.update().where(marks.c.id.in_(ids)).values(cleared_at=now))
