"""Conditions that no article can meet."""

import re
from collections.abc import Iterator, Sequence

from pipeline.model import Field, Near, Term
from pipeline.stages.match.lint.covering import covers
from pipeline.stages.match.lint.languages import language_name, primary
from pipeline.stages.match.lint.values import Doubt, Remark, Surroundings, Written
from pipeline.stages.match.terms import Pattern, parse_pattern


def impossible(
    terms: Sequence[Written], surroundings: Surroundings, exclude: Sequence[Written] = ()
) -> Iterator[Remark]:
    """Name own terms whose conditions can never hold, given what their conflict excludes."""
    barred = [one for one in exclude if one.term.unconditional]
    for one in terms:
        if one.term.unconditional or one.term.vocabulary:
            continue
        for problem, fix in (
            *_wrong_field(one.term, surroundings),
            *_wrong_language(one, surroundings),
            *_wrong_company(one),
            *_excluded_company(one.term, barred),
        ):
            yield Remark(line=one.line, doubt=Doubt.NEVER, what=f"{one} {problem}", fix=fix)


def _wrong_field(term: Term, surroundings: Surroundings) -> Iterator[tuple[str, str]]:
    if set(term.fields) == {Field.BODY} and not surroundings.bodies:
        yield (
            "can never count: it is only for the body, and no feed brings more than a summary",
            "add title or summary to field",
        )


def _wrong_language(one: Written, surroundings: Surroundings) -> Iterator[tuple[str, str]]:
    wanted = one.term.languages
    if not wanted:
        return
    spoken = {primary(language) for language in surroundings.languages}
    # An article carries the primary language alone: pt, never pt-BR.
    if all(primary(language) != language.casefold() for language in wanted):
        yield (
            f"can never count: articles are in {primary(wanted[0])}, not in {wanted[0]}",
            f"write lang: {primary(wanted[0])}",
        )
    elif spoken and not spoken & {language.casefold() for language in wanted}:
        named = " or ".join(map(language_name, wanted))
        yield f"can never count: no feed is in {named}", "correct lang, or add such a feed"
    elif _OTHER_SCRIPT.search(one.term.text) and set(map(primary, wanted)) <= _LATIN:
        named = " or ".join(map(language_name, wanted))
        yield f"can hardly count: {named} is not written in these letters", "correct lang"


def _wrong_company(one: Written) -> Iterator[tuple[str, str]]:
    near, unless = _patterns(one.term.near), _patterns(one.term.unless_near)
    for word, pattern in unless:
        if covers(pattern, one.pattern):
            yield (
                f"can never count: “{word}” of unless_near stands in the term itself",
                "remove that word",
            )
            return
    if near and all(covers(pattern, one.pattern) for _, pattern in near):
        words = ", ".join(word for word, _ in near)
        yield (
            f"asks for near words that stand in it ({words}): they would have to stand twice",
            "name other words",
        )
    elif near and all(_kept_away(pattern, one.term) for _, pattern in near):
        yield (
            "can never count: every word of near is also kept away by unless_near",
            "remove the words from one of the two",
        )
    for word, needed in _all(one.term):
        if covers(needed, one.pattern):
            yield f"asks with all for “{word}”, which stands in it", "remove that word"


def _kept_away(pattern: Pattern, term: Term) -> bool:
    """Say whether a near word brings an unless_near word with it, close enough to count."""
    if term.near is None or term.unless_near is None:
        return False
    reach = term.near.within + len(pattern.words) - 1
    return any(
        covers(other, pattern) and term.unless_near.within >= reach
        for _, other in _patterns(term.unless_near)
    )


def _excluded_company(term: Term, barred: Sequence[Written]) -> Iterator[tuple[str, str]]:
    near = _patterns(term.near)
    for word, pattern in _all(term):
        for other in barred:
            if covers(other.pattern, pattern):
                yield (
                    f"can never count: it needs “{word}”, and {other.term.text} is excluded",
                    "remove one of the two",
                )
                return
    needed = [next((o for o in barred if covers(o.pattern, each)), None) for _, each in near]
    if needed and all(needed):
        words = ", ".join(word for word, _ in near)
        yield (
            f"can never count: every word of near ({words}) is excluded",
            "remove them from one of the two",
        )


def _patterns(near: Near | None) -> list[tuple[str, Pattern]]:
    return [] if near is None else [(word, parse_pattern(word)) for word in near.words]


def _all(term: Term) -> list[tuple[str, Pattern]]:
    return [(word, parse_pattern(word)) for word in term.all]


_OTHER_SCRIPT = re.compile("[\u0370-\u052f\u0590-\u08ff\u0900-\u0dff\u3040-\u30ff\u4e00-\u9fff]")
_LATIN = frozenset({"en", "fr", "es", "pt", "de", "it", "nl", "sw", "so", "ha", "tr", "pl", "id"})
