"""Review: editors decide, all of a batch or nothing, and nobody overwrites another unseen."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from db import Database, digests, matches, reviews
from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import Decision, MatchStatus, PublishedItem, Review, Verdict
from pipeline.review import LONGEST_REASON, Decided, review
from tests.making import NOON, an_article, take_in, watch
from tests.racing import at_once

PENDING, APPROVED, REJECTED = MatchStatus.PENDING, MatchStatus.APPROVED, MatchStatus.REJECTED
TITLES = (
    "Convoy attacked near Kidal in northern Mali",
    "Mali junta expels the envoy of its neighbour",
    "JNIM claims ambush on army patrol at Bamako outskirts",
)


@pytest.fixture
def queued(database: Database) -> Database:
    """A database with the pending matches 1, 2 and 3."""
    watch(database)
    for title in TITLES:
        take_in(database, an_article(title))
    return database


def approve(match_id: int, editor: str = "ada", seen_as: MatchStatus | None = None) -> Decision:
    return Decision(match_id=match_id, verdict=Verdict.APPROVE, editor=editor, seen_as=seen_as)


def reject(match_id: int, editor: str = "ada", seen_as: MatchStatus | None = None) -> Decision:
    return Decision(
        match_id=match_id, verdict=Verdict.REJECT, editor=editor, reason="sport", seen_as=seen_as
    )


def reopen(match_id: int) -> Decision:
    return Decision(match_id=match_id, verdict=Verdict.REOPEN, editor="ada", reason="a mistake")


def take(database: Database, *decisions: Decision, minutes: int = 0) -> Sequence[Decided]:
    return review(database, decisions, NOON + timedelta(minutes=minutes))


def statuses(database: Database) -> list[MatchStatus]:
    with database.reading() as connection:
        found = matches.queue(connection, status=None)
    return [each.status for each in sorted(found, key=lambda each: each.id)]


def log(database: Database, match_id: int | None = None) -> tuple[Review, ...]:
    with database.reading() as connection:
        return reviews.log(connection, match_ids=None if match_id is None else [match_id])


def published(database: Database) -> tuple[PublishedItem, ...]:
    with database.reading() as connection:
        return digests.published(connection)


def standing_in(database: Database) -> list[str]:
    """The titles of items that are in the digest now, newest first."""
    return [
        item.title
        for item in published(database)
        if any(place.withdrawn_at is None for place in item.placements)
    ]


def test_an_approved_match_is_published_and_a_rejected_one_is_not(queued: Database) -> None:
    first, second = take(queued, approve(1), reject(2))
    assert (first.before, first.after) == (PENDING, APPROVED)
    assert (second.before, second.after) == (PENDING, REJECTED)
    assert statuses(queued) == [APPROVED, REJECTED, PENDING]
    assert standing_in(queued) == [TITLES[0]]


def test_every_verdict_is_appended_with_its_reason(queued: Database) -> None:
    take(queued, approve(1))
    take(queued, reopen(1), minutes=1)
    take(queued, reject(1), minutes=2)

    history = log(queued, 1)
    assert [each.verdict for each in history] == [Verdict.REJECT, Verdict.REOPEN, Verdict.APPROVE]
    assert [each.status_before for each in history] == [PENDING, APPROVED, PENDING]
    assert [each.reason for each in history] == ["sport", "a mistake", ""]
    assert history[0].decided_at == NOON + timedelta(minutes=2)
    assert (history[0].editor, history[0].article_title) == ("ada", TITLES[0])


def test_taking_an_approval_back_leaves_a_retraction(queued: Database) -> None:
    take(queued, approve(1))
    take(queued, reopen(1), minutes=1)

    [item] = published(queued)
    assert standing_in(queued) == []
    assert item.placements[0].withdrawn_reason == "a mistake"
    assert statuses(queued)[0] is PENDING


def test_an_overturned_approval_leaves_a_retraction_too(queued: Database) -> None:
    take(queued, approve(1))
    take(queued, reject(1), minutes=1)
    assert standing_in(queued) == []
    assert published(queued)[0].placements[0].withdrawn_reason == "sport"


def test_repeating_a_verdict_changes_nothing(queued: Database) -> None:
    take(queued, approve(1))
    before = published(queued)
    [again] = take(queued, approve(1, "eve"), minutes=5)
    assert again.review_id is None
    assert len(log(queued)) == 1
    assert published(queued) == before


@pytest.mark.parametrize(
    ("broken", "error", "told"),
    [
        (approve(99), ReviewError, "no match 99"),
        (reject(2, seen_as=APPROVED), AlreadyDecided, "is pending by now"),
        (approve(2, editor="  "), ReviewError, "editor's name"),
        (
            Decision(match_id=2, verdict=Verdict.REJECT, editor="ada", reason="x" * 501),
            ReviewError,
            f"at most {LONGEST_REASON}",
        ),
    ],
)
def test_one_verdict_that_cannot_be_taken_undoes_the_whole_batch(
    queued: Database, broken: Decision, error: type[ReviewError], told: str
) -> None:
    with pytest.raises(error, match=told):
        take(queued, approve(1), broken, reject(3))
    assert statuses(queued) == [PENDING] * 3
    assert (log(queued), published(queued)) == ((), ())


def test_a_batch_may_decide_one_match_twice_in_order(queued: Database) -> None:
    take(queued, approve(1), reject(1))
    assert statuses(queued)[0] is REJECTED
    assert len(log(queued, 1)) == 2


def test_no_verdicts_are_no_trouble(queued: Database) -> None:
    assert take(queued) == ()


def test_a_match_the_keywords_let_go_can_be_decided_but_not_reopened(queued: Database) -> None:
    with queued.transaction() as connection:
        matches.propose(connection, {1: []}, {1: 1}, NOON)
    with pytest.raises(ReviewError, match="withdrawn because the keywords"):
        take(queued, reopen(1))
    take(queued, approve(1))
    assert standing_in(queued) == [TITLES[0]]


def test_an_editor_who_saw_something_else_is_told(queued: Database) -> None:
    take(queued, reject(1, "eve"))
    with pytest.raises(AlreadyDecided, match="rejected by now; you saw it as pending"):
        take(queued, approve(1, seen_as=PENDING))
    assert [each.editor for each in log(queued, 1)] == ["eve"]


def test_two_editors_at_once_make_exactly_one_decision(queued: Database) -> None:
    for match_id in (1, 2, 3):
        results = at_once(
            lambda: take(queued, approve(match_id, "ada", seen_as=PENDING)),  # noqa: B023
            lambda: take(queued, reject(match_id, "eve", seen_as=PENDING)),  # noqa: B023
        )
        refused = [each for each in results if isinstance(each, Exception)]
        assert [type(each) for each in refused] == [AlreadyDecided]
        [verdict] = log(queued, match_id)
        assert (statuses(queued)[match_id - 1] is APPROVED) is (verdict.editor == "ada")


def test_a_click_sent_five_times_at_once_is_one_verdict(queued: Database) -> None:
    results = at_once(*[lambda: take(queued, approve(1, seen_as=PENDING))] * 5)
    assert [each for each in results if isinstance(each, Exception)] == []
    assert len(log(queued)) == len(published(queued)) == 1


def test_batches_that_overlap_do_not_block_each_other(queued: Database) -> None:
    def batch(*decisions: Decision) -> Callable[[], Sequence[Decided]]:
        return lambda: take(queued, *decisions)

    results = at_once(
        batch(approve(1), approve(2), approve(3)),
        batch(approve(3), approve(2), approve(1)),
        batch(reject(2), reject(3), reject(1)),
    )
    assert [each for each in results if isinstance(each, Exception)] == []
    assert len(set(statuses(queued))) == 1
