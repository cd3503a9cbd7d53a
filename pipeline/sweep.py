"""Sweep: what is kept for a time only is forgotten, in pieces short enough that nobody waits."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from db import (
    Connection,
    Database,
    alarms,
    articles,
    editors,
    feed_days,
    fetches,
    forgotten,
    host_pauses,
    host_turns,
    letters,
    pages,
    push_subscriptions,
    runs,
    search,
    subscribers,
    tokens,
    webhooks,
)
from pipeline.gather import forget_keys
from pipeline.watch import Watch

KEEP_FETCHES = timedelta(days=90)
KEEP_RUNS = timedelta(days=30)
KEEP_BODIES = timedelta(days=90)
KEEP_FORGOTTEN = timedelta(days=400)
KEEP_ALARMS = timedelta(days=365)
KEEP_LETTERS = timedelta(days=30)
KEEP_UNCONFIRMED = timedelta(days=7)
# Articles that go in one transaction: all others wait for it on SQLite, and its log holds it whole.
_PIECE = 1_000
# Whoever waits for SQLite's lock looks for it ten times a second.
_PAUSE = 0.15


def sweep(
    database: Database,
    watch: Watch,
    now: datetime,
    *,
    followed: bool = True,
    stopping: Callable[[], bool] = lambda: False,
) -> str:
    """Forget what is kept for a time only: old attempts and runs, unmatched articles, dead
    sessions; and what hubs were asked for, once they are not `followed` any more.

    After each transaction it rests, so that verdicts and fetches get their turn; once `stopping`,
    or cut off, it has forgotten some and goes on the next time. Says what was removed.
    """

    def once(forget: Callable[[Connection], int | None]) -> int:
        began = time.monotonic()
        with database.transaction() as connection:
            gone = forget(connection) or 0
        time.sleep(min(time.monotonic() - began, _PAUSE))
        return gone

    before = now - watch.sources.defaults.keep_unmatched
    with database.reading() as connection:
        old = articles.unmatched(connection, before)
    pruned = 0
    for start in range(0, len(old), _PIECE):
        if stopping():
            break
        piece = old[start : start + _PIECE]
        pruned += once(partial(articles.prune_unmatched, among=piece, before=before, now=now))
    fetched = once(lambda c: fetches.prune(c, now - KEEP_FETCHES))
    once(lambda c: feed_days.prune(c, now - KEEP_FETCHES))
    once(lambda c: forgotten.prune(c, now - KEEP_FORGOTTEN))
    once(lambda c: forget_keys(c, now))
    once(lambda c: _sweep_the_rest(c, now, followed=followed))
    once(lambda c: search.index_new(c, thoroughly=True))
    return f"{pruned} unmatched articles and {fetched} old attempts removed"


def _sweep_the_rest(connection: Connection, now: datetime, *, followed: bool) -> None:
    pages.abandon(connection, now)
    pages.forget_bodies(connection, now - KEEP_BODIES)
    alarms.prune(connection, now - KEEP_ALARMS)
    runs.prune(connection, now - KEEP_RUNS)
    host_pauses.prune(connection, now)
    host_turns.prune(connection, now)
    editors.sweep(connection, now)
    tokens.sweep(connection, now)
    subscribers.sweep(connection, now - KEEP_UNCONFIRMED)
    letters.prune(connection, now - KEEP_LETTERS)
    webhooks.prune(connection, now - KEEP_LETTERS)
    push_subscriptions.prune(connection, now - KEEP_LETTERS)
    if not followed:
        push_subscriptions.forget(connection)
