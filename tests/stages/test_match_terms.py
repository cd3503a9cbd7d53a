import pytest

from pipeline.model import Near, Term
from pipeline.stages.match import check_term, parse_pattern


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("*", "every word"),
        ("=*", "every word"),
        ("=", "mark without a word"),
        ("^", "mark without a word"),
        ("^ \u2026", "mark without a word"),
        ("=^été", "two marks"),
        ("^=été", "two marks"),
        ("==GAO", "two marks"),
        ("?!", "never match"),
        ("'s", "never match"),
        ("*jihad", "not its last character"),
        ("ji*had", "not its last character"),
        ("jihad**", "not its last character"),
        ("jihad *", "apart from the last word"),
        ("jihad-*", "apart from the last word"),
        ("Mali's*", "apart from the last word"),
        ("@violence", "vocabulary"),
    ],
)
def test_a_term_that_cannot_work_is_refused_with_the_reason(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_pattern(text)

    found = check_term(Term(text=text))
    assert found is not None
    assert fault in found


@pytest.mark.parametrize(
    "text",
    [
        "Mali",
        "Assimi Goïta",
        "jihad*",
        "état d'urg*",
        "=GAO",
        "=GAO*",
        "^tué",
        "= AU",
        "مالي",
        "马里",
        "M23",
        "N'Djamena",
    ],
)
def test_words_phrases_endings_and_marks_are_accepted(text: str) -> None:
    assert check_term(Term(text=text)) is None


@pytest.mark.parametrize(
    ("term", "fault"),
    [
        (Term(text="Gao", near=Near(words=(), within=3)), "“near” lists no words"),
        (Term(text="Gao", near=Near(words=("*",), within=3)), "in “near”: "),
        (Term(text="Gao", near=Near(words=("Mali",), within=0)), "at least 1"),
        (Term(text="Gao", unless_near=Near(words=("@sport",), within=3)), "in “unless_near”: "),
        (Term(text="Gao", unless_near=Near(words=("Yang",), within=-1)), "at least 1"),
        (Term(text="Gao", all=("Mali", "")), "in “all”: "),
        (Term(text="Gao", fields=("headline",)), "title, summary or body"),
        (Term(text="Gao", languages=("French",)), "not a language code"),
        (Term(text="Gao", languages=("",)), "not a language code"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused_with_the_reason(term: Term, fault: str) -> None:
    found = check_term(term)

    assert found is not None
    assert fault in found


def test_conditions_may_be_combined() -> None:
    term = Term(
        text="=CMA",
        languages=("fr", "pt-BR"),
        fields=("title", "summary", "body"),
        near=Near(words=("Kidal", "Azaw*"), within=8),
        unless_near=Near(words=("=CGM",), within=1),
        all=("Mali*",),
    )

    assert check_term(term) is None


@pytest.mark.parametrize(
    "prefix", ["و", "ف", "ب", "ل", "ك", "ال", "لل", "وال", "فال", "بال", "كال", "وبال", "ولل", "فب"]
)
def test_arabic_particles_written_with_a_word_are_tried(prefix: str) -> None:
    assert f" {prefix}مالي " in parse_pattern("مالي").spellings()


@pytest.mark.parametrize("spelling", ["الجيش", "والجيش", "بالجيش", "للجيش", "وللجيش"])
def test_an_arabic_term_with_its_article_keeps_it(spelling: str) -> None:
    spellings = set(parse_pattern("الجيش").spellings())

    assert f" {spelling} " in spellings
    assert " جيش " not in spellings
    assert " الالجيش " not in spellings


def test_marks_ask_for_an_arabic_word_as_written() -> None:
    assert list(parse_pattern("=مالي").spellings()) == [" مالي "]


def test_terms_that_find_the_same_places_read_the_same() -> None:
    assert parse_pattern(" Ménaka ") == parse_pattern("menaka")
    assert parse_pattern("=Gao") != parse_pattern("Gao")
