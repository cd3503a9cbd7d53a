"""A fault that lasts is told at once, then seldom, and once when it is over."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from pipeline.complaints import AGAIN_AFTER, Complaints
from tests.making import NOON

FULL = "the disk is full: free some space; nothing was lost"


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


def told(complaints: Complaints, *minutes: float, message: str = FULL) -> list[str]:
    with capture_logs() as lines:
        for each in minutes:
            complaints.tell("publish", message, NOON + timedelta(minutes=each))
    return [line["event"] for line in lines]


def test_the_same_fault_is_told_every_ten_minutes_with_a_count(complaints: Complaints) -> None:
    every_five_seconds = [number / 12 for number in range(12 * 25)]
    lines = told(complaints, *every_five_seconds)
    assert lines == [
        f"publish: {FULL}",
        f"publish: {FULL} (121 times since 12:00 UTC)",
        f"publish: {FULL} (241 times since 12:00 UTC)",
    ]
    assert timedelta(minutes=10) == AGAIN_AFTER


def test_another_fault_is_told_at_once(complaints: Complaints) -> None:
    told(complaints, 0)
    assert told(complaints, 1, message="the database is locked") == [
        "publish: the database is locked"
    ]


def test_the_end_of_a_fault_is_told_once(complaints: Complaints) -> None:
    told(complaints, 0, 1, 2)
    with capture_logs() as lines:
        complaints.is_over("publish")
        complaints.is_over("publish")
        complaints.is_over("ingest")
    assert [line["event"] for line in lines] == ["publish: over, after 3 failures"]
    assert told(complaints, 3) == [f"publish: {FULL}"]


def test_a_fault_whose_end_nobody_notices_is_news_again_after_a_while() -> None:
    complaints = Complaints(forgotten_after=AGAIN_AFTER)
    assert told(complaints, 0, 1, 2, 11) == [
        f"publish: {FULL}",
        f"publish: {FULL} (4 times since 12:00 UTC)",
    ]
    assert told(complaints, 200, 201) == [f"publish: {FULL}"]
