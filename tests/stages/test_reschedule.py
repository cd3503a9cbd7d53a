"""Reschedule: the next turn after a success or a failure, and why."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FeedError, Severity
from pipeline.model import DueFeed, FeedState
from pipeline.stages.reschedule import (
    GONE_PROBE,
    LONGEST,
    LONGEST_RETRY_AFTER,
    LONGEST_WISH,
    Turn,
    after_failure,
    after_success,
    in_words,
)
from tests.making import NOON, a_feed

HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)


def due(failures: float = 0.0, every: timedelta = HALF_HOUR, id: str = "sahel-wire") -> DueFeed:
    return DueFeed(feed=a_feed(id, every=every), failures=failures)


def failure(
    severity: Severity = Severity.SOFT, kind: str = "html", retry_after: float | None = None
) -> FeedError:
    return FeedError(kind, "It failed.", severity=severity, retry_after=retry_after)


def waits(turn: Turn, wait: timedelta) -> bool:
    """Whether a turn comes after this wait, lengthened by up to a twentieth."""
    return wait <= turn.next_fetch_at - NOON <= wait * 1.05


def test_a_working_feed_comes_again_after_its_interval() -> None:
    turn = after_success(due(failures=3.5), NOON)
    assert waits(turn, HALF_HOUR)
    assert (turn.state, turn.failures, turn.reason) == (FeedState.WORKING, 0.0, "every 30 min")


@pytest.mark.parametrize(
    ("fresh_for", "ttl", "wait", "reason"),
    [
        (HOUR, None, HOUR, "the server's caching headers ask for 1 h"),
        (None, HOUR, HOUR, "the feed asks for 1 h"),
        (HOUR, 2 * HOUR, 2 * HOUR, "the feed asks for 2 h"),
        (2 * HOUR, HOUR, 2 * HOUR, "the server's caching headers ask for 2 h"),
        (timedelta(minutes=1), timedelta(0), HALF_HOUR, "every 30 min"),
        (-DAY, -DAY, HALF_HOUR, "every 30 min"),
        (99 * DAY, None, LONGEST_WISH, "the server's caching headers ask for 6 h"),
        (None, timedelta.max, LONGEST_WISH, "the feed asks for 6 h"),
    ],
)
def test_publishers_may_ask_for_patience_up_to_six_hours(
    fresh_for: timedelta | None, ttl: timedelta | None, wait: timedelta, reason: str
) -> None:
    turn = after_success(due(), NOON, fresh_for=fresh_for, ttl=ttl)
    assert waits(turn, wait)
    assert turn.reason == reason


def test_no_wish_shortens_a_long_interval() -> None:
    assert waits(after_success(due(every=DAY), NOON, ttl=HOUR), DAY)


@pytest.mark.parametrize(
    ("severity", "weight"),
    [(Severity.PASSING, 0.25), (Severity.SOFT, 0.5), (Severity.HARD, 1.0), (Severity.FINAL, 1.0)],
)
def test_failures_weigh_by_what_they_say(severity: Severity, weight: float) -> None:
    assert after_failure(due(failures=0.5), NOON, failure(severity)).failures == 0.5 + weight


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, HALF_HOUR), (0.5, HOUR), (1.5, 2 * HOUR), (9.5, 10 * HOUR), (99, LONGEST), (1e9, LONGEST)],
)
def test_back_off_grows_in_steps_up_to_a_day(failures: float, wait: timedelta) -> None:
    turn = after_failure(due(failures), NOON, failure())
    assert waits(turn, wait)
    assert (turn.state, turn.reason) == (FeedState.FAILING, "backing off after html")


@pytest.mark.parametrize("kind", ["blocked", "http_401", "http_403"])
def test_a_publisher_that_refuses_us_is_asked_seldom(kind: str) -> None:
    turn = after_failure(due(), NOON, failure(kind=kind))
    assert waits(turn, timedelta(hours=4))
    assert turn.state is FeedState.BLOCKED
    assert waits(after_failure(due(failures=99), NOON, failure(kind=kind)), LONGEST)


def test_a_publisher_that_still_says_gone_after_three_days_is_asked_once_a_month() -> None:
    gone = failure(Severity.FINAL, "http_410")
    feed, now, seen = due(), NOON, []
    for _ in range(4):
        turn = after_failure(feed, now, gone)
        seen.append(turn)
        feed = replace(
            feed, failures=turn.failures, error_kind=gone.kind, failing_since=NOON, state=turn.state
        )
        now = turn.next_fetch_at
    assert [turn.state for turn in seen] == [*[FeedState.FAILING] * 3, FeedState.GONE]
    assert waits(seen[0], LONGEST)
    assert after_failure(feed, now, gone).state is FeedState.GONE
    assert after_success(feed, now).state is FeedState.WORKING


def test_one_gone_after_days_of_other_failures_is_asked_again_first() -> None:
    feed = replace(due(9.0), error_kind="http_500", failing_since=NOON - 9 * DAY)
    turn = after_failure(feed, NOON, failure(Severity.FINAL, "http_410"))
    assert turn.state is FeedState.FAILING
    assert waits(turn, LONGEST)


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [
        (0, HALF_HOUR),
        (-5, HALF_HOUR),
        (7_200, 2 * HOUR),
        (30 * 86_400, LONGEST_RETRY_AFTER),
        (1e300, LONGEST_RETRY_AFTER),
        (float("inf"), LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_honoured_up_to_a_week(seconds: float, wait: timedelta) -> None:
    turn = after_failure(due(), NOON, failure(retry_after=seconds))
    assert waits(turn, wait)
    assert ("asked to be left alone" in turn.reason) is (wait > HALF_HOUR)


def test_a_pause_after_429_is_not_put_into_the_servers_mouth() -> None:
    turn = after_failure(due(), NOON, failure(kind="http_429", retry_after=7_200))
    assert turn.reason == "after a 429 its host is left alone for 2 h"


def test_feeds_do_not_fall_into_step_but_each_keeps_its_own() -> None:
    turns = [after_success(due(id=f"feed-{n}"), NOON).next_fetch_at for n in range(50)]
    assert len(set(turns)) == 50
    assert after_success(due(id="feed-7"), NOON).next_fetch_at == turns[7]


@given(
    failures=st.floats(0, 1e6),
    severity=st.sampled_from(Severity),
    retry_after=st.none() | st.floats(allow_nan=False),
    minutes=st.integers(1, 10_000),
    kind=st.sampled_from(["html", "blocked", "timeout", "http_410"]),
)
def test_whatever_happens_a_feed_comes_again(
    failures: float, severity: Severity, retry_after: float | None, minutes: int, kind: str
) -> None:
    feed = due(failures, every=timedelta(minutes=minutes))
    turn = after_failure(feed, NOON, failure(severity, kind, retry_after))
    assert timedelta(minutes=1) <= turn.next_fetch_at - NOON <= GONE_PROBE * 1.05
    assert turn.reason


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(0), "1 min"),
        (timedelta(seconds=89), "1 min"),
        (HALF_HOUR, "30 min"),
        (HOUR, "1 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (DAY, "24 h"),
        (2 * DAY, "2 days"),
        (2 * DAY + HOUR, "49 h"),
    ],
)
def test_waits_are_told_as_people_do(wait: timedelta, words: str) -> None:
    assert in_words(wait) == words


def test_back_off_grows_from_the_interval_a_feed_has_while_all_is_well() -> None:
    usual = timedelta(hours=5)
    assert waits(after_failure(due(), NOON, failure(), usual=usual), usual)
    assert waits(after_failure(due(failures=1.5), NOON, failure(), usual=usual), 4 * usual)
    week = timedelta(days=7)
    assert waits(after_failure(due(failures=9.0), NOON, failure(), usual=week), week)
