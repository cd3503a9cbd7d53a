"""What is doubtful about keywords is told with its line, and stops nothing."""

from collections.abc import Sequence

import pytest

from pipeline.errors import Fault, Level
from pipeline.model import Field, Term
from pipeline.sources import check_keywords, check_sources, parse_sources
from pipeline.stages.match.lint import Rulebook, Surroundings, WrittenRule, lint, write_down

FEEDS = """\
feeds:
  - {id: wire, url: "https://wire.example/feed"}
  - {id: fil, url: "https://fil.example/feed", language: fr}
  - {id: correio, url: "https://correio.example/feed", language: pt-BR}
"""
# Each line that is planted ends with the kind of doubt it must raise.
PLANTED = f"""\
version: 1
{FEEDS}\
vocabularies:
  violence: [
    attack*,
    attacker,                     # covered
    Attack*,                      # fault
    kill*,
  ]
  sport: [AFCON]                  # unused
  nothing: []                     # unused
  harm: [wounded]
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords:
      decisive: [
        JNIM,                     # shared
        Assimi Goïta,
        Assimi Goita,             # covered
        CMA,                      # short
        AU,                       # common_word
        CARE,                     # common_word
        Sur,                      # common_word
        =Or,                      # common_word
        "24",                     # short
        Jos,                      # short
        Operation Dune,           # excluded
        {{term: Bah Ndaw, lang: uk}},                     # never
        {{term: Sadio Camara, lang: pt-BR}},              # never
        {{term: Moussa Mara, field: body}},               # never
        {{term: Katiba Macina, unless_near: [Macina]}},   # never
        {{term: Choguel Maïga, near: [Maïga]}},           # never
        {{term: IBK, near: [Keïta], unless_near: [keita], within: 9}},  # never
        {{term: Barkhane, near: [Dune], within: 4}},      # never
        {{term: Serval, all: [vast Dune field]}},         # never
        {{term: Takuba, all: [Takuba]}},                  # never
        {{term: جيش, lang: [en, fr]}},                    # never
      ]
      places: [
        Mali,
        northern Mali,            # covered
        ^Mali,                    # covered
        Kidal,
        JNIM convoy,              # two_roles
        junta,                    # two_roles
        {{term: Gao, near: [Mali]}},
      ]
      subjects: [
        "@violence", "@harm",
        attackers,                # covered
        junta,
        ma*,                      # short_prefix
        war*,                     # short_prefix
        of,                       # common_word
        xy,                       # short
      ]
      exclude: [
        Dune,
        wounded,                  # excluded
      ]
  - slug: niger
    title: Unrest in Niger
    keywords:
      decisive: [
        JNIM,                     # shared
        Niamey,
      ]
      exclude: [
        {{term: exhibition, near: [Mali]}},
        "@violence",
      ]
"""


def planted(text: str) -> dict[int, str]:
    """The lines that end with a comment, and the kind it names."""
    lines = enumerate(text.splitlines(), 1)
    return {number: line.rpartition("# ")[2] for number, line in lines if "# " in line}


def by_line(found: Sequence[Fault]) -> dict[int, str]:
    return {int(each.where.rpartition(":")[2]): each.kind for each in found}


def doubts(keywords: str, rest: str = "", *, feeds: str = FEEDS) -> list[str]:
    """What is said about one rule, without lines."""
    text = f"version: 1\n{feeds}{rest}conflicts:\n"
    text += f"  - {{slug: mali, title: Mali, keywords: {{{keywords}}}}}\n"
    sources, faults, found = check_sources(text, "f")
    assert sources is not None, faults
    return [each.what for each in found]


def test_every_planted_defect_is_found_at_its_line_and_nothing_else() -> None:
    wanted = planted(PLANTED)
    wrong = [line for line, kind in wanted.items() if kind == "fault"]
    _, faults, found = check_sources(PLANTED, "f")
    assert [int(each.where.removeprefix("f:")) for each in faults] == wrong
    expected = {line: kind for line, kind in wanted.items() if kind != "fault"}
    assert len(expected) >= 30
    told = by_line(found)
    assert {line: told[line] for line in told if line not in wrong} == expected


def test_a_word_that_two_conflicts_share_is_a_note_and_all_else_a_warning() -> None:
    _, _, found = check_sources(PLANTED, "f")
    assert {each.kind for each in found if each.level is Level.NOTE} == {"shared"}
    assert Level.ERROR not in {each.level for each in found}


@pytest.mark.parametrize(
    "term",
    [
        "=AU",
        "=GAO",
        "{term: AU, near: [summit]}",
        "{term: Gao, unless_near: [Yang]}",
        "{term: GAO, field: title}",
        "{term: Sur, lang: en}",
        "^tué",
        "^tué*",
        "=war*",
        "JNIM",
        "M23",
        "マリ",
        "حرب*",
        "Київ*",
        "Ansar Dine",
        "war",
        "{term: Mali, lang: pt}",
        "{term: AFCON, field: [title, body]}",
        "{term: Kidal, near: [Mali], unless_near: [northern Mali], within: 3}",
        "{term: mali*, unless_near: [malice]}",
    ],
)
def test_what_is_marked_or_keeps_company_is_not_doubted(term: str) -> None:
    assert doubts(f"decisive: [{term}]") == []


