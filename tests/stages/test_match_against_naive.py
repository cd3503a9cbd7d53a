"""The matcher against one that is slow and obviously right: no automaton, no masks, no laziness."""

import unicodedata
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import ArticleText, Conflict, Field, Hit, Keywords, Kind, Match, Near, Term
from pipeline.stages.match import Sighting, compile_keywords
from pipeline.text import fold_key

# The slow matcher


@dataclass(frozen=True)
class Word:
    folded: str
    exact: str
    start: int
    end: int


def read(text: str) -> list[Word]:
    """Read words letter by letter; knows only the characters that the generated texts use."""
    words: list[Word] = []
    letters: list[int] = []
    for i, c in enumerate(text + " "):
        if c == "\u00ad" or c == "\u0301":
            continue
        if c.isalnum() and not is_han(c):
            letters.append(i)
            continue
        if letters:
            end = letters[-1] + 1
            while text[end : end + 1] == "\u0301":
                end += 1
            words.append(word(text, letters[0], end))
            letters = []
        if is_han(c):
            words.append(word(text, i, i + 1))
    return [one for one in words if not is_possessive(text, one)]


def word(text: str, start: int, end: int) -> Word:
    exact = unicodedata.normalize("NFKC", text[start:end].replace("\u00ad", ""))
    folded = "".join(c for c in unicodedata.normalize("NFD", exact.casefold()) if not is_mark(c))
    for variant, letter in (("ى", "ي"), ("ة", "\u0647")):
        folded = folded.replace(variant, letter)
    return Word(folded, exact, start, end)


def is_han(c: str) -> bool:
    return c in "马里索"


def is_mark(c: str) -> bool:
    return unicodedata.combining(c) != 0


def is_possessive(text: str, one: Word) -> bool:
    before = text[one.start - 1] if one.start else " "
    after = text[one.end] if one.end < len(text) else " "
    return (
        one.folded == "s"
        and len(one.exact) == one.end - one.start
        and before in "'\u2019"
        and (not is_han(after) and after != "\u00ad")
    )


def same(term: str, found: str, open_ended: bool) -> bool:
    return found.startswith(term) if open_ended else found == term


def arabic(term: str, found: str, open_ended: bool) -> bool:
    """Say whether a word is the term behind particles: strip them one after the other."""
    definite = term.startswith("ال")
    for conjunction in ("", "و", "ف"):
        for preposition in ("", "ب", "ك", "ل"):
            rest = found.removeprefix(conjunction + preposition)
            if conjunction + preposition + rest != found:
                continue
            swallowed = preposition == "ل"
            if same(term, rest, open_ended) and not (swallowed and definite):
                return True
            if same("ال" + term, rest, open_ended) and not (swallowed or definite):
                return True
            if same("ل" + term.removeprefix("ال"), rest, open_ended) and swallowed:
                return True
    return False


def stands_at(term: str, words: list[Word], at: int) -> int | None:
    """Give the number of the word after a term standing at word `at`, or None."""
    mark = term[0] if term[0] in "=^" else ""
    body = term[len(mark) :]
    prefix = body.endswith("*")
    wanted = read(body.rstrip("*"))
    here = words[at : at + len(wanted)]
    if len(here) < len(wanted):
        return None
    for number, (want, have) in enumerate(zip(wanted, here, strict=True)):
        open_ended = prefix and number == len(wanted) - 1
        if mark == "=":
            agrees = same(want.exact, have.exact, open_ended)
        elif mark == "^":
            agrees = same(want.exact.casefold(), have.exact.casefold(), open_ended)
        elif number == 0 and "\u0620" <= want.folded[0] <= "\u064a":
            agrees = arabic(want.folded, have.folded, open_ended)
        else:
            agrees = same(want.folded, have.folded, open_ended)
        if not agrees:
            return None
    return at + len(wanted)


Texts = dict[Field, list[Word]]


def everywhere(term: str, texts: Texts) -> list[tuple[Field, int, int]]:
    return [
        (field, at, after)
        for field, words in texts.items()
        for at in range(len(words))
        if (after := stands_at(term, words, at)) is not None
    ]


def counts(term: Term, spot: tuple[Field, int, int], texts: Texts, language: str) -> bool:
    field, at, after = spot
    if term.languages and language not in term.languages:
        return False
    if term.fields and field.value not in term.fields:
        return False
    if not all(everywhere(one, texts) for one in term.all):
        return False
    if term.near and not any(
        steps(at, after, *other) <= term.near.within and not (other[0] >= at and other[1] <= after)
        for other in in_field(term.near.words, field, texts)
    ):
        return False
    return not term.unless_near or not any(
        steps(at, after, *other) <= term.unless_near.within
        for other in in_field(term.unless_near.words, field, texts)
    )


def in_field(words: tuple[str, ...], field: Field, texts: Texts) -> list[tuple[int, int]]:
    return [
        (at, after)
        for one in words
        for found, at, after in everywhere(one, texts)
        if found is field
    ]


def steps(at: int, after: int, other_at: int, other_after: int) -> int:
    if other_at >= after:
        return other_at - after + 1
    if other_after <= at:
        return at - other_after + 1
    return 0


