"""Machines propose: pending matches follow the keywords, decided ones are never touched."""

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import select

from db import Database, articles, matches
from db.tables import matches as table
from pipeline.model import Decision, Field, Hit, Kind, Match, MatchStatus, QueuedMatch, Verdict
from pipeline.review import review
from tests.making import NOON, a_feed, an_article
from tests.racing import at_once


def a_match(conflict: str = "mali", score: int = 6, version: str = "v1") -> Match:
    hit = Hit(term="Mali", kind=Kind.PLACE, field=Field.TITLE, start=39, end=43, text="Mali")
    return Match(conflict=conflict, score=score, hits=(hit,), rule_version=version)


@pytest.fixture
def stored(watching: Database) -> Database:
    """A database with the articles 1 and 2 and no match yet."""
    with watching.transaction() as connection:
        items = [an_article(path="a"), an_article("Junta in Mali delays the vote", path="b")]
        articles.add(connection, items, a_feed(), NOON)
    return watching


def propose(database: Database, found: Mapping[int, Sequence[Match]], revision: int = 1) -> int:
    with database.transaction() as connection:
        return len(matches.propose(connection, found, dict.fromkeys(found, revision), NOON))


def queue(database: Database, status: MatchStatus | None = None) -> dict[int, QueuedMatch]:
    with database.reading() as connection:
        return {each.id: each for each in matches.queue(connection, status=status)}


def decide(database: Database, match_id: int, verdict: Verdict) -> None:
    review(database, [Decision(match_id=match_id, verdict=verdict, editor="ada")], NOON)


def statuses(database: Database) -> list[MatchStatus]:
    return [each.status for _, each in sorted(queue(database).items())]


def test_a_proposal_is_pending_with_its_hits(stored: Database) -> None:
    assert propose(stored, {1: [a_match()]}) == 1
    [match] = queue(stored, MatchStatus.PENDING).values()
    assert match.hits == a_match().hits
    assert (match.conflict, match.score, match.rule_version) == ("mali", 6, "v1")
    assert match.title[39:43] == "Mali"


def test_proposing_twice_makes_no_duplicate(stored: Database) -> None:
    found = {1: [a_match(), a_match("niger")], 2: [a_match()]}
    assert propose(stored, found) == 3
    assert propose(stored, found) == 0
    assert statuses(stored) == [MatchStatus.PENDING] * 3


def test_proposing_nothing_changes_nothing(stored: Database) -> None:
    assert propose(stored, {}) == 0
    assert propose(stored, {1: []}) == 0


def test_proposing_at_the_same_moment_makes_no_duplicate(stored: Database) -> None:
    found = {1: [a_match(), a_match("niger")], 2: [a_match()]}
    results = at_once(*[lambda: propose(stored, found)] * 4)
    assert sum(map(int, filter(lambda each: isinstance(each, int), results))) == 3, results  # type: ignore[arg-type]
    assert len(queue(stored)) == 3


def test_a_pending_match_follows_new_keywords(stored: Database) -> None:
    propose(stored, {1: [a_match()]})
    propose(stored, {1: [a_match(score=11, version="v2")]}, revision=2)
    [match] = queue(stored, MatchStatus.PENDING).values()
    assert (match.score, match.rule_version) == (11, "v2")


def test_what_the_keywords_let_go_is_withdrawn_and_can_come_back(stored: Database) -> None:
    propose(stored, {1: [a_match(), a_match("niger")]})
    propose(stored, {1: [a_match("niger")]})
    assert statuses(stored) == [MatchStatus.WITHDRAWN, MatchStatus.PENDING]
    assert propose(stored, {1: [a_match(version="v3")]}) == 0
    assert statuses(stored) == [MatchStatus.PENDING, MatchStatus.WITHDRAWN]
    assert queue(stored, MatchStatus.PENDING)[1].rule_version == "v3"


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.REJECT])
@pytest.mark.parametrize("found", [[], [a_match(score=99, version="v2")]])
def test_a_decided_match_is_never_touched(
    stored: Database, verdict: Verdict, found: list[Match]
) -> None:
    propose(stored, {1: [a_match()]})
    decide(stored, 1, verdict)
    before = queue(stored)
    assert propose(stored, {1: found}, revision=2) == 0
    assert queue(stored) == before


def test_a_verdict_taken_while_machines_propose_stands(stored: Database) -> None:
    propose(stored, {1: [a_match()], 2: [a_match()]})

    def rematch() -> None:
        for score in range(20):
            propose(stored, {1: [a_match(score=score)], 2: []})
            propose(stored, {1: [], 2: [a_match(score=score)]})

    results = at_once(
        rematch,
        lambda: decide(stored, 1, Verdict.APPROVE),
        lambda: decide(stored, 2, Verdict.REJECT),
    )
    assert results == [None] * 3
    assert statuses(stored) == [MatchStatus.APPROVED, MatchStatus.REJECTED]


def test_hits_of_an_older_text_never_replace_those_of_a_newer_one(stored: Database) -> None:
    propose(stored, {1: [a_match(score=9)]}, revision=2)
    propose(stored, {1: [a_match(score=1)]}, revision=1)
    propose(stored, {1: []}, revision=1)
    with stored.reading() as connection:
        row = connection.execute(select(table)).one()
    assert (row.score, row.article_revision, row.status) == (9, 2, "pending")


def test_matches_that_reach_their_conflicts_mark_are_named(stored: Database) -> None:
    propose(stored, {1: [a_match(score=6), a_match("niger", score=6)], 2: [a_match(score=5)]})

    def ready(article_ids: list[int], marks: dict[str, int]) -> tuple[int, ...]:
        with stored.reading() as connection:
            return matches.pending_of(connection, article_ids, marks)

    assert ready([1, 2], {"mali": 6}) == (1,)
    assert set(ready([1, 2], {"mali": 5, "niger": 6})) == {1, 2, 3}
    assert ready([2], {"mali": 6}) == ready([], {"mali": 1}) == ready([1], {}) == ()
    decide(stored, 1, Verdict.REJECT)
    assert ready([1], {"mali": 6}) == ()


def test_matches_are_counted_by_conflict_and_status(stored: Database) -> None:
    propose(stored, {1: [a_match(), a_match("niger")], 2: [a_match()]})
    decide(stored, 1, Verdict.APPROVE)
    with stored.reading() as connection:
        assert matches.counts(connection) == {
            "mali": {MatchStatus.APPROVED: 1, MatchStatus.PENDING: 1},
            "niger": {MatchStatus.PENDING: 1},
        }
