"""Stories: articles of one or more publishers that report the same event."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    bindparam,
    column,
    func,
    select,
    text,
)

from db.search import containing
from db.tables import UTCDateTime, articles, matches, stories, story_keys
from pipeline.model import Kind, MatchStatus, Placed, Told

_KEYS_AT_ONCE = 5_000
_KEYS: Any = bindparam("keys", expanding=True)
# An index range of each key, broken off when it is long: common words cost no more than rare ones.
_COUNT = """
    SELECT wanted.key, (SELECT count(*) FROM (
        SELECT 1 FROM story_keys AS held
        WHERE held.key = wanted.key AND held.published_at BETWEEN :since AND :until LIMIT :most
    ) AS found) AS how_many
    FROM ({keys}) AS wanted
"""
_COUNTS = {
    dialect: text(_COUNT.format(keys=keys))
    .bindparams(bindparam("since", type_=UTCDateTime()), bindparam("until", type_=UTCDateTime()))
    .columns(column("key", BigInteger), column("how_many", BigInteger))
    for dialect, keys in {
        "sqlite": "SELECT value AS key FROM json_each(:keys)",
        "postgresql": "SELECT CAST(value AS BIGINT) AS key"
        " FROM json_array_elements_text(CAST(:keys AS JSON))",
    }.items()
}
_HELD = select(story_keys.c.key, story_keys.c.article_id).where(
    story_keys.c.key.in_(_KEYS),
    story_keys.c.published_at.between(
        bindparam("since", type_=UTCDateTime()), bindparam("until", type_=UTCDateTime())
    ),
)
# One number, known only here.
_ALONE = text("SELECT pg_advisory_xact_lock(7302646566)")
_TOLD: Any = select(
    articles.c.id,
    articles.c.title,
    articles.c.summary,
    articles.c.publisher,
    articles.c.language,
    articles.c.author,
    articles.c.published_at,
    articles.c.story_id,
    articles.c.story_reason,
    articles.c.story_by,
)
_WITHOUT_STORY = _TOLD.where(articles.c.id.in_(_KEYS), articles.c.story_id.is_(None)).order_by(
    articles.c.published_at, articles.c.id
)
_OWN_STORIES = select(articles.c.story_id).where(articles.c.id.in_(_KEYS))
_WITH_LEADS = _TOLD.where(
    articles.c.story_id.is_not(None),
    articles.c.id.in_(_KEYS)
    | articles.c.id.in_(
        select(func.min(articles.c.id))
        .where(articles.c.story_id.in_(_OWN_STORIES.scalar_subquery()))
        .group_by(articles.c.story_id)
    ),
).order_by(articles.c.id)
_COPIES = _TOLD.where(articles.c.story_id.in_(_KEYS)).order_by(articles.c.id)
_MATCHED: Any = select(matches.c.article_id, matches.c.conflict, matches.c.hits).where(
    matches.c.article_id.in_(_KEYS), matches.c.status != MatchStatus.WITHDRAWN
)
_PUT_IN = (
    articles.update()
    .where(articles.c.id == bindparam("article"))
    .values(story_id=bindparam("story"), story_reason=bindparam("reason"))
)
_MATCHES_FOLLOW = (
    matches.update()
    .where(matches.c.article_id.in_(_KEYS))
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


def without_story(connection: Connection, article_ids: Collection[int]) -> tuple[Told, ...]:
    """Give those of these articles that have no story yet, oldest first."""
    rows = [
        row
        for some in _batches(article_ids)
        for row in connection.execute(_WITHOUT_STORY, {"keys": some})
    ]
    return _told(connection, sorted(rows, key=lambda row: (row.published_at, row.id)))


def how_common(
    connection: Connection, keys: Collection[int], since: datetime, until: datetime, *, most: int
) -> dict[int, int]:
    """Count the articles published in a span under each key, not further than `most`."""
    counted: dict[int, int] = {}
    statement = _COUNTS[connection.dialect.name]
    for some in _batches(keys):
        rows = connection.execute(
            statement, {"keys": json.dumps(some), "since": since, "until": until, "most": most}
        )
        counted.update((row.key, row.how_many) for row in rows)
    return counted


def holding(
    connection: Connection, keys: Collection[int], since: datetime, until: datetime
) -> dict[int, list[int]]:
    """Give the articles published in a span under each key, by key."""
    found: dict[int, list[int]] = defaultdict(list)
    for some in _batches(keys):
        rows = connection.execute(_HELD, {"keys": some, "since": since, "until": until})
        for key, article_id in rows:
            found[key].append(article_id)
    return found


def with_leads(connection: Connection, article_ids: Collection[int]) -> tuple[Told, ...]:
    """Give these articles of stories, and the first article of each of their stories."""
    rows = {
        row.id: row
        for some in _batches(article_ids)
        for row in connection.execute(_WITH_LEADS, {"keys": some})
    }
    return _told(connection, [rows[key] for key in sorted(rows)])


def copies(connection: Connection, story_ids: Collection[int]) -> dict[int, tuple[Told, ...]]:
    """Give the articles of each of these stories, by story, in the order they were stored."""
    found: dict[int, list[Told]] = defaultdict(list)
    for some in _batches(story_ids):
        for row in connection.execute(_COPIES, {"keys": some}):
            found[row.story_id].append(_value(row, ()))
    return {story_id: tuple(told) for story_id, told in found.items()}


def _told(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Told, ...]:
    matched: dict[int, list[Row[Any]]] = defaultdict(list)
    for some in _batches([row.id for row in rows]):
        for match in connection.execute(_MATCHED, {"keys": some}):
            matched[match.article_id].append(match)
    return tuple(_value(row, matched.get(row.id, ())) for row in rows)


def _value(row: Row[Any], matched: Sequence[Row[Any]]) -> Told:
    return Told(
        article_id=row.id,
        title=row.title,
        summary=row.summary,
        publisher=row.publisher,
        language=row.language,
        author=row.author,
        published_at=row.published_at,
        conflicts=frozenset(match.conflict for match in matched),
        places=frozenset(
            hit["text"]
            for match in matched
            for hit in match.hits
            if hit["kind"] == Kind.PLACE and hit["field"] == "title"
        ),
        story_id=row.story_id,
        reason=row.story_reason,
        put_by=row.story_by or "",
    )


def story_of(connection: Connection, article_ids: Collection[int]) -> dict[int, int]:
    """Give the story of each of these articles that has one."""
    return {
        row.id: row.story_id
        for some in _batches(article_ids)
        for row in connection.execute(
            select(articles.c.id, articles.c.story_id).where(
                articles.c.id.in_(some), articles.c.story_id.is_not(None)
            )
        )
    }


def where_now(connection: Connection, story_id: int) -> int | None:
    """Follow merges from a story to the one that stands now; None for an unknown one."""
    at: int | None = story_id
    found = None
    while at is not None:
        row = connection.execute(
            select(stories.c.id, stories.c.merged_into).where(stories.c.id == at)
        ).one_or_none()
        if row is None:
            break
        found, at = row.id, row.merged_into
    return found


def found_by(connection: Connection, words: str, *, most: int) -> tuple[int, ...]:
    """Name the stories last stored with an article that contains all of these words."""
    found = containing(connection, words)
    if found is None:
        return ()
    newest = func.max(articles.c.id)
    return tuple(
        connection.scalars(
            select(articles.c.story_id)
            .where(articles.c.id.in_(found), articles.c.story_id.is_not(None))
            .group_by(articles.c.story_id)
            .order_by(newest.desc())
            .limit(most)
        )
    )


def merged(connection: Connection, story_ids: Collection[int]) -> dict[int, int]:
    """Give the story that stands for each of these that was merged away; holds them all."""
    gone = [
        row.id
        for some in _batches(story_ids)
        for row in connection.execute(
            select(stories.c.id, stories.c.merged_into)
            .where(stories.c.id.in_(some))
            .order_by(stories.c.id)
            .with_for_update()
        )
        if row.merged_into is not None
    ]
    return standing_for(connection, gone)


def standing_for(connection: Connection, story_ids: Collection[int]) -> dict[int, int]:
    """Follow merges: give the story that stands for each of these now; unknown ones are left out.

    The rows are held until the transaction ends, so that none of them is merged meanwhile.
    """
    found: dict[int, int] = {}
    for asked in sorted(set(story_ids)):
        at: int | None = asked
        while at is not None:
            row = connection.execute(
                select(stories.c.id, stories.c.merged_into)
                .where(stories.c.id == at)
                .with_for_update()
            ).one_or_none()
            if row is None:
                break
            found[asked] = row.id
            at = row.merged_into
    return found


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
    for some in _batches(article_ids):
        connection.execute(_MATCHES_FOLLOW, {"keys": some})


def keep_keys(
    connection: Connection, keys: Mapping[int, tuple[datetime, Collection[int]]], now: datetime
) -> None:
    """Keep the keys of articles, given by article id with the article's date."""
    rows = [
        {"key": key, "published_at": published_at, "article_id": article_id, "stored_at": now}
        for article_id, (published_at, held) in keys.items()
        for key in set(held)
    ]
    if rows:
        connection.execute(story_keys.insert(), rows)


def without_keys(connection: Connection, article_ids: Collection[int]) -> tuple[Told, ...]:
    """Give those of these articles that no keys lead to."""
    keyed = select(story_keys.c.article_id).where(story_keys.c.article_id.in_(_KEYS))
    wanted = _TOLD.where(articles.c.id.in_(_KEYS), articles.c.id.not_in(keyed))
    rows = [
        row for some in _batches(article_ids) for row in connection.execute(wanted, {"keys": some})
    ]
    return _told(connection, rows)


def prune_keys(connection: Connection, before: datetime) -> int:
    """Delete the keys kept before a time; how many."""
    return connection.execute(story_keys.delete().where(story_keys.c.stored_at < before)).rowcount


def _batches(values: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(set(values))
    for start in range(0, len(ordered), _KEYS_AT_ONCE):
        yield ordered[start : start + _KEYS_AT_ONCE]
