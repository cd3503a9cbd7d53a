"""Feeds: declared from sources.yaml or the desk, and how each of them stands."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from db import turns
from db.rows import insert_missing
from db.tables import entries, feeds, matches
from pipeline.model import (
    Feed,
    FeedHealth,
    FeedState,
    MatchStatus,
    Unverified,
)

MOVED = "lasting redirects moved it to another address"
# What belongs to an address, and is forgotten with it.
_FORGOTTEN: dict[str, Any] = {
    **dict.fromkeys(
        ("etag", "last_modified", "validators_url", "body_hash", "pace", "declared_url", "moved_to",
         "moved_since", "whole_at", "distrusted_until", "hub_url", "topic_url")
    ),
    "moved_seen": 0,
    "spared": 0,
}  # fmt: skip


def declare(
    connection: Connection, declared: Sequence[Feed], now: datetime, owner: str = "file"
) -> None:
    """Make the table say what sources.yaml says: add, change, retire, take back.

    Feeds owned by the desk are left alone. A feed whose address changed starts anew: its validators
    belong to the old address.
    """
    stored = {row.id: row for row in connection.execute(select(feeds))}
    first_at = turns.first_turns([feed.id for feed in declared if feed.id not in stored], now)
    # By id, as everywhere: a transaction that writes several feeds must not wait in a circle.
    for feed in sorted(declared, key=lambda feed: feed.id):
        row = stored.get(feed.id)
        if row is None:
            connection.execute(
                insert_missing(connection, feeds, ["id"]).values(
                    **_declared(feed), **_fresh(now, first_at[feed.id]), owner=owner
                )
            )
        elif row.owner == owner:
            changes = _changes(row, feed, now)
            changed = {key: value for key, value in changes.items() if getattr(row, key) != value}
            if changed or row.retired_at is not None:
                connection.execute(
                    feeds.update().where(feeds.c.id == feed.id).values(**changes, retired_at=None)
                )
    gone = set(stored) - {feed.id for feed in declared}
    connection.execute(
        feeds.update()
        .where(feeds.c.id.in_(gone), feeds.c.owner == owner, feeds.c.retired_at.is_(None))
        .values(retired_at=now, next_fetch_reason="no longer in sources.yaml")
    )


def _changes(row: Row[Any], feed: Feed, now: datetime) -> dict[str, Any]:
    """What becomes of a stored feed that is declared anew."""
    changes = _declared(feed)
    if row.declared_url == feed.url:
        changes["url"] = row.url  # lasting redirects moved it there
    elif row.url != feed.url:
        return changes | {
            **_FORGOTTEN,
            "state": FeedState.NEW,
            "failures": 0.0,
            "failing_since": None,
            "next_fetch_at": now,
            "next_fetch_reason": "its address changed",
        }
    else:
        changes["declared_url"] = None
    if row.retired_at is not None or (feed.enabled and not row.enabled):
        changes |= {"next_fetch_at": now, "next_fetch_reason": "it came back to sources.yaml"}
    return changes


def add(
    connection: Connection, feed: Feed, now: datetime, *, owner: str, first_at: datetime, why: str
) -> bool:
    """Watch one more feed, beside what sources.yaml declares; False when its id is in use.

    A retired feed of this id comes back with these values, as if it were new: its articles stay.
    """
    values = {**_declared(feed), **_fresh(now, first_at, why), "owner": owner}
    missing = insert_missing(connection, feeds, ["id"]).values(**values).returning(feeds.c.id)
    if connection.execute(missing).first() is not None:
        return True
    forgotten = {
        **_FORGOTTEN,
        **dict.fromkeys(("failing_since", "retired_at", "error_kind", "error_message")),
    }
    revived = connection.execute(
        feeds.update()
        .where(feeds.c.id == feed.id, feeds.c.retired_at.is_not(None))
        .values(**values, **forgotten)
    )
    return revived.rowcount == 1


def _declared(feed: Feed) -> dict[str, Any]:
    leave = feed.unverified_tls
    return {
        "id": feed.id,
        "publisher": feed.publisher,
        "url": feed.url,
        "language": feed.language,
        "country": feed.country,
        "every_seconds": int(feed.every.total_seconds()),
        "tags": list(feed.tags),
        "enabled": feed.enabled,
        "adaptive": feed.adaptive,
        "max_bytes": feed.max_bytes,
        "full_text": feed.full_text,
        "unverified_because": leave.because if leave else None,
        "unverified_until": leave.until if leave else None,
    }


def _fresh(now: datetime, first_at: datetime, why: str = "never fetched yet") -> dict[str, Any]:
    return {
        "declared_at": now,
        "state": FeedState.NEW,
        "next_fetch_at": first_at,
        "next_fetch_reason": why,
        "failures": 0.0,
    }


def feed_of(row: Row[Any]) -> Feed:
    """Make a row of the table a value."""
    return Feed(
        id=row.id,
        url=row.url,
        publisher=row.publisher,
        language=row.language,
        country=row.country,
        every=timedelta(seconds=row.every_seconds),
        tags=tuple(row.tags),
        enabled=row.enabled,
        adaptive=row.adaptive,
        max_bytes=row.max_bytes,
        full_text=row.full_text,
        unverified_tls=Unverified(because=row.unverified_because, until=row.unverified_until)
        if row.unverified_because
        else None,
    )


def watched(
    connection: Connection, *, retired: bool = False, owner: str | None = None
) -> tuple[Feed, ...]:
    """List the feeds that are watched, of one owner or all; `retired`: those that no longer are."""
    left = feeds.c.retired_at
    wanted = select(feeds).where(left.is_not(None) if retired else left.is_(None))
    if owner is not None:
        wanted = wanted.where(feeds.c.owner == owner)
    return tuple(map(feed_of, connection.execute(wanted.order_by(feeds.c.id))))


def unlisted(connection: Connection, wanted: Collection[str]) -> frozenset[str]:
    """Name the ids among `wanted` that no feed has, or only a retired one."""
    known = select(feeds.c.id).where(feeds.c.id.in_(wanted), feeds.c.retired_at.is_(None))
    return frozenset(wanted) - frozenset(connection.scalars(known))


def health(
    connection: Connection, *, retired: bool = False, only: Collection[str] | None = None
) -> tuple[FeedHealth, ...]:
    """Tell how every feed is doing, or those in `only`; those that fail longest first.

    Days, alarms and pauses of hosts are left empty: see `db.health`.
    """
    proposed = matches.c.status != MatchStatus.WITHDRAWN
    approved = matches.c.status == MatchStatus.APPROVED
    counted = (
        select(
            entries.c.feed_id,
            func.count(entries.c.article_id.distinct()).label("articles"),
            func.count(case((proposed, matches.c.article_id)).distinct()).label("matched"),
            func.count(case((approved, matches.c.article_id)).distinct()).label("approved"),
        )
        .select_from(entries.outerjoin(matches, matches.c.article_id == entries.c.article_id))
        .group_by(entries.c.feed_id)
    )
    if only is not None:
        counted = counted.where(entries.c.feed_id.in_(only))
    counts = counted.subquery()
    listed = select(feeds, counts.c.articles, counts.c.matched, counts.c.approved).outerjoin(
        counts, counts.c.feed_id == feeds.c.id
    )
    if only is not None:
        listed = listed.where(feeds.c.id.in_(only))
    elif not retired:
        listed = listed.where(feeds.c.retired_at.is_(None))
    since = feeds.c.failing_since
    rows = connection.execute(listed.order_by(since.is_(None), since, feeds.c.id))
    return tuple(map(_health, rows))


def _health(row: Row[Any]) -> FeedHealth:
    return FeedHealth(
        feed=feed_of(row),
        owner=row.owner,
        state=state_of(row),
        title=row.title,
        next_fetch_at=row.next_fetch_at,
        next_fetch_reason=row.next_fetch_reason,
        last_attempt_at=row.last_attempt_at,
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        failing_since=row.failing_since,
        failures=row.failures,
        error_kind=row.error_kind,
        error_message=row.error_message,
        articles=row.articles or 0,
        approved=row.approved or 0,
        matched=row.matched or 0,
        home_url=row.home_url,
        declared_url=row.declared_url,
        moved_to=row.moved_to,
        distrusted_until=row.distrusted_until,
    )


def state_of(row: Any) -> FeedState:
    """Tell where a feed stands: one that is not polled is disabled or retired, whatever it did."""
    if row.retired_at is not None:
        return FeedState.RETIRED
    return FeedState(row.state) if row.enabled else FeedState.DISABLED


def states(connection: Connection) -> dict[FeedState, int]:
    """Count the feeds by state."""
    state = case(
        (feeds.c.retired_at.is_not(None), FeedState.RETIRED.value),
        (~feeds.c.enabled, FeedState.DISABLED.value),
        else_=feeds.c.state,
    )
    stands = state.label("stands")
    rows = connection.execute(select(stands, func.count().label("n")).group_by(stands))
    return {FeedState(row.stands): row.n for row in rows}


def next_turn(connection: Connection) -> datetime | None:
    """When the next feed is due, or None when none will be."""
    turn = connection.scalar(
        select(func.min(feeds.c.next_fetch_at)).where(feeds.c.enabled, feeds.c.retired_at.is_(None))
    )
    return turn if isinstance(turn, datetime) else None


def ask_soon(connection: Connection, feed_id: str, now: datetime, why: str) -> bool:
    """Let a feed's turn come at once; False when it is not polled or there is none of this id."""
    changed = connection.execute(
        feeds.update()
        .where(feeds.c.id == feed_id, feeds.c.enabled, feeds.c.retired_at.is_(None))
        .values(next_fetch_at=now, next_fetch_reason=why)
    )
    return changed.rowcount == 1


