"""Staleness: wording that time has overtaken is marked with its reason; dated history is not."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.stages.background import paragraphs, read_tracker_page
from pipeline.stages.stale import Passage, StaleKind, mark_stale, missing_names, sentences
from tests.reading import ROOT

TODAY = date(2026, 11, 22)
LONG_AGO = TODAY - timedelta(days=400)
REFERENCE = ROOT.parent / "shared/reference/mali-tracker-page.txt"


def marks(text: str, written_on: date = LONG_AGO) -> list[tuple[str, str]]:
    found = mark_stale([Passage(text=text, written_on=written_on)], TODAY)
    return [(str(mark.kind), mark.reason) for mark in found]


def kinds(text: str, written_on: date = LONG_AGO) -> list[str]:
    return [kind for kind, _ in marks(text, written_on)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The vote set for March 2024 is expected to be free.", StaleKind.PASSED_DATE),
        ("Polls on 3 March 2024 are in jeopardy.", StaleKind.PASSED_DATE),
        ("Le scrutin sera tenu en février 2025.", StaleKind.PASSED_DATE),
        ("The envoy will be named.", StaleKind.PENDING),
        ("A report is due.", StaleKind.PENDING),
        ("Le rapport est attendu.", StaleKind.PENDING),
        ("The bridge fell last August.", StaleKind.RELATIVE),
        ("Talks failed two weeks ago.", StaleKind.RELATIVE),
        ("Le pont est tombé en août dernier.", StaleKind.RELATIVE),
        ("L’armée a perdu la ville l’année dernière.", StaleKind.RELATIVE),
        ("The base is currently empty.", StaleKind.PRESENT),
        ("La base reste vide, et les combats continuent.", StaleKind.PRESENT),
    ],
)
def test_overtaken_wording_is_marked(text: str, kind: StaleKind) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "The union was founded in 1960 and dissolved on 3 March 1968.",
        "In 2012 the army took the town, and by April 2013 it held the region.",
        "L’accord fut signé en mars 2015.",
        "They lacked the political will in 2011.",
        "The vote planned for February 2022 was not held.",
    ],
)
def test_history_told_with_dates_is_not_marked(text: str) -> None:
    assert marks(text) == []


def test_a_young_text_may_say_soon_last_week_and_now() -> None:
    young = TODAY - timedelta(days=10)
    text = "An envoy will soon be named. Talks failed last week. The base is now empty."
    assert marks(text, young) == []
    assert len(marks(text)) == 3


def test_a_date_still_to_come_is_not_marked_whatever_the_age() -> None:
    assert marks("The vote will be held in March 2031.") == []


def test_a_mark_says_where_and_why() -> None:
    text = "It began in 2012. The vote of May 2022 is in jeopardy."
    [mark] = mark_stale([Passage(text=text, written_on=LONG_AGO)], TODAY)
    assert text[mark.start : mark.end] == "The vote of May 2022 is in jeopardy."
    assert mark.reason == "“in jeopardy” beside May 2022, which has passed"


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Operation Sabre had three thousand troops.", "Operation Sabre has 5,000 soldiers.", True),
        ("Operation Sabre had 3,000 troops.", "Operation Sabre has 3,100 troops.", False),
        ("Operation Sabre had 3,000 troops.", "Operation Lance has 5,000 troops.", False),
        ("Operation Sabre had 3,000 troops.", "Operation Sabre left 500 dead.", False),
        ("MINURA lost two hundred soldiers.", "MINURA lost ninety soldiers.", True),
        ("L’Opération Sabre compte trois mille hommes.", "L’Opération Sabre : 900 soldats.", True),
        ("A million displaced fled from MINURA.", "One million displaced met MINURA.", False),
        (
            "The Desert Front has 1 200 fighters.",
            "The Desert Front has twenty five fighters.",
            True,
        ),
    ],
)
def test_different_numbers_for_the_same_thing_are_marked_on_both_sides(
    one: str, other: str, differ: bool
) -> None:
    found = mark_stale([Passage(text=each, written_on=TODAY) for each in (one, other)], TODAY)
    assert [mark.passage for mark in found if mark.kind is StaleKind.NUMBERS] == (
        [0, 1] if differ else []
    )


def test_sentences_are_told_apart_and_abbreviations_are_not_their_end() -> None:
    text = "The U.S. army left. Col. Traore stayed! “Why?” he asked… Nobody knew "
    assert [text[start:end] for start, end in sentences(text)] == [
        "The U.S. army left.",
        "Col. Traore stayed!",
        "“Why?” he asked…",
        "Nobody knew",
    ]
    assert sentences("  ") == ()


def test_names_in_the_news_that_the_page_lacks_are_listed_by_how_many_stories_name_them() -> None:
    story = "Troops of the Africa Corps and the FLA met near Kidal on Monday, Reuters reported."
    again = "Fighters of the FLA met others. Africa Corps denied it all again in the north."
    stories = [[story, story], [story], [story], [again]]
    found = missing_names("Kidal is a town.", stories)
    assert [(each.name.removeprefix("the "), each.stories) for each in found] == [
        ("Africa Corps", 4),
        ("FLA", 4),
    ]
    assert missing_names("Kidal, the FLA and the Africa Corps.", stories) == ()
    assert missing_names("", stories[:2]) == ()


def test_headlines_in_capitals_name_nobody() -> None:
    assert missing_names("", [["Army Says Town Was Retaken By Its Troops"]] * 5) == ()


@pytest.mark.skipif(not Path(REFERENCE).exists(), reason="the reference page is not here")
def test_the_tracker_page_is_marked_where_it_is_known_to_be_stale_and_its_history_is_not() -> None:
    page = read_tracker_page(REFERENCE.read_text(encoding="utf-8"))
    assert page.updated_on is not None
    texts = [each.text for each in paragraphs(page)]
    found = mark_stale([Passage(text=each, written_on=page.updated_on) for each in texts], TODAY)
    marked = {(texts[mark.passage][mark.start : mark.end], mark.kind) for mark in found}

    def is_marked(part: str, kind: StaleKind) -> bool:
        return any(part in sentence and kind is found for sentence, found in marked)

    assert is_marked("February 2022", StaleKind.PASSED_DATE)
    assert is_marked("announced soon", StaleKind.PENDING)
    assert is_marked("three thousand troops", StaleKind.NUMBERS)
    assert is_marked("roughly five thousand troops", StaleKind.NUMBERS)
    history = [text for text in texts[:2] if "1960" in text or "early 2012" in text]
    assert len(history) == 2
    assert not any(sentence in text for text in history for sentence, _ in marked)
