from dataclasses import replace

import pytest

from pipeline.model import ArticleText, Conflict, Field, Hit, Keywords, Kind, Match, Near, Term
from pipeline.stages.match import Explanation, compile_keywords, keywords_version


def terms(*texts: str | Term) -> tuple[Term, ...]:
    return tuple(text if isinstance(text, Term) else Term(text=text) for text in texts)


def conflict(slug: str = "mali", version: str = "", **lists: tuple[Term, ...]) -> Conflict:
    return Conflict(slug=slug, title=slug, keywords=Keywords(version=version, **lists))


def mali() -> Conflict:
    return conflict(
        decisive=terms("JNIM"),
        places=terms("Mali", "Bamako"),
        subjects=terms("junta", "attack*"),
        exclude=terms("AFCON"),
    )


def match(
    rule: Conflict, title: str, summary: str = "", body: str = "", language: str = ""
) -> Match | None:
    text = ArticleText(title=title, summary=summary, body=body, language=language)
    found = compile_keywords([rule]).match(text)
    return found[0] if found else None


def explain(rule: Conflict, title: str, summary: str = "", language: str = "") -> Explanation:
    text = ArticleText(title=title, summary=summary, language=language)
    (explained,) = compile_keywords([rule]).explain(text)
    return explained


def fires(term: Term, title: str, summary: str = "", language: str = "") -> bool:
    return match(conflict(decisive=(term,)), title, summary, language=language) is not None


def why_not(term: Term, title: str, summary: str = "", language: str = "") -> str:
    explained = explain(conflict(decisive=(term,)), title, summary, language)
    assert explained.match is None
    return explained.held_back[0].because


# The rule


def test_one_decisive_term_is_enough() -> None:
    assert match(mali(), "JNIM speaks") is not None


def test_a_place_alone_is_not_enough() -> None:
    assert match(mali(), "Bamako hosts photography biennale") is None


def test_a_subject_alone_is_not_enough() -> None:
    assert match(mali(), "Shark attacks surfer") is None


def test_a_place_with_a_subject_is_enough_wherever_they_stand() -> None:
    assert match(mali(), "News from Bamako", "Village attacked.") is not None
    assert match(mali(), "News", "From Bamako", "The junta met.") is not None


def test_an_exclude_term_anywhere_rules_out_everything_else() -> None:
    assert match(mali(), "JNIM attack in Mali", "During AFCON.") is None


def test_a_rule_without_terms_matches_nothing() -> None:
    assert match(conflict(), "JNIM attack in Mali") is None


def test_without_conflicts_there_is_nothing_to_match() -> None:
    assert compile_keywords([]).match(ArticleText(title="JNIM")) == ()
    assert compile_keywords([]).explain(ArticleText(title="JNIM")) == ()


def test_an_empty_article_matches_nothing() -> None:
    assert match(mali(), "") is None


def test_an_invalid_rule_is_refused_by_conflict_and_term() -> None:
    with pytest.raises(ValueError, match=r"^mali: the term “ji\*had” cannot be used: "):
        compile_keywords([conflict(exclude=terms("ji*had"))])


def test_conflicts_are_reported_in_their_order_each_by_its_own_rule() -> None:
    niger = conflict(
        "niger", decisive=terms("CNSP"), places=terms("Niger"), subjects=terms("attack*")
    )
    matcher = compile_keywords([mali(), conflict("chad", decisive=terms("FACT")), niger])

    found = matcher.match(ArticleText(title="Niger and Mali attacked"))

    assert [(one.conflict, [hit.term for hit in one.hits]) for one in found] == [
        ("mali", ["Mali", "attack*"]),
        ("niger", ["Niger", "attack*"]),
    ]


def test_an_exclude_term_of_one_conflict_does_not_touch_another() -> None:
    other = conflict("other", decisive=terms("AFCON"))

    found = compile_keywords([mali(), other]).match(ArticleText(title="JNIM and AFCON"))

    assert [one.conflict for one in found] == ["other"]


# Hits


