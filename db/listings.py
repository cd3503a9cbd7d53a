"""Listings: what fits a filter, by key, newest first; a page costs the same however deep it is."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select, true

from db.search import containing
from db.tables import articles, digest_items, digest_placements, matches, stories
from pipeline.model import MatchStatus, StoryHead


def article_ids(
    connection: Connection,
    *,
    conflict: str | None = None,
    among: Collection[str] = (),
    status: MatchStatus | None = None,
    words: str = "",
    publisher: str | None = None,
    language: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[int, ...]:
    """Name articles, last stored first: under a conflict, with a match of a status, and so on.

    `among` keeps to these conflicts, all of them when it is empty.
    """
    wanted = select(articles.c.id)
    if conflict is not None or among or status is not None:
        under = _under(conflict, among) & (matches.c.article_id == articles.c.id)
        under &= (
            matches.c.status == status
            if status is not None
            else matches.c.status != MatchStatus.WITHDRAWN
        )
        wanted = wanted.where(exists().where(under))
    if since is not None:
        wanted = wanted.where(articles.c.first_seen_at >= since)
    return _ids(connection, wanted, articles.c.id, words, publisher, language, before, limit)


def match_ids(
    connection: Connection,
    *,
    conflict: str | None = None,
    among: Collection[str] = (),
    status: MatchStatus | None = None,
    words: str = "",
    publisher: str | None = None,
    language: str | None = None,
    least_score: int | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[int, ...]:
    """Name matches, last proposed first."""
    wanted = select(matches.c.id).join(articles, articles.c.id == matches.c.article_id)
    wanted = wanted.where(_under(conflict, among))
    if status is not None:
        wanted = wanted.where(matches.c.status == status)
    if least_score is not None:
        wanted = wanted.where(matches.c.score >= least_score)
    return _ids(connection, wanted, matches.c.id, words, publisher, language, before, limit)


def _under(conflict: str | None, among: Collection[str]) -> ColumnElement[bool]:
    under: ColumnElement[bool] = true()
    if conflict is not None:
        under &= matches.c.conflict == conflict
    if among:
        under &= matches.c.conflict.in_(sorted(among))
    return under


def _ids(
    connection: Connection,
    wanted: Select[Any],
    key: Any,
    words: str,
    publisher: str | None,
    language: str | None,
    before: int | None,
    limit: int,
) -> tuple[int, ...]:
    if words:
        found = containing(connection, words)
        if found is None:
            return ()
        wanted = wanted.where(articles.c.id.in_(found))
    if publisher is not None:
        wanted = wanted.where(articles.c.publisher == publisher)
    if language is not None:
        wanted = wanted.where(articles.c.language == language)
    return _page(connection, wanted, key, before, limit)


def _page(
    connection: Connection, wanted: Select[Any], key: Any, before: int | None, limit: int
) -> tuple[int, ...]:
    if before is not None:
        wanted = wanted.where(key < before)
    return tuple(connection.scalars(wanted.order_by(key.desc()).limit(limit)))


def story_ids(
    connection: Connection,
    *,
    conflict: str | None = None,
    among: Collection[str] = (),
    before: int | None = None,
    limit: int,
) -> tuple[int, ...]:
    """Name stories, last begun first; with conflicts, those with an article under them."""
    wanted = select(stories.c.id)
    if conflict is not None or among:
        under = (
            select(matches.c.id)
            .join(articles, articles.c.id == matches.c.article_id)
            .where(
                articles.c.story_id == stories.c.id,
                _under(conflict, among),
                matches.c.status != MatchStatus.WITHDRAWN,
            )
        )
        wanted = wanted.where(under.exists())
    return _page(connection, wanted, stories.c.id, before, limit)


def stories_of(connection: Connection, ids: Collection[int]) -> tuple[StoryHead, ...]:
    """Give stories without their articles, last begun first."""
    rows = connection.execute(
        select(stories).where(stories.c.id.in_(ids)).order_by(stories.c.id.desc())
    )
    return tuple(
        StoryHead(
            id=row.id,
            title=row.title,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
        )
        for row in rows
    )


def digest_slugs(
    connection: Connection,
    *,
    conflict: str | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[tuple[int, str], ...]:
    """Name digest items by id and slug, last minted first."""
    wanted = select(digest_items.c.id, digest_items.c.slug)
    if conflict is not None:
        placed = select(digest_placements.c.item_id).where(digest_placements.c.conflict == conflict)
        wanted = wanted.where(digest_items.c.id.in_(placed))
    if before is not None:
        wanted = wanted.where(digest_items.c.id < before)
    rows = connection.execute(wanted.order_by(digest_items.c.id.desc()).limit(limit))
    return tuple((row.id, row.slug) for row in rows)
