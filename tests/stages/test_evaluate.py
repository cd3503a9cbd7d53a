import pytest

from pipeline.model import Field, Hit, Kind, Match
from pipeline.stages.evaluate import Evaluation, Figures, Judged, TermFigures, evaluate


def match(conflict: str, *terms: str) -> Match:
    hits = tuple(
        Hit(term=term, kind=Kind.PLACE, field=Field.TITLE, start=0, end=len(term), text=term)
        for term in terms
    )
    return Match(conflict=conflict, score=0, hits=hits, rule_version="v")


def mali(evaluation: Evaluation) -> Figures:
    return evaluation.conflicts[0].figures


def test_an_article_is_found_rightly_wrongly_or_missed() -> None:
    articles = [
        Judged(matches=[match("mali")], labels=["mali"]),
        Judged(matches=[match("mali")], labels=["mali"]),
        Judged(matches=[match("mali")], labels=["niger"]),
        Judged(matches=[], labels=["mali"]),
        Judged(matches=[], labels=[]),
    ]

    evaluation = evaluate(articles, ["mali"])

    assert evaluation.articles == 5
    assert mali(evaluation) == Figures(true_positives=2, false_positives=1, false_negatives=1)
    assert mali(evaluation).precision == pytest.approx(2 / 3)
    assert mali(evaluation).recall == pytest.approx(2 / 3)
    assert mali(evaluation).f1 == pytest.approx(2 / 3)


def test_f1_weighs_precision_and_recall_alike() -> None:
    figures = Figures(true_positives=3, false_positives=1, false_negatives=5)

    assert figures.precision == pytest.approx(0.75)
    assert figures.recall == pytest.approx(0.375)
    assert figures.f1 == pytest.approx(0.5)


def test_a_grey_article_counts_neither_way() -> None:
    articles = [
        Judged(matches=[match("mali")], labels=[], grey=["mali"]),
        Judged(matches=[], labels=["mali"], grey=["mali"]),
        Judged(matches=[match("mali")], labels=["mali"], grey=["niger"]),
    ]

    assert mali(evaluate(articles, ["mali"])) == Figures(
        true_positives=1, false_positives=0, false_negatives=0
    )


def test_figures_without_meaning_are_none() -> None:
    evaluation = evaluate([Judged(matches=[], labels=[])], ["mali"])

    assert (mali(evaluation).precision, mali(evaluation).recall, mali(evaluation).f1) == (None,) * 3
    assert evaluation.mean_f1 is None


def test_conflicts_keep_their_order_and_add_up() -> None:
    articles = [
        Judged(matches=[match("mali"), match("niger")], labels=["mali"]),
        Judged(matches=[], labels=["niger"]),
    ]

    evaluation = evaluate(articles, ["niger", "mali"])

    assert [one.conflict for one in evaluation.conflicts] == ["niger", "mali"]
    assert evaluation.overall == Figures(true_positives=1, false_positives=1, false_negatives=1)


def test_the_mean_leaves_out_conflicts_that_no_article_is_about() -> None:
    articles = [
        Judged(matches=[match("mali"), match("haiti")], labels=["mali"]),
        Judged(matches=[], labels=["niger"]),
    ]

    assert evaluate(articles, ["mali", "niger", "haiti"]).mean_f1 == pytest.approx(0.5)


def test_labels_that_name_no_conflict_are_reported() -> None:
    articles = [
        Judged(matches=[], labels=["sahel-other", "mali"]),
        Judged(matches=[], labels=["sahel-other", "maghreb"]),
    ]

    assert evaluate(articles, ["mali"]).unknown_labels == (("maghreb", 1), ("sahel-other", 2))


def test_a_match_with_a_conflict_not_asked_for_is_ignored() -> None:
    assert evaluate([Judged(matches=[match("niger")], labels=[])], ["mali"]).overall == Figures(
        true_positives=0, false_positives=0, false_negatives=0
    )


def test_terms_are_counted_once_an_article_by_what_they_fired_on() -> None:
    articles = [
        Judged(matches=[match("mali", "Mali", "Mali", "Gao")], labels=["mali"]),
        Judged(matches=[match("mali", "Mali", "Bamako")], labels=["mali"]),
        Judged(matches=[match("mali", "Gao")], labels=[]),
        Judged(matches=[match("mali", "Gao", "Kita")], labels=[]),
    ]

    (figures,) = evaluate(articles, ["mali"]).conflicts

    assert [(one.term, one.right, one.wrong) for one in figures.terms] == [
        ("Gao", 1, 2),
        ("Mali", 2, 0),
        ("Bamako", 1, 0),
        ("Kita", 0, 1),
    ]
    assert [one.term for one in figures.best_terms()] == ["Mali", "Bamako"]
    assert [one.term for one in figures.worst_terms()] == ["Gao", "Kita"]
    assert [one.term for one in figures.worst_terms(1)] == ["Gao"]


def test_a_term_has_a_precision_of_its_own() -> None:
    assert TermFigures(term="Gao", kind=Kind.PLACE, right=1, wrong=3).precision == pytest.approx(
        0.25
    )
