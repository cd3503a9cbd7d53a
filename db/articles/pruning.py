"""Old articles that matched nothing are deleted, and remembered as forgotten."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from db import forgotten, search
from db.rows import in_batches
from db.tables import articles, entries, matches, reviews
from pipeline.model import MatchStatus


def unmatched(connection: Connection, before: datetime) -> Sequence[int]:
    """Find what was first seen before a time, matches nothing, was never reviewed, and was listed
    by no feed after that time; ids in order."""
    return connection.scalars(_unmatched(before).order_by(articles.c.id)).all()


def prune_unmatched(
    connection: Connection, among: Collection[int], before: datetime, now: datetime
) -> int:
    """Delete those of these articles that are still `unmatched`, with all their rows; how many.

    They are remembered as forgotten: a feed that said nothing changed for a month, and then brings
    one item more, lists the old ones too.
    """
    doomed = _unmatched(before)
    gone = 0
    for batch in in_batches(sorted(among)):
        within = articles.c.id.in_(batch)
        # Somebody may just have found a match for it: looked at once more when nobody else can.
        connection.execute(
            select(articles.c.id).where(within).order_by(articles.c.id).with_for_update()
        )
        doomed_still = connection.scalars(doomed.where(within)).all()
        forgotten.remember(connection, doomed_still, now)
        search.forget(connection, doomed_still)
        connection.execute(articles.delete().where(articles.c.id.in_(doomed_still)))
        gone += len(doomed_still)
    return gone


def _unmatched(before: datetime) -> Select[Any]:
    matched = exists().where(
        matches.c.article_id == articles.c.id, matches.c.status != MatchStatus.WITHDRAWN
    )
    reviewed = exists().where(
        matches.c.article_id == articles.c.id, reviews.c.match_id == matches.c.id
    )
    listed = exists().where(entries.c.article_id == articles.c.id, entries.c.last_seen_at >= before)
    return select(articles.c.id).where(
        articles.c.first_seen_at < before, ~matched, ~reviewed, ~listed
    )