def naive(conflicts: list[Conflict], text: ArticleText) -> tuple[Match, ...]:
    shown = {Field.TITLE: text.title, Field.SUMMARY: text.summary, Field.BODY: text.body}
    texts = {field: read(content) for field, content in shown.items()}

    def found(terms: tuple[Term, ...]) -> list[tuple[Term, tuple[Field, int, int]]]:
        return [
            (term, spot)
            for term in terms
            for spot in everywhere(term.text, texts)
            if counts(term, spot, texts, text.language)
        ]

    matches = []
    for conflict in conflicts:
        rule = conflict.keywords
        hits = set()
        lists = (
            (rule.decisive, Kind.DECISIVE),
            (rule.places, Kind.PLACE),
            (rule.subjects, Kind.SUBJECT),
        )
        for terms, kind in lists:
            for term, (field, at, after) in found(terms):
                start, end = texts[field][at].start, texts[field][after - 1].end
                shown_text = shown[field][start:end]
                hits.add(
                    Hit(
                        term=term.text,
                        kind=kind,
                        field=field,
                        start=start,
                        end=end,
                        text=shown_text,
                    )
                )
        kinds = {hit.kind for hit in hits}
        if found(rule.exclude) or not (
            Kind.DECISIVE in kinds or {Kind.PLACE, Kind.SUBJECT} <= kinds
        ):
            continue
        weights = {Kind.DECISIVE: 3, Kind.PLACE: 2, Kind.SUBJECT: 1}
        score = 0
        for _, kind, field in {(hit.term, hit.kind, hit.field) for hit in hits}:
            score += weights[kind] * (2 if field is Field.TITLE else 1)
        fields, all_kinds = list(Field), list(Kind)
        matches.append(
            Match(
                conflict=conflict.slug,
                score=score,
                hits=tuple(
                    sorted(
                        hits,
                        key=lambda hit: (
                            fields.index(hit.field),
                            hit.start,
                            hit.end,
                            hit.term,
                            all_kinds.index(hit.kind),
                        ),
                    )
                ),
                rule_version=rule.version,
            )
        )
    return tuple(matches)


# What both are given

WORDS = [
    "mali", "Mali", "MALI", "malien", "somali", "gao", "GAO", "Gaos", "tue", "tué", "tue\u0301",
    "TUÉ", "au", "AU", "ma\u00adli", "s", "l", "Mali's", "Mali\u2019s", "l'au", "tué-gao",
    "مالي", "ومالي", "للمالي", "المالي", "مالى", "غزة", "ألف", "马里", "索马里", "马", "мали", "Ёж",
]  # fmt: skip
TERMS = [
    "mali", "Mali", "mali*", "=Mali", "=MALI", "=Gao*", "gao", "=GAO", "^tué", "^tue", "tue", "tu*",
    "=tué", "au", "=AU", "gao mali", "mali tue*", "=Mali au", "l'au", "مالي", "المالي", "غزه",
    "الف", "=مالي", "مال*", "马里", "索马里", "马 里 mali", "мали", "еж", "s", "somali mali mali",
]  # fmt: skip

texts = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from([" ", "  ", ", ", "-", "\u00a0", "\u2014", ". ", ""]),
    ),
    max_size=9,
).map(lambda pairs: "".join(word + gap for word, gap in pairs))
spellings = st.sampled_from(TERMS)
nearness = st.none() | st.builds(
    Near,
    words=st.lists(spellings, min_size=1, max_size=2).map(tuple),
    within=st.integers(1, 4),
)
plain = st.builds(Term, text=spellings)
conditional = st.builds(
    Term,
    text=spellings,
    languages=st.sampled_from([(), (), ("fr",), ("en", "ar")]),
    fields=st.sampled_from([(), (), ("title",), ("summary", "body")]),
    near=nearness,
    unless_near=nearness,
    all=st.lists(spellings, max_size=1).map(tuple),
)


def lists(most: int) -> st.SearchStrategy[tuple[Term, ...]]:
    return st.lists(plain | conditional, max_size=most).map(tuple)


keywords = st.builds(
    Keywords,
    decisive=lists(2),
    places=lists(4),
    subjects=lists(4),
    exclude=lists(1),
    version=st.just("v"),
)
conflicts = st.lists(keywords, min_size=1, max_size=3).map(
    lambda rules: [
        Conflict(slug=f"c{number}", title="", keywords=rule) for number, rule in enumerate(rules)
    ]
)
articles = st.builds(
    ArticleText,
    title=texts,
    summary=texts,
    body=texts,
    language=st.sampled_from(["", "fr", "en", "ar"]),
)


@settings(max_examples=400, deadline=None)
@given(conflicts, articles)
def test_the_matcher_agrees_with_the_obvious_one(rules: list[Conflict], text: ArticleText) -> None:
    matcher = compile_keywords(rules)
    found = naive(rules, text)
    assert matcher.match(text) == found
    folded = f" {fold_key(text.title)} \n {fold_key(text.summary)} \n {fold_key(text.body)} "
    assert matcher.may_match(folded) or not found


@settings(max_examples=200, deadline=None)
@given(conflicts, articles)
def test_matching_is_explaining_filtered(rules: list[Conflict], text: ArticleText) -> None:
    matcher = compile_keywords(rules)
    explained = matcher.explain(text)

    assert matcher.match(text) == tuple(one.match for one in explained if one.match)
    assert [one.conflict for one in explained] == [rule.slug for rule in rules]


@given(conflicts, st.text(max_size=60))
def test_hits_are_spans_of_any_text(rules: list[Conflict], title: str) -> None:
    for explained in compile_keywords(rules).explain(ArticleText(title=title)):
        found: list[Hit | Sighting] = [
            *explained.hits,
            *explained.excluded_by,
            *explained.held_back,
        ]
        for one in found:
            assert one.text == title[one.start : one.end] != ""
