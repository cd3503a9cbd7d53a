"""Health: what the desk and the alarms read of feeds, all of them at a glance or one in full."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from db import alarms, feed_days
from db.feeds import state_of
from db.tables import articles, entries, feeds, fetches, host_pauses, matches
from pipeline.model import Attempt, FeedGlance, FeedSigns, ListedArticle, Outcome

_STANDING = (feeds.c.id, feeds.c.state, feeds.c.enabled, feeds.c.retired_at)


def glances(connection: Connection) -> tuple[FeedGlance, ...]:
    """Give every feed that is watched, by id, with as much as choosing among them takes."""
    wanted = select(
        *_STANDING,
        feeds.c.publisher,
        feeds.c.url,
        feeds.c.title,
        feeds.c.owner,
        feeds.c.failing_since,
        feeds.c.error_kind,
    )
    watched = wanted.where(feeds.c.retired_at.is_(None)).order_by(feeds.c.id)
    return tuple(
        FeedGlance(
            feed_id=row.id,
            publisher=row.publisher,
            url=row.url,
            title=row.title or "",
            owner=row.owner,
            state=state_of(row),
            failing_since=row.failing_since,
            error_kind=row.error_kind,
        )
        for row in connection.execute(watched)
    )


def signs(
    connection: Connection, first: date
) -> tuple[tuple[FeedSigns, Mapping[str, Any] | None], ...]:
    """Give what tells whether something is wrong, of every feed, with its days from `first` on;
    beside each the record of its pace.

    Retired feeds are among them only while an alarm of theirs stands.
    """
    days = feed_days.since(connection, first)
    raised = alarms.standing(connection)
    wanted = select(
        *_STANDING,
        feeds.c.last_new_at,
        feeds.c.last_success_at,
        feeds.c.failing_since,
        feeds.c.error_kind,
        feeds.c.error_message,
        feeds.c.pace,
    ).where(feeds.c.retired_at.is_(None) | feeds.c.id.in_(raised))
    return tuple(
        (
            FeedSigns(
                feed_id=row.id,
                state=state_of(row),
                days=days.get(row.id, ()),
                last_new_at=row.last_new_at,
                last_success_at=row.last_success_at,
                failing_since=row.failing_since,
                error_kind=row.error_kind,
                error_message=row.error_message,
                standing={each.kind: each.raised_at for each in raised.get(row.id, ())},
            ),
            row.pace,
        )
        for row in connection.execute(wanted.order_by(feeds.c.id))
    )


def pauses(connection: Connection, now: datetime) -> dict[str, tuple[datetime, str]]:
    """Give the hosts that want to be left alone: until when, and why."""
    wanted = select(host_pauses).where(host_pauses.c.until > now)
    return {row.host: (row.until, row.reason) for row in connection.execute(wanted)}


def attempts(connection: Connection, feed_id: str, limit: int) -> tuple[Attempt, ...]:
    """Give the last attempts at a feed, newest first."""
    wanted = select(fetches).where(fetches.c.feed_id == feed_id)
    newest = wanted.order_by(fetches.c.started_at.desc(), fetches.c.id.desc()).limit(limit)
    return tuple(
        Attempt(
            started_at=row.started_at,
            seconds=row.seconds,
            outcome=Outcome(row.outcome),
            status=row.status,
            wire_bytes=row.wire_bytes,
            entries=row.entries,
            articles_new=row.articles_new,
            articles_revised=row.articles_revised,
            matches_new=row.matches_new,
            error_kind=row.error_kind,
            error_message=row.error_message,
        )
        for row in connection.execute(newest)
    )


def listed(connection: Connection, feed_id: str, limit: int) -> tuple[ListedArticle, ...]:
    """Give the newest articles a feed lists, each with where its matches stand."""
    of_feed = select(entries.c.article_id).where(entries.c.feed_id == feed_id)
    newest = (
        select(articles)
        .where(articles.c.id.in_(of_feed))
        .order_by(articles.c.ordered_at.desc(), articles.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(newest).all()
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    wanted = select(matches.c.article_id, matches.c.conflict, matches.c.status).where(
        matches.c.article_id.in_([row.id for row in rows])
    )
    for article_id, conflict, status in connection.execute(wanted.order_by(matches.c.conflict)):
        found[article_id].append((conflict, status))
    return tuple(
        ListedArticle(
            id=row.id,
            title=row.title,
            url=row.url,
            language=row.language,
            published_at=row.ordered_at,
            first_seen_at=row.first_seen_at,
            matches=tuple(found[row.id]),
        )
        for row in rows
    )
