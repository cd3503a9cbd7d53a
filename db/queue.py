"""The queue of stories: walked in its order along an index, only as far as a page needs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from db.matches import queue as queued
from db.search import containing
from db.tables import articles, conflicts, digest_items, digest_placements, feeds, holds, matches
from pipeline.model import MatchStatus, QueuedMatch, QueueFilter

StoryKey = tuple[str, int, str]
_ORDERS: dict[str, tuple[Any, ...]] = {
    "score": (matches.c.score.desc(), matches.c.proposed_at.desc(), matches.c.id.desc()),
    "newest": (matches.c.proposed_at.desc(), matches.c.id.desc()),
    "oldest": (matches.c.proposed_at, matches.c.id),
    "decided": (matches.c.decided_at.desc(), matches.c.id.desc()),
}
_AT_ONCE = 200
# Rows of one conflict whose matches stand alike: stories, and articles that have none.
_ROWS = func.count(matches.c.story_id.distinct()) + func.count() - func.count(matches.c.story_id)


def page(
    connection: Connection,
    wanted: QueueFilter,
    now: datetime,
    *,
    order: str = "score",
    limit: int,
    offset: int = 0,
) -> tuple[tuple[QueuedMatch, ...], ...]:
    """Give the rows of one page, each its matches with the one that brought it there first.

    A row is a story under a conflict whose matches stand alike. `order` is `score` (best first,
    then last found), `newest` or `oldest` (by when it was found) or `decided`.
    """
    asked = _filtered(
        select(
            matches.c.id,
            matches.c.conflict,
            matches.c.status,
            matches.c.story_id,
            matches.c.article_id,
        ),
        connection,
        wanted,
        now,
    )
    if asked is None:
        return ()
    leads = _walk(connection, asked.order_by(*_ORDERS[order]), offset + limit)
    shown = dict(list(leads.items())[offset:])
    if not shown:
        return ()
    return _with_copies(connection, shown)


def _walk(connection: Connection, asked: Select[Any], enough: int) -> dict[StoryKey, int]:
    """Go along the matches until enough stories were met; gives the match each was met by."""
    leads: dict[StoryKey, int] = {}
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(asked)
    try:
        for row in rows:
            leads.setdefault(_key(row), row.id)
            if len(leads) == enough:
                break
    finally:
        rows.close()
    return leads


def _key(row: Row[Any] | QueuedMatch) -> StoryKey:
    # An article without a story is one of its own; story ids are above zero.
    story = row.story_id if row.story_id is not None else -row.article_id
    return (row.conflict, story, str(row.status))


def _with_copies(
    connection: Connection, leads: dict[StoryKey, int]
) -> tuple[tuple[QueuedMatch, ...], ...]:
    stories = sorted({story for _, story, _ in leads if story > 0})
    statuses = sorted({status for _, _, status in leads})
    ids = connection.scalars(
        select(matches.c.id).where(
            or_(matches.c.story_id.in_(stories), matches.c.id.in_(list(leads.values()))),
            matches.c.status.in_(statuses),
        )
    ).all()
    rows: dict[StoryKey, list[QueuedMatch]] = defaultdict(list)
    for match in queued(connection, ids=ids, status=None, order="score"):
        rows[_key(match)].append(match)
    return tuple(
        tuple(sorted(rows[key], key=lambda match: match.id != lead)) for key, lead in leads.items()
    )


def count(connection: Connection, wanted: QueueFilter, now: datetime) -> int:
    """Count the rows that fit a filter."""
    if wanted.status is not None:
        asked = _filtered(select(_ROWS), connection, replace(wanted, least_score=0), now)
        if asked is None:
            return 0
        if wanted.least_score > 0:
            # The sum keeps SQLite from going along the scores, which needs each row itself.
            asked = asked.where(matches.c.score + 0 >= wanted.least_score)
        slugs = [wanted.conflict] if wanted.conflict else _slugs(connection)
        return sum(_by_conflict(connection, asked, slugs).values())
    keys = _filtered(
        select(matches.c.conflict, matches.c.story_id, matches.c.status), connection, wanted, now
    )
    if keys is None:
        return 0
    stories = keys.where(matches.c.story_id.is_not(None)).distinct().subquery()
    alone = keys.where(matches.c.story_id.is_(None)).subquery()
    return sum(
        connection.scalar(select(func.count()).select_from(each)) or 0 for each in (stories, alone)
    )


def waiting(connection: Connection, now: datetime) -> dict[str, int]:
    """Count the rows nobody decided and nobody put on hold, by conflict."""
    wanted = QueueFilter(status=MatchStatus.PENDING, held=False)
    asked = _filtered(select(_ROWS), connection, wanted, now)
    assert asked is not None
    found = _by_conflict(connection, asked, _slugs(connection))
    return {slug: how_many for slug, how_many in found.items() if how_many}


def _slugs(connection: Connection) -> Sequence[str]:
    return connection.scalars(select(conflicts.c.slug)).all()


def _by_conflict(
    connection: Connection, asked: Select[Any], slugs: Sequence[str]
) -> dict[str, int]:
    """Count one conflict after the other: along the index that takes a fifth of grouping by both
    conflict and story."""
    return {slug: connection.scalar(asked.where(matches.c.conflict == slug)) or 0 for slug in slugs}


def any_held(connection: Connection, now: datetime) -> bool:
    """Tell whether anything is on hold."""
    lasting = select(holds.c.match_id).where(holds.c.until > now).limit(1)
    return connection.execute(lasting).one_or_none() is not None


def arrived(connection: Connection, after: datetime, wanted: QueueFilter, now: datetime) -> int:
    """Count the rows with a match that was found after a time."""
    since = max(filter(None, (after, wanted.found_after)))
    return count(connection, replace(wanted, found_after=since), now)


def _filtered(
    asked: Select[Any], connection: Connection, wanted: QueueFilter, now: datetime
) -> Select[Any] | None:
    if wanted.status is not None:
        asked = asked.where(matches.c.status == wanted.status)
    if wanted.conflict:
        asked = asked.where(matches.c.conflict == wanted.conflict)
    if wanted.least_score > 0:
        asked = asked.where(matches.c.score >= wanted.least_score)
    if wanted.found_after is not None:
        asked = asked.where(matches.c.proposed_at > wanted.found_after)
    if wanted.held or (wanted.held is False and any_held(connection, now)):
        on_hold = matches.c.id.in_(select(holds.c.match_id).where(holds.c.until > now))
        asked = asked.where(on_hold if wanted.held else ~on_hold)
    if wanted.publisher or wanted.language or wanted.published_after is not None:
        asked = asked.join(articles, articles.c.id == matches.c.article_id)
        if wanted.publisher:
            asked = asked.where(articles.c.publisher == wanted.publisher)
        if wanted.language:
            asked = asked.where(articles.c.language == wanted.language)
        if wanted.published_after is not None:
            asked = asked.where(articles.c.ordered_at >= wanted.published_after)
    if wanted.words:
        found = containing(connection, wanted.words)
        if found is None:
            return None
        asked = asked.where(matches.c.article_id.in_(found))
    return asked


def members(connection: Connection, match_id: int) -> tuple[int, ...]:
    """Give the matches of the row a match stands in, itself among them."""
    row = connection.execute(select(matches).where(matches.c.id == match_id)).one_or_none()
    if row is None:
        return ()
    if row.story_id is None:
        return (match_id,)
    return tuple(
        connection.scalars(
            select(matches.c.id).where(
                matches.c.story_id == row.story_id,
                matches.c.conflict == row.conflict,
                matches.c.status == row.status,
            )
        )
    )


def of_story(connection: Connection, story_id: int) -> tuple[int, ...]:
    """Give the matches of a story's articles, whatever became of them."""
    return tuple(
        connection.scalars(
            select(matches.c.id).where(matches.c.story_id == story_id).order_by(matches.c.id)
        )
    )


