"""Old articles that matched nothing are deleted, and remembered as forgotten."""

from datetime import datetime

from sqlalchemy import Connection, exists, select

from db import forgotten
from db.rows import in_batches
from db.tables import articles, entries, matches, reviews
from pipeline.model import MatchStatus


def prune_unmatched(connection: Connection, before: datetime, now: datetime) -> int:
    """Delete what was first seen before a time, matches nothing and was never reviewed; how many.

    What a feed still listed after that time stays. All others are remembered as forgotten: a feed
    that said nothing changed for a month, and then brings one item more, lists the old ones too.
    """
    matched = exists().where(
        matches.c.article_id == articles.c.id, matches.c.status != MatchStatus.WITHDRAWN
    )
    reviewed = exists().where(
        matches.c.article_id == articles.c.id, reviews.c.match_id == matches.c.id
    )
    listed = exists().where(entries.c.article_id == articles.c.id, entries.c.last_seen_at >= before)
    doomed = select(articles.c.id).where(
        articles.c.first_seen_at < before, ~matched, ~reviewed, ~listed
    )
    pruned = connection.scalars(doomed).all()
    gone = 0
    for batch in in_batches(sorted(pruned)):
        within = articles.c.id.in_(batch)
        # Somebody may just have found a match for it: looked at once more when nobody else can.
        connection.execute(
            select(articles.c.id).where(within).order_by(articles.c.id).with_for_update()
        )
        doomed_still = connection.scalars(doomed.where(within)).all()
        forgotten.remember(connection, doomed_still, now)
        connection.execute(articles.delete().where(articles.c.id.in_(doomed_still)))
        gone += len(doomed_still)
    return gone
