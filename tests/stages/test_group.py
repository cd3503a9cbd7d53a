"""Group: one event is one story, every reason is in words, and doubt keeps stories apart."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.model import Told
from pipeline.stages.group import GROUP_WITHIN, Joining, Reading, find_story, look_up_keys, read
from tests.making import NOON

AMBUSH = "Twelve soldiers die as convoy is attacked near Kidal"
LEDE = (
    "At least a dozen soldiers were killed on Sunday when gunmen opened fire on a supply convoy "
    "between Anefis and the northern town, the army said in a statement read on television."
)


def told(
    title: str = AMBUSH,
    summary: str = "",
    *,
    id: int = 9,
    after: timedelta = timedelta(0),
    story: int | None = None,
    **more: Any,
) -> Reading:
    values = {"publisher": "Sahel Wire", "language": "en"} | more
    return read(
        Told(
            article_id=id,
            title=title,
            summary=summary,
            published_at=NOON + after,
            story_id=story,
            **values,
        )
    )


def stored(title: str = AMBUSH, summary: str = "", **more: Any) -> Reading:
    return told(title, summary, **{"id": 1, "story": 3, "publisher": "Delta Post"} | more)


def joined(newcomer: Reading, *candidates: Reading) -> Joining | None:
    return find_story(newcomer, candidates, {})


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        (AMBUSH, AMBUSH, "en"),
        (AMBUSH, "Twelve soldiers killed as convoy is attacked near Kidal", "en"),
        (
            "Junta in Bamako postpones February election",
            "Bamako junta postpones its election",
            "en",
        ),
        (
            "Mali : douze soldats tués dans une embuscade près de Kidal",
            "Embuscade près de Kidal : douze soldats maliens tués",
            "fr",
        ),
        (
            "مقتل جنود في هجوم على قافلة قرب كيدال",
            "هجوم على قافلة قرب كيدال ومقتل جنود ماليين",
            "ar",
        ),
    ],
)
def test_reports_of_one_event_are_one_story(one: str, other: str, language: str) -> None:
    found = joined(told(one, language=language), stored(other, language=language))
    assert found is not None
    assert found.story_id == 3


@pytest.mark.parametrize(
    "other",
    [
        "Grain prices fall at the coast market again",
        "Soldiers parade in Bamako on independence day",
        "Twelve soldiers die as helicopter crashes in Sudan",
        "",
    ],
)
def test_other_news_is_another_story(other: str) -> None:
    assert joined(told(), stored(other)) is None


def test_nothing_stored_is_a_story_of_its_own() -> None:
    assert joined(told()) is None
    assert joined(told(), told(id=1)) is None  # stored, but in no story yet


def test_wire_copy_under_another_headline_is_one_story_and_says_so() -> None:
    found = joined(told("Deadly ambush in the desert", LEDE), stored("Army mourns its dead", LEDE))
    assert found is not None
    assert found.same_text
    assert found.reason.startswith("same text as Delta Post (0.")


def test_summaries_that_tell_the_same_join_headlines_that_share_little() -> None:
    rewritten = (
        "The army says a dozen soldiers died on Sunday when gunmen fired on their supply convoy "
        "between Anefis and Kidal, according to a statement on television."
    )
    one, other = "Kidal convoy ambush leaves many dead", "Deadly day for army in Kidal ambush"
    assert joined(told(one, LEDE), stored(other, rewritten)) is not None
    unrelated = (
        "Herders north of the city say that wells run dry weeks earlier than usual and that prices "
        "of fodder doubled since spring, which drives families to the river."
    )
    assert joined(told(one, LEDE), stored(other, unrelated)) is None


def test_a_copy_says_of_what_it_is_one() -> None:
    found = joined(told(), stored())
    assert found is not None
    assert (found.reason, found.same_text) == ("same text as Delta Post (1.00)", True)


def test_a_headline_with_a_word_more_says_so() -> None:
    found = joined(told(f"{AMBUSH} today"), stored())
    assert found is not None
    assert found.reason == "same headline as Delta Post (0.90)"


def test_the_same_event_is_named_by_its_words_and_hours() -> None:
    newcomer = told("Army convoy ambushed near Kidal by gunmen", after=timedelta(hours=3))
    found = joined(newcomer, stored("Gunmen ambush army convoy outside Kidal"))
    assert found is not None
    assert found.reason.startswith("same event: ambushed, Army, convoy; 3 h apart (0.")
    assert not found.same_text
    soon = joined(told("Army convoy ambushed near Kidal by gunmen"), stored("Gunmen ambush army"))
    assert soon is not None
    assert "; 0 min apart" in soon.reason


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (GROUP_WITHIN, True),
        (-GROUP_WITHIN, True),
        (GROUP_WITHIN + timedelta(seconds=1), False),
        (-GROUP_WITHIN - timedelta(seconds=1), False),
    ],
)
def test_a_story_is_told_within_two_days(after: timedelta, same: bool) -> None:
    assert (joined(told(after=after), stored()) is not None) is same


def test_hours_make_the_same_words_mean_less() -> None:
    newcomer, other = "Army convoy hit by mine near Gao", "Mine hits a convoy outside Gao, two hurt"
    assert joined(told(newcomer), stored(other)) is not None
    assert joined(told(newcomer, after=timedelta(hours=40)), stored(other)) is None


def test_languages_are_not_merged_on_text_alone() -> None:
    assert joined(told(language="en"), stored(language="fr")) is None


@pytest.mark.parametrize("title", ["", "Mali", "News of Mali"])
def test_a_headline_that_says_little_joins_nothing(title: str) -> None:
    assert joined(told(title), stored(title)) is None


@pytest.mark.parametrize(
    "title",
    [
        "Morning briefing: all the news of the Sahel this Monday",
        "Live: war in Sudan as rivals fight over Khartoum",
        "Ukraine war: what we know on day 812 of the invasion",
        "Revue de presse : le Sahel et la Cédéao à la une",
        "نشرة الأخبار من باماكو والساحل مساء اليوم",
    ],
)
def test_a_headline_that_comes_back_is_another_story_the_next_day(title: str) -> None:
    assert joined(told(title, after=timedelta(days=1)), stored(title)) is None
    assert joined(told(title, after=timedelta(hours=1)), stored(title)) is not None
    assert joined(told(f"{title} again", after=timedelta(hours=1)), stored(title)) is None


def test_twelve_killed_here_and_thirty_killed_there_are_two_stories() -> None:
    here = "At least 12 killed in attack on village in Mopti region"
    there = "At least 30 killed in attack on village in Tillaberi region"
    assert joined(told(here), stored(there)) is None


def test_counts_that_differ_without_a_shared_name_are_two_stories() -> None:
    assert joined(told("قتل 12 في هجوم على قرية"), stored("قتل 30 في هجوم على قرية")) is None
    assert (
        joined(told("attack on village kills 12 farmers"), stored("attack on village kills 30"))
        is None
    )


def test_a_rising_count_at_one_place_is_one_story() -> None:
    now, before = "Attack on Moura market kills 15, army says", "Attack on Moura market kills 12"
    assert joined(told(now), stored(before)) is not None


def test_the_same_sentence_about_another_place_is_another_story() -> None:
    here = told(AMBUSH, places=frozenset({"Kidal", "Mali"}))
    there = "Twelve soldiers die as convoy is attacked near Ménaka"
    assert joined(here, stored(there, places=frozenset({"Ménaka", "Mali"}))) is None
    assert joined(told("convoy of soldiers attacked near kidal, one dies"), stored(AMBUSH))


def test_places_that_differ_ask_for_more_of_the_same_words() -> None:
    one, other = "Army convoy hit by mine near Gao", "Mine hits a convoy outside Gao, two hurt"
    assert joined(told(one), stored(other)) is not None
    places = {"places": frozenset({"Gao"})}, {"places": frozenset({"Ansongo"})}
    other = f"{other} as trucks leave Niamey market"
    assert joined(told(one), stored(other)) is not None
    assert joined(told(one, **places[0]), stored(other, **places[1])) is None


def test_articles_of_different_conflicts_are_not_one_event() -> None:
    mali, niger = {"conflicts": frozenset({"mali"})}, {"conflicts": frozenset({"niger"})}
    one, other = "Army convoy ambushed near border", "Gunmen ambush army convoy near border"
    assert joined(told(one, **mali), stored(other, **niger)) is None
    assert joined(told(one, **mali), stored(other, **mali)) is not None


def test_a_publishers_own_follow_up_needs_more_than_another_publishers_report() -> None:
    one, other = "Army convoy hit by mine near Gao", "Mine hits a convoy outside Gao, two hurt"
    assert joined(told(one), stored(other, publisher="Sahel Wire")) is None


def test_the_likest_story_is_taken() -> None:
    near = stored(AMBUSH.replace("attacked", "hit"), id=2, story=2)
    for candidates in ([near, stored()], [stored(), near]):
        found = joined(told(), *candidates)
        assert found is not None
        assert found.story_id == 3


def test_stories_do_not_drift() -> None:
    lead = stored("Bamako traders fear fuel blockade by jihadists", id=1)
    second = stored("Jihadists declare fuel blockade of Kayes road", id=2)
    third = told("Kayes road reopens, army escorts trucks")
    alone = stored("Kayes road closed, army escorts trucks", id=2, story=4)
    assert joined(third, alone) is not None
    drifting = stored("Kayes road closed, army escorts trucks", id=2)
    assert joined(third, lead, second, drifting) is None
    # A second article that tells the same shows that the story has come to include it.
    assert joined(third, lead, drifting, stored(drifting.told.title, id=4)) is not None


def test_what_an_editor_put_into_a_story_is_as_good_a_beginning_as_its_first_article() -> None:
    lead = stored("Bamako traders fear fuel blockade by jihadists", id=1)
    second = stored("Jihadists declare fuel blockade of Kayes road", id=2)
    third = told("Kayes road reopens, army escorts trucks")
    closed = "Kayes road closed, army escorts trucks"
    assert joined(third, lead, second, stored(closed, id=4)) is None
    found = joined(third, lead, second, stored(closed, id=4, put_by="Awa"))
    assert found is not None
    assert found.story_id == 3
    # Put there by an editor, but about something else: that is no reason to join.
    assert joined(third, lead, second, stored("Grain prices fall", id=4, put_by="Awa")) is None


def test_a_story_ends_however_alike_its_last_article_is() -> None:
    first = stored("Gunmen ambush army convoy outside Kidal", after=-timedelta(days=4))
    last = stored(AMBUSH, id=2, after=-timedelta(days=1))
    assert joined(told(), first, last) is None


def test_rare_words_weigh_more_than_common_ones() -> None:
    one, other = told("Mali army convoy hit at Tin Zaouatine"), stored("Mali army says convoy left")
    assert joined(one, other) is not None
    assert find_story(one, [other], dict.fromkeys(("mali", "army", "convoy"), 100)) is None


def test_names_are_told_by_their_capital_where_case_tells() -> None:
    assert read(told("Crash in Iran: Kyiv gets the black boxes").told).names == {"iran"}
    assert read(told("Crash in Iran, Kyiv gets the black boxes").told).names == {"iran", "kyiv"}
    assert told("Twelve Soldiers Killed In Kidal Convoy Ambush").names == frozenset()
    assert told("12 in 1").names == frozenset()
    assert told("convoy attacked. Gunmen flee").names == frozenset()
    assert told("L'armée attaque, l'Algérie proteste", language="fr").names == {"algeri"}


def test_texts_that_share_most_runs_share_a_band() -> None:
    one = look_up_keys(told("Deadly ambush", LEDE))
    other = look_up_keys(told("Army mourns", f"{LEDE} It gave no names."))
    assert set(one.bands) & set(other.bands)
    assert look_up_keys(told(AMBUSH, "Short.")).bands == ()


def test_languages_share_no_key() -> None:
    english, french = (look_up_keys(told(AMBUSH, LEDE, language=tag)) for tag in ("en", "fr"))
    assert not set(english.all) & set(french.all)


def test_forms_of_a_word_share_a_key() -> None:
    one, other = look_up_keys(told("Convoys attacked")), look_up_keys(told("attack on convoy"))
    assert one.words == other.words


def test_every_key_fits_a_signed_64_bit_column() -> None:
    assert all(-(2**63) <= key < 2**63 for key in look_up_keys(told(AMBUSH, LEDE)).all)


def test_a_publisher_that_counts_on_tells_something_new_each_time() -> None:
    first = stored("Attack number 3 near Kidal", publisher="Sahel Wire")
    assert joined(told("Attack number 4 near Kidal"), first) is None