def published(connection: Connection, story_ids: Collection[int]) -> frozenset[int]:
    """Name those of these stories that stand in the digest."""
    return frozenset(
        connection.scalars(
            select(digest_items.c.story_id)
            .join(digest_placements, digest_placements.c.item_id == digest_items.c.id)
            .where(
                digest_items.c.story_id.in_(story_ids), digest_placements.c.withdrawn_at.is_(None)
            )
        )
    )


def revised_after(
    connection: Connection, article_ids: Collection[int], after: datetime
) -> frozenset[int]:
    """Name those of these articles that got another text after a time."""
    return frozenset(
        connection.scalars(
            select(articles.c.id).where(
                articles.c.id.in_(article_ids),
                articles.c.revision > 1,
                articles.c.revised_at > after,
            )
        )
    )


def outlets(connection: Connection) -> tuple[str, ...]:
    """Name the publishers of all feeds, in alphabetical order."""
    return tuple(
        connection.scalars(select(feeds.c.publisher).distinct().order_by(feeds.c.publisher))
    )


def known(connection: Connection, match_ids: Collection[int]) -> set[int]:
    """Tell which of these matches there are; they are held until the transaction ends."""
    return set(
        connection.scalars(
            select(matches.c.id).where(matches.c.id.in_(match_ids)).with_for_update()
        )
    )
