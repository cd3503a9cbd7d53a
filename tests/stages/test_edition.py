"""Edition: when it closes, what is in it, how well its feeds were read, its manifest."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.errors import EditionError
from pipeline.model import (
    CandidateStory,
    CutOff,
    Edition,
    EditionCorrection,
    EditionHead,
    EditionReport,
    EditionStory,
    Pick,
    ReadAttempt,
    ReadFeed,
    Reading,
)
from pipeline.stages.edition import (
    arrange,
    closes_at,
    due,
    find_doubts,
    from_manifest,
    measure,
    next_closing,
    to_manifest,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SIX = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SUNDAY = date(2026, 11, 22)
PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")


def head(day: date = SUNDAY, cut_off_at: datetime = SIX) -> EditionHead:
    return EditionHead(
        number=1,
        conflict="mali",
        day=day,
        since_at=cut_off_at - DAY,
        cut_off_at=cut_off_at,
        watermark=7,
    )


def report(article_id: int = 1, publisher: str = "Sahel Wire", **changes: object) -> EditionReport:
    values: dict[str, object] = {
        "revision": 1,
        "match_id": article_id,
        "review_id": article_id,
        "verdict": "approve",
        "title": "Raid near Kidal",
        "url": "https://wire.example/raid",
        "language": "en",
        "published_at": SIX - HOUR,
        "hits": ("Kidal",),
    }
    return EditionReport(article_id=article_id, publisher=publisher, **values | changes)  # type: ignore[arg-type]


def candidate(item_id: int, **changes: object) -> CandidateStory:
    values: dict[str, object] = {
        "uid": f"tag:{item_id}",
        "slug": f"s{item_id}",
        "title": f"Story {item_id}",
        "summary": "",
        "language": "en",
        "published_at": SIX - HOUR,
        "reports": (report(item_id),),
        "first_approved_at": SIX - HOUR + timedelta(minutes=item_id),
    }
    return CandidateStory(item_id=item_id, **values | changes)  # type: ignore[arg-type]


def story(item_id: int = 1, **changes: object) -> EditionStory:
    [made] = arrange([candidate(item_id)], [], SUNDAY)
    return replace(made, **changes)  # type: ignore[arg-type]


# When it closes


def test_it_closes_at_the_hour_of_its_zone() -> None:
    at = CutOff(at=time(6), zone="Asia/Tokyo")
    assert closes_at(SUNDAY, at, ZoneInfo("Asia/Tokyo")) == SIX - 9 * HOUR


def test_an_hour_that_the_clocks_pass_twice_means_the_first_time() -> None:
    autumn = closes_at(date(2026, 10, 25), CutOff(at=time(2, 30)), PARIS)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_is_read_as_if_they_had_not() -> None:
    spring = closes_at(date(2026, 3, 29), CutOff(at=time(2, 30)), PARIS)
    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert spring.astimezone(PARIS).time() == time(3, 30)


@pytest.mark.parametrize("zone", [PARIS, NEW_YORK])
@pytest.mark.parametrize("at", [time(0), time(1, 30), time(2), time(2, 30), time(23, 59)])
def test_a_year_of_looks_at_any_minute_closes_each_day_once(zone: ZoneInfo, at: time) -> None:
    newest = None
    closed = []
    now = datetime(2026, 1, 1, tzinfo=UTC)
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        now += timedelta(minutes=97)
        found = due(CutOff(at=at), zone, newest=newest, declared_at=now - 300 * DAY, now=now)
        if found is not None:
            assert found.missed == ()
            assert found.cut_off_at <= now
            assert newest is None or found.since_at == newest.cut_off_at
            newest = head(found.day, found.cut_off_at)
            closed.append(found.day)
    assert closed == [closed[0] + DAY * count for count in range(len(closed))]
    assert len(closed) in {365, 366}


def test_a_conflict_declared_after_todays_cut_off_begins_tomorrow() -> None:
    cut_off = CutOff()
    declared = SIX + HOUR
    assert due(cut_off, UTC, newest=None, declared_at=declared, now=SIX + 2 * HOUR) is None
    first = due(cut_off, UTC, newest=None, declared_at=declared, now=SIX + DAY)
    assert first is not None
    assert (first.day, first.since_at) == (SUNDAY + DAY, SIX)


def test_a_cut_off_that_is_moved_makes_no_second_edition_of_a_day() -> None:
    later = CutOff(at=time(18))
    assert due(later, UTC, newest=head(), declared_at=SIX - DAY, now=SIX + 13 * HOUR) is None
    # A zone far to the east: its next day closes before the one that was closed already.
    east = ZoneInfo("Pacific/Kiritimati")
    closed = head(SUNDAY, SIX + 13 * HOUR)
    found = due(CutOff(at=time(9)), east, newest=closed, declared_at=SIX - DAY, now=SIX + 14 * HOUR)
    assert found is None


def test_the_next_edition_is_the_one_that_is_overdue_or_the_one_that_closes_next() -> None:
    cut_off, declared = CutOff(), SIX - 9 * DAY
    overdue = next_closing(cut_off, UTC, newest=head(), declared_at=declared, now=SIX + 2 * DAY)
    assert (overdue.day, overdue.missed) == (SUNDAY + 2 * DAY, (SUNDAY + DAY,))
    coming = next_closing(cut_off, UTC, newest=head(), declared_at=declared, now=SIX + HOUR)
    assert (coming.day, coming.since_at) == (SUNDAY + DAY, SIX)
    first = next_closing(cut_off, UTC, newest=None, declared_at=SIX + HOUR, now=SIX + 2 * HOUR)
    assert (first.day, first.since_at, first.cut_off_at) == (SUNDAY + DAY, SIX, SIX + DAY)


# What is in it


def test_pinned_stories_come_first_then_the_order_given_then_the_order_of_approval() -> None:
    picks = [
        Pick(item_id=4, pinned=True),
        Pick(item_id=3, place=0),
        Pick(item_id=2, place=1, why="It changes the road north."),
    ]
    found = arrange([candidate(each) for each in (5, 1, 2, 3, 4)], picks, SUNDAY)
    assert [each.item_id for each in found] == [4, 3, 2, 1, 5]
    assert [each.pinned for each in found] == [True, False, False, False, False]
    assert found[2].why == "It changes the road north."


def test_what_was_left_out_or_withdrawn_is_not_in_it() -> None:
    found = arrange(
        [candidate(1), candidate(2), candidate(3, withdrawn_reason="")],
        [Pick(item_id=1, left_out=True)],
        SUNDAY,
    )
    assert [each.item_id for each in found] == [2]


@pytest.mark.parametrize(("days", "further"), [(1, True), (7, True), (8, False)])
def test_a_story_listed_within_a_week_has_further_reports(days: int, further: bool) -> None:
    [found] = arrange([candidate(1, listed_on=(SUNDAY - days * DAY,))], [], SUNDAY)
    assert found.further is further


# How well its feeds were read


def attempt(
    hours: float, *, failed: bool = False, turn: float = 0.5, articles: int = 0
) -> ReadAttempt:
    started_at = SIX - DAY + hours * HOUR
    return ReadAttempt(
        started_at=started_at,
        failed=failed,
        next_fetch_at=started_at + turn * HOUR,
        articles_new=articles,
    )


def read(*feeds: list[ReadAttempt], since: datetime | None = None) -> Reading:
    values = tuple(
        ReadFeed(feed_id=str(number), attempts=tuple(each), failing_since=since)
        for number, each in enumerate(feeds)
    )
    return measure(values, since=SIX - DAY, until=SIX, zone=UTC, matched=3, waiting=1)


def healthy(articles: int = 0) -> list[ReadAttempt]:
    return [attempt(hour / 2, articles=articles) for hour in range(-1, 49)]


def failing(since: float = -30) -> list[ReadAttempt]:
    good = [attempt(hour, turn=1) for hour in range(-1, 24) if hour < since]
    return [*good, *(attempt(hour, failed=True) for hour in range(-1, 24) if hour >= since)]


def test_feeds_that_are_all_well_are_never_blind() -> None:
    found = read(healthy(2), healthy(1))
    assert (found.coverage, found.failing, found.overdue, found.blind) == (100, 0, 0, False)
    assert (found.feeds, found.matched, found.waiting, found.failing_on) == (2, 3, 1, None)
    # What came in the attempt at the very start of the window belongs to the edition before.
    assert found.articles == 48 * 3


def test_failing_feeds_take_their_share_of_the_coverage() -> None:
    found = read(healthy(), failing(), failing(), since=SIX - 5 * DAY)
    assert (found.coverage, found.failing, found.overdue, found.blind) == (33, 2, 0, True)
    assert found.failing_on == SUNDAY - 5 * DAY


def test_a_feed_that_failed_for_half_of_the_time_counts_half() -> None:
    found = read(failing(since=12))
    assert (found.coverage, found.failing) == (50, 1)
    assert found.failing_on == SUNDAY - DAY


def test_an_old_streak_is_not_the_present_one() -> None:
    attempts = [attempt(-1, failed=True), attempt(1, turn=11), attempt(12, failed=True)]
    found = read(attempts, since=SIX - 9 * DAY)
    assert found.failing_on == SUNDAY - DAY
    recovered = read([attempt(-1, failed=True), attempt(1, turn=24)], since=None)
    assert (recovered.failing, recovered.coverage) == (0, 95)


def test_a_streak_without_a_known_start_starts_with_its_first_attempt() -> None:
    assert read([attempt(-1, failed=True)]).failing_on == SUNDAY - DAY


def test_a_service_that_was_down_did_not_read() -> None:
    found = read([attempt(hour) for hour in range(11)])
    # The last attempt's turn was half an hour later, and an hour of grace.
    assert (found.coverage, found.failing, found.overdue) == (47, 1, 1)


def test_a_feed_that_is_seldom_due_is_well_in_between() -> None:
    assert read([attempt(-40, turn=72)]).coverage == 100


def test_a_feed_that_was_never_tried_was_not_read() -> None:
    later = [attempt(30)]
    found = read([], later)
    assert (found.coverage, found.failing, found.overdue) == (0, 2, 2)


def test_without_a_feed_there_is_nothing_to_see() -> None:
    assert read() == Reading(feeds=0, failing=0, coverage=0, articles=0, matched=3, waiting=1)
    assert read().blind


# What an editor should look at


def test_doubts_name_the_story_and_what_is_wrong() -> None:
    stories = [
        story(1, title="Raid near Kidal"),
        story(2, title="raid near KIDAL", reports=(report(2), report(5, url=None))),
        story(3, title="Talks in Bamako", reports=(report(3), report(4, publisher="Delta Post"))),
        story(6, title="Talks in Bamako", further=True, reports=(report(6),)),
    ]
    found = find_doubts(
        stories,
        undated={3},
        dead={4: "404"},
        listed={"talks in bamako": SUNDAY - DAY},
    )
    assert [(each.kind, each.item_id) for each in found] == [
        ("repeated", 2),
        ("dead link", 2),
        ("repeated", 3),
        ("undated", 3),
        ("dead link", 3),
        ("repeated", 6),
        ("one outlet", None),
    ]
    assert found[2].what == "its headline stood in the edition of 2026-11-21 already"
    assert found[-1].what == "3 stories are led by Sahel Wire; more than 2 is a lot"


def test_a_plain_edition_has_no_doubts() -> None:
    assert find_doubts([story(1), story(2)]) == ()


# Its manifest


def edition(**changes: object) -> Edition:
    values: dict[str, object] = {
        "number": 41,
        "uid": "tag:tracker.example,2026-11-22:conflicts/mali/2026-11-22",
        "conflict": "mali",
        "conflict_title": "Instability in Mali",
        "day": SUNDAY,
        "revision": 2,
        "published_at": SIX,
        "updated_at": SIX + HOUR,
        "since_at": SIX - 2 * DAY,
        "cut_off_at": SIX,
        "cut_off": "06:00",
        "zone": "UTC",
        "base_url": "https://tracker.example",
        "reading": replace(read(failing()), articles=7),
        "stories": (story(1, why="مهم"), story(2, further=True, withdrawn_reason="wrong")),
        "note": "Two lines\nof a note.",
        "corrections": (EditionCorrection(at=SIX + HOUR, note="The number was wrong."),),
        "missed": (SUNDAY - DAY,),
        "previous_day": SUNDAY - 2 * DAY,
        "watermark": 9,
    }
    return Edition(**values | changes)  # type: ignore[arg-type]


def test_a_manifest_is_read_back_as_it_was_and_written_the_same_again() -> None:
    for each in (edition(), edition(previous_day=None, reading=read(healthy()))):
        text = to_manifest(each)
        assert from_manifest(text) == each
        assert to_manifest(from_manifest(text)) == text


def test_new_stories_and_further_reports_are_told_apart() -> None:
    made = edition()
    assert [each.item_id for each in made.fresh] == [1]
    assert [each.item_id for each in made.further] == [2]
    assert made.title == "Instability in Mali: 2026-11-22"


def test_what_is_no_manifest_is_refused() -> None:
    document = json.loads(to_manifest(edition()))
    for wrong in (
        "{",
        "[]",
        "{}",
        json.dumps(document | {"day": "today"}),
        json.dumps(document | {"reading": None}),
    ):
        with pytest.raises(EditionError, match="cannot be read"):
            from_manifest(wrong)
    with pytest.raises(EditionError, match="format"):
        from_manifest(json.dumps(document | {"manifest": 2}))
