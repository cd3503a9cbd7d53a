"""What the stored articles make doubtful: terms too loud, silent, or costly."""

from datetime import timedelta

from pipeline.model import Kind, Survey, Term
from pipeline.stages.match.lint import (
    Remark,
    Written,
    WrittenRule,
    lint_archive,
    write_down,
)
from tests.making import NOON

MALI = Term(text="Mali")
ATTACK = Term(text="attack*", vocabulary="violence")
SPORT = Term(text="World Cup")


def written(where: str, *terms: Term) -> tuple[Written, ...]:
    return write_down([(term, number) for number, term in enumerate(terms, 1)], where)


def rule(conflict: str = "mali") -> WrittenRule:
    return WrittenRule(
        conflict=conflict,
        places=written("places", MALI),
        subjects=written("subjects", ATTACK),
        exclude=written("exclude", SPORT),
    )


def told(survey: Survey, *rules: WrittenRule, share: float = 0.02) -> list[Remark]:
    return list(lint_archive(rules or (rule(),), survey, share))


def test_a_term_that_fires_on_more_than_the_share_is_named_a_subject_only_noted() -> None:
    survey = Survey(
        articles=1_000,
        fired={(MALI, Kind.PLACE): 21, (ATTACK, Kind.SUBJECT): 90, (SPORT, None): 20},
    )
    place, subject = told(survey)
    assert place.what == "Mali in places fires on 2.1% of 1,000 stored articles"
    assert not place.note
    assert subject.what.startswith("attack* in subjects (of @violence) fires on 9.0%")
    assert subject.note
    assert told(survey, share=0.1) == []


def test_a_share_of_few_articles_says_nothing() -> None:
    assert told(Survey(articles=100, fired={(MALI, Kind.PLACE): 90})) == []


def test_silence_is_told_where_the_archive_reaches_back_and_once_for_a_vocabulary() -> None:
    lately = NOON - timedelta(days=90)
    survey = Survey(
        articles=10,
        oldest=lately - timedelta(days=1),
        lately_from=lately,
        lately=frozenset({(MALI, Kind.PLACE), (SPORT, None)}),
    )
    [remark] = told(survey, rule(), rule("niger"))
    assert remark.what == "attack* in subjects (of @violence) has not fired since 2026-08-24"
    assert remark.note
    young = Survey(articles=10, oldest=lately + timedelta(days=1), lately_from=lately)
    assert told(young) == []


def test_an_exclude_that_removes_what_was_approved_is_named_with_the_articles() -> None:
    one = Survey(articles=9, removed={("mali", SPORT): (7,)})
    assert [remark.what for remark in told(one)] == [
        "World Cup in exclude removes 1 article that an editor approved for mali (number 7)"
    ]
    many = Survey(articles=9, removed={("mali", SPORT): (4, 5, 6, 7)})
    assert [remark.what for remark in told(many)] == [
        "World Cup in exclude removes 4 articles that an editor approved for mali "
        "(number 4, 5, 6 …)"
    ]
    assert told(one, rule("niger")) == []
