"""The queue of stories: a page of its rows, how many there are, and what stands in them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, select

from db.matches import queue as queued
from db.queue_walks import COUNTED, StoryKey, fitting, story_key, walk
from db.tables import articles, conflicts, digest_items, digest_placements, feeds, matches
from pipeline.model import HowMany, MatchStatus, QueuedMatch, QueueFilter

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
    counted: bool = False,
) -> tuple[tuple[tuple[QueuedMatch, ...], ...], HowMany]:
    """Give the rows of one page, each its matches with the one that brought it there first; and how
    many rows fit, up to the end of the page, or with `counted` up to COUNTED where that is more.

    A row is a story under a conflict whose matches stand alike. `order` is `score` (best first,
    then last found), `newest` or `oldest` (by when it was found) or `decided`.
    """
    enough = max(offset + limit, COUNTED if counted else 0)
    leads, more = walk(connection, wanted, now, order=order, enough=enough)
    shown = dict(islice(leads.items(), offset, offset + limit))
    rows = _with_copies(connection, shown) if shown else ()
    return rows, HowMany(number=len(leads), more=more)


def _with_copies(
    connection: Connection, leads: dict[StoryKey, int]
) -> tuple[tuple[QueuedMatch, ...], ...]:
    stories = sorted({story for _, story, _ in leads if story > 0})
    copies = connection.execute(
        select(
            matches.c.id,
            matches.c.conflict,
            matches.c.story_id,
            matches.c.article_id,
            matches.c.status,
        ).where(matches.c.story_id.in_(stories))
    )
    ids = {*leads.values(), *(copy.id for copy in copies if story_key(copy) in leads)}
    rows: dict[StoryKey, list[QueuedMatch]] = defaultdict(list)
    for match in queued(connection, ids=ids, status=None, order="score"):
        rows[story_key(match)].append(match)
    return tuple(
        tuple(sorted(rows[key], key=lambda match: match.id != lead)) for key, lead in leads.items()
    )


def count(connection: Connection, wanted: QueueFilter, now: datetime) -> int:
    """Count all rows that fit a filter, however many."""
    asked = fitting(matches, connection, replace(wanted, least_score=0), now)
    if asked is None:
        return 0
    if wanted.least_score > 0:
        # The sum keeps SQLite from going along the scores, which needs each row itself.
        asked.append(matches.c.score + 0 >= wanted.least_score)
    statuses = [wanted.status] if wanted.status is not None else list(MatchStatus)
    # One conflict after the other: along the index that takes a fifth of grouping by both.
    return sum(
        connection.scalar(
            select(_ROWS).where(matches.c.status == status, matches.c.conflict == slug, *asked)
        )
        or 0
        for status in statuses
        for slug in ([wanted.conflict] if wanted.conflict else wanted.among or _slugs(connection))
    )


def waiting(connection: Connection, now: datetime) -> dict[str, HowMany]:
    """Count the rows nobody decided and nobody put on hold, by conflict, each up to COUNTED."""
    wanted = QueueFilter(status=MatchStatus.PENDING, held=False)
    asked = fitting(matches, connection, wanted, now)
    assert asked is not None
    found = {}
    for slug in _slugs(connection):
        here = (matches.c.status == MatchStatus.PENDING, matches.c.conflict == slug, *asked)
        told = (
            select(matches.c.story_id)
            .where(*here, matches.c.story_id.is_not(None))
            .distinct()
            .order_by(matches.c.story_id)
        )
        alone = select(matches.c.id).where(*here, matches.c.story_id.is_(None))
        many = sum(
            connection.scalar(select(func.count()).select_from(each.limit(COUNTED + 1).subquery()))
            or 0
            for each in (told, alone)
        )
        if many:
            found[slug] = HowMany(number=min(many, COUNTED), more=many > COUNTED)
    return found


def _slugs(connection: Connection) -> Sequence[str]:
    return connection.scalars(select(conflicts.c.slug)).all()


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
