"""An alarm tells what a feed's own history makes remarkable, once, and does not flap."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.model import AlarmKind, FeedDay, FeedSigns, FeedState, Outage
from pipeline.stages.alarm import ending, judge, outages

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
STEADY = (10,) * 28


def days(*counts: int, fetches: int = 48, failed: int = 0, until: int = 1) -> tuple[FeedDay, ...]:
    """Days with these counts, the last of them `until` days ago, and before them one more day."""
    first = NOW.date() - (len(counts) + until - 1) * DAY
    return tuple(
        FeedDay(day=first + number * DAY, fetches=fetches, failed=failed, articles_new=count)
        for number, count in enumerate(counts)
    )


def signs(**changes: object) -> FeedSigns:
    values: dict[str, object] = {
        "feed_id": "sahel-wire",
        "state": FeedState.WORKING,
        "days": days(*STEADY),
        "last_new_at": NOW - HOUR,
        "last_success_at": NOW,
    }
    return FeedSigns(**(values | changes))  # type: ignore[arg-type]


def standing(kind: AlarmKind, since: timedelta = HOUR) -> dict[AlarmKind, datetime]:
    return {kind: NOW - since}


def kinds(found: FeedSigns, shared: tuple[Outage, ...] = ()) -> set[AlarmKind]:
    return set(judge(found, NOW, shared))


def silent(for_days: float, *counts: int, **changes: object) -> FeedSigns:
    """A feed that was asked all the time and has brought nothing since."""
    quiet = int(for_days)
    history = days(*(counts or STEADY)[: 28 - quiet], *(0,) * quiet)
    return signs(days=history, last_new_at=NOW - for_days * DAY, **changes)


def test_nothing_is_wrong_with_a_feed_that_does_as_usual() -> None:
    assert judge(signs(), NOW) == {}


@pytest.mark.parametrize("state", [FeedState.DISABLED, FeedState.RETIRED])
def test_a_feed_nobody_polls_has_no_alarms(state: FeedState) -> None:
    assert kinds(silent(5, state=state, overflowed=True)) == set()


# Gone quiet


def test_a_busy_feed_silent_for_longer_than_a_day_has_gone_quiet() -> None:
    found = judge(silent(1.2), NOW)
    assert found == {
        AlarmKind.QUIET: "no new article since 2026-11-21 07:12 UTC, 29 hours long; "
        "usually there are 10 a day"
    }


def test_a_long_silence_is_told_in_days() -> None:
    assert "4 days long" in judge(silent(4), NOW)[AlarmKind.QUIET]


def test_less_than_a_day_is_never_quiet() -> None:
    assert kinds(silent(0.9, *(200,) * 28)) == set()


def test_a_rare_feed_may_be_silent_for_as_long_as_chance_allows() -> None:
    rare = (1, 1, 1, 0, 1, 1, 1) * 4
    assert kinds(silent(4, *rare)) == set()
    assert kinds(silent(9, *rare)) == {AlarmKind.QUIET}
    assert "usually there are 0.8 a day" in judge(silent(9, *rare), NOW)[AlarmKind.QUIET]


def test_a_feed_that_rests_at_weekends_may_rest() -> None:
    weekdays = (20, 20, 20, 20, 20, 0, 0) * 4
    assert kinds(silent(2.6, *weekdays)) == set()
    assert AlarmKind.QUIET in kinds(silent(5, *weekdays))


def test_a_weekly_issue_may_come_weekly() -> None:
    weekly = (0, 0, 0, 0, 0, 0, 30) * 4
    assert kinds(silent(7.1, *weekly)) == set()


def test_time_in_which_nobody_looked_is_no_silence() -> None:
    asleep = signs(last_new_at=NOW - 5 * DAY, last_success_at=NOW - 5 * DAY + HOUR)
    assert kinds(asleep) == set()


def test_a_feed_that_fails_is_not_called_quiet() -> None:
    assert AlarmKind.QUIET not in kinds(silent(3, state=FeedState.FAILING))


def test_a_feed_without_a_week_of_history_is_not_judged() -> None:
    fresh = signs(days=days(*(10,) * 6, until=3), last_new_at=NOW - 2 * DAY)
    assert kinds(fresh) == set()


def test_a_feed_that_never_brought_anything_is_not_judged() -> None:
    assert kinds(signs(last_new_at=None)) == set()
    assert kinds(signs(last_success_at=None)) == set()


def test_quiet_stands_until_a_new_article_comes() -> None:
    forgotten = signs(days=days(*(0,) * 28), last_new_at=NOW - 60 * DAY)
    assert kinds(forgotten) == set()
    stands = standing(AlarmKind.QUIET, 50 * DAY)
    assert kinds(signs(days=(), last_new_at=NOW - 60 * DAY, standing=stands)) == {AlarmKind.QUIET}
    assert kinds(signs(standing=stands)) == set()


# Volume


def test_far_more_articles_than_usual_are_told_the_same_day() -> None:
    flood = days(*STEADY[1:], 90, until=0)
    assert judge(signs(days=flood), NOW) == {
        AlarmKind.VOLUME: "90 new articles on 2026-11-22; usually there are 10 a day"
    }


def test_the_usual_is_told_as_a_range() -> None:
    varied = (8, 12, 10, 14) * 6
    assert (
        "usually there are 8 to 14 a day"
        in judge(signs(days=days(*varied, 200)), NOW)[AlarmKind.VOLUME]
    )


def test_far_fewer_articles_than_usual_are_told_when_the_day_is_over() -> None:
    assert (
        "1 new article on 2026-11-21"
        in judge(signs(days=days(*(60,) * 27, 1)), NOW)[AlarmKind.VOLUME]
    )
    assert kinds(signs(days=days(*(60,) * 27, 1, until=0))) == set()


def test_a_small_feed_cannot_fall_far() -> None:
    assert kinds(signs(days=days(*(9,) * 27, 0))) == set()


@pytest.mark.parametrize("count", [30, 14, 6])
def test_a_lively_or_a_lazy_day_is_no_alarm(count: int) -> None:
    varied = (8, 12, 10, 25, 22) * 5
    assert kinds(signs(days=days(*varied, count))) == set()


def test_a_weekend_as_usual_is_no_alarm() -> None:
    weekdays = (100, 100, 100, 100, 100, 20, 20) * 4
    assert kinds(signs(days=days(*weekdays))) == set()


def test_less_than_two_weeks_of_history_say_nothing() -> None:
    assert kinds(signs(days=days(*(10,) * 14, 300))) == set()
    assert kinds(signs(days=days(*(60,) * 14, 0))) == set()
    assert kinds(signs(days=days(*(10,) * 16, 300))) == {AlarmKind.VOLUME}


def test_the_first_day_of_a_feed_is_not_counted() -> None:
    # 15 days, the first of which brought the whole document: 13 remain before the last.
    assert kinds(signs(days=days(500, *(10,) * 13, 300))) == set()


def test_a_day_watched_less_closely_says_nothing() -> None:
    asleep = (*days(*(60,) * 27, until=2), *days(0, fetches=3))
    assert kinds(signs(days=asleep)) == set()
    away = (*days(*(60,) * 26, until=3), *days(0, fetches=48, failed=48, until=2), *days(200))
    assert kinds(signs(days=away)) == set()


def test_volume_stands_until_a_whole_day_was_as_usual() -> None:
    stands = standing(AlarmKind.VOLUME, DAY)
    assert kinds(signs(days=days(*STEADY[1:], 40), standing=stands)) == {AlarmKind.VOLUME}
    assert kinds(signs(days=days(*STEADY[1:], 11), standing=stands)) == set()
    # Raised today: yesterday says nothing about how it goes on.
    today = standing(AlarmKind.VOLUME)
    assert kinds(signs(days=days(*STEADY), standing=today)) == {AlarmKind.VOLUME}
    # Nothing is known of yesterday.
    assert kinds(signs(days=days(*STEADY, until=3), standing=stands)) == {AlarmKind.VOLUME}
    assert kinds(signs(days=days(*STEADY[:5]), standing=stands)) == {AlarmKind.VOLUME}


# Overflow


def test_lost_entries_are_told_with_the_length_of_the_document() -> None:
    found = judge(signs(overflowed=True, window=30.0), NOW)
    assert "shared none of its 30 entries" in found[AlarmKind.OVERFLOW]
    assert "shared none of its entries" in judge(signs(overflowed=True), NOW)[AlarmKind.OVERFLOW]


def test_an_overflow_is_remembered_for_a_day() -> None:
    early, late = (standing(AlarmKind.OVERFLOW, since) for since in (HOUR, 25 * HOUR))
    assert kinds(signs(overflowed=False, standing=early)) == {AlarmKind.OVERFLOW}
    assert kinds(signs(overflowed=False, standing=late)) == set()
    assert kinds(signs(overflowed=None, standing=early)) == set()
    assert kinds(signs(overflowed=False)) == set()


# Not working


def broken(state: FeedState, since: timedelta, **changes: object) -> FeedSigns:
    return signs(
        state=state,
        failing_since=NOW - since,
        error_kind="timeout",
        error_message="It did not answer.",
        **changes,
    )


def test_a_failing_feed_alarms_after_a_day() -> None:
    assert kinds(broken(FeedState.FAILING, 23 * HOUR)) == set()
    assert judge(broken(FeedState.FAILING, DAY), NOW) == {
        AlarmKind.FAILING: "it fails since 2026-11-21 12:00 UTC: It did not answer."
    }
    assert kinds(signs(state=FeedState.FAILING)) == set()


@pytest.mark.parametrize(
    ("state", "kind", "sentence"),
    [
        (FeedState.BLOCKED, AlarmKind.BLOCKED, "the publisher refuses us"),
        (FeedState.GONE, AlarmKind.GONE, "the publisher says it is gone for good"),
    ],
)
def test_a_refusal_alarms_at_once(state: FeedState, kind: AlarmKind, sentence: str) -> None:
    assert judge(signs(state=state), NOW) == {kind: sentence}


def test_one_alarm_stands_for_a_feed_that_does_not_work_until_it_works() -> None:
    blocked, failing = standing(AlarmKind.BLOCKED), standing(AlarmKind.FAILING)
    assert kinds(broken(FeedState.FAILING, HOUR, standing=blocked)) == {AlarmKind.BLOCKED}
    assert kinds(broken(FeedState.BLOCKED, DAY, standing=failing)) == {AlarmKind.BLOCKED}
    assert kinds(broken(FeedState.FAILING, HOUR, standing=failing)) == {AlarmKind.FAILING}
    assert kinds(signs(standing=blocked)) == set()


# Outages


def several(count: int, *, since: timedelta = HOUR, kind: str = "dns", name: str = "f"):
    return [
        FeedSigns(
            feed_id=f"{name}{number}",
            state=FeedState.FAILING,
            error_kind=kind,
            failing_since=NOW - since + number * timedelta(minutes=10),
        )
        for number in range(count)
    ]


def test_many_feeds_that_fail_alike_at_once_are_one_outage() -> None:
    ours = several(6)
    (outage,) = outages([*ours, *several(1, kind="http_404", name="x"), signs()])
    assert (outage.error_kind, len(outage.feed_ids), outage.watched) == ("dns", 6, 8)
    assert outage.since == NOW - HOUR


def test_a_few_feeds_or_a_small_share_are_no_outage() -> None:
    working = [signs(feed_id=f"w{number}") for number in range(40)]
    assert outages(several(4)) == ()
    assert outages([*several(6), *working]) == ()


def test_feeds_that_failed_long_before_are_not_part_of_an_outage() -> None:
    (outage,) = outages([*several(2, since=30 * DAY, name="old"), *several(6)])
    assert outage.since == NOW - HOUR
    assert len(outage.feed_ids) == 6


def test_feeds_nobody_polls_do_not_count() -> None:
    off = [signs(feed_id=f"d{number}", state=FeedState.DISABLED) for number in range(90)]
    (outage,) = outages([*several(5), *off])
    assert outage.watched == 5


def test_the_largest_outage_comes_first() -> None:
    found = outages([*several(5, kind="tls", name="t"), *several(7)])
    assert [each.error_kind for each in found] == ["dns", "tls"]


def test_feeds_of_one_outage_alarm_together() -> None:
    ours = several(6, since=DAY)
    shared = outages(ours)
    assert [kinds(each, shared) for each in ours] == [{AlarmKind.FAILING}] * 6
    assert kinds(ours[5]) == set()


# Endings


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        (AlarmKind.FAILING, FeedState.WORKING, "it works again, after 2 days"),
        (AlarmKind.BLOCKED, FeedState.GONE, "it got worse"),
        (AlarmKind.QUIET, FeedState.WORKING, "new articles came"),
        (AlarmKind.VOLUME, FeedState.WORKING, "its articles a day are as usual again"),
        (AlarmKind.OVERFLOW, FeedState.WORKING, "its documents join up again"),
        (AlarmKind.GONE, FeedState.DISABLED, "it is not polled any more"),
    ],
)
def test_an_ending_says_why(kind: AlarmKind, state: FeedState, said: str) -> None:
    assert ending(kind, signs(state=state), NOW - 2 * DAY, NOW) == said


def test_one_hour_is_one_hour() -> None:
    assert ending(AlarmKind.FAILING, signs(), NOW - HOUR, NOW) == "it works again, after 1 hour"
