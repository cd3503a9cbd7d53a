"""Precision from verdicts: honest intervals, the noisiest terms first."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import ArticleText, Field, Hit, Kind, Verdicted
from pipeline.stages.precision import Recall, Share, living_precision, wilson


def a_verdict(approved: bool, *terms: str, conflict: str = "mali") -> Verdicted:
    hits = tuple(
        Hit(term=term, kind=Kind.PLACE, field=Field.TITLE, start=0, end=len(term), text=term)
        for term in terms
    )
    return Verdicted(
        conflict=conflict, approved=approved, text=ArticleText(title=" ".join(terms)), hits=hits
    )


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(right: int, wrong: int) -> None:
    share = Share(right=right, wrong=wrong)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    if share.value is not None:
        assert low <= share.value <= high


def test_the_interval_covers_the_truth_in_nine_of_ten_runs_at_least() -> None:
    dice = random.Random(7)
    covered = 0
    for _ in range(500):
        truth = dice.uniform(0.3, 0.97)
        right = sum(dice.random() < truth for _ in range(40))
        low, high = wilson(right, 40)
        covered += low <= truth <= high
    assert covered >= 450


def test_nothing_is_claimed_without_verdicts() -> None:
    share = Share(right=0, wrong=0)
    assert (share.value, share.interval) == (None, (0.0, 1.0))


def test_a_planted_bad_term_comes_first() -> None:
    verdicts = [a_verdict(True, "Kidal", "Mali") for _ in range(40)]
    verdicts += [a_verdict(False, "Mali", "Keita") for _ in range(12)]
    verdicts += [a_verdict(True, "Gao") for _ in range(3)]
    [figures] = living_precision(verdicts, {"mali": ["Kidal", "Mali", "Keita", "Gao", "Azawad"]})
    assert figures.terms[0].term == "Keita"
    assert figures.share == Share(right=43, wrong=12)
    assert figures.silent == ("Azawad",)


def test_a_term_counts_once_an_article() -> None:
    [figures] = living_precision([a_verdict(True, "Mali", "Mali")], {"mali": ["Mali"]})
    assert figures.terms[0].share == Share(right=1, wrong=0)


def test_other_conflicts_verdicts_do_not_count() -> None:
    [figures] = living_precision([a_verdict(False, "Mali", conflict="niger")], {"mali": ["Mali"]})
    assert figures.share.total == 0


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (Recall(approved=90, unmatched=1000, drawn=100, wanted=1), 0.9),
        (Recall(approved=10, unmatched=1000, drawn=100, wanted=0), 1.0),
        (Recall(approved=10, unmatched=1000, drawn=0, wanted=0), None),
        (Recall(approved=0, unmatched=0, drawn=5, wanted=0), None),
    ],
)
def test_recall_sets_what_was_found_against_what_the_sample_says_is_missed(
    sample: Recall, value: float | None
) -> None:
    assert sample.value == pytest.approx(value)


def test_the_recall_interval_covers_the_truth_in_nine_of_ten_runs_at_least() -> None:
    dice = random.Random(11)
    covered = 0
    for _ in range(500):
        missed = dice.randint(5, 200)
        approved, unmatched, drawn = 300, 5000, 150
        wanted = sum(dice.random() < missed / unmatched for _ in range(drawn))
        low, high = Recall(
            approved=approved, unmatched=unmatched, drawn=drawn, wanted=wanted
        ).interval
        covered += low <= approved / (approved + missed) <= high
    assert covered >= 450


def test_without_a_sample_recall_may_be_anything() -> None:
    assert Recall(approved=10, unmatched=1000, drawn=0, wanted=0).interval[1] == 1.0
    assert Recall(approved=0, unmatched=0, drawn=0, wanted=0).interval == (0.0, 1.0)
