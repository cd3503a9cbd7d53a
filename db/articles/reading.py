"""Articles as they stand: their texts, dates and headlines."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from db import pages
from db.rows import in_batches
from db.tables import article_revisions, articles
from pipeline.model import ArticleText, Headline, Revision

_ONLY_TEXT = select(
    articles.c.revision.label("number"),
    articles.c.title,
    articles.c.summary,
    articles.c.feed_id,
    articles.c.first_seen_at.label("seen_at"),
).where(articles.c.id == bindparam("which"))


def revisions(connection: Connection, article_id: int) -> tuple[Revision, ...]:
    """Give every text an article has had, oldest first."""
    rows = connection.execute(
        select(article_revisions)
        .where(article_revisions.c.article_id == article_id)
        .order_by(article_revisions.c.number)
    ).all()
    # A text that never changed is kept once, with its article.
    rows = rows or connection.execute(_ONLY_TEXT, {"which": article_id}).all()
    return tuple(
        Revision(
            number=row.number,
            title=row.title,
            summary=row.summary,
            feed_id=row.feed_id,
            seen_at=row.seen_at,
        )
        for row in rows
    )


def texts(
    connection: Connection,
    *,
    after: int = 0,
    limit: int | None = None,
    only: Collection[int] | None = None,
    hold: bool = False,
) -> tuple[tuple[int, int, ArticleText], ...]:
    """Give (id, revision, text) of the next articles by id, for matching again in chunks.

    The texts of their pages are part of it, where they were read. With `hold`, nobody else revises
    them until this transaction ends.
    """
    wanted = (
        select(
            articles.c.id,
            articles.c.revision,
            articles.c.title,
            articles.c.summary,
            articles.c.language,
        )
        .where(articles.c.id > after)
        .order_by(articles.c.id)
        .limit(limit)
    )
    if only is not None:
        wanted = wanted.where(articles.c.id.in_(only))
    rows = connection.execute(wanted.with_for_update(key_share=True) if hold else wanted).all()
    # Asked after the lock is held: a page that was stored while we waited for it counts.
    completed = pages.with_bodies(
        connection,
        {
            row.id: ArticleText(title=row.title, summary=row.summary, language=row.language)
            for row in rows
        },
    )
    return tuple((row.id, row.revision, completed[row.id]) for row in rows)


def dates(connection: Connection, article_ids: Collection[int]) -> dict[int, datetime]:
    """Give for each of these articles the time it is ordered by."""
    found: dict[int, datetime] = {}
    for batch in in_batches(sorted(article_ids)):
        rows = connection.execute(
            select(articles.c.id, articles.c.ordered_at).where(articles.c.id.in_(batch))
        )
        found.update((article_id, ordered_at) for article_id, ordered_at in rows)
    return found


def headlines(connection: Connection, article_ids: Collection[int]) -> dict[int, Headline]:
    """Give each of these articles in one line."""
    columns = ("id", "title", "publisher", "url", "published_at", "summary", "language")
    found: dict[int, Headline] = {}
    for batch in in_batches(sorted(article_ids)):
        for row in connection.execute(
            select(*(articles.c[name] for name in columns)).where(articles.c.id.in_(batch))
        ):
            found[row.id] = Headline(
                article_id=row.id,
                title=row.title,
                publisher=row.publisher,
                url=row.url,
                published_at=row.published_at,
                summary=row.summary,
                language=row.language,
            )
    return found


def seen_since(connection: Connection, moment: datetime) -> tuple[datetime | None, int | None]:
    """Give when the oldest article was first seen, and the first id that was since a moment."""
    oldest = connection.scalar(select(func.min(articles.c.first_seen_at)))
    first = connection.scalar(
        select(func.min(articles.c.id)).where(articles.c.first_seen_at >= moment)
    )
    return oldest, first


def count(connection: Connection) -> int:
    """Count the stored articles."""
    return connection.scalar(select(func.count()).select_from(articles)) or 0
