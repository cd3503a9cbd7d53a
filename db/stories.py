"""Stories: articles of one or more publishers that report the same event."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, false, or_, select

from db.tables import articles, stories


def recent(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    with_any_of: Collection[str] | None = None,
) -> tuple[tuple[int, str, datetime, int], ...]:
    """Give (article id, title key, published, story id) of articles in stories, published in a
    span; `with_any_of` leaves out most of those whose title key has none of these words."""
    wanted = (
        select(articles.c.id, articles.c.title_key, articles.c.published_at, articles.c.story_id)
        .where(articles.c.story_id.is_not(None), articles.c.published_at.between(since, until))
        .order_by(articles.c.id)
    )
    if with_any_of is not None:
        keys = (articles.c.title_key.contains(word, autoescape=True) for word in with_any_of)
        wanted = wanted.where(or_(false(), *keys))
    rows = connection.execute(wanted)
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
    _put_in(connection, article_id, story_id)
    return int(story_id)


def join(connection: Connection, article_id: int, story_id: int, now: datetime) -> None:
    """Put an article into a story."""
    _put_in(connection, article_id, story_id)
    connection.execute(stories.update().where(stories.c.id == story_id).values(last_seen_at=now))


def _put_in(connection: Connection, article_id: int, story_id: int) -> None:
    connection.execute(
        articles.update().where(articles.c.id == article_id).values(story_id=story_id)
    )
