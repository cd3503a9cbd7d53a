"""Learning from verdicts: precision, recall and words worth a try, by the engine that matches live."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from db import Database, matches
from pipeline import sample
from pipeline.learn import Lesson, learn
from pipeline.model import Approval, Decision, Verdict
from pipeline.review import review
from tests.making import NOON, a_conflict, an_article, rules, take_in, watch

FIGHTING = [f"Army column {word} near Kidal" for word in "ABCDEFGH"]
FOOTBALL = [f"Bamako stadium: Keita leads the attack for club {word}" for word in "ABCDEFGH"]
MARKETS = [f"Grain prices at the coast, week {word}" for word in "ABCDEFGHIJKL"]
MISSED = ["Column of the army passes Tessalit", "Army column halts at Ber"]


def decide(database: Database, verdict: Verdict, titles: Sequence[str]) -> None:
    with database.reading() as connection:
        queued = [each for each in matches.queue(connection, status=None) if each.title in titles]
    decisions = [Decision(match_id=each.id, verdict=verdict, editor="Awa") for each in queued]
    assert len(decisions) == len(titles)
    review(database, decisions, NOON)


@pytest.fixture
def judged(database: Database) -> Database:
    """An archive with eight approved reports, eight rejected, two missed, and the day's markets."""
    watch(database, tracked=[a_conflict()])
    take_in(database, *map(an_article, [*FIGHTING, *FOOTBALL, *MISSED, *MARKETS]))
    decide(database, Verdict.APPROVE, FIGHTING)
    decide(database, Verdict.REJECT, FOOTBALL)
    return database


def lesson(database: Database) -> Lesson:
    [found] = learn(database, rules(), NOON + timedelta(hours=1))
    return found


def test_precision_counts_what_editors_decided(judged: Database) -> None:
    found = lesson(judged).precision
    assert (found.share.right, found.share.wrong) == (8, 8)
    assert found.terms[0].term in {"Bamako", "attack*"}
    assert found.silent == ("JNIM", "Mali", "junta")


def test_a_planted_exclude_is_suggested_with_what_it_would_do(judged: Database) -> None:
    by_term = {each.term: each for each in lesson(judged).excludes}
    assert by_term["stadium"].rejected == 8
    assert by_term["stadium"].approved == 0


def test_a_new_term_is_suggested_where_it_would_bring_something(judged: Database) -> None:
    by_term = {each.term: each for each in lesson(judged).new_terms}
    column = by_term["Army column"]
    assert (column.approved, column.rejected, column.unmatched) == (8, 0, 1)


def test_recall_is_estimated_from_the_blind_sample(judged: Database) -> None:
    sample.draw(judged, NOON, a_day=14)
    for each in sample.waiting(judged):
        belongs = "mali" if each.title in MISSED else ""
        sample.judge(judged, each.article_id, belongs, "Awa", NOON)
    recall = lesson(judged).recall
    assert (recall.drawn, recall.wanted, recall.approved) == (14, 2, 8)


def test_automatic_approvals_say_nothing_about_the_keywords(database: Database) -> None:
    conflict = a_conflict(approve=Approval.AUTOMATIC, approve_at=1)
    watch(database, tracked=[conflict])
    take_in(database, an_article(), tracked=[conflict])
    [found] = learn(database, rules(conflict), NOON)
    assert found.precision.share.total == 0


def test_one_conflict_can_be_asked_for(judged: Database) -> None:
    tracked = rules(a_conflict(), a_conflict("niger", "Unrest in Niger"))
    [found] = learn(judged, tracked, NOON, only="niger")
    assert found.precision.conflict == "niger"
