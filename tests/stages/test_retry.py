"""Who did not answer is asked again, ever more seldom, and not for ever."""

from datetime import timedelta

from pipeline.stages.retry import wait_after


def test_waits_grow_over_three_days_and_end():
    waits = [wait_after(failures) for failures in range(1, 10)]
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert timedelta(days=2) < sum(waits, timedelta()) < timedelta(days=4)
    assert wait_after(10) is None


def test_who_asks_to_be_left_alone_is_but_not_for_longer_than_a_day():
    assert wait_after(1, 600.0) == timedelta(minutes=10)
    assert wait_after(1, 5.0) == timedelta(minutes=1)
    assert wait_after(1, -5.0) == timedelta(minutes=1)
    assert wait_after(1, 1e12) == timedelta(hours=24)
