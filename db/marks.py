"""Marks: what tells that a stored article's text is another than before."""

from datetime import datetime

from sqlalchemy import Connection, case, func, select

from db.tables import article_pages, article_revisions, articles

Mark = tuple[int, datetime | None]


def stamp(connection: Connection) -> tuple[object, ...]:
    """Give figures that differ once an article was added, revised or deleted, or its page read."""
    counted = (
        select(func.count(), func.max(articles.c.id)).select_from(articles),
        select(func.count(), func.max(article_revisions.c.id)).select_from(article_revisions),
        select(func.count(), func.max(article_pages.c.read_at)).where(article_pages.c.body != ""),
    )
    return tuple(tuple(connection.execute(each).one()) for each in counted)


def of_articles(connection: Connection) -> dict[int, Mark]:
    """Give for every article what tells one text of it from another."""
    rows = connection.execute(
        select(
            articles.c.id,
            articles.c.revision,
            case((article_pages.c.body != "", article_pages.c.read_at)),
        ).outerjoin(article_pages, article_pages.c.article_id == articles.c.id)
    )
    return {article_id: (revision, read_at) for article_id, revision, read_at in rows}
