"""Telling: articles as they are told in stories, read for comparing and for showing."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    func,
    select,
)

from db.search import containing
from db.tables import articles, matches, story_keys
from pipeline.model import Kind, MatchStatus, Told

_KEYS_AT_ONCE = 5_000
KEYS: Any = bindparam("keys", expanding=True)
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
_WITHOUT_STORY = _TOLD.where(articles.c.id.in_(KEYS), articles.c.story_id.is_(None)).order_by(
    articles.c.published_at, articles.c.id
)
_OWN_STORIES = select(articles.c.story_id).where(articles.c.id.in_(KEYS))
_WITH_LEADS = _TOLD.where(
    articles.c.story_id.is_not(None),
    articles.c.id.in_(KEYS)
    | articles.c.id.in_(
        select(func.min(articles.c.id))
        .where(articles.c.story_id.in_(_OWN_STORIES.scalar_subquery()))
        .group_by(articles.c.story_id)
    ),
).order_by(articles.c.id)
_COPIES = _TOLD.where(articles.c.story_id.in_(KEYS)).order_by(articles.c.id)
_MATCHED: Any = select(matches.c.article_id, matches.c.conflict, matches.c.hits).where(
    matches.c.article_id.in_(KEYS), matches.c.status != MatchStatus.WITHDRAWN
)


def without_story(connection: Connection, article_ids: Collection[int]) -> tuple[Told, ...]:
    """Give those of these articles that have no story yet, oldest first."""
    rows = [
        row
        for some in batches_of(article_ids)
        for row in connection.execute(_WITHOUT_STORY, {"keys": some})
    ]
    return _told(connection, sorted(rows, key=lambda row: (row.published_at, row.id)))


def with_leads(connection: Connection, article_ids: Collection[int]) -> tuple[Told, ...]:
    """Give these articles of stories, and the first article of each of their stories."""
    rows = {
        row.id: row
        for some in batches_of(article_ids)
        for row in connection.execute(_WITH_LEADS, {"keys": some})
    }
    return _told(connection, [rows[key] for key in sorted(rows)])


def copies(connection: Connection, story_ids: Collection[int]) -> dict[int, tuple[Told, ...]]:
    """Give the articles of each of these stories, by story, in the order they were stored."""
    found: dict[int, list[Told]] = defaultdict(list)
    for some in batches_of(story_ids):
        for row in connection.execute(_COPIES, {"keys": some}):
            found[row.story_id].append(_value(row, ()))
    return {story_id: tuple(told) for story_id, told in found.items()}


def _told(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Told, ...]:
    matched: dict[int, list[Row[Any]]] = defaultdict(list)
    for some in batches_of([row.id for row in rows]):
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
        for some in batches_of(article_ids)
        for row in connection.execute(
            select(articles.c.id, articles.c.story_id).where(
                articles.c.id.in_(some), articles.c.story_id.is_not(None)
            )
        )
    }


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


def without_keys(connection: Connection, article_ids: Collection[int]) -> tuple[Told, ...]:
    """Give those of these articles that no keys lead to."""
    keyed = select(story_keys.c.article_id).where(story_keys.c.article_id.in_(KEYS))
    wanted = _TOLD.where(articles.c.id.in_(KEYS), articles.c.id.not_in(keyed))
    rows = [
        row
        for some in batches_of(article_ids)
        for row in connection.execute(wanted, {"keys": some})
    ]
    return _told(connection, rows)


def batches_of(values: Collection[int]) -> Iterator[list[int]]:
    """Give numbers in their order, each once, so many at a time as one statement takes."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), _KEYS_AT_ONCE):
        yield ordered[start : start + _KEYS_AT_ONCE]
