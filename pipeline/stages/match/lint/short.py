"""Words too short or too common to mean one thing."""

import re
from collections.abc import Iterator, Sequence

from pipeline.model import Term
from pipeline.stages.match.lint.languages import (
    accented_words,
    common_words,
    everyday_words,
    language_name,
    primary,
)
from pipeline.stages.match.lint.values import Doubt, Remark, Surroundings, Written
from pipeline.stages.match.terms import Exactness

_SHORT = 3  # letters of a name or acronym that is not marked
_LEAST_STEM = 4  # letters before a star


def ambiguous(terms: Sequence[Written], surroundings: Surroundings) -> Iterator[Remark]:
    """Name own terms that are short, common or begin too many words, and have no company."""
    spoken = sorted({primary(tag) for tag in surroundings.languages})
    for one in terms:
        if one.term.vocabulary or len(one.pattern.words) > 1 or _has_company(one.term):
            continue
        if one.pattern.prefix:
            found = _short_prefix(one)
        else:
            found = _common_word(one, _heard(one.term, spoken)) or _short_word(one)
        if found is not None:
            yield found


def _has_company(term: Term) -> bool:
    return any((term.near, term.unless_near, term.all))


def _heard(term: Term, spoken: Sequence[str]) -> list[str]:
    wanted = {primary(tag) for tag in term.languages}
    return [language for language in spoken if not wanted or language in wanted]


def _short_prefix(one: Written) -> Remark | None:
    [stem] = one.pattern.words
    least = _LEAST_STEM if _LATIN_OR_CYRILLIC.match(stem) else _LEAST_STEM - 1
    if one.pattern.exactness is not Exactness.FOLDED:
        least -= 1
    if len(stem) >= least or _IDEOGRAPHIC.match(stem):
        return None
    return Remark(
        line=one.line,
        doubt=Doubt.PREFIX,
        what=f"{one} begins very many words: “{stem}” is too short for a star",
        fix="write the forms you mean",
    )


def _common_word(one: Written, languages: Sequence[str]) -> Remark | None:
    [word] = one.pattern.words
    exactness = one.pattern.exactness
    body = one.term.text.strip().lstrip("=^").strip()
    if exactness is Exactness.CASE and ((body.isupper() and len(body) > 1) or not body.isalpha()):
        return None
    known = everyday_words if body.isupper() else common_words
    for language in languages:
        common = known(language).get(word)
        if common is None:
            continue
        if exactness is not Exactness.FOLDED and body.casefold() not in accented_words(language):
            continue
        if exactness is Exactness.CASE:
            fix = "a sentence may begin with it: give it near or unless_near"
        else:
            fix = f'write "={body}" for exactly these letters, or give it a condition'
        return Remark(
            line=one.line,
            doubt=Doubt.COMMON,
            what=f"{one} also matches {common}, a common word in {language_name(language)}",
            fix=fix,
        )
    return None


def _short_word(one: Written) -> Remark | None:
    [word] = one.pattern.words
    written = one.term.text.strip()
    if one.pattern.exactness is not Exactness.FOLDED or one.term.languages or one.term.fields:
        return None
    if word.isdecimal():
        what, fix = f"{one} is a number that anything may have", "add a word or a condition"
    elif not _LATIN_OR_CYRILLIC.match(word) or len(word) > _SHORT or not word.isalpha():
        return None
    elif written.isupper() or written.istitle():
        what = f"{one} also matches {written.lower()}"
        fix = f'write "={written}" for exactly these letters'
    elif len(word) < _SHORT:
        what, fix = f"{one} is short enough to mean much else", "give it a condition"
    else:
        return None
    return Remark(line=one.line, doubt=Doubt.SHORT, what=what, fix=fix)


_LATIN_OR_CYRILLIC = re.compile("[a-z\u00df-\u02af\u0370-\u052f\u1e00-\u1fff]")
_IDEOGRAPHIC = re.compile("[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
