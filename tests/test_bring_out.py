"""Bring out: daily editions are made once, however late, often and by however many processes."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from db import (
    Database,
    conflicts,
    edition_drafts,
    edition_stories,
    editions,
    feeds,
    fetches,
    matches,
    open_database,
)
from pipeline.bring_out import bring_out, correct, published
from pipeline.errors import EditionChanged, EditionError
from pipeline.model import (
    CutOff,
    FeedState,
    FetchReport,
    MatchStatus,
    Outcome,
    Verdict,
)
from pipeline.prove import verify
from pipeline.publish import publish
from pipeline.stages.edition import to_manifest
from tests.making import a_conflict, a_feed, an_article, take_in
from tests.newsroom import BASE, DAY, DECLARED, HOUR, MALI, RAID, SIX, TALKS, Newsroom
from tests.racing import at_once


@pytest.fixture
def room(sqlite: Database) -> Newsroom:
    return Newsroom(sqlite)


@pytest.fixture
def either(database: Database) -> Newsroom:
    return Newsroom(database)


def test_an_edition_holds_what_was_approved_up_to_its_cut_off(either: Newsroom) -> None:
    either.approve(RAID, at=SIX - HOUR)
    either.approve(TALKS, at=SIX + timedelta(minutes=1))
    [edition] = either.look(SIX + timedelta(minutes=2))
    assert (edition.number, edition.day, edition.conflict) == (1, date(2026, 11, 21), "mali")
    assert either.headlines(edition) == [RAID]
    [report] = edition.stories[0].reports
    assert (report.publisher, report.verdict, report.revision) == ("Sahel Wire", "approve", 1)
    assert set(report.hits) == {"attacked", "Kidal", "Mali"}
    [following] = either.look(SIX + DAY)
    assert either.headlines(following) == [TALKS]
    assert (following.number, following.previous_day) == (2, date(2026, 11, 21))
    assert following.watermark_before == edition.watermark < following.watermark


def test_nothing_is_due_before_the_first_cut_off_after_the_conflict_was_declared(
    room: Newsroom,
) -> None:
    assert room.look(DECLARED + HOUR) == []
    assert room.look(SIX - timedelta(seconds=1)) == []
    assert len(room.look(SIX)) == 1


def test_what_nobody_could_read_before_the_conflict_was_declared_is_no_silence(
    either: Newsroom,
) -> None:
    with either.database.transaction() as connection:
        for feed in feeds.watched(connection):
            report = FetchReport(
                feed_id=feed.id, started_at=DECLARED, seconds=1, outcome=Outcome.UPDATED,
                next_fetch_at=SIX, next_fetch_reason="", state=FeedState.WORKING, failures=0,
            )  # fmt: skip
            fetches.record(connection, report)
    [edition] = either.look(SIX)
    assert edition.reading.coverage == 100


def test_looking_again_makes_nothing_more(either: Newsroom) -> None:
    either.approve(RAID, at=SIX - HOUR)
    assert len(either.look(SIX)) == 1
    assert [either.look(SIX + timedelta(minutes=each)) for each in (0, 1, 600)] == [[], [], []]


def test_an_edition_made_while_the_clock_was_ten_years_ahead_keeps_none_of_the_next_back(
    either: Newsroom,
) -> None:
    either.approve(RAID, at=SIX - HOUR)
    assert len(either.look(SIX + 3_653 * DAY)) == 1
    either.approve(TALKS, at=SIX + HOUR)
    [today] = either.look(SIX + DAY)
    assert (today.day, today.missed) == ((SIX + DAY).date(), ())
    assert either.headlines(today) == [TALKS]
    [tomorrow] = either.look(SIX + 2 * DAY)
    assert tomorrow.previous_day == today.day


def test_processes_that_look_at_the_same_moment_make_one_edition(either: Newsroom) -> None:
    either.approve(RAID, at=SIX - HOUR)
    looks = at_once(*[lambda: either.look(SIX)] * 6)
    assert sorted(len(each) for each in looks if isinstance(each, list)) == [0, 0, 0, 0, 0, 1]
    assert len(published(either.database, conflict="mali")) == 1


def test_verdicts_taken_while_an_edition_is_made_are_in_this_one_or_the_next(
    either: Newsroom,
) -> None:
    headlines = [f"Attack number {each} in Mali" for each in range(8)]
    found = [an_article(each, published_at=SIX - HOUR) for each in headlines]
    take_in(either.database, *found, tracked=(MALI,), now=SIX - HOUR)
    with either.database.reading() as connection:
        ids = [each.id for each in matches.queue(connection, status=MatchStatus.PENDING)]

    def approving(match_id: int) -> None:
        either.say(Verdict.APPROVE, match_id, at=SIX - timedelta(minutes=1))

    works = [lambda each=each: approving(each) for each in ids]
    results = at_once(*works, lambda: bring_out(either.database, BASE, SIX))
    assert not [each for each in results if isinstance(each, Exception)]
    bring_out(either.database, BASE, SIX + DAY)
    listed = [
        report.match_id
        for edition in published(either.database, conflict="mali")
        for story in edition.stories
        for report in story.reports
    ]
    assert sorted(listed) == sorted(ids)


def test_a_late_run_publishes_late_and_says_so(room: Newsroom) -> None:
    room.approve(RAID, at=SIX - HOUR)
    room.approve(TALKS, at=SIX + HOUR)
    [edition] = room.look(SIX + 5 * HOUR)
    assert room.headlines(edition) == [RAID]
    assert (edition.cut_off_at, edition.published_at) == (SIX, SIX + 5 * HOUR)


def test_days_that_were_missed_are_covered_by_one_edition_that_says_so(room: Newsroom) -> None:
    room.look(SIX)
    room.approve(RAID, at=SIX + HOUR)
    room.approve(TALKS, at=SIX + 2 * DAY + HOUR)
    [edition] = room.look(SIX + 3 * DAY + HOUR)
    assert edition.day == date(2026, 11, 24)
    assert edition.missed == (date(2026, 11, 22), date(2026, 11, 23))
    assert room.headlines(edition) == [RAID, TALKS]
    assert room.look(SIX + 3 * DAY + 2 * HOUR) == []


def test_a_clock_that_is_set_back_makes_no_second_edition(room: Newsroom) -> None:
    room.look(SIX + DAY)
    assert room.look(SIX) == []
    assert len(room.look(SIX + 2 * DAY)) == 1


def test_a_conflict_that_is_off_has_no_edition(sqlite: Database) -> None:
    room = Newsroom(sqlite, [replace(MALI, edition=None)])
    room.approve(RAID, at=SIX - HOUR)
    assert room.look(SIX + DAY) == []


def test_the_cut_off_is_an_hour_of_the_conflicts_own_zone(sqlite: Database) -> None:
    room = Newsroom(sqlite, [replace(MALI, edition=CutOff(at=time(6), zone="Asia/Tokyo"))])
    nine_hours_before = SIX - 9 * HOUR
    assert room.look(nine_hours_before - timedelta(seconds=1)) == []
    [edition] = room.look(nine_hours_before)
    assert (edition.day, edition.zone) == (date(2026, 11, 21), "Asia/Tokyo")


def test_an_edition_that_is_held_back_waits_for_its_release(either: Newsroom) -> None:
    either.approve(RAID, at=SIX - HOUR)
    with either.database.transaction() as connection:
        edition_drafts.hold_back(connection, "mali", "ada", SIX - HOUR)
    assert either.look(SIX + HOUR) == []
    with either.database.transaction() as connection:
        edition_drafts.hold_back(connection, "mali", "ada", None)
    [edition] = either.look(SIX + 2 * HOUR)
    assert either.headlines(edition) == [RAID]


def test_a_story_of_the_last_week_is_not_new_again(either: Newsroom) -> None:
    [first] = either.approve(RAID, at=SIX - HOUR)
    either.look(SIX)
    with either.database.transaction() as connection:
        found = edition_stories.listed(connection, "mali", [1])
    assert len(found[1].reports) == 1
    copy = an_article(RAID, path="copy", publisher="Delta Post", published_at=SIX)
    take_in(either.database, copy, feed=a_feed("delta-post"), tracked=(MALI,), now=SIX + HOUR)
    with either.database.reading() as connection:
        [waiting] = matches.queue(connection, status=MatchStatus.PENDING)
    either.say(Verdict.APPROVE, waiting.id, at=SIX + HOUR)
    [edition] = either.look(SIX + DAY)
    [story] = edition.stories
    assert story.further
    assert [report.publisher for report in story.reports] == ["Delta Post"]
    either.say(Verdict.REJECT, first, at=SIX + DAY + HOUR)
    either.say(Verdict.APPROVE, first, at=SIX + DAY + 2 * HOUR)
    [following] = either.look(SIX + 2 * DAY)
    assert following.stories == ()


def test_a_story_that_is_withdrawn_after_an_edition_is_withdrawn_in_it_too(
    either: Newsroom,
) -> None:
    [raid] = either.approve(RAID, at=SIX - HOUR)
    [edition] = either.look(SIX)
    either.say(Verdict.REJECT, raid, at=SIX + HOUR, reason="wrong place")
    [revised] = bring_out(either.database, BASE, SIX + 2 * HOUR).revised
    assert (revised.uid, revised.revision) == (edition.uid, 2)
    assert (revised.published_at, revised.updated_at) == (SIX, SIX + 2 * HOUR)
    assert revised.stories[0].withdrawn_reason == "wrong place"
    assert revised.corrections[0].note == f"“{RAID}” was withdrawn."
    assert not bring_out(either.database, BASE, SIX + 3 * HOUR)
    assert [each.differences for each in verify(either.database, number=1)] == [(), ()]


def test_a_correction_is_a_new_revision_of_the_same_entry_and_the_old_one_is_kept(
    either: Newsroom,
) -> None:
    either.approve(RAID, at=SIX - HOUR)
    [edition] = either.look(SIX)
    done = correct(
        either.database,
        1,
        note="The convoy was civilian.",
        editor="ada",
        seen=1,
        now=SIX + HOUR,
    )
    assert (done.uid, done.revision, done.updated_at) == (edition.uid, 2, SIX + HOUR)
    assert [each.note for each in done.corrections] == ["The convoy was civilian."]
    with either.database.reading() as connection:
        kept = editions.revisions(connection, 1)
    assert [each.revision for each in kept] == [1, 2]
    assert kept[0].manifest == to_manifest(edition)
    with pytest.raises(EditionChanged, match="revision 2"):
        correct(either.database, 1, note="Again.", editor="eve", seen=1, now=SIX + 2 * HOUR)
    with pytest.raises(EditionError, match="say in 1 to"):
        correct(either.database, 1, note=" ", editor="eve", seen=2, now=SIX + 2 * HOUR)
    with pytest.raises(EditionError, match="no edition 9"):
        correct(either.database, 9, note="x", editor="eve", seen=1, now=SIX + 2 * HOUR)


def test_an_edition_is_rebuilt_byte_for_byte_after_everything_else_changed(
    room: Newsroom, tmp_path: Path
) -> None:
    room.approve(RAID, at=SIX - HOUR)
    room.look(SIX)
    changed = an_article(RAID, summary="Nine people died.", published_at=SIX - HOUR)
    take_in(room.database, changed, tracked=(MALI,), now=SIX + HOUR)
    with room.database.transaction() as connection:
        conflicts.declare(connection, [a_conflict(title="Another title")], SIX + HOUR)
    room.database.close()
    elsewhere = tmp_path / "elsewhere" / "copied.db"
    elsewhere.parent.mkdir()
    copyfile(tmp_path / "dateline.db", elsewhere)
    copied = open_database(f"sqlite:///{elsewhere}")
    [found] = verify(copied, conflict="mali", day=date(2026, 11, 21))
    assert (found.number, found.revision, found.differences) == (1, 1, ())
    copied.close()


def test_what_differs_is_named(room: Newsroom) -> None:
    from sqlalchemy import text

    room.approve(RAID, at=SIX - HOUR)
    room.look(SIX)
    with room.database.transaction() as connection:
        connection.execute(
            text("UPDATE edition_revisions SET manifest = replace(manifest, 'Convoy', 'Truck')")
        )
    [found] = verify(room.database, number=1)
    assert [each.split(":")[0] for each in found.differences] == [
        "atom",
        "html",
        "json",
        "manifest",
        "rss",
        "text",
    ]
    with room.database.transaction() as connection:
        connection.execute(text("UPDATE edition_revisions SET manifest = '{'"))
    [found] = verify(room.database, number=1)
    assert "cannot be read" in found.differences[0]
    with pytest.raises(EditionError, match="no edition 7"):
        verify(room.database, number=7)


def test_editions_are_published_as_pages_and_a_feed(either: Newsroom, tmp_path: Path) -> None:
    either.approve(RAID, at=SIX - HOUR)
    either.look(SIX)
    publish(either.database, tmp_path / "public", BASE, SIX)
    folder = tmp_path / "public" / "conflicts" / "mali"
    assert RAID in (folder / "2026-11-21" / "index.html").read_text()
    for kind in ("atom", "rss", "json"):
        assert RAID in (folder / f"daily.{kind}").read_text()
