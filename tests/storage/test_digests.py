"""Digest items: minted once, placed per conflict, withdrawn, never deleted, one a story."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db import Database, articles, digests, matches
from db.tables import digest_placements, stories
from pipeline.model import Change, Decision, Listing, Match, MatchStatus, PublishedItem, Verdict
from pipeline.review import review
from tests.making import NOON, a_conflict, a_feed, an_article, take_in, watch
from tests.racing import at_once

WIRE = "Convoy attacked near Kidal in northern Mali"
DELTA = a_feed("delta-post")


@pytest.fixture
def told_twice(database: Database) -> Database:
    """One story carried by two publishers, pending for Mali as matches 1 and 2."""
    watch(database)
    take_in(database, an_article(path="wire"))
    take_in(database, an_article(path="delta", publisher="Delta Post"), feed=DELTA)
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(stories)) == 1
    return database


@pytest.fixture
def in_two_conflicts(database: Database) -> Database:
    """One article, pending for Mali as match 1 and for Niger as match 2."""
    tracked = (a_conflict(), a_conflict("niger", "Unrest in Niger"))
    watch(database, tracked=tracked)
    take_in(database, an_article(), tracked=tracked)
    return database


def say(
    database: Database, verdict: Verdict, *match_ids: int, minutes: float = 0, reason: str = ""
) -> None:
    decisions = [
        Decision(match_id=id, verdict=verdict, editor="ada", reason=reason) for id in match_ids
    ]
    review(database, decisions, NOON + timedelta(minutes=minutes))


def approve(database: Database, *match_ids: int, minutes: float = 0) -> None:
    say(database, Verdict.APPROVE, *match_ids, minutes=minutes)


def reject(database: Database, *match_ids: int, minutes: float = 0, reason: str = "") -> None:
    say(database, Verdict.REJECT, *match_ids, minutes=minutes, reason=reason)


def published(database: Database, conflict: str | None = None) -> tuple[PublishedItem, ...]:
    with database.reading() as connection:
        return digests.published(connection, conflict=conflict)


def only(database: Database) -> PublishedItem:
    [item] = published(database)
    return item


def leads(database: Database) -> list[str]:
    return [copy.publication.publisher for copy in only(database).copies]


def standing(database: Database) -> list[str]:
    return [place.conflict for place in only(database).placements if place.withdrawn_at is None]


def edit(database: Database, article_id: int, title: str, path: str = "wire") -> None:
    with database.transaction() as connection:
        edited = Listing(article_id=article_id, article=an_article(title, path=path))
        articles.revise(connection, edited, a_feed(), NOON)


def test_an_item_tells_who_published_what_and_why_it_stands_there(told_twice: Database) -> None:
    approve(told_twice, 1)
    item = only(told_twice)
    [copy] = item.copies
    assert item.uid == f"tag:tracker.example,2026-11-22:news/{item.slug}"
    assert (item.title, item.published_at, item.updated_at) == (WIRE, NOON, NOON)
    assert (copy.conflicts, copy.hits) == (frozenset({"mali"}), ("Kidal", "Mali", "attacked"))
    publication = copy.publication
    assert publication.publisher == "Sahel Wire"
    assert publication.source is not None
    assert publication.source.id == a_feed().url


def test_two_approved_articles_of_a_story_are_one_item(told_twice: Database) -> None:
    approve(told_twice, 2)
    before = only(told_twice)
    approve(told_twice, 1, minutes=1)
    assert leads(told_twice) == ["Delta Post", "Sahel Wire"]
    assert (only(told_twice).uid, only(told_twice).updated_at) == (before.uid, before.updated_at)


def test_two_articles_of_a_story_approved_at_the_same_moment_are_one_item(
    told_twice: Database,
) -> None:
    results = at_once(lambda: approve(told_twice, 1), lambda: approve(told_twice, 2))
    assert results == [None, None]
    assert len(only(told_twice).copies) == 2


def test_an_id_is_minted_once_and_survives_being_withdrawn(told_twice: Database) -> None:
    approve(told_twice, 1)
    first = only(told_twice)
    reject(told_twice, 1, minutes=1, reason="wrong place")
    withdrawn = only(told_twice)
    approve(told_twice, 1, minutes=2)
    again = only(told_twice)

    assert {item.uid for item in (first, withdrawn, again)} == {first.uid}
    assert {item.published_at for item in (first, withdrawn, again)} == {NOON}
    assert [item.updated_at - NOON for item in (first, withdrawn, again)] == [
        timedelta(0),
        timedelta(minutes=1),
        timedelta(minutes=2),
    ]
    [place] = withdrawn.placements
    assert (place.withdrawn_at, place.withdrawn_reason) == (
        NOON + timedelta(minutes=1),
        "wrong place",
    )
    assert again.placements[0].withdrawn_at is None


def test_withdrawing_in_one_conflict_leaves_the_other(in_two_conflicts: Database) -> None:
    approve(in_two_conflicts, 1, 2)
    reject(in_two_conflicts, 1, minutes=1)
    assert standing(in_two_conflicts) == ["niger"]
    assert only(in_two_conflicts).copies[0].conflicts == {"niger"}
    assert (
        len(published(in_two_conflicts, "mali")) == len(published(in_two_conflicts, "niger")) == 1
    )
    assert published(in_two_conflicts, "atlantis") == ()


def test_a_second_conflict_gets_the_same_item(in_two_conflicts: Database) -> None:
    approve(in_two_conflicts, 2)
    before = only(in_two_conflicts)
    assert published(in_two_conflicts, "mali") == ()
    approve(in_two_conflicts, 1, minutes=1)
    assert only(in_two_conflicts).uid == before.uid
    assert sorted(standing(in_two_conflicts)) == ["mali", "niger"]


def test_another_approved_copy_inherits_the_item(told_twice: Database) -> None:
    approve(told_twice, 1, 2)
    reject(told_twice, 1, minutes=1)
    assert standing(told_twice) == ["mali"]
    assert leads(told_twice) == ["Delta Post"]
    assert only(told_twice).updated_at == NOON + timedelta(minutes=1)


def test_a_copy_that_does_not_lead_goes_without_a_retraction(told_twice: Database) -> None:
    approve(told_twice, 1, 2)
    before = only(told_twice)
    reject(told_twice, 2, minutes=1)
    assert standing(told_twice) == ["mali"]
    assert leads(told_twice) == ["Sahel Wire"]
    assert only(told_twice).updated_at == before.updated_at
    assert only(told_twice).revision > before.revision


def test_an_update_never_goes_back_even_when_the_clock_does(told_twice: Database) -> None:
    approve(told_twice, 1)
    seen = [only(told_twice).updated_at]
    for minutes, verdict in ((-60, Verdict.REJECT), (-50, Verdict.APPROVE), (-40, Verdict.REJECT)):
        say(told_twice, verdict, 1, minutes=minutes)
        seen.append(only(told_twice).updated_at)
    assert seen == sorted(set(seen))


def test_an_item_says_what_moved_its_update(told_twice: Database) -> None:
    approve(told_twice, 1, 2)
    assert only(told_twice).change is None
    reject(told_twice, 1, minutes=1)
    assert only(told_twice).change is Change.HANDED_ON
    reject(told_twice, 2, minutes=2)
    assert only(told_twice).change is Change.WITHDRAWN
    approve(told_twice, 2, minutes=3)
    assert only(told_twice).change is Change.RESTORED
    edit(told_twice, 2, "Convoy attacked near Kidal: 12 dead", "delta")
    say(told_twice, Verdict.REOPEN, 2, minutes=4)
    with told_twice.transaction() as connection:
        connection.execute(digest_placements.update().values(withdrawn_at=None))
    approve(told_twice, 2, minutes=5)
    assert only(told_twice).change is Change.REVISED


def test_a_retraction_still_names_what_it_retracts(told_twice: Database) -> None:
    approve(told_twice, 1)
    reject(told_twice, 1, minutes=1)
    assert leads(told_twice) == ["Sahel Wire"]
    assert only(told_twice).copies[0].conflicts == frozenset()


def test_what_was_rejected_does_not_come_back_with_another_copy(told_twice: Database) -> None:
    approve(told_twice, 1)
    reject(told_twice, 1, minutes=1)
    edit(told_twice, 2, "Convoy attacked near Kidal, northern Mali", "delta")
    approve(told_twice, 2, minutes=2)

    assert leads(told_twice) == ["Delta Post"]
    assert only(told_twice).title == "Convoy attacked near Kidal, northern Mali"
    assert only(told_twice).updated_at == NOON + timedelta(minutes=2)


def test_an_edited_headline_is_published_when_it_is_approved_again(told_twice: Database) -> None:
    approve(told_twice, 1)
    edit(told_twice, 1, "Convoy attacked near Kidal: 12 dead")
    assert only(told_twice).title == WIRE

    say(told_twice, Verdict.REOPEN, 1, minutes=1)
    approve(told_twice, 1, minutes=2)
    item = only(told_twice)
    assert item.title == "Convoy attacked near Kidal: 12 dead"
    assert (item.published_at, item.updated_at) == (NOON, NOON + timedelta(minutes=2))


def test_placing_an_edited_lead_again_moves_the_update_but_an_unedited_one_does_not(
    told_twice: Database,
) -> None:
    approve(told_twice, 1)
    with told_twice.transaction() as connection:
        digests.place(connection, 1, NOON + timedelta(minutes=1))
    assert only(told_twice).updated_at == NOON
    edit(told_twice, 1, "Convoy attacked near Kidal: 12 dead")
    with told_twice.transaction() as connection:
        digests.place(connection, 1, NOON + timedelta(minutes=2))
    assert only(told_twice).updated_at == NOON + timedelta(minutes=2)
    assert only(told_twice).title == "Convoy attacked near Kidal: 12 dead"


def test_withdrawing_what_was_never_published_does_nothing(told_twice: Database) -> None:
    with told_twice.transaction() as connection:
        digests.withdraw(connection, 1, "", NOON)
    assert published(told_twice) == ()


def test_an_article_without_a_story_gets_one_when_it_is_published(watching: Database) -> None:
    with watching.transaction() as connection:
        [id] = articles.add(connection, [an_article()], a_feed(), NOON).values()
        found = Match(conflict="mali", score=1, hits=(), rule_version="v1")
        matches.propose(connection, {id: [found]}, {id: 1}, NOON)
    approve(watching, 1)
    assert only(watching).title == WIRE
    with watching.reading() as connection:
        [match] = matches.queue(connection, status=MatchStatus.APPROVED)
    assert match.story_id == 1
