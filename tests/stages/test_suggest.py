"""Suggestions: words that tell two sorts of texts apart, as people write them."""

from pipeline.stages.suggest import telling

ABOUT_ARMIES = [f"The army of Mali fought near Ménaka on day number {n}" for n in range(8)]
ABOUT_SPORT = [f"Naby Keïta scored for Liverpool as Mali watched, day {n}" for n in range(8)]


def names(*args: list[str], known: set[str] | None = None) -> list[str]:
    here, there = args
    return [each.term for each in telling(here, there, known=known or set())]


def test_names_the_words_that_stand_on_one_side_only() -> None:
    assert "Liverpool" in names(ABOUT_SPORT, ABOUT_ARMIES)
    assert "Mali" not in names(ABOUT_SPORT, ABOUT_ARMIES)


def test_keeps_accents_as_written() -> None:
    assert any("Ménaka" in name for name in names(ABOUT_ARMIES, ABOUT_SPORT))


def test_what_the_rule_has_is_not_suggested() -> None:
    found = names(ABOUT_SPORT, ABOUT_ARMIES, known={"liverpool"})
    assert "Liverpool" not in found


def test_words_seen_twice_are_not_evidence() -> None:
    assert names(["Azawad burns", "Azawad burns"], ABOUT_SPORT) == []


def test_a_pair_that_says_no_more_than_its_word_is_left_out() -> None:
    found = names(ABOUT_SPORT, ABOUT_ARMIES)
    assert not ("Liverpool" in found and any("Liverpool" in one for one in found if " " in one))


def test_numbers_and_short_words_are_never_suggested() -> None:
    texts = [f"at 2026 on 12 of it {n}" for n in range(8)]
    assert names(texts, ABOUT_SPORT) == []


def test_words_common_to_both_sides_are_not_suggested() -> None:
    assert names(ABOUT_ARMIES, ABOUT_ARMIES) == []


def test_no_texts_no_suggestions() -> None:
    assert names([], []) == []


def test_words_everybody_uses_are_not_suggested() -> None:
    usual = [f"A report for the day, part {n}" for n in range(8)]
    found = [each.term for each in telling(ABOUT_SPORT, [], known=set(), usual=usual)]
    assert "for" not in found
    assert "Liverpool" in found
