"""Survey: what the keywords that run do to the stored articles."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db import Database
from pipeline import survey as module
from pipeline.model import Conflict, Decision, Kind, Term, Verdict
from pipeline.review import review
from pipeline.sources import parse_sources
from pipeline.stages.match import keywords_version
from pipeline.survey import doubts, survey
from tests.making import NOON, a_conflict, an_article, rules, take_in, watch

SOURCES = """\
version: 1
vocabularies: {violence: [attack*]}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords:
      places: [Mali, Kidal]
      subjects: ["@violence"]
      exclude: [{term: final, near: [cup]}]
"""


def excluding(conflict: Conflict, *words: str) -> Conflict:
    """The same conflict, which now excludes these words."""
    changed = replace(conflict.keywords, exclude=tuple(Term(text=word) for word in words))
    return replace(conflict, keywords=replace(changed, version=keywords_version(changed)))


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_each_term_is_counted_whether_or_not_its_rule_holds(
    database: Database, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    watch(database)
    take_in(database, an_article("Mali Mali"), now=NOON - timedelta(days=100))
    take_in(database, an_article("Army in Mali"), an_article("Grain prices fall"))
    told: list[tuple[int, int]] = []
    found = survey(database, rules(), NOON, lambda done, total: told.append((done, total)))
    mali, army = (Term(text="Mali"), Kind.PLACE), (Term(text="army"), Kind.SUBJECT)
    assert (found.articles, told[-1]) == (3, (3, 3))
    assert found.fired == {mali: 2, army: 1}
    assert found.lately == {mali, army}
    assert found.oldest == NOON - timedelta(days=100)


def test_an_exclude_that_would_remove_an_approved_article_is_found(database: Database) -> None:
    watch(database)
    take_in(database, an_article("Army shells Kidal"))
    take_in(database, an_article("Army leaves Kidal"))
    review(database, [Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada")], NOON)
    proposed = rules(excluding(a_conflict(), "shells", "leaves"))
    found = survey(database, proposed, NOON)
    assert found.removed == {("mali", Term(text="shells")): (1,)}


def test_doubts_stand_at_their_line_or_with_the_desk(database: Database) -> None:
    watch(database)
    take_in(database, an_article("Mali"), now=NOON - timedelta(days=100))
    sources = parse_sources(SOURCES, "sources.yaml")
    in_force = rules(*sources.conflicts)
    found = doubts(survey(database, in_force, NOON), in_force, sources, "sources.yaml")
    assert [(each.where, each.kind) for each in found] == [
        ("sources.yaml:2", "silent"),
        ("sources.yaml:7", "silent"),
        ("sources.yaml:7", "silent"),
        ("sources.yaml:9", "silent"),
    ]
    changed = rules(excluding(sources.conflicts[0], "cup"))
    found = doubts(survey(database, changed, NOON), changed, sources, "sources.yaml")
    assert {each.where for each in found} == {"mali on the desk"}
