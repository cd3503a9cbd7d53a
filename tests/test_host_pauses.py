"""Hosts that say 429 are left alone, by every process and with all their feeds."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from db import Database, host_pauses
from pipeline.model import FeedState
from tests.making import NOON
from tests.passes import Rig, rss
from tests.replay import Page, Publisher

HOUR = timedelta(hours=1)


@pytest.fixture
def either(database: Database) -> Iterator[Rig]:
    with Publisher() as publisher:
        rig = Rig(database, publisher)
        for name in "abcd":
            rig.serve(name, rss(name))
        yield rig


def refuse(rig: Rig, name: str, status: int, **headers: str) -> None:
    rig.publisher.pages[f"/{name}"] = Page(status=status, headers=headers)


def asked(rig: Rig, *names: str) -> list[int]:
    return [len(rig.publisher.statuses(f"/{name}")) for name in names]


def test_a_429_delays_every_feed_of_the_host_and_of_no_other(either: Rig) -> None:
    refuse(either, "a", 429, **{"Retry-After": "7200"})
    either.watch(*(either.feed(name, host="one.example") for name in "ab"))
    either.run()
    asked_before = asked(either, "b")
    either.watch(
        *(either.feed(name, host="one.example") for name in "abc"),
        either.feed("d", host="two.example"),
    )
    either.now += HOUR
    report = either.run(every=False)  # another process, after a restart
    assert (report.updated, report.failed) == (1, 0)
    assert asked(either, "a", "c", "d") == [1, 0, 1]
    assert asked(either, "b") == asked_before
    waiting = either.row("c")
    assert waiting.next_fetch_at == NOON + 2 * HOUR
    assert waiting.next_fetch_reason == "its host asked for fewer requests"
    assert (waiting.failures, waiting.error_kind, waiting.state) == (0, None, FeedState.NEW)

    either.serve("a", rss("a"))
    either.now = NOON + 2.2 * HOUR
    either.run(every=False)
    assert asked(either, "a", "c") == [2, 1]


def test_feeds_waiting_in_the_same_pass_are_put_off_without_an_error(either: Rig) -> None:
    either.host_interval = 0.2
    for name in "abcd":
        refuse(either, name, 429)
    either.watch(*(either.feed(name, host="one.example") for name in "abcd"))
    report = either.run()
    assert report.failed == either.attempts() == sum(asked(either, *"abcd")) == 1


def test_without_a_time_the_pause_is_an_hour_and_doubles(either: Rig) -> None:
    refuse(either, "a", 429)
    either.watch(either.feed("a", host="one.example"))
    pauses = []
    for _ in range(7):
        either.run()
        with either.database.reading() as connection:
            [until] = host_pauses.paused(connection, either.now).values()
        pauses.append((until - either.now) / HOUR)
        assert either.row("a").next_fetch_at >= until
        either.now = until
    expected = [1, 2, 4, 8, 16, 24, 24]
    assert all(0.8 <= pause / hours <= 1.2 for pause, hours in zip(pauses, expected, strict=True))


def test_a_503_delays_only_the_feed_itself(either: Rig) -> None:
    refuse(either, "a", 503, **{"Retry-After": "7200"})
    either.watch(*(either.feed(name, host="one.example") for name in "ab"))
    either.run()
    assert either.row("a").next_fetch_at >= NOON + 2 * HOUR
    assert either.row("b").next_fetch_at < NOON + 2 * HOUR
    with either.database.reading() as connection:
        assert host_pauses.paused(connection, NOON) == {}


def test_a_host_of_many_publishers_is_not_silenced_by_one(either: Rig) -> None:
    refuse(either, "a", 429)
    either.watch(*(either.feed(name, host="feeds.feedburner.com") for name in "ab"))
    assert either.run().failed == 1
    assert asked(either, "b") == [1]
    with either.database.reading() as connection:
        assert host_pauses.paused(connection, NOON) == {}


def test_retry_after_of_three_days_is_kept_by_the_feed_and_a_day_by_its_neighbours(
    either: Rig,
) -> None:
    refuse(either, "a", 429, **{"Retry-After": "259200"})
    either.watch(either.feed("a", host="one.example"))
    either.run()
    assert either.row("a").next_fetch_at >= NOON + 72 * HOUR
    with either.database.reading() as connection:
        assert set(host_pauses.paused(connection, NOON).values()) == {NOON + 24 * HOUR}


def test_pauses_that_are_over_or_of_a_wrong_clock_hold_nobody(database: Database) -> None:
    with database.transaction() as connection:
        host_pauses.pause(connection, "over.example", NOON, "why")
        host_pauses.pause(connection, "wrong.example", NOON + timedelta(days=3650), "why")
        host_pauses.pause(connection, "now.example", NOON + HOUR, "why")
        host_pauses.pause(connection, "now.example", NOON + HOUR / 2, "a shorter one")
    with database.transaction() as connection:
        assert host_pauses.paused(connection, NOON) == {"now.example": NOON + HOUR}
        assert host_pauses.prune(connection, NOON) == 1
