"""When a job's next turn is, whatever happened to the clock meanwhile."""

from datetime import timedelta

import pytest

from pipeline.jobs.triggers import At, Every
from tests.making import NOON

TEN_YEARS = timedelta(days=3_653)


@pytest.mark.parametrize("trigger", [Every(seconds=5), At(minute=17)], ids=["every", "at"])
def test_after_a_leap_of_ten_years_the_turns_that_passed_count_as_one(trigger: Every | At) -> None:
    now = NOON + TEN_YEARS
    turn = trigger.get_next_fire_time(NOON, now)
    assert turn is not None
    assert now <= turn <= now + timedelta(hours=1)


def test_turns_keep_their_rhythm_otherwise() -> None:
    late = NOON + timedelta(milliseconds=30)
    assert Every(seconds=5).get_next_fire_time(NOON, late) == NOON + timedelta(seconds=5)
    turn = At(minute=17).get_next_fire_time(NOON, late)
    assert turn == NOON + timedelta(minutes=17)


@pytest.mark.parametrize("trigger", [Every(seconds=5), At(minute=17)], ids=["every", "at"])
def test_turns_begin_anew_where_the_clock_was_set_back(trigger: Every | At) -> None:
    for now in (NOON, NOON - TEN_YEARS):
        turn = trigger.anew(now)
        assert turn is not None
        assert now <= turn <= trigger.furthest(now) < now + TEN_YEARS
