"""Stories: articles of one or more publishers that report the same event."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from db.tables import articles, stories


def recent(
    connection: Connection, since: datetime, until: datetime
) -> tuple[tuple[int, str, datetime, int], ...]:
    """Give (article id, title key, published, story id) of articles in stories, published in a
    span."""
    rows = connection.execute(
        select(articles.c.id, articles.c.title_key, articles.c.published_at, articles.c.story_id)
        .where(articles.c.story_id.is_not(None), articles.c.published_at.between(since, until))
        .order_by(articles.c.id)
    )
    return tuple((row.id, row.title_key, row.published_at, row.story_id) for row in rows)


def without_story(
    connection: Connection, article_ids: Collection[int]
) -> tuple[tuple[int, str, str, datetime], ...]:
    """Give (article id, title key, title, published) of those articles that have no story yet."""
    rows = connection.execute(
        select(articles.c.id, articles.c.title_key, articles.c.title, articles.c.published_at)
        .where(articles.c.id.in_(article_ids), articles.c.story_id.is_(None))
        .order_by(articles.c.published_at, articles.c.id)
    )
    return tuple((row.id, row.title_key, row.title, row.published_at) for row in rows)


def begin(connection: Connection, article_id: int, title: str, now: datetime) -> int:
    """Make a story of one article; gives its id."""
    story_id = connection.execute(
        stories.insert()
        .values(title=title, first_seen_at=now, last_seen_at=now)
        .returning(stories.c.id)
    ).scalar_one()
    join(connection, article_id, story_id, now)
    return int(story_id)


def join(connection: Connection, article_id: int, story_id: int, now: datetime) -> None:
    """Put an article into a story."""
    connection.execute(
        articles.update().where(articles.c.id == article_id).values(story_id=story_id)
    )
    connection.execute(stories.update().where(stories.c.id == story_id).values(last_seen_at=now))
