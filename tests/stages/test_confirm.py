"""Confirm: when 304s are checked, and when redirects have settled."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.model import DueFeed, Redirected
from pipeline.stages.confirm import is_settled, sighted, wants_whole
from tests.making import NOON, a_feed

DAY = timedelta(days=1)
SPARED = DueFeed(feed=a_feed(), spared=3, whole_at=NOON)


@pytest.mark.parametrize(
    ("entries_a_day", "days"), [(100.0, 1.0), (5.0, 1.0), (2.5, 2.0), (0.01, 3.0), (0.0, 3.0)]
)
def test_304s_are_checked_after_five_gaps_between_entries_one_to_three_days(
    entries_a_day: float, days: float
) -> None:
    at = NOON + timedelta(days=days)
    assert not wants_whole(SPARED, at - timedelta(seconds=1), lambda _: entries_a_day)
    assert wants_whole(SPARED, at, lambda _: entries_a_day)


def test_a_few_304s_or_none_are_not_checked() -> None:
    assert not wants_whole(replace(SPARED, spared=2), NOON + 9 * DAY, lambda _: 1)
    assert not wants_whole(replace(SPARED, whole_at=None), NOON + 9 * DAY, lambda _: 1)


def test_a_document_from_the_future_is_checked() -> None:
    assert wants_whole(replace(SPARED, whole_at=NOON + 3650 * DAY), NOON, lambda _: 1)


@pytest.mark.parametrize(
    ("until", "whole"), [(NOON + DAY, True), (NOON, False), (NOON + 3650 * DAY, False)]
)
def test_304s_are_not_asked_for_while_distrusted(until: datetime, whole: bool) -> None:
    assert wants_whole(replace(SPARED, distrusted_until=until), NOON, lambda _: 1) is whole


def test_redirects_in_a_row_are_counted_and_anything_else_starts_anew() -> None:
    known = Redirected()
    for number in range(3):
        known = sighted(known, "https://b.example/", NOON + number * DAY)
    assert known == Redirected(to="https://b.example/", since=NOON, seen=3)
    other = sighted(known, "https://c.example/", NOON + 4 * DAY)
    assert (other.since, other.seen) == (NOON + 4 * DAY, 1)
    assert sighted(known, None, NOON) == Redirected()
    assert sighted(known, "https://b.example/", NOON - DAY).seen == 1, "the clock went back"
    assert sighted(Redirected(to="https://b.example/"), "https://b.example/", NOON).seen == 1


@pytest.mark.parametrize(
    ("seen", "days", "settled"), [(5, 7, True), (4, 30, False), (99, 6.9, False)]
)
def test_five_redirects_over_a_week_have_settled(seen: int, days: float, settled: bool) -> None:
    known = Redirected(to="https://b.example/", since=NOON, seen=seen)
    assert is_settled(known, NOON + timedelta(days=days)) is settled
    assert not is_settled(Redirected(), NOON)
