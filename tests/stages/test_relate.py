"""Relating: an article goes to the paragraph it shares most with, and says by which words."""

from pipeline.stages.relate import Passages

PAGE = Passages(
    [
        "The army took Kidal from northern movements, and the agreement of Algiers ended.",
        "Drought in the south has emptied the markets and the granaries of Sikasso.",
        "The regional bloc ECOWAS imposed sanctions after the coup and lifted them later.",
    ]
)


def test_the_paragraph_that_shares_most_comes_first_with_the_shared_words() -> None:
    [best, *_] = PAGE.related("ECOWAS weighs new sanctions after the coup", ["ECOWAS"])
    assert best.passage == 2
    assert best.shared[0] == "ECOWAS"
    assert set(best.shared) == {"ECOWAS", "sanctions", "coup"}


def test_hits_weigh_more_than_names_and_names_more_than_words() -> None:
    text = "Army near Kidal, markets"
    plain = PAGE.related("kidal and the army", least=1)[0].score
    named = PAGE.related("Kidal and the army", least=1)[0].score
    hit = PAGE.related("Kidal and the army", ["Kidal"], least=1)[0].score
    assert plain < named < hit
    assert [each.passage for each in PAGE.related(text, least=1)] == [0, 1]


def test_common_and_short_words_and_numbers_relate_nothing() -> None:
    assert PAGE.related("They have been there since 2012 with the men") == ()
    assert Passages([]).related("Kidal") == ()
