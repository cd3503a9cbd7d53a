"""Placing: stories begun, articles put into them, and one writer at a time."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    bindparam,
    select,
    text,
)

from db.stories.telling import KEYS, batches_of
from db.tables import articles, matches, stories
from pipeline.model import Placed

# One number, known only here.
_ALONE = text("SELECT pg_advisory_xact_lock(7302646566)")
_PUT_IN = (
    articles.update()
    .where(articles.c.id == bindparam("article"))
    .values(story_id=bindparam("story"), story_reason=bindparam("reason"))
)
_MATCHES_FOLLOW = (
    matches.update()
    .where(matches.c.article_id.in_(KEYS))
    .values(
        story_id=select(articles.c.story_id)
        .where(articles.c.id == matches.c.article_id)
        .scalar_subquery()
    )
)
_SEEN = (
    stories.update()
    .where(stories.c.id == bindparam("story"))
    .values(last_seen_at=bindparam("seen"))
)


def alone(connection: Connection) -> None:
    """Let no other process put articles into stories until this transaction ends.

    Two at once would begin one story twice, for neither sees what the other stores. On SQLite a
    transaction that writes is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ALONE)


def begin(connection: Connection, article_id: int, title: str, now: datetime) -> int:
    """Make a story of one article; gives its id."""
    [story_id] = begin_all(connection, [title], now)
    connection.execute(_PUT_IN, {"article": article_id, "story": story_id, "reason": ""})
    follow(connection, [article_id])
    return story_id


def begin_all(connection: Connection, titles: Sequence[str], now: datetime) -> tuple[int, ...]:
    """Make a story of each headline; gives their ids in the same order."""
    if not titles:
        return ()
    # Ids in the order of the rows would cost SQLite a statement each; equal headlines may swap.
    ids: dict[str, list[int]] = defaultdict(list)
    for row in connection.execute(
        stories.insert().returning(stories.c.id, stories.c.title),
        [{"title": title, "first_seen_at": now, "last_seen_at": now} for title in titles],
    ):
        ids[row.title].append(row.id)
    return tuple(ids[title].pop() for title in titles)


def put_in(connection: Connection, placed: Sequence[Placed], now: datetime) -> None:
    """Put articles into their stories, each with its reason and the keys it is looked up by."""
    if not placed:
        return
    # By id, as everywhere: two documents that touch the same rows must not wait in a circle.
    in_order = sorted(placed, key=lambda each: each.article_id)
    connection.execute(
        _PUT_IN,
        [
            {"article": each.article_id, "story": each.story_id, "reason": each.reason}
            for each in in_order
        ],
    )
    follow(connection, [each.article_id for each in placed])
    joined = sorted({each.story_id for each in placed if each.reason})
    if joined:
        connection.execute(_SEEN, [{"story": story_id, "seen": now} for story_id in joined])


def follow(connection: Connection, article_ids: Collection[int]) -> None:
    """Note the stories of these articles with their matches, which the queue is counted by."""
    for some in batches_of(article_ids):
        connection.execute(_MATCHES_FOLLOW, {"keys": some})
