"""How a feed's rate is learnt, and when its next turn comes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stages.pace import (
    LONGEST,
    SHORTEST,
    Pace,
    Wishes,
    from_record,
    interval,
    learn,
    plan,
    requests_per_day,
    skip,
    solve_k,
    stretch,
    to_record,
    urgency,
)

NOW = datetime(2026, 3, 4, 10, 17, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def told(pace: Pace | None, now: datetime, count: int, span: timedelta, **more: object) -> Pace:
    """One answer with `count` new entries, evenly over the last `span`."""
    arguments = {
        "new_dates": [now - span * (n + 0.5) / count for n in range(count)],
        "window": 50 if count else None,
        "matched": 0,
        "wire_bytes": 20_000 if count else 300,
        "not_modified": not count,
    }
    return learn(pace, now=now, **(arguments | more))  # type: ignore[arg-type]


def lived(daily: int, days: int = 10, matched: int = 0, **more: object) -> Pace:
    """A feed with so many entries a day, asked four times a day."""
    pace = told(None, NOW - days * DAY, max(daily, 2), DAY, **more)
    for look in range(1, 4 * days + 1):
        now = NOW - days * DAY + look * 6 * HOUR
        pace = told(pace, now, daily // 4, 6 * HOUR, matched=matched // 4, **more)
    return pace


def wait(pace: Pace, k: float = 0.05, **more: object) -> timedelta:
    return interval(pace, k=k, now=NOW, key="a", **more)  # type: ignore[arg-type]


paces = st.builds(
    lived,
    st.integers(0, 400),
    days=st.integers(1, 4),
    matched=st.integers(0, 400),
)


def test_the_first_document_tells_the_rate() -> None:
    pace = told(None, NOW, 21, 2 * DAY)
    assert pace.rate == pytest.approx(10, rel=0.15)


def test_a_document_without_dates_teaches_no_rate_but_its_window() -> None:
    pace = told(None, NOW, 5, DAY, new_dates=[None] * 5, window=5)
    assert (pace.rate, pace.window) == (pytest.approx(10), 5)


def test_the_rate_follows_what_a_feed_does() -> None:
    assert lived(40).rate == pytest.approx(40, rel=0.1)


def test_a_burst_is_seen_within_an_hour() -> None:
    calm = lived(48)
    bursting = told(calm, NOW + HOUR, 20, HOUR)
    assert bursting.burst > 1.5 > calm.burst
    assert wait(bursting) < wait(calm)


def test_a_feed_that_fell_silent_is_asked_less() -> None:
    pace = lived(40)
    for day in range(1, 5):
        pace = told(pace, NOW + day * DAY, 0, DAY)
    assert wait(pace) > 1.5 * wait(lived(40))


def test_hours_of_the_day_are_learnt() -> None:
    pace = told(None, NOW, 2, DAY)
    for day in range(20):
        noon = datetime(2026, 3, 5, 12, 30, tzinfo=UTC) + day * DAY
        pace = told(pace, noon, 20, HOUR / 2)
        pace = told(pace, noon + HOUR * 8, 0, HOUR)
    assert pace.shape[12] > 3 > 1 > pace.shape[3]
    assert sum(pace.shape) == pytest.approx(24)


def test_undated_entries_count_within_the_last_look() -> None:
    pace = told(lived(8), NOW + HOUR, 3, HOUR, new_dates=[None] * 3)
    assert pace.slow > lived(8).slow


def test_a_feed_that_answers_304_is_cheaper_than_one_that_sends_all_again() -> None:
    spares = lived(0)
    resends = lived(0, wire_bytes=900_000, not_modified=False, window=None)
    assert spares.cost == pytest.approx(1)
    assert 4 < resends.cost <= 5
    assert wait(resends) > wait(spares)


@given(pace=paces, k=st.floats(1e-5, 1e4), boost=st.floats(0, 1e9), turns=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_every_wait_lies_between_five_minutes_and_a_day(
    pace: Pace, k: float, boost: float, turns: int
) -> None:
    pace = replace(pace, turns=turns)
    second = timedelta(seconds=1)
    assert SHORTEST - second <= wait(pace, k, boost=boost) <= LONGEST + second


@given(low=st.integers(1, 400), more=st.integers(1, 400), k=st.floats(1e-3, 10))
@settings(deadline=None, max_examples=60)
def test_more_entries_or_more_relevance_never_mean_a_longer_wait(
    low: int, more: int, k: float
) -> None:
    pace = replace(lived(40), slow=float(low), fast=0.0, seen=1000.0, matched=float(low))
    busier = replace(pace, slow=float(low + more))
    dearer = replace(pace, matched=float(low + more))
    assert wait(busier, k) <= wait(pace, k)
    assert wait(dearer, k) <= wait(pace, k)


@given(all_paces=st.lists(paces, min_size=1, max_size=6), share=st.floats(0.05, 0.95))
@settings(deadline=None, max_examples=30)
def test_the_budget_is_met_within_two_percent(all_paces: list[Pace], share: float) -> None:
    least = sum(requests_per_day(pace, 1e6) for pace in all_paces)
    most = sum(requests_per_day(pace, 1e-6) for pace in all_paces)
    budget = least + share * (most - least)
    k = solve_k(all_paces, budget)
    assert sum(requests_per_day(pace, k) for pace in all_paces) == pytest.approx(budget, rel=0.02)


def test_a_budget_out_of_reach_gives_the_nearest_k() -> None:
    assert solve_k([lived(40)], 0.001) > 1e5
    assert solve_k([lived(40)], 1e9) < 1e-5


def test_the_foreseen_requests_are_those_that_come() -> None:
    pace, now, looks = lived(48), NOW, 0
    expected = requests_per_day(pace, 0.05)
    while now < NOW + 12 * DAY:
        now += interval(pace, k=0.05, now=now, key="a")
        looks += 1
    assert looks / 12 == pytest.approx(expected, rel=0.05)


@given(years=st.sampled_from([-10, 10]), daily=st.integers(1, 200))
@settings(deadline=None, max_examples=30)
def test_a_jump_of_the_clock_by_ten_years_does_no_harm(years: int, daily: int) -> None:
    pace, there = lived(daily), NOW + years * 365 * DAY
    away = told(pace, there, 0, DAY)
    back = told(away, NOW + HOUR, 0, DAY)
    for each in (away, back):
        assert all(isfinite(value) for value in (each.rate, each.burst, sum(each.shape)))
        assert wait(each) <= LONGEST
    caught_up = told(back, NOW + 2 * HOUR, 1, HOUR)
    assert caught_up.rate > pace.rate / 2


@given(
    dates=st.lists(st.none() | st.datetimes(timezones=st.just(UTC)), max_size=30),
    window=st.none() | st.integers(0, 100),
    matched=st.integers(-5, 1000),
    size=st.integers(-1, 10**12),
    now=st.integers(1, 600_000).map(lambda days: NOW - 50 * DAY + days * DAY),
)
@settings(deadline=None, max_examples=100)
def test_no_answer_however_odd_makes_a_wait_that_is_none(
    dates: list[datetime | None], window: int | None, matched: int, size: int, now: datetime
) -> None:
    for known in (None, lived(4, days=1)):
        pace = told(known, now, 0, DAY, new_dates=dates, window=window, matched=matched)
        pace = told(pace, now, 0, DAY, new_dates=dates, window=window, wire_bytes=size)
        assert timedelta(0) < interval(pace, k=0.05, now=now, key="a") <= timedelta(days=7)
        assert 0 < solve_k([pace], 24) < 1e7
        assert from_record(json.loads(json.dumps(to_record(pace)))) is not None


def test_a_document_is_asked_for_before_it_overflows() -> None:
    pace = replace(lived(200), window=10.0, overflowed=False)
    assert wait(pace, k=0.5) < DAY * 0.6 * 10 / 200
    turn = plan(pace, k=0.5, now=NOW, key="a")
    assert turn.reason == "before its list of entries overflows"


def test_after_an_overflow_the_next_look_comes_in_half_the_time() -> None:
    pace = lived(48)
    lost = replace(pace, overflowed=True)
    assert wait(lost) == pytest.approx(wait(pace) / 2, rel=0.001)
    assert "lost" in plan(lost, k=0.05, now=NOW, key="a").reason


def test_a_document_that_shares_nothing_with_the_last_one_overflowed() -> None:
    assert told(lived(48), NOW + HOUR, 50, HOUR, window=50).overflowed
    assert not told(lived(48), NOW + HOUR, 49, HOUR, window=50).overflowed
    assert not told(None, NOW, 50, DAY, window=50).overflowed


def test_a_lost_stretch_is_judged_by_the_time_its_entries_span() -> None:
    pace = told(lived(48), NOW + DAY, 50, HOUR, window=50)
    assert pace.burst > 2.5


def test_a_shorter_document_is_believed_at_once() -> None:
    pace = told(lived(8), NOW + HOUR, 2, HOUR, window=20)
    assert pace.window == 20
    assert told(pace, NOW + 2 * HOUR, 2, HOUR, window=40).window == 30


def test_a_feed_silent_for_half_a_year_is_asked_once_a_week() -> None:
    pace = told(None, NOW, 10, 900 * DAY, new_dates=[NOW - 200 * DAY, NOW - 300 * DAY])
    assert 6 * DAY < wait(pace) <= 7 * DAY
    assert requests_per_day(pace, 0.05) == pytest.approx(1 / 7)
    assert wait(told(pace, NOW + DAY, 1, HOUR)) <= LONGEST


def test_publishers_wishes_are_kept_up_to_six_hours() -> None:
    pace = lived(48)
    for wishing in (
        replace(pace, wishes=Wishes(every=3 * HOUR)),
        replace(pace, fresh_for=3 * HOUR),
    ):
        assert 3 * HOUR <= wait(wishing) <= 3.2 * HOUR
    assert wait(replace(pace, fresh_for=30 * DAY)) <= 6.3 * HOUR
    assert wait(replace(pace, fresh_for=timedelta(seconds=-5))) == wait(pace)


def test_wishes_outlive_a_304() -> None:
    wishes = Wishes(every=3 * HOUR)
    pace = told(lived(48), NOW, 2, HOUR, wishes=wishes)
    assert told(pace, NOW + HOUR, 0, HOUR).wishes == wishes


def test_an_interval_at_which_entries_are_lost_is_halved() -> None:
    pace = replace(lived(48), wishes=Wishes(every=6 * HOUR), overflowed=True)
    assert 3 * HOUR <= wait(pace) < 3.2 * HOUR


def test_retry_after_is_kept_up_to_a_week() -> None:
    assert 3 * DAY <= wait(lived(48), retry_after=3 * DAY) <= 3.2 * DAY
    assert wait(lived(48), retry_after=99 * DAY) <= 7.4 * DAY


def test_feeds_alike_do_not_fall_into_step() -> None:
    pace = lived(48)
    waits = sorted(interval(pace, k=0.05, now=NOW, key=f"feed {n}") for n in range(100))
    assert waits[-1] / waits[0] == pytest.approx(1.05 / 0.95, rel=0.01)
    assert len(set(waits)) == 100
    assert wait(pace) == wait(pace)


@pytest.mark.parametrize("k", [0.0, -1.0, float("nan"), float("inf")])
def test_a_k_that_is_no_positive_number_is_refused(k: float) -> None:
    with pytest.raises(ValueError, match="positive number"):
        wait(lived(4), k)


def test_a_turn_leaves_out_skipped_hours_and_days() -> None:
    assert skip(NOW, {10, 11}, set()) == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert skip(NOW, set(), {2, 3}) == datetime(2026, 3, 6, tzinfo=UTC)
    assert skip(NOW, {0, 24}, {2}) == datetime(2026, 3, 5, 1, tzinfo=UTC)
    assert skip(NOW, {9, 77}, {9}) == NOW


def test_a_publisher_that_skips_every_hour_or_day_is_not_believed() -> None:
    assert skip(NOW, set(range(24)), set(range(7))) == NOW


def test_a_plan_keeps_out_of_skipped_hours_unless_the_feed_bursts() -> None:
    skips = Wishes(skip_hours=frozenset({10, 11, 12, 13}))
    calm = replace(lived(48), wishes=skips)
    turn = plan(calm, k=0.05, now=NOW, key="a")
    assert (turn.at.hour, turn.reason) == (14, "the feed skips hours or days")
    assert plan(replace(calm, overflowed=True), k=0.05, now=NOW, key="a").at.hour < 14
    assert plan(replace(calm, wishes=Wishes()), k=0.05, now=NOW, key="a").at.hour < 14


def test_no_wish_moves_a_turn_by_more_than_a_day() -> None:
    pace = replace(lived(48), wishes=Wishes(skip_days=frozenset({2, 3, 4, 5})))
    assert plan(pace, k=0.05, now=NOW, key="a").at < NOW + DAY + 2 * HOUR


def test_a_pace_survives_being_kept_as_json() -> None:
    wishes = Wishes(every=HOUR, skip_hours=frozenset({1}), skip_days=frozenset({6}))
    pace = replace(lived(48, matched=8), wishes=wishes, fresh_for=HOUR / 2)
    kept = from_record(json.loads(json.dumps(to_record(pace))))
    assert kept is not None
    assert wait(kept) / wait(pace) == pytest.approx(1, rel=1e-4)
    assert (kept.wishes, kept.fresh_for, kept.turns) == (wishes, HOUR / 2, pace.turns)


@pytest.mark.parametrize(
    "damage",
    [
        {"slow": float("nan")},
        {"slow": -1.0},
        {"hours": [1.0]},
        {"learned_at": "2026-03-04T10:00:00"},
        {"learned_at": "yesterday"},
        {"every": "x"},
    ],
)
def test_a_damaged_record_is_learnt_anew(damage: dict[str, object]) -> None:
    assert from_record(to_record(lived(4)) | damage) is None


def test_a_feed_without_a_record_has_no_pace() -> None:
    assert from_record(None) is None
    assert from_record({}) is None


def test_after_a_pause_the_feed_most_likely_to_overflow_goes_first() -> None:
    later = NOW + 2 * DAY
    assert urgency(lived(200), later) > urgency(lived(8), later) > 0
    assert urgency(lived(8), NOW - DAY) == 0


def test_a_budget_counts_in_how_feeds_are_weighed() -> None:
    paces, boosts = [lived(40), lived(40)], [10.0, 0.1]
    k = solve_k(paces, 96, boosts=boosts)
    each = [
        requests_per_day(pace, k, boost=boost) for pace, boost in zip(paces, boosts, strict=True)
    ]
    assert sum(each) == pytest.approx(96, rel=0.002)
    assert each[0] > 3 * each[1]


@pytest.mark.parametrize("usual", [timedelta(minutes=5), HOUR, 2 * HOUR, 5 * HOUR])
def test_a_feed_that_is_pushed_waits_four_times_as_long_up_to_six_hours(usual: timedelta) -> None:
    longer = stretch(lived(4), usual, NOW, "a")
    assert usual < longer <= 6 * HOUR
    assert longer == usual * 4 or longer > 5.7 * HOUR


@pytest.mark.parametrize("usual", [6 * HOUR, DAY, 7 * DAY])
def test_a_feed_that_waits_for_long_is_not_asked_sooner_for_being_pushed(usual: timedelta) -> None:
    assert stretch(lived(4), usual, NOW, "a") == usual
    assert stretch(Pace(learned_at=NOW), usual, NOW, "a") == usual


def test_a_pushed_feed_is_asked_before_its_document_can_have_overflowed() -> None:
    busy = replace(lived(960), overflowed=False)  # forty entries an hour; fifty in a document
    longer = stretch(busy, timedelta(minutes=20), NOW, "a")
    assert timedelta(minutes=20) < longer < HOUR
    assert stretch(busy, HOUR, NOW, "a") == HOUR
    assert stretch(replace(lived(4), overflowed=True), HOUR, NOW, "a") == HOUR


def test_a_quiet_hour_before_a_busy_one_gives_a_pushed_feed_no_longer_than_both_hold() -> None:
    slow = replace(lived(48), window=12.0)
    longer = stretch(slow, 90 * timedelta(minutes=1), NOW, "a")
    assert 90 * timedelta(minutes=1) < longer < 4 * HOUR


def test_a_pushed_feed_is_left_alone_at_the_hours_it_skips() -> None:
    closed = Wishes(skip_hours=frozenset(range(11, 24)))
    assert stretch(replace(lived(4), wishes=closed), HOUR, NOW, "a") == HOUR
