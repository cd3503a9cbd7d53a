"""Pacing in the live program: what is learnt, kept and planned, feed by feed and for all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from benchmarks.polling.histories import DAY, MONDAY, History, make_feeds
from benchmarks.polling.policies import Look, dateline
from db import Database, feeds, fetches, instance, leases, paces
from pipeline.errors import FeedError, Severity
from pipeline.model import DueFeed, Feed, FetchReport, Outcome
from pipeline.pacing import Answer, Law, Pacing, boost, how_urgent
from pipeline.stages.pace import Wishes, from_record, interval
from pipeline.stages.reschedule import Turn
from tests.making import NOON, a_feed
from tests.passes import Rig, rss
from tests.replay import Publisher

HOUR = timedelta(hours=1)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        yield server


@pytest.fixture
def rig(sqlite: Database, publisher: Publisher) -> Rig:
    return Rig(sqlite, publisher)


@pytest.fixture
def either(database: Database, publisher: Publisher) -> Rig:
    return Rig(database, publisher)


def test_every_answer_teaches_the_pace_that_is_kept_with_the_feed(either: Rig) -> None:
    either.serve(
        "wire", rss("a", "b", "c", head="<ttl>20</ttl><skipHours><hour>3</hour></skipHours>")
    )
    either.watch(either.feed("wire"))
    either.run()
    first = either.pace()
    assert (first.turns, first.seen, first.matched, first.window) == (1, 3, 1, 3)
    assert first.wishes == Wishes(every=timedelta(minutes=20), skip_hours=frozenset({3}))

    either.now += HOUR
    either.run()
    second = either.pace()
    assert (second.turns, second.window) == (2, 3)
    assert second.spared == second.quiet == 1
    assert second.wishes == first.wishes, "a 304 says nothing of them"

    either.now += HOUR
    either.serve("wire", rss("n", "m", "a", at=either.now))
    either.run()
    third = either.pace()
    assert third.seen == pytest.approx(5, abs=0.02)
    assert third.matched == pytest.approx(2, abs=0.02)
    assert not third.overflowed


def test_a_document_without_an_article_we_knew_makes_the_next_look_sooner(rig: Rig) -> None:
    rig.serve("wire", rss(*"abcdef"))
    rig.watch(rig.feed("wire"))
    rig.run()
    rig.now += HOUR
    rig.serve("wire", rss(*"uvwxyz", at=rig.now))
    rig.run()
    assert rig.pace().overflowed
    assert rig.wait()[1] == "entries were lost between two looks; looking sooner"


def test_a_feed_at_a_new_address_is_learnt_anew(either: Rig) -> None:
    either.serve("wire", rss("a"))
    either.serve("moved", rss("a", "b"))
    either.watch(either.feed("wire"))
    either.run()
    either.watch(a_feed("wire", url=f"{either.publisher.url}/moved"))
    with either.database.reading() as connection:
        assert paces.census(connection).learnt == 0
    either.run()
    assert either.pace().turns == 1


def test_nothing_is_learnt_from_a_document_that_is_not_stored(rig: Rig) -> None:
    rig.serve("wire", b"no feed at all")
    rig.watch(rig.feed("wire"))
    assert rig.run().failed == 1
    with rig.database.reading() as connection:
        assert paces.census(connection) == paces.Census(feeds=1, per_day=48.0, learnt=0)


def test_a_fixed_feed_keeps_its_interval_and_a_publishers_wishes(rig: Rig) -> None:
    rig.serve("plain", rss("a"))
    rig.serve("patient", rss("b", head="<ttl>120</ttl>"))
    rig.serve("closed", rss("c", head="<skipHours><hour>12</hour><hour>13</hour></skipHours>"))
    names = ("plain", "patient", "closed")
    rig.watch(*(rig.feed(name, adaptive=False) for name in names))
    for _ in range(2):  # the second time with a 304, which repeats no wish
        rig.run()
        wait, reason = rig.wait("plain")
        assert timedelta(minutes=30) <= wait <= timedelta(minutes=32)
        assert reason == "every 30 min"
        assert 2 * HOUR <= rig.wait("patient")[0] <= 2.1 * HOUR
        wait, reason = rig.wait("closed")
        assert 2 * HOUR <= wait <= 2.2 * HOUR
        assert reason == "the feed skips hours or days"


def test_an_adaptive_feed_is_left_alone_in_the_hours_it_skips(rig: Rig) -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(12, 18))
    rig.serve("wire", rss("a", head=f"<skipHours>{hours}</skipHours>"))
    rig.watch(rig.feed("wire"))
    rig.run()
    wait, reason = rig.wait()
    assert 6 * HOUR <= wait <= 6.2 * HOUR
    assert reason == "the feed skips hours or days"


def test_an_interval_below_five_minutes_is_kept_as_wished(rig: Rig) -> None:
    rig.serve("wire", rss("a"))
    rig.watch(rig.feed("wire", every=timedelta(minutes=1)))
    rig.run()
    assert timedelta(seconds=60) <= rig.wait()[0] <= timedelta(seconds=63)
    assert rig.law().feeds == 0


def test_the_budget_is_what_the_intervals_add_up_to_and_it_is_spent(either: Rig) -> None:
    names = [f"n{number}" for number in range(8)]
    for number, name in enumerate(names):
        listed = [f"{name}-{item}" for item in range(20)]
        either.serve(name, rss(*listed, at=NOON - number * 3 * HOUR))
    either.watch(*(either.feed(name) for name in names))
    either.run()
    either.now += timedelta(minutes=1)
    either.run()
    law = either.law()
    assert (law.feeds, law.learnt, law.budget) == (8, 8, pytest.approx(8 * 48))
    assert law.predicted == pytest.approx(law.budget, rel=0.002)
    assert law.usual == timedelta(minutes=30)


def test_the_law_is_solved_anew_when_the_set_of_feeds_changes_and_once_a_day(
    database: Database,
) -> None:
    def law(now: datetime) -> Law:
        pacing = Pacing()
        pacing.refresh(database, now)
        return pacing.law

    def watch(*watched: Feed) -> None:
        with database.transaction() as connection:
            feeds.declare(connection, watched, NOON)

    watch(a_feed("one"))
    first = law(NOON)
    assert (first.feeds, first.budget) == (1, 48)
    assert law(NOON + HOUR) == first
    assert law(NOON + 25 * HOUR).solved_at == NOON + 25 * HOUR
    assert law(NOON + 2 * HOUR).solved_at == NOON + 2 * HOUR, "a law from the future is solved anew"
    watch(a_feed("one"), a_feed("two", every=HOUR), a_feed("fixed", adaptive=False))
    assert (law(NOON + 2 * HOUR).feeds, law(NOON + 2 * HOUR).budget) == (2, 72)
    watch(a_feed("one", enabled=False))
    assert law(NOON + 3 * HOUR).feeds == 0


@pytest.mark.parametrize("kept", ["", "{}", "null", '{"k": "x"}', "[1]", '{"k": -1}'])
def test_a_law_that_cannot_be_read_is_solved_anew(sqlite: Database, kept: str) -> None:
    with sqlite.transaction() as connection:
        feeds.declare(connection, [a_feed()], NOON)
        instance.note(connection, "pace", kept)
    pacing = Pacing()
    pacing.refresh(sqlite, NOON)
    assert pacing.law.feeds == 1


def test_a_shorter_every_shortens_the_interval_as_much(sqlite: Database) -> None:
    pacing = Pacing()
    with sqlite.transaction() as connection:
        feeds.declare(connection, [a_feed(str(n)) for n in range(9)], NOON)
    pacing.refresh(sqlite, NOON)
    answer = Answer(new_dates=(NOON - HOUR,) * 2, window=40)

    def wait(every: timedelta) -> timedelta:
        due = DueFeed(feed=a_feed("same", every=every))
        return pacing.after_answer(due, NOON, answer)[1].next_fetch_at - NOON

    usual = wait(timedelta(minutes=30))
    assert wait(timedelta(minutes=15)) / usual == pytest.approx(0.5, rel=0.02)
    assert wait(HOUR) / usual == pytest.approx(2, rel=0.02)


def test_a_failing_feed_backs_off_from_the_interval_of_its_pace(sqlite: Database) -> None:
    pacing = Pacing()
    with sqlite.transaction() as connection:
        feeds.declare(connection, [a_feed()], NOON)
    pacing.refresh(sqlite, NOON)
    record, turn = pacing.after_answer(
        DueFeed(feed=a_feed()), NOON, Answer(new_dates=(NOON - 400 * HOUR,), window=1)
    )
    quiet = DueFeed(feed=a_feed(), pace=record)
    error = FeedError("http_500", "It failed.", severity=Severity.SOFT)
    assert turn.next_fetch_at - NOON > HOUR
    failed = pacing.after_failure(quiet, NOON, error)
    assert failed.next_fetch_at >= turn.next_fetch_at
    unknown = pacing.after_failure(DueFeed(feed=a_feed()), NOON, error)
    assert unknown.next_fetch_at - NOON <= timedelta(minutes=32)
    fixed = pacing.after_failure(replace(quiet, feed=a_feed(adaptive=False)), NOON, error)
    assert fixed.next_fetch_at - NOON <= timedelta(minutes=32)


def test_who_may_have_lost_most_is_most_urgent(sqlite: Database) -> None:
    pacing = Pacing()
    pacing.refresh(sqlite, NOON)

    def due(count: int) -> DueFeed:
        dates = [NOON - number * HOUR / 10 for number in range(count)]
        record, _ = pacing.after_answer(
            DueFeed(feed=a_feed()), NOON, Answer(new_dates=dates, window=20)
        )
        return DueFeed(feed=a_feed(), pace=record)

    later = NOON + 48 * HOUR
    busy, quiet = due(20), due(1)
    assert how_urgent(busy, later) > how_urgent(DueFeed(feed=a_feed()), later) == 1
    assert how_urgent(busy, later) > how_urgent(quiet, later)
    assert how_urgent(replace(busy, failures=1.0), later) == 0


def test_the_live_program_learns_and_plans_as_the_simulation_does() -> None:
    """Histories of the benchmark, played through its policy and through ours, turn by turn."""
    pacing, k = Pacing(), 0.02
    usual = timedelta(minutes=30)
    pacing._law = Law(k=k, usual=usual, budget=1, predicted=1, feeds=1, learnt=1, solved_at=MONDAY)
    for history in make_feeds(7, days=6, feeds=12):
        simulated = dateline(k)(history)
        due = DueFeed(feed=a_feed(history.name, every=usual))
        for look in _looks(history, until=4 * DAY, step=95.0):
            now = MONDAY + timedelta(minutes=look.now)
            wait = simulated(look)
            new = look.end - look.new
            answer = Answer(
                wire_bytes=50_000 if new else 300,
                not_modified=not new,
                new_dates=history.dates[look.new : look.end],
                matched=sum(history.relevant[look.new : look.end]),
                window=look.end - look.shown if new or due.pace is None else None,
            )
            record, turn = pacing.after_answer(due, now, answer)
            due = replace(due, pace=record)
            planned = (turn.next_fetch_at - now) / timedelta(minutes=1)
            # What is kept is rounded to six places, hours of the day to three.
            assert planned == pytest.approx(wait, rel=0.005), (history.name, look)
            pace = from_record(due.pace)
            assert pace is not None
            assert interval(pace, k=k, now=now, key=history.name) / timedelta(
                minutes=1
            ) == pytest.approx(planned, rel=0.005)


def _looks(history: History, *, until: float, step: float) -> Iterator[Look]:
    now, seen = history.first_look, 0
    while now < until:
        upto = history.published_by(now)
        shown = max(0, upto - history.window)
        yield Look(now=now, shown=shown, new=max(seen, shown), end=upto)
        seen, now = upto, now + step


def test_an_average_feed_is_weighed_as_it_is() -> None:
    assert boost(a_feed(), timedelta(minutes=30)) == 1


def test_a_feed_may_have_a_larger_document_than_others(rig: Rig) -> None:
    rig.serve("wire", rss("a") + f"<!-- {Random(1).randbytes(2**19).hex()} -->".encode() * 11)
    rig.watch(rig.feed("wire"))
    report = rig.run()
    assert [failure.kind for failure in report.failures] == ["too_large"]
    assert rig.wait()[0] > timedelta(minutes=5)
    rig.watch(rig.feed("wire", max_bytes=12 * 1024 * 1024))
    assert rig.run().articles_new == 1


def test_after_two_days_down_each_feed_is_asked_once_those_that_lost_most_first(
    database: Database,
) -> None:
    watched = [a_feed(f"n{n:03}", url=f"https://h{n % 40}.example/{n}") for n in range(200)]
    pacing = Pacing()
    with database.transaction() as connection:
        feeds.declare(connection, watched, NOON - HOUR)
    pacing.refresh(database, NOON)
    with database.transaction() as connection:
        for due in leases.claim(connection, NOON, holder="one", lease=HOUR):
            count = 1 + int(due.feed.id[1:]) // 10
            dates = [NOON - number * HOUR / 4 for number in range(count)]
            pace, turn = pacing.after_answer(due, NOON, Answer(new_dates=dates, window=20))
            fetches.record(connection, a_report(due.feed.id, turn, pace))
    back = NOON + 48 * HOUR
    rounds = []
    while True:
        with database.transaction() as connection:
            taken = leases.claim(
                connection,
                back,
                holder="one",
                lease=HOUR,
                limit=40,
                urgency=lambda due: how_urgent(due, back),
            )
        if not taken:
            break
        rounds.append([how_urgent(due, back) for due in taken])
    assert [len(each) for each in rounds] == [40] * 5
    means = [sum(each) / len(each) for each in rounds]
    assert means == sorted(means, reverse=True)


def a_report(feed_id: str, turn: Turn, pace: Mapping[str, Any]) -> FetchReport:
    return FetchReport(
        feed_id=feed_id,
        started_at=NOON,
        seconds=0.1,
        outcome=Outcome.UPDATED,
        next_fetch_at=turn.next_fetch_at,
        next_fetch_reason=turn.reason,
        state=turn.state,
        failures=turn.failures,
        pace=pace,
    )