def test_hits_are_spans_of_the_text_as_shown() -> None:
    title = "\u201cMa\u00adli\u201d\u2019s  junta \u2014 attaque\u0301"
    found = match(conflict(places=terms("mali"), subjects=terms("JUNTA", "attaqué")), title)

    assert found is not None
    assert [hit.text for hit in found.hits] == ["Ma\u00adli", "junta", "attaque\u0301"]
    assert all(title[hit.start : hit.end] == hit.text for hit in found.hits)


def test_a_hit_names_its_term_as_written_with_kind_and_field() -> None:
    found = match(mali(), "x", "In mali, attacks")

    assert found is not None
    assert found.hits == (
        Hit(term="Mali", kind=Kind.PLACE, field=Field.SUMMARY, start=3, end=7, text="mali"),
        Hit(
            term="attack*", kind=Kind.SUBJECT, field=Field.SUMMARY, start=9, end=16, text="attacks"
        ),
    )


def test_hits_come_by_field_and_place_every_occurrence_once() -> None:
    found = match(mali(), "Attack in Mali", "Mali: Bamako attacked", "Mali")

    assert found is not None
    assert [(hit.field.value, hit.text) for hit in found.hits] == [
        ("title", "Attack"),
        ("title", "Mali"),
        ("summary", "Mali"),
        ("summary", "Bamako"),
        ("summary", "attacked"),
        ("body", "Mali"),
    ]


def test_overlapping_terms_all_count() -> None:
    rule = conflict(decisive=terms("Burkina Faso", "Burkina*", "Faso army"))
    found = match(rule, "Burkina Faso army")

    assert found is not None
    assert [hit.text for hit in found.hits] == ["Burkina", "Burkina Faso", "Faso army"]


def test_a_term_listed_twice_hits_once() -> None:
    found = match(conflict(decisive=terms("JNIM", "JNIM")), "JNIM")

    assert found is not None
    assert len(found.hits) == 1
    assert found.score == 6


def test_a_phrase_does_not_run_from_one_field_into_the_next() -> None:
    assert match(conflict(decisive=terms("Ansar Dine")), "Ansar", "Dine") is None


def test_a_match_carries_the_version_of_the_rule() -> None:
    found = match(conflict(version="abc", decisive=terms("JNIM")), "JNIM")
    unversioned = match(conflict(decisive=terms("JNIM")), "JNIM")

    assert found is not None
    assert found.rule_version == "abc"
    assert unversioned is not None
    assert unversioned.rule_version == keywords_version(Keywords(decisive=terms("JNIM")))


# Score


@pytest.mark.parametrize(
    ("title", "summary", "score"),
    [
        ("JNIM", "", 6),
        ("x", "JNIM", 3),
        ("JNIM", "JNIM", 9),
        ("JNIM JNIM", "", 6),
        ("Mali attack", "", 6),
        ("x", "Mali attack", 3),
        ("Mali, Bamako: attack, attacks", "attack", 11),
    ],
)
def test_score_weighs_each_term_once_a_field_and_doubles_the_title(
    title: str, summary: str, score: int
) -> None:
    found = match(mali(), title, summary)

    assert found is not None
    assert found.score == score


# Terms


@pytest.mark.parametrize(
    ("term", "title", "expected"),
    [
        ("Mali", "Somali", False),
        ("Mali", "Mali", True),
        ("Menaka", "Ménaka", True),
        ("Ménaka", "MENAKA", True),
        ("jihad*", "Jihadistes", True),
        ("jihad*", "jihad", True),
        ("jihad*", "antijihad", False),
        ("état d'urg*", "Etat d\u2019urgence", True),
        ("=GAO", "GAO", True),
        ("=GAO", "Gao", False),
        ("=GAO*", "GAOs", True),
        ("=GAO*", "Gaos", False),
        ("=Goïta", "Goi\u0308ta", True),
        ("=Goïta", "Goita", False),
        ("^tué", "TUÉ", True),
        ("^tué", "Tue", False),
        ("^tué*", "Tuées", True),
        ("=Mali Lošinj", "Mali Lošinj", True),
        ("=Mali Lošinj", "mali Lošinj", False),
        ("=Mali Lošinj", "Mali losinj", False),
        ("مالي", "وبمالي", True),
        ("مالي", "أجمالي", False),
        ("马里", "马里军方", True),
        ("マリ", "ソマリア", False),
        ("Мали", "Переворот в МАЛИ", True),
    ],
)
def test_terms_find_whole_words_in_every_script(term: str, title: str, expected: bool) -> None:
    assert fires(Term(text=term), title) is expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fr", True), ("FR-ca", True), ("fr_BE", True), ("en", False), ("fra", False), ("", False)],
)
def test_a_language_condition_holds_only_for_that_language(language: str, expected: bool) -> None:
    assert fires(Term(text="Mali", languages=("fr",)), "Mali", language=language) is expected


