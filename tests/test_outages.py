"""When nearly nobody can be reached, no feed is blamed, and all are asked again soon."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from db import Database, instance
from pipeline.model import FeedState
from pipeline.outages import REASON, Outages, outage_since
from tests.making import NOON, a_feed
from tests.passes import Rig, rss
from tests.replay import Publisher

MINUTE = timedelta(minutes=1)


@pytest.fixture
def either(database: Database) -> Iterator[Rig]:
    with Publisher() as publisher:
        rig = Rig(database, publisher)
        for name in "abcde":
            rig.serve(name, rss(name))
        yield rig


def watch(rig: Rig, names: str = "abcde") -> None:
    rig.watch(*(rig.feed(name, host=f"{name}.example") for name in names))


def test_an_offline_first_start_counts_no_error_and_ends_by_itself(
    either: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    either.network = False
    watch(either)
    report = either.run(every=False)
    assert report.failed == 5, "whoever waits for the pass is told"
    assert either.attempts() == 0
    for name in "abcde":
        row = either.row(name)
        assert (row.state, row.failures, row.error_kind) == (FeedState.NEW, 0, None)
        assert row.next_fetch_reason == REASON
        assert MINUTE <= row.next_fetch_at - NOON <= 4 * MINUTE
    with either.database.reading() as connection:
        assert outage_since(connection) == NOON

    either.now = NOON + 5 * MINUTE
    assert either.run(every=False).feeds == 2, "canaries first"
    assert either.run(every=False).feeds == 0, "none before half a minute is over"
    with either.database.reading() as connection:
        assert outage_since(connection) == NOON, "it began when it began"
    assert capsys.readouterr().out.count(REASON) <= 1

    either.network = True
    either.now = NOON + 8 * MINUTE
    report = either.run(every=False)
    assert (report.feeds, report.updated) == (2, 2)
    with either.database.reading() as connection:
        assert outage_since(connection) is None
    either.now += MINUTE
    assert either.run(every=False).updated == 3
    assert [either.row(name).state for name in "abcde"] == [FeedState.WORKING] * 5


def test_an_outage_keeps_what_was_known_of_a_feed(either: Rig) -> None:
    watch(either)
    either.run()
    before = either.pace("a")
    either.network = False
    either.now += 60 * MINUTE
    either.run()
    assert either.pace("a") == before
    assert either.row("a").etag is not None
    assert either.row("a").state == FeedState.WORKING


def test_hosts_that_are_out_of_reach_while_others_answer_fail_by_themselves(either: Rig) -> None:
    dead = [a_feed(f"x{number}", url=f"http://x{number}.example:9/") for number in range(6)]
    either.watch(either.feed("a", host="a.example"), *dead)
    report = either.run()
    assert (report.updated, report.failed) == (1, 6)
    assert either.row("x0").error_kind == "connect"
    assert either.row("x0").failures == 0.25
    with either.database.reading() as connection:
        assert outage_since(connection) is None


def test_two_feeds_out_of_reach_are_not_yet_an_outage(either: Rig) -> None:
    either.network = False
    watch(either, "ab")
    assert either.run().failed == 2
    assert either.row("a").error_kind == "dns"


def test_a_note_of_an_outage_that_cannot_be_read_is_none(sqlite: Database) -> None:
    for note in ("x", "{}", "[]", '{"since": 1}', '{"since": "2026-11-22T12:00:00+00:00"}'):
        with sqlite.transaction() as connection:
            instance.note(connection, "outage", note)
            assert outage_since(connection) is None
            known = Outages()
            known.look_up(connection)
            assert known.room_for(NOON, 7) == 7


def test_a_clock_set_back_does_not_stop_the_canaries(sqlite: Database) -> None:
    later = NOON + timedelta(days=3650)
    with sqlite.transaction() as connection:
        Outages().sit_out(connection, "me", [], later)
        known = Outages()
        known.look_up(connection)
    assert known.room_for(later, None) == 0
    assert known.room_for(later + MINUTE, None) == 2
    assert known.room_for(later + MINUTE, 1) == 1
    assert known.room_for(NOON, None) == 2