def switch(
    connection: Connection, feed_id: str, now: datetime, *, enabled: bool, owner: str, why: str
) -> bool:
    """Poll a feed of one owner, or poll it no more; False when it is not theirs or stood so."""
    values: dict[str, Any] = {"enabled": enabled, "next_fetch_reason": why}
    if enabled:
        values["next_fetch_at"] = now
    changed = connection.execute(
        feeds.update()
        .where(
            feeds.c.id == feed_id,
            feeds.c.owner == owner,
            feeds.c.retired_at.is_(None),
            feeds.c.enabled != enabled,
        )
        .values(**values)
    )
    return changed.rowcount == 1


def set_owner(connection: Connection, feed_id: str, owner: str) -> bool:
    """Say who owns a feed; False when there is no such feed."""
    changed = connection.execute(update(feeds).where(feeds.c.id == feed_id).values(owner=owner))
    return changed.rowcount == 1


def move(connection: Connection, feed_id: str, url: str) -> bool:
    """Poll a feed at another address from now on, and remember the one its owner gave.

    False, and nothing changes, when another feed is watched there.
    """
    taken = select(feeds.c.id).where(
        feeds.c.url == url, feeds.c.retired_at.is_(None), feeds.c.id != feed_id
    )
    if connection.execute(taken).first() is not None:
        return False
    given = func.coalesce(feeds.c.declared_url, feeds.c.url)
    connection.execute(
        update(feeds)
        .where(feeds.c.id == feed_id)
        .values(
            declared_url=given,
            url=url,
            moved_to=None,
            moved_since=None,
            moved_seen=0,
            next_fetch_reason=MOVED,
        )
    )
    return True
