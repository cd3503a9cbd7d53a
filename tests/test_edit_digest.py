"""Edit the digest: editors shape the next edition, and nobody's words are silently lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from db import Database, editors, pages
from pipeline.bring_out import bring_out, published
from pipeline.edit_digest import (
    LONGEST_NOTE,
    LONGEST_WHY,
    Clash,
    Kept,
    NextEdition,
    arrivals,
    hold,
    lately,
    leave_out,
    look,
    move,
    overview,
    pin,
    preview,
    write_note,
    write_why,
)
from pipeline.errors import EditionError
from pipeline.model import Verdict
from pipeline.stages.render import render_edition
from tests.newsroom import BASE, HOUR, MALI, RAID, SIX, TALKS, Newsroom

DAY = timedelta(days=1)
NOW = SIX - timedelta(minutes=10)
THIRD = "JNIM claims a village market in Mopti"


@pytest.fixture
def room(sqlite: Database) -> Newsroom:
    return Newsroom(sqlite)


@pytest.fixture
def either(database: Database) -> Newsroom:
    return Newsroom(database)


def draft(room: Newsroom) -> NextEdition:
    found = look(room.database, "mali", BASE, NOW)
    assert found is not None
    return found


def titles(found: NextEdition) -> list[str]:
    return [each.story.title for each in found.chosen]


def items(found: NextEdition) -> dict[str, int]:
    return {each.story.title: each.story.item_id for each in found.stories}


def three(room: Newsroom) -> dict[str, int]:
    for minutes, headline in ((50, RAID), (40, TALKS), (30, THIRD)):
        room.approve(headline, at=SIX - timedelta(minutes=minutes))
    return items(draft(room))


def test_stories_stand_in_the_order_of_approval_and_arrivals_come_last(either: Newsroom) -> None:
    three(either)
    assert titles(draft(either)) == [RAID, TALKS, THIRD]
    known = draft(either).newest_match
    assert arrivals(either.database, "mali", known, BASE, NOW) == 0
    either.approve("Another attack in Mali", at=NOW)
    assert titles(draft(either)) == [RAID, TALKS, THIRD, "Another attack in Mali"]
    assert arrivals(either.database, "mali", known, BASE, NOW) == 1


def test_stories_are_moved_and_what_comes_later_moves_none_of_them(either: Newsroom) -> None:
    ids = three(either)
    move(either.database, "mali", ids[THIRD], -1, BASE, NOW)
    assert titles(draft(either)) == [RAID, THIRD, TALKS]
    move(either.database, "mali", ids[RAID], 1, BASE, NOW)
    move(either.database, "mali", ids[TALKS], 1, BASE, NOW)
    assert titles(draft(either)) == [THIRD, RAID, TALKS]
    either.approve("Another attack in Mali", at=NOW)
    assert titles(draft(either)) == [THIRD, RAID, TALKS, "Another attack in Mali"]


def test_a_pinned_story_stands_first_and_moves_among_pinned_ones(either: Newsroom) -> None:
    ids = three(either)
    pin(either.database, "mali", ids[THIRD], pinned=True, editor="ada")
    assert titles(draft(either)) == [THIRD, RAID, TALKS]
    move(either.database, "mali", ids[THIRD], 1, BASE, NOW)
    assert titles(draft(either)) == [THIRD, RAID, TALKS]
    pin(either.database, "mali", ids[THIRD], pinned=False, editor="ada")
    assert titles(draft(either)) == [RAID, TALKS, THIRD]


def test_a_story_that_is_left_out_is_in_no_edition_until_it_is_put_back(either: Newsroom) -> None:
    ids = three(either)
    leave_out(either.database, "mali", ids[RAID], out=True, editor="ada", now=NOW)
    move(either.database, "mali", ids[RAID], 1, BASE, NOW)
    found = draft(either)
    assert titles(found) == [TALKS, THIRD]
    assert [each.story.title for each in found.left_out] == [RAID]
    [edition] = either.look(SIX)
    assert either.headlines(edition) == [TALKS, THIRD]
    leave_out(either.database, "mali", ids[RAID], out=False, editor="eve", now=SIX + HOUR)
    [following] = either.look(SIX + DAY)
    assert either.headlines(following) == [RAID]
    with either.database.reading() as connection:
        trail = editors.audit_trail(connection)
    assert [(each.actor, each.action) for each in trail[:2]] == [
        ("eve", "edition.put_back"),
        ("ada", "edition.leave_out"),
    ]


def test_notes_and_lines_are_in_the_edition_and_then_gone_from_the_draft(
    either: Newsroom,
) -> None:
    ids = three(either)
    assert write_note(either.database, "mali", "Calm.", seen=0, editor="ada") == Kept(version=1)
    done = write_why(either.database, "mali", ids[RAID], "A road.", seen=0, editor="ada")
    assert done == Kept(version=1)
    [edition] = either.look(SIX)
    assert edition.note == "Calm."
    assert edition.stories[0].why == "A road."
    after = look(either.database, "mali", BASE, SIX)
    assert after is not None
    assert (after.draft.note, after.draft.picks) == ("", ())
    # Who still writes on the old note is told, and loses nothing.
    late = write_note(either.database, "mali", "Calm, mostly.", seen=1, editor="ada")
    assert late == Clash(theirs="", by="", version=2)


def test_a_stale_write_changes_nothing_and_shows_what_stands(either: Newsroom) -> None:
    ids = three(either)
    write_note(either.database, "mali", "Ada's.", seen=0, editor="ada")
    stale = write_note(either.database, "mali", "Eve's.", seen=0, editor="eve")
    assert stale == Clash(theirs="Ada's.", by="ada", version=1)
    assert draft(either).draft.note == "Ada's."
    # The same words are no clash, and no new version.
    assert write_note(either.database, "mali", "Ada's.", seen=0, editor="eve") == Kept(version=1)
    write_why(either.database, "mali", ids[RAID], "Ada's.", seen=0, editor="ada")
    stale = write_why(either.database, "mali", ids[RAID], "Eve's.", seen=0, editor="eve")
    assert stale == Clash(theirs="Ada's.", by="ada", version=1)
    same = write_why(either.database, "mali", ids[RAID], "Ada's.", seen=0, editor="eve")
    assert same == Kept(version=1)


def test_what_does_not_fit_is_refused(room: Newsroom) -> None:
    ids = three(room)
    with pytest.raises(EditionError, match="at most 2000"):
        write_note(room.database, "mali", "x" * (LONGEST_NOTE + 1), seen=0, editor="ada")
    with pytest.raises(EditionError, match="at most 300"):
        write_why(room.database, "mali", ids[RAID], "x" * (LONGEST_WHY + 1), seen=0, editor="ada")
    with pytest.raises(EditionError, match="no such conflict"):
        write_note(room.database, "peru", "x", seen=0, editor="ada")
    with pytest.raises(EditionError, match="no such story"):
        pin(room.database, "mali", 999, pinned=True, editor="ada")
    assert look(room.database, "peru", BASE, NOW) is None
    assert arrivals(room.database, "peru", 0, BASE, NOW) is None
    assert preview(room.database, "peru", "html", BASE, NOW) is None


def test_an_edition_is_held_and_released_once_each(either: Newsroom) -> None:
    three(either)
    for _ in range(2):
        hold(either.database, "mali", held=True, editor="ada", now=NOW)
    either.approve("Another attack in Mali", at=SIX + HOUR)
    assert either.look(SIX + HOUR) == []
    held = look(either.database, "mali", BASE, SIX + HOUR)
    assert held is not None
    assert held.overdue
    assert held.draft.held_by == "ada"
    assert [each.title for each in held.pending] == ["Another attack in Mali"]
    for _ in range(2):
        hold(either.database, "mali", held=False, editor="eve", now=SIX + 2 * HOUR)
    [edition] = either.look(SIX + 2 * HOUR)
    assert either.headlines(edition) == [RAID, TALKS, THIRD]
    with either.database.reading() as connection:
        actions = [each.action for each in editors.audit_trail(connection)]
    assert actions.count("edition.hold") == actions.count("edition.release") == 1


def test_the_preview_is_the_bytes_that_are_published(room: Newsroom) -> None:
    ids = three(room)
    pin(room.database, "mali", ids[TALKS], pinned=True, editor="ada")
    write_note(room.database, "mali", "Calm.", seen=0, editor="ada")
    shown = {
        kind: preview(room.database, "mali", kind, BASE, SIX)
        for kind in ("html", "text", "atom", "rss", "json")
    }
    [edition] = room.look(SIX)
    assert shown == render_edition(edition)
    assert preview(room.database, "mali", "pdf", BASE, SIX) is None


def test_doubts_stand_beside_their_stories(room: Newsroom) -> None:
    ids = three(room)
    with room.database.transaction() as connection:
        connection.execute(text("UPDATE articles SET date_origin = 'fetched' WHERE id = 1"))
        connection.execute(
            text(
                "INSERT INTO article_pages (article_id, state, due_at, attempts, body, error_kind,"
                " error_message) VALUES (2, 'failed', '2026-11-21 05:00:00.000000', 1, '', 'gone',"
                " 'the page is gone (410)')"
            )
        )
        assert pages.dead(connection, [1, 2, 3]) == {2: "the page is gone (410)"}
    found = draft(room)
    kinds = {each.story.title: [doubt.kind for doubt in each.doubts] for each in found.stories}
    assert kinds == {RAID: ["undated"], TALKS: ["dead link"], THIRD: []}
    assert [doubt.kind for doubt in found.doubts] == ["one outlet"]
    assert set(ids) == set(kinds)


def test_all_conflicts_are_listed_also_one_without_editions(sqlite: Database) -> None:
    off = replace(MALI, slug="chad", title="Chad", edition=None)
    room = Newsroom(sqlite, [MALI, off])
    assert [
        (each.conflict.slug, each.closing is None) for each in overview(room.database, BASE, NOW)
    ] == [("mali", False), ("chad", True)]
    assert arrivals(room.database, "chad", 0, BASE, NOW) == 0


def test_what_was_published_lately_says_by_which_matches_it_stands(either: Newsroom) -> None:
    [raid] = either.approve(RAID, at=SIX - HOUR)
    [talks] = either.approve(TALKS, at=SIX - HOUR)
    either.look(SIX)
    either.say(Verdict.REJECT, talks, at=SIX + HOUR)
    bring_out(either.database, BASE, SIX + HOUR)
    found = lately(either.database, "mali", SIX + HOUR)
    assert {each.title: found.approved.get(each.slug, ()) for each in found.items} == {
        RAID: (raid,),
        TALKS: (),
    }
    assert [each.revision for each in found.editions] == [2]
    assert found.editions == published(either.database, conflict="mali")
