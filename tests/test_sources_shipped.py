"""The sources.yaml that ships: valid, without doubts, and right about the known traps."""

from pathlib import Path

import pytest

from pipeline.model import ArticleText, Sources
from pipeline.sources import check_sources
from pipeline.stages.match import Matcher, compile_keywords

FILE = Path(__file__).parents[1] / "sources.yaml"


@pytest.fixture(scope="module")
def sources() -> Sources:
    shipped, faults, warnings = check_sources(FILE.read_text(encoding="utf-8"), FILE.name)
    assert (faults, warnings) == ((), ())
    assert shipped is not None
    return shipped


@pytest.fixture(scope="module")
def matcher(sources: Sources) -> Matcher:
    return compile_keywords(sources.conflicts)


def test_enough_is_watched(sources: Sources) -> None:
    assert len(sources.feeds) >= 32
    assert len(sources.conflicts) >= 25
    assert {feed.language for feed in sources.feeds} >= {"en", "fr", "ar"}


def test_every_conflict_says_where_and_what_it_is(sources: Sources) -> None:
    for conflict in sources.conflicts:
        said = (conflict.region, conflict.countries, conflict.type, conflict.impact)
        assert all(said), conflict.slug


@pytest.mark.parametrize(
    ("title", "language", "expected"),
    [
        ("Mali’s junta dissolves parties", "en", {"mali"}),
        ("Au Mali, l'armée avance vers Kidal", "fr", {"mali"}),
        ("Tombouctou : la CEDEAO condamne l'attaque", "fr", {"mali"}),
        ("Assimi Goita speaks", "en", {"mali"}),
        ("Ansar Eddine claims the ambush", "en", {"mali"}),
        ("مقتل جنود في هجوم شمال مالي", "ar", {"mali"}),
        ("JNIM attacks army in northern Burkina Faso", "en", {"burkina-faso"}),
        ("Niger and Nigeria discuss jihadist attacks", "en", {"niger", "nigeria"}),
        ("Gunmen attack a village in Niger State, Nigeria", "en", {"nigeria"}),
        ("South Sudan: dozens killed in Jonglei", "en", {"south-sudan"}),
        ("Soudan du Sud : combats à Malakal", "fr", {"south-sudan"}),
        ("Sudan: army retakes Khartoum", "en", {"sudan"}),
        ("Al-Shabaab attacks a base near Mogadishu", "en", {"somalia"}),
        ("Al-Shabaab insurgents attack Palma in Mozambique", "en", {"mozambique"}),
        ("Pakistani Taliban claim attack in Peshawar", "en", {"pakistan"}),
        ("RDC : le M23 prend Uvira", "fr", {"drc"}),
        ("Внаслідок обстрілу Харкова загинули люди", "uk", {"ukraine"}),
        ("غارات إسرائيلية على غزة", "ar", {"gaza-israel"}),
    ],
)
def test_news_of_a_conflict_falls_under_it(
    matcher: Matcher, title: str, language: str, expected: set[str]
) -> None:
    found = matcher.match(ArticleText(title=title, language=language))
    assert {match.conflict for match in found} == expected


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("A mere formality for the malignant striker", "en"),
        ("GAO report on shipyards", "en"),
        ("Gao Yang wins gold", "en"),
        ("CMA CGM raises rates", "en"),
        ("Naby Keïta signs for a new club", "en"),
        ("Mali 2–1 Tunisia, AFCON: attack wins the match", "en"),
        ("The Mali Empire, a UNESCO exhibition", "en"),
        ("Mali GPU driver flaw lets attackers in", "en"),
        ("hai mali problem", "it"),
        ("تقرير مالي عن هجوم الأسواق", "ar"),
        ("Niger Delta militants blow up pipeline", "en"),
        ("Bus crash kills 20 in Pakistan", "en"),
        ("Earthquake in Iran: death toll rises", "en"),
        ("Lebanon, Pennsylvania: man shot dead", "en"),
        ("Congo-Brazzaville : élection présidentielle et armée", "fr"),
        ("Georgia election protest", "en"),
    ],
)
def test_a_trap_catches_nothing(matcher: Matcher, title: str, language: str) -> None:
    assert matcher.match(ArticleText(title=title, language=language)) == ()
