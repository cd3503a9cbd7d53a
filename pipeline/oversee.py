"""Oversee: how the feeds are doing, for the desk and the shell. Nothing here changes anything."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from db import Connection, Database, alarms, feed_days, feeds, health, push_subscriptions
from pipeline.model import (
    Alarm,
    AlarmKind,
    Attempt,
    FeedGlance,
    FeedHealth,
    FeedState,
    ListedArticle,
    Outage,
)
from pipeline.stages.alarm import outages
from pipeline.stages.chart import DAYS
from pipeline.text import fold_key

PAGE = 50
ATTEMPTS = 50
ARTICLES = 25
_PAST_ALARMS = 20
_URGENCY = {
    FeedState.GONE: 0,
    FeedState.BLOCKED: 1,
    FeedState.FAILING: 2,
    FeedState.NEW: 4,
    FeedState.WORKING: 4,
    FeedState.DISABLED: 5,
    FeedState.RETIRED: 6,
}
_ALARMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsPage:
    """One page of feeds, trouble first: `total` fit the filter, `watched` there are in all.

    `alarms` stand now, those explained by an outage left out. `states` and `kinds` count all feeds
    that are watched, `alarmed` those with any alarm.
    """

    feeds: tuple[FeedHealth, ...]
    total: int
    watched: int
    alarmed: int
    states: Mapping[FeedState, int]
    kinds: Mapping[AlarmKind, int]
    alarms: tuple[Alarm, ...]
    outages: tuple[Outage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """One feed with all that is known of it: attempts, articles and past alarms newest first."""

    health: FeedHealth
    attempts: tuple[Attempt, ...]
    articles: tuple[ListedArticle, ...]
    past: tuple[Alarm, ...]


def feeds_page(
    database: Database,
    now: datetime,
    *,
    state: FeedState | None = None,
    alarm: AlarmKind | None = None,
    alarmed: bool = False,
    words: str = "",
    number: int = 1,
) -> FeedsPage:
    """Give one page of the feeds that fit: in a state, with an alarm (of a kind, or any), and with
    all of the words in their name or address."""
    wanted = fold_key(words).split()
    with database.reading() as connection:
        seen = health.glances(connection)
        standing = alarms.standing(connection)
        fitting = [
            each
            for each in seen
            if (state is None or each.state is state)
            and (not alarmed or each.feed_id in standing)
            and (alarm is None or alarm in _kinds(standing, each.feed_id))
            and (not wanted or _holds(each, wanted))
        ]
        fitting.sort(key=lambda each: (_urgency(each.state, each.feed_id in standing),
                                       each.publisher.casefold(), each.feed_id))  # fmt: skip
        shown = [each.feed_id for each in fitting[(number - 1) * PAGE : number * PAGE]]
        found = {each.feed.id: each for each in _in_full(connection, now, shown)}
    shared = outages(seen)
    explained = frozenset().union(*(each.feed_ids for each in shared))
    kinds = Counter(each.kind for of_feed in standing.values() for each in of_feed)
    return FeedsPage(
        feeds=tuple(found[feed_id] for feed_id in shown),
        total=len(fitting),
        watched=len(seen),
        alarmed=sum(each.feed_id in standing for each in seen),
        states=Counter(each.state for each in seen),
        kinds={kind: kinds[kind] for kind in AlarmKind if kinds[kind]},
        alarms=tuple(
            each
            for of_feed in standing.values()
            for each in of_feed
            if not (each.kind is AlarmKind.FAILING and each.feed_id in explained)
        ),
        outages=shared,
    )


def every_feed(database: Database, now: datetime) -> tuple[FeedHealth, ...]:
    """Tell how every feed is doing, those that need somebody first."""
    with database.reading() as connection:
        found = _in_full(connection, now, None)
    return tuple(
        sorted(found, key=lambda each: (_urgency(each.state, bool(each.alarms)), each.feed.id))
    )


def one_feed(database: Database, feed_id: str, now: datetime) -> FeedPage | None:
    """Give one feed with all that is known of it, retired ones too; None when there is none."""
    with database.reading() as connection:
        found = _in_full(connection, now, [feed_id])
        if not found:
            return None
        return FeedPage(
            health=found[0],
            attempts=health.attempts(connection, feed_id, ATTEMPTS),
            articles=health.listed(connection, feed_id, ARTICLES),
            past=tuple(
                each
                for each in alarms.of_feed(connection, feed_id, _PAST_ALARMS)
                if each.ended_at is not None
            ),
        )


def alarm_counts(database: Database) -> Mapping[AlarmKind, int]:
    """Count the alarms that stand, by kind."""
    with database.reading() as connection:
        return alarms.counts(connection)


def shared_failures(database: Database) -> tuple[Outage, ...]:
    """Find failures that many feeds share at present."""
    with database.reading() as connection:
        return outages(health.glances(connection))


def _in_full(
    connection: Connection, now: datetime, only: Collection[str] | None
) -> list[FeedHealth]:
    first = now.date() - timedelta(days=DAYS - 1)
    days = feed_days.since(connection, first, only)
    standing = alarms.standing(connection, only)
    pauses = health.pauses(connection, now)
    pushes = push_subscriptions.health(connection, only)
    found = []
    for each in feeds.health(connection, only=only):
        until, why = pauses.get(urlsplit(each.feed.url).netloc.casefold(), (None, None))
        found.append(
            replace(
                each,
                days=days.get(each.feed.id, ()),
                alarms=standing.get(each.feed.id, ()),
                paused_until=until,
                pause_reason=why,
                push=pushes.get(each.feed.id),
            )
        )
    return found


def _kinds(standing: Mapping[str, Sequence[Alarm]], feed_id: str) -> set[AlarmKind]:
    return {each.kind for each in standing.get(feed_id, ())}


def _urgency(state: FeedState, alarmed: bool) -> int:
    return min(_URGENCY[state], _ALARMED) if alarmed else _URGENCY[state]


def _holds(each: FeedGlance, words: Sequence[str]) -> bool:
    text = fold_key(f"{each.feed_id} {each.publisher} {each.title} {each.url}")
    return all(word in text for word in words)
