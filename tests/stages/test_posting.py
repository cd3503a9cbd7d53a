"""The daily letter goes out once a day by the subscriber's own clock."""

from datetime import UTC, date, datetime

from pipeline.stages.posting import due_day


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_letter_waits_for_the_subscribers_hour():
    assert due_day(at("2026-11-22 05:59"), 7, "Europe/Berlin", None) is None
    assert due_day(at("2026-11-22 06:00"), 7, "Europe/Berlin", None) == date(2026, 11, 22)
    assert due_day(at("2026-11-21 22:00"), 7, "Pacific/Auckland", None) == date(2026, 11, 22)


def test_a_late_run_still_writes_and_never_twice_a_day():
    assert due_day(at("2026-11-22 22:30"), 7, "Europe/Berlin", date(2026, 11, 21)) == date(
        2026, 11, 22
    )
    assert due_day(at("2026-11-22 22:30"), 7, "Europe/Berlin", date(2026, 11, 22)) is None


def test_an_hour_that_is_skipped_is_made_up_by_the_next():
    assert due_day(at("2026-03-29 00:59"), 2, "Europe/Berlin", date(2026, 3, 28)) is None
    assert due_day(at("2026-03-29 01:00"), 2, "Europe/Berlin", date(2026, 3, 28)) == date(
        2026, 3, 29
    )


def test_an_hour_that_comes_twice_counts_once():
    assert due_day(at("2026-10-25 00:00"), 2, "Europe/Berlin", date(2026, 10, 24)) == date(
        2026, 10, 25
    )
    assert due_day(at("2026-10-25 01:00"), 2, "Europe/Berlin", date(2026, 10, 25)) is None


def test_a_subscriber_who_travels_west_gets_no_second_letter_for_the_day():
    assert due_day(at("2026-11-22 12:00"), 0, "Pacific/Honolulu", date(2026, 11, 22)) is None
