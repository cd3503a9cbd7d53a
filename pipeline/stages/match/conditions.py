"""What a term asks besides its words: its mark, its language and field, and its company."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.model import Kind, Near, Term
from pipeline.stages.match.reading import Reading, Spot
from pipeline.stages.match.terms import Exactness, Pattern, parse_pattern

PatternNumber = Callable[[Pattern], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The words of a `near`, `unless_near` or `all`: as written, and as numbered patterns."""

    words: tuple[str, ...] = ()
    patterns: tuple[int, ...] = ()
    within: int = 0
    numbers: frozenset[int] = frozenset()  # the patterns again: most articles hold none of them

    def is_absent(self, reading: Reading) -> bool:
        """Say whether none of the words stands anywhere in the article, whatever their marks."""
        return self.numbers.isdisjoint(reading.seen())


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTerm:
    """A term ready for judging its spots. `kind` is None for an exclude term."""

    term: Term
    kind: Kind | None
    pattern: int
    exactness: Exactness
    languages: tuple[str, ...]
    near: Company
    unless_near: Company
    all: Company

    def obstacle(self, reading: Reading, spot: Spot) -> str | None:
        """Say why the term does not count at a spot where its words stand; None if it counts."""
        if self.languages and not _speaks(reading.text.language, self.languages):
            spoken = reading.text.language
            found = f"this article is in {spoken}" if spoken else "this article's is unknown"
            return f"it is only for the language {_either(self.term.languages)}, and {found}"
        if self.term.fields and spot.field not in self.term.fields:
            return f"it only counts in the {_either(self.term.fields)}"
        if self.exactness is not Exactness.FOLDED and not reading.is_written(self.pattern, spot):
            return f"it is not written as “{self.term.text.strip()}” asks"
        return self._company_missing(reading, spot)

    def _company_missing(self, reading: Reading, spot: Spot) -> str | None:
        for word, pattern in zip(self.all.words, self.all.patterns, strict=True):
            if not reading.spots(pattern):
                return f"the article does not have “{word}”"
        near, unless = self.near, self.unless_near
        if near.words and (near.is_absent(reading) or not any(_other_close(reading, spot, near))):
            return f"no {_either(_quoted(near.words))} stands within {near.within} words of it"
        if not unless.words or unless.is_absent(reading):
            return None
        for word, close in zip(unless.words, _close(reading, spot, unless), strict=True):
            if close:
                return f"“{word}” stands within {unless.within} words of it"
        return None


def compile_term(term: Term, kind: Kind | None, number: PatternNumber) -> CompiledTerm:
    """Read a checked term, its patterns numbered by `number` (equal patterns, equal numbers)."""
    pattern = parse_pattern(term.text)
    return CompiledTerm(
        term=term,
        kind=kind,
        pattern=number(pattern),
        exactness=pattern.exactness,
        languages=tuple(map(_language, term.languages)),
        near=_company(term.near, number),
        unless_near=_company(term.unless_near, number),
        all=_company(Near(words=term.all, within=0), number),
    )


def _company(near: Near | None, number: PatternNumber) -> Company:
    if near is None:
        return Company()
    patterns = tuple(number(parse_pattern(word)) for word in near.words)
    return Company(
        words=near.words, patterns=patterns, within=near.within, numbers=frozenset(patterns)
    )


def _speaks(spoken: str, languages: Sequence[str]) -> bool:
    """Say whether an article's language is one of these; `fr-CA` is `fr`, but not the reverse."""
    tag = _language(spoken)
    return any(tag == language or tag.startswith(language + "-") for language in languages)


def _language(tag: str) -> str:
    return tag.strip().replace("_", "-").casefold()


def _other_close(reading: Reading, spot: Spot, company: Company) -> Iterable[bool]:
    """Tell for each word whether it stands close by; one inside the hit is not company."""
    for pattern in company.patterns:
        yield any(
            _distance(spot, other) <= company.within
            for other in reading.spots(pattern)
            if other.field is spot.field and not _inside(other, spot)
        )


def _close(reading: Reading, spot: Spot, company: Company) -> Iterable[bool]:
    """Tell for each word whether it stands close by or inside the hit.

    So `{term: mali*, unless_near: [malice]}` takes one form out of many.
    """
    for pattern in company.patterns:
        yield any(
            _distance(spot, other) <= company.within
            for other in reading.spots(pattern)
            if other.field is spot.field
        )


def _distance(one: Spot, other: Spot) -> int:
    """Count the steps between two runs of words: 1 for neighbours, 0 where they overlap."""
    return max(other.first - one.after + 1, one.first - other.after + 1, 0)


def _inside(other: Spot, spot: Spot) -> bool:
    return spot.first <= other.first and other.after <= spot.after


def _quoted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"“{word}”" for word in words)


def _either(words: Sequence[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last