def test_a_term_for_one_region_is_not_for_the_whole_language() -> None:
    assert not fires(Term(text="Mali", languages=("pt-BR",)), "Mali", language="pt")
    assert fires(Term(text="Mali", languages=("en", "pt-BR")), "Mali", language="pt-br")


def test_a_field_condition_looks_only_there() -> None:
    term = Term(text="Mali", fields=("title",))

    assert fires(term, "Mali")
    assert not fires(term, "x", "Mali")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("rebels of the CMA", True),
        ("rebels of of of CMA", False),
        ("CMA of the rebels", True),
        ("CMA of of of rebels", False),
        ("CMA in Kidal", True),
        ("CMA", False),
    ],
)
def test_near_counts_the_steps_from_word_to_word(title: str, expected: bool) -> None:
    term = Term(text="CMA", near=Near(words=("rebel*", "Kidal"), within=3))

    assert fires(term, title) is expected


def test_near_looks_in_the_same_field() -> None:
    assert not fires(Term(text="CMA", near=Near(words=("Kidal",), within=9)), "CMA", "Kidal")


def test_a_word_inside_the_hit_is_not_near_it() -> None:
    term = Term(text="attack*", near=Near(words=("attack*", "kill*"), within=5))

    assert not fires(term, "attack")
    assert fires(term, "attack after attack")


def test_a_longer_phrase_over_the_hit_is_near_it() -> None:
    assert fires(Term(text="Gao", near=Near(words=("Gao region",), within=1)), "In Gao region")


def test_unless_near_holds_back_only_the_occurrences_it_stands_by() -> None:
    rule = conflict(decisive=(Term(text="Gao", unless_near=Near(words=("Yang",), within=1)),))
    found = match(rule, "Gao Yang went to see Gao")

    assert found is not None
    assert [hit.start for hit in found.hits] == [21]


def test_unless_near_looks_in_the_same_field() -> None:
    assert fires(Term(text="Gao", unless_near=Near(words=("Yang",), within=9)), "Gao", "Yang")


def test_unless_near_can_except_one_form_of_a_word() -> None:
    term = Term(text="Mali*", unless_near=Near(words=("malice",), within=1))

    assert not fires(term, "malice")
    assert fires(term, "Malian")


def test_unless_near_sees_a_longer_word_in_a_script_without_spaces() -> None:
    term = Term(text="马里", unless_near=Near(words=("索马里",), within=1))

    assert not fires(term, "索马里军方")
    assert fires(term, "马里军方")


def test_all_words_may_stand_anywhere_in_the_article() -> None:
    term = Term(text="coup", all=("Bamako", "junta"))

    assert fires(term, "Coup", "The junta in Bamako")
    assert not fires(term, "Coup", "The junta")


def test_words_of_a_condition_may_carry_marks() -> None:
    term = Term(text="coup", all=("=AU",))

    assert fires(term, "Coup: AU reacts")
    assert not fires(term, "Coup au Mali")


def test_a_term_may_stand_in_several_lists_under_different_conditions() -> None:
    rule = conflict(
        places=terms(Term(text="Gao", languages=("fr",)), "Gao"),
        subjects=terms("=Gao"),
        exclude=terms("=gao"),
    )

    assert match(rule, "Gao") is not None
    assert match(rule, "GAO") is None
    assert match(rule, "Gao gao") is None


# Explanations


