import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import text as folding
from pipeline.text import Folded, exact_form, fold_key, fold_keys, tokenise


def words(text: str) -> list[str]:
    return [token.folded for token in tokenise(text)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Mali's junta", "mali junta"),
        ("Mali\u2019s junta", "mali junta"),
        ("Mali\u00a0's junta", "mali junta"),
        ("MALI\u2018S JUNTA", "mali junta"),
        ("Mali\uff07s junta", "mali junta"),
        ("  Ménaka \u2014 \u201cKidal\u201d\u2026 ", "menaka kidal"),
        ("al\u2011Qaida, al-Qaida", "al qaida al qaida"),
        ("\uff2d\uff21\uff2c\uff29 ﬁnance ½", "mali finance 1 2"),
        ("Straße, Øresund, œuvre, Łódź", "strasse oresund oeuvre lodz"),
        ("Soumaïla Cissé / Soumai\u0308la Cisse\u0301", "soumaila cisse soumaila cisse"),
        ("So\u00admalia, Ma\u200bli", "somalia mali"),
        ("l'armée, d\u2019Azawad, l\u02bcONU", "l armee d azawad l onu"),
        ("rebels' camp, he's, '90s", "rebels camp he 90s"),
        ("a_b c/d e\tf\ng", "a b c d e f g"),
        ("№ 5, km²", "no 5 km2"),
        ("🇲🇱 Mali ❤\ufe0f", "mali"),
        ("\ud800 Mali \x00", "mali"),
        ("?!…", ""),
        ("", ""),
    ],
)
def test_headlines_that_read_alike_share_a_key(text: str, key: str) -> None:
    assert fold_key(text) == key


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ёлка Мали", ["елка", "мали"]),
        ("وَمَالِي", ["ومالي"]),
        ("مـــالي", ["مالي"]),
        ("أزواد إقليم آمن ٱلجيش", ["ازواد", "اقليم", "امن", "الجيش"]),
        ("غاوة على", ["غاوه", "علي"]),
        ("١٢ ۱۲", ["12", "12"]),
        ("马里军方", ["马", "里", "军", "方"]),
        ("ソマリアとマリ", ["ソマリア", "と", "マリ"]),
        ("ｶﾞｻﾞ", ["ガザ"]),
        ("말리 정부", ["말리", "정부"]),
        ("हिन्दी", ["हिन्दी"]),
        ("Dɔgɔn Fulɓe", ["dogon", "fulbe"]),
    ],
)
def test_scripts_fold_by_their_own_rules(text: str, folded: list[str]) -> None:
    assert words(text) == folded


@pytest.mark.parametrize("text", ["Goïta à Ménaka", "가자 각한", "ガザ", "আলো", "Ёж"])
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mali\u2019s junta", ["Mali", "junta"]),
        ("So\u00admali, x\u00ad", ["So\u00admali", "x"]),
        ("Goi\u0308ta, Dogole\u0301!", ["Goi\u0308ta", "Dogole\u0301"]),
        ("Straße im ﬁ", ["Straße", "im", "ﬁ"]),
        ("K\u0254\u0301 ra", ["K\u0254\u0301", "ra"]),
        ("½ Mali", ["½", "½", "Mali"]),
        ("ｶﾞザ 갂", ["ｶﾞザ", "갂"]),
        ("مَالِي، غزة", ["مَالِي", "غزة"]),
        ("在马里", ["在", "马", "里"]),
    ],
)
def test_every_word_points_to_the_text_as_shown(text: str, shown: list[str]) -> None:
    assert [text[token.start : token.end] for token in tokenise(text)] == shown


def test_a_word_keeps_its_case_and_its_accents_beside_its_folded_form() -> None:
    (token,) = tokenise("É\u00adTÉ")

    assert (token.folded, token.exact, token.accented) == ("ete", "ÉTÉ", "été")


def test_the_exact_form_does_not_depend_on_how_accents_are_encoded() -> None:
    assert exact_form("Goi\u0308ta") == "Goïta"


def test_the_stream_has_one_space_around_every_word() -> None:
    assert Folded("Kidal \u2013 Gao").stream == " kidal gao "


def test_a_phrase_gives_the_span_from_its_first_word_to_its_last() -> None:
    text = "À Ansar\u2011Dine, Kidal"
    start, end = Folded(text).span(1, 3)

    assert text[start:end] == "Ansar\u2011Dine"


def test_a_letter_under_endless_marks_costs_linear_time() -> None:
    text = "e" + "\u0301\u0323" * 20_000 + " Mali"

    assert words(text) == ["e", "mali"]


TEXTS = st.text(
    st.one_of(
        st.sampled_from(
            "aMali '\u2019\u00a0\u00ad\u200béÉïßøœ-.,ёЁй½ﬁ\u0301\u0308"
            "وبلامىةأ马里マリｶﾞ가\u1100\u1161"
        ),
        st.characters(),
    ),
    max_size=40,
)


@given(TEXTS)
def test_spans_are_ordered_and_their_words_fold_to_the_tokens(text: str) -> None:
    tokens = tokenise(text)

    assert Folded(text).stream == f" {fold_key(text)} "
    assert Folded(text).stream.split() == [token.folded for token in tokens]
    for token in tokens:
        assert 0 <= token.start < token.end <= len(text)
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)


@given(st.text("aé'\u2019 -Ёя马リßكة1", max_size=30))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold_key(fold_key(text)) == fold_key(text)


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=30))
def test_folding_does_not_depend_on_the_normal_form(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


LETTERS = "aZ9 .,'-\u2019éÉçïœßŁøñ\u00ad\u00a0½\u2026ªµΆΩжёمـ中マ\u00b4\ud800\U0001f1f2"


@given(st.text(st.sampled_from(LETTERS) | st.characters(), max_size=40))
def test_texts_with_few_letters_beyond_ascii_fold_as_letter_by_letter(text: str) -> None:
    short = folding._fold_latin(text)
    assert short is None or short == text.translate(folding._FOLD)


lines = st.text(st.sampled_from(LETTERS) | st.sampled_from("as "), max_size=12)


@given(st.lists(lines.map(lambda line: re.sub(" +", " ", line)), max_size=6))
@example(["l’armée's", "the boys'", "It’s", "s", "a’", ""])
@example(["Å!", "e\u0301", "x", "a \u00ad b"])
@example(["Ø! «é»…", "\u2019s a's", "5’s’s", "a\nb"])
def test_texts_that_are_folded_together_fold_as_each_does_alone(texts: list[str]) -> None:
    assert fold_keys(texts) == list(map(fold_key, texts))


def test_texts_of_latin_letters_are_folded_together() -> None:
    assert folding._fold_lines("L’été, «déjà»\nÅ l’œuvre…") == ["l ete deja", "a l oeuvre"]
    for odd in ("e\u0301", "Москва", "a\u00ad"):
        assert folding._fold_lines(f"a\n{odd}") is None


@given(st.text("ab  ", max_size=40))
def test_words_stand_between_single_spaces(flat: str) -> None:
    assert folding._spaced(flat) == f" {' '.join(flat.split())} "