def test_a_common_word_is_one_in_the_languages_of_the_feeds_only() -> None:
    english = 'feeds: [{id: wire, url: "https://wire.example/feed"}]\n'
    assert doubts("decisive: [avec, hasta]", feeds=english) == []
    assert doubts("decisive: [avec, hasta]") == [
        "avec in decisive also matches avec, a common word in French"
    ]
    assert doubts("decisive: [avec, hasta]", feeds="") == []
    assert doubts("decisive: [^ete, ^été]", feeds=FEEDS) == [
        "^été in decisive also matches été, a common word in French"
    ]


def test_the_body_counts_where_a_feed_brings_it() -> None:
    term = Term(text="Moussa Mara", fields=(Field.BODY,))
    rule = WrittenRule(conflict="mali", decisive=write_down([(term, 1)], "decisive"))
    [told] = lint(Rulebook(rules=[rule]))
    assert told.what.startswith("Moussa Mara in decisive can never count: it is only for the body")
    assert lint(Rulebook(rules=[rule], surroundings=Surroundings(bodies=True))) == ()


def test_languages_are_not_doubted_where_no_feed_is_known() -> None:
    assert doubts("decisive: [{term: Bah Ndaw, lang: uk}]", feeds="") == []


def test_a_wider_term_covers_only_what_it_finds_under_all_its_conditions() -> None:
    assert doubts("decisive: [{term: Bah Ndaw, lang: fr}, {term: Colonel Bah Ndaw}]") == []
    assert doubts("decisive: [{term: Bah Ndaw, lang: fr}, {term: Ndaw, lang: [fr, en]}]") == [
        "Bah Ndaw in decisive is already covered by Ndaw"
    ]
    assert doubts("decisive: [{term: Bah Ndaw, field: title}, {term: Ndaw, field: title}]") == [
        "Bah Ndaw in decisive is already covered by Ndaw"
    ]
    assert doubts("decisive: [Bah Ndaw, {term: Ndaw, near: [Mali]}]") == []
    assert doubts("decisive: [=Kidal camp, =Kidal, kidal camps]") == [
        "=Kidal camp in decisive is already covered by =Kidal"
    ]
    assert doubts("decisive: [=TUÉS, ^tués, ^Tues]") == [
        "=TUÉS in decisive is already covered by ^tués"
    ]
    assert doubts("decisive: [attack*, counter attack, heart attacks*, at tack]") == [
        "counter attack in decisive is already covered by attack*",
        "heart attacks* in decisive is already covered by attack*",
    ]
    assert doubts("decisive: [attack, attack*]") == [
        "attack in decisive is already covered by attack*"
    ]


def test_a_term_that_a_vocabulary_has_already_is_named() -> None:
    rest = "vocabularies: {sport: [cricket*]}\n"
    assert doubts('decisive: [JNIM], exclude: ["@sport", cricket*]', rest) == [
        "cricket* in exclude is already covered by cricket* of @sport"
    ]


def test_what_an_exclude_bars_is_told_once_for_a_vocabulary() -> None:
    rest = "vocabularies: {violence: [attack*], sport: [attack*]}\n"
    keywords = 'decisive: [JNIM], places: [Mali], subjects: ["@violence"], exclude: ["@sport"]'
    assert doubts(keywords, rest) == [
        "attack* in subjects (of @violence) can never count: attack* is excluded"
    ]
    keywords = 'decisive: ["@violence", JNIM], subjects: ["@violence"], places: [Mali], '
    assert doubts(keywords + "exclude: [attack*]", rest.replace(", sport: [attack*]", "")) == [
        "attack* in decisive (of @violence) can never count: attack* is excluded"
    ]


def test_the_desk_is_told_the_same_about_one_rule() -> None:
    sources = parse_sources(f"version: 1\n{FEEDS}", "f")
    _, faults, found = check_keywords("decisive: [AU, JNIM]", "mali", {}, sources.feeds)
    assert faults == ()
    assert by_line(found) == {1: "common_word"}
    _, faults, found = check_keywords("decisive: [JNIM, JNIM]", "mali", {}, sources.feeds)
    assert len(faults) == 1


def test_the_file_says_on_which_line_each_term_stands() -> None:
    sources = parse_sources(
        "version: 1\nvocabularies:\n  violence: [attack*]\nconflicts:\n"
        "  - slug: mali\n    title: Mali\n    keywords:\n"
        '      places: [Mali]\n      subjects: ["@violence"]\n',
        "f",
    )
    assert sources.lines == {
        ("@violence", "", "attack*"): 3,
        ("mali", "places", "Mali"): 8,
        ("mali", "subjects", "attack*"): 9,
    }


def test_one_word_in_two_lists_is_fine_where_it_never_counts_in_both() -> None:
    places = "places: [Mali, {term: Paris, lang: en}], subjects: [{term: Paris, lang: fr}]"
    assert doubts(places) == []
    assert doubts("places: [{term: Paris, lang: en}], subjects: [Paris]") == [
        "Paris in places also stands in subjects: alone it makes a match"
    ]
    assert doubts("places: [{term: Paris, near: [Mali]}], subjects: [Paris]") == []