def test_an_explanation_holds_the_very_match() -> None:
    text = ArticleText(title="Mali attack")
    matcher = compile_keywords([mali()])

    (explained,) = matcher.explain(text)

    assert (explained.match,) == matcher.match(text)
    assert explained.reason == "“Mali” is a place and “attack” is a subject."


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("JNIM", "“JNIM” is decisive."),
        ("jnim at AFCON", "“jnim” is decisive. “AFCON” in the title excludes it."),
        ("Bamako", "The place “Bamako” is not enough: no subject was found."),
        ("Attacks", "The subject “Attacks” is not enough: no place was found."),
        ("Weather", "No keyword was found."),
    ],
)
def test_the_reason_is_a_sentence(title: str, reason: str) -> None:
    assert explain(mali(), title).reason == reason


def test_the_reason_names_a_keyword_that_was_held_back() -> None:
    rule = replace(mali(), keywords=replace(mali().keywords, places=terms("=GAO"), decisive=()))

    assert explain(rule, "Gao").reason == (
        "No keyword was found. “Gao” does not count: it is not written as “=GAO” asks."
    )
    assert explain(rule, "Gao attack").reason == (
        "The subject “attack” is not enough: no place was found."
        " “Gao” does not count: it is not written as “=GAO” asks."
    )


@pytest.mark.parametrize(
    ("term", "because"),
    [
        (
            Term(text="Mali", languages=("fr", "ar")),
            "it is only for the language fr or ar, and this article is in en",
        ),
        (Term(text="Mali", fields=("summary", "body")), "it only counts in the summary or body"),
        (Term(text="=MALI"), "it is not written as “=MALI” asks"),
        (Term(text="Mali", all=("coup",)), "the article does not have “coup”"),
        (
            Term(text="Mali", near=Near(words=("coup", "junta"), within=3)),
            "no “coup” or “junta” stands within 3 words of it",
        ),
        (
            Term(text="Mali", unless_near=Near(words=("x", "Air"), within=3)),
            "“Air” stands within 3 words of it",
        ),
    ],
)
def test_a_keyword_held_back_says_why(term: Term, because: str) -> None:
    assert why_not(term, "Air Mali", language="en") == because


def test_an_unknown_language_is_named_as_such() -> None:
    because = why_not(Term(text="Mali", languages=("fr",)), "Mali")

    assert because == "it is only for the language fr, and this article's is unknown"


def test_what_excludes_is_shown_as_a_span_beside_the_hits() -> None:
    explained = explain(mali(), "JNIM", "at Afcon")

    assert [hit.text for hit in explained.hits] == ["JNIM"]
    assert [
        (one.term, one.field, one.start, one.end, one.text) for one in explained.excluded_by
    ] == [("AFCON", Field.SUMMARY, 3, 8, "Afcon")]


# Versions


def test_equal_rules_have_equal_versions_whatever_their_order() -> None:
    one = Keywords(
        decisive=terms("JNIM", "Goïta"), places=(Term(text="Gao", languages=("fr", "en")),)
    )
    same = Keywords(
        decisive=terms(Term(text="Goïta", vocabulary="leaders"), "JNIM", "JNIM"),
        places=(Term(text="Gao", languages=("en", "fr")),),
        version="other",
    )

    assert keywords_version(one) == keywords_version(same)
    assert len(keywords_version(one)) == 12
    assert int(keywords_version(one), 16) >= 0


@pytest.mark.parametrize(
    "other",
    [
        Keywords(),
        Keywords(places=terms("JNIM")),
        Keywords(decisive=terms("jnim")),
        Keywords(decisive=(Term(text="JNIM", languages=("fr",)),)),
        Keywords(decisive=(Term(text="JNIM", fields=("title",)),)),
        Keywords(decisive=(Term(text="JNIM", near=Near(words=("x",), within=2)),)),
        Keywords(decisive=(Term(text="JNIM", unless_near=Near(words=("x",), within=2)),)),
        Keywords(decisive=(Term(text="JNIM", all=("x",)),)),
        Keywords(decisive=terms("JNIM"), exclude=terms("x")),
    ],
)
def test_any_other_rule_has_another_version(other: Keywords) -> None:
    assert keywords_version(other) != keywords_version(Keywords(decisive=terms("JNIM")))
