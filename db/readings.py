"""Readings: how the feeds that bring news of a conflict were read in a stretch of time."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, func, select

from db.tables import articles, feeds, fetches, matches
from pipeline.model import MatchStatus, Outcome, ReadAttempt, ReadFeed


def feeds_of(connection: Connection, conflict: str) -> tuple[str, ...]:
    """Name the polled feeds that have brought a match of this conflict; before one has, all."""
    polled = select(feeds.c.id).where(feeds.c.enabled, feeds.c.retired_at.is_(None))
    brought = (
        select(articles.c.feed_id)
        .join(matches, matches.c.article_id == articles.c.id)
        .where(matches.c.conflict == conflict)
    )
    bringing = tuple(connection.scalars(polled.where(feeds.c.id.in_(brought)).order_by(feeds.c.id)))
    return bringing or tuple(connection.scalars(polled.order_by(feeds.c.id)))


def attempts(
    connection: Connection, conflict: str, since: datetime, until: datetime
) -> tuple[ReadFeed, ...]:
    """Give the attempts at a conflict's feeds in a window, and the last one before it."""
    names = feeds_of(connection, conflict)
    before = (
        select(fetches.c.feed_id, func.max(fetches.c.started_at).label("at"))
        .where(fetches.c.feed_id.in_(names), fetches.c.started_at <= since)
        .group_by(fetches.c.feed_id)
        .subquery()
    )
    columns = (
        fetches.c.feed_id,
        fetches.c.started_at,
        fetches.c.outcome,
        fetches.c.next_fetch_at,
        fetches.c.articles_new,
    )
    earlier = select(*columns).join(
        before,
        (before.c.feed_id == fetches.c.feed_id) & (before.c.at == fetches.c.started_at),
    )
    within = select(*columns).where(
        fetches.c.feed_id.in_(names),
        fetches.c.started_at > since,
        fetches.c.started_at <= until,
    )
    found: dict[str, list[ReadAttempt]] = defaultdict(list)
    for wanted in (earlier, within.order_by(fetches.c.started_at, fetches.c.id)):
        for row in connection.execute(wanted):
            found[row.feed_id].append(
                ReadAttempt(
                    started_at=row.started_at,
                    failed=row.outcome == Outcome.FAILED,
                    next_fetch_at=row.next_fetch_at,
                    articles_new=row.articles_new,
                )
            )
    failing = {
        row.id: row.failing_since
        for row in connection.execute(
            select(feeds.c.id, feeds.c.failing_since).where(feeds.c.id.in_(names))
        )
    }
    return tuple(
        ReadFeed(feed_id=name, attempts=tuple(found[name]), failing_since=failing[name])
        for name in names
    )


def matched(
    connection: Connection, conflict: str, since: datetime, until: datetime
) -> tuple[int, int]:
    """Count a conflict's matches proposed in a window, and those of them without a verdict."""
    rows = connection.execute(
        select(matches.c.status, func.count())
        .where(
            matches.c.conflict == conflict,
            matches.c.status != MatchStatus.WITHDRAWN,
            matches.c.proposed_at > since,
            matches.c.proposed_at <= until,
        )
        .group_by(matches.c.status)
    )
    by_status = {status: int(count) for status, count in rows}
    return sum(by_status.values()), by_status.get(MatchStatus.PENDING, 0)
