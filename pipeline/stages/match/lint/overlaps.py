"""Terms that add nothing, terms in two lists, terms their own conflict excludes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.model import Near, Term
from pipeline.stages.match.lint.covering import asks_no_more, covering, index
from pipeline.stages.match.lint.values import Doubt, Remark, Written, WrittenRule
from pipeline.stages.match.terms import Pattern


def covered_terms(terms: Sequence[Written]) -> Iterator[Remark]:
    """Name own terms of a list that another term of it covers; of equal ones all but one.

    Terms from a vocabulary are not named: they are looked at once, in their own list.
    """
    wider = index(terms)
    kept: set[tuple[Pattern, Term]] = set()
    for one in terms:
        if one.term.vocabulary:
            continue
        key = (one.pattern, _asked(one.term))
        others = [other for other in covering(one, wider) if other is not one]
        equal = [other for other in others if (other.pattern, _asked(other.term)) == key]
        wide = [other for other in others if other not in equal]
        shared = [other for other in equal if other.term.vocabulary]
        found = (wide or shared or (equal if key in kept else []))[:1]
        kept.add(key)
        for other in found:
            source = f" of @{other.term.vocabulary}" if other.term.vocabulary else ""
            yield Remark(
                line=one.line,
                doubt=Doubt.COVERED,
                what=f"{one} is already covered by {other.term.text}{source}",
                fix="remove it, or the wider one if that is too wide",
            )


def _asked(term: Term) -> Term:
    """A term's conditions alone."""
    return replace(
        term,
        text="",
        vocabulary="",
        languages=tuple(sorted(term.languages)),
        fields=tuple(sorted(term.fields)),
        near=_sorted(term.near),
        unless_near=_sorted(term.unless_near),
        all=tuple(sorted(term.all)),
    )


def _sorted(near: Near | None) -> Near | None:
    return None if near is None else replace(near, words=tuple(sorted(near.words)))


def excluded_terms(rule: WrittenRule) -> Iterator[Remark]:
    """Name terms that stand only in articles their own conflict excludes, and what needs such."""
    exclude = index(rule.exclude)
    if not exclude:
        return
    told: set[tuple[str, str]] = set()
    for one in (*rule.decisive, *rule.places, *rule.subjects):
        barred = next(covering(one, exclude), None)
        if barred is None:
            continue
        shared = one.term.vocabulary
        if shared and (one.term.text, barred.term.text) in told:
            continue
        told.add((one.term.text, barred.term.text))
        source = f" (of @{shared})" if shared else ""
        at = one if not shared or barred.term.vocabulary else barred
        yield Remark(
            line=at.line,
            doubt=Doubt.EXCLUDED,
            what=f"{one}{source} can never count: {barred.term.text} is excluded",
            fix="remove one of the two",
        )


def two_roles(rule: WrittenRule) -> Iterator[Remark]:
    """Name terms that stand in two lists of one conflict."""
    decisive = index(rule.decisive)
    for one in rule.places:
        found = next(covering(one, decisive), None)
        if found is not None:
            yield Remark(
                line=one.line,
                doubt=Doubt.TWO_ROLES,
                what=f"{one} adds nothing: {found.term.text} in decisive is enough alone",
                fix="keep it in one of the two lists",
            )
    subjects = defaultdict(list)
    for subject in rule.subjects:
        subjects[subject.pattern].append(subject)
    for one in rule.places:
        if one.term.near is not None or one.term.all:
            continue  # it does not stand alone
        for subject in subjects.get(one.pattern, ())[:1]:
            if asks_no_more(subject.term, one.term) or asks_no_more(one.term, subject.term):
                yield Remark(
                    line=one.line,
                    doubt=Doubt.TWO_ROLES,
                    what=f"{one} also stands in subjects: alone it makes a match",
                    fix="keep it in one of the two lists, or put it in decisive if that is meant",
                )


def shared_terms(rules: Iterable[WrittenRule]) -> Iterator[Remark]:
    """Note terms that are decisive in one conflict and stand in another's decisive or places."""
    standing: dict[Pattern, list[tuple[str, Written]]] = defaultdict(list)
    rules = tuple(rules)
    for rule in rules:
        for one in (*rule.decisive, *rule.places):
            standing[one.pattern].append((rule.conflict, one))
    for rule in rules:
        for one in rule.decisive:
            others = [
                f"in {other.where} of {conflict}"
                for conflict, other in standing[one.pattern]
                if conflict != rule.conflict
            ]
            if others:
                yield Remark(
                    line=one.line,
                    doubt=Doubt.SHARED,
                    what=f"{one} of {rule.conflict} also stands {' and '.join(others)}",
                    fix="fine if one word means both conflicts",
                    note=True,
                )
