"""Examples of a rule: one that fails is a fault, and the rule is not used."""

from dataclasses import replace
from pathlib import Path

import pytest

from db import Database
from pipeline.model import Example, Sources
from pipeline.sources import check_keywords, check_sources, parse_sources
from pipeline.stages.match import keywords_version
from pipeline.watch import Watch
from tests.making import NOON

RULE = """\
version: 1
vocabularies: {violence: [attack*]}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords:
      decisive: [JNIM]
      places: [{term: Gao, unless_near: [Yang]}, Mali]
      subjects: ["@violence", {term: France, lang: en}]
      exclude: [AFCON]
      examples:
"""


def faults(examples: str) -> list[str]:
    _, found, _ = check_sources(RULE + examples, "f")
    return [str(fault).removeprefix("f:") for fault in found]


def read(examples: str) -> Sources:
    return parse_sources(RULE + examples, "f")


def test_examples_that_hold_are_part_of_the_rule_but_not_of_its_version() -> None:
    sources = read(
        "        match: [JNIM again, {title: Mali, summary: s, body: attacks, lang: en}]\n"
        "        no_match: [Gao Yang attacks]\n"
    )
    [conflict] = sources.conflicts
    assert conflict.keywords.examples == (
        Example(title="JNIM again", matches=True),
        Example(title="Mali", summary="s", body="attacks", language="en", matches=True),
        Example(title="Gao Yang attacks", matches=False),
    )
    without = replace(conflict.keywords, examples=())
    assert conflict.keywords.version == keywords_version(without)


def test_an_example_that_fails_is_named_with_what_fired_and_why() -> None:
    assert faults(
        "        match:\n"
        "          - Mali votes\n"
        "          - Gao Yang attacks\n"
        "          - JNIM attacks at the AFCON\n"
        "          - {title: France leaves Mali, lang: fr}\n"
        "        no_match:\n"
        "          - Attack on Mali, attack by JNIM\n"
    ) == [
        "13: the example “Mali votes” must match and does not: The place “Mali” is not enough: "
        "no subject was found (correct the keywords or the example)",
        "14: the example “Gao Yang attacks” must match and does not: The subject “attacks” is not "
        "enough: no place was found. “Gao” does not count: “Yang” stands within 6 words of it "
        "(correct the keywords or the example)",
        "15: the example “JNIM attacks at the AFCON” must match and does not: “JNIM” is decisive. "
        "“AFCON” in the title excludes it (correct the keywords or the example)",
        "16: the example “France leaves Mali” must match and does not: The place “Mali” is not "
        "enough: no subject was found. “France” does not count: it is only for the language en, "
        "and this article is in fr (correct the keywords or the example)",
        "18: the example “Attack on Mali, attack by JNIM” must not match and does, by “Attack” "
        "(subject, attack*), “Mali” (place, Mali), “attack” (subject, attack*), “JNIM” (decisive, "
        "JNIM) (correct the keywords or the example)",
    ]


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        ("        matches: [JNIM]\n", "12: unknown key matches in examples (did you mean match?)"),
        ("        match: JNIM\n", "12: match in examples must be a list, not text"),
        ("        match: [no]\n", "12: an example of match: YAML reads no as the truth value"),
        ("        match: [{titel: JNIM}]\n", "12: unknown key titel in an example of match"),
        ("        match: [{summary: JNIM}]\n", "12: an example of match has no title"),
        ("        match: [{title: 12}]\n", "12: title of an example of match: YAML reads 12"),
        ("        match: [{title: JNIM, lang: french}]\n", "12: lang french is no language code"),
        ("        match: [[JNIM]]\n", "12: an example of match must be text, not a list"),
    ],
)
def test_an_example_that_cannot_be_read_is_a_fault(examples: str, expected: str) -> None:
    assert faults(examples)[0].startswith(expected)


def test_examples_wait_until_the_keywords_themselves_can_be_read() -> None:
    text = RULE.replace("[JNIM]", "[JNIM, 'a*b']") + "        match: [Mali votes]\n"
    _, found, _ = check_sources(text, "f")
    assert len(found) == 1


def test_the_desk_refuses_a_rule_whose_example_fails() -> None:
    rule, found, _ = check_keywords("decisive: [JNIM]\nexamples: {match: [Mali]}\n", "mali", {})
    assert rule is None
    assert str(found[0]).startswith("mali:2: the example “Mali” must match and does not")
    rule, found, _ = check_keywords("decisive: [JNIM]\nexamples: {match: [JNIM]}\n", "mali", {})
    assert rule is not None
    assert found == ()


def test_an_edit_whose_example_fails_is_refused_whole(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(RULE + "        match: [JNIM]\n", encoding="utf-8")
    watch = Watch(path, database)
    watch.start(NOON)
    before = watch.rules
    edited = (RULE + "        match: [JNIM]\n").replace("[JNIM]", "[GSIM]", 1)
    path.write_text(edited + "  - {slug: niger, title: Niger, keywords: {decisive: [Niamey]}}\n")
    [fault] = watch.refresh(NOON)
    assert "the example “JNIM” must match" in str(fault)
    assert watch.rules is before
