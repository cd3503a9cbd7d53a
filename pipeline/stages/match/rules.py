"""The rule: no `exclude`, and one `decisive` or one place with one subject."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.model import ArticleText, Conflict, Field, Hit, Kind, Match, Term
from pipeline.stages.match.automaton import Automaton
from pipeline.stages.match.conditions import CompiledTerm, PatternNumber, compile_term
from pipeline.stages.match.reading import FoldedArticle, Key, Reading, Spot
from pipeline.stages.match.terms import Pattern, check_term, parse_pattern
from pipeline.stages.match.versions import keywords_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A keyword that stands in the article but is no hit: an exclude term, or one held back.

    `text` is `field_text[start:end]` of the text as shown; `because` says why it is no hit.
    """

    term: str
    field: Field
    start: int
    end: int
    text: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one conflict's rule makes of one article, and why, whether it matches or not.

    `hits` are all keywords that count. `excluded_by` are the exclude terms found, `held_back` those
    keywords whose words are there while a mark or condition does not hold. `reason` is a sentence.
    """

    conflict: str
    match: Match | None
    hits: tuple[Hit, ...]
    excluded_by: tuple[Sighting, ...]
    held_back: tuple[Sighting, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    conflict: str
    version: str
    terms: dict[int, tuple[CompiledTerm, ...]]  # by the number of their pattern


class Matcher:
    """All keywords of all conflicts, compiled once; safe to share between threads."""

    def __init__(
        self, rules: Sequence[_Rule], patterns: Sequence[Pattern], automaton: Automaton[Key]
    ) -> None:
        self._rules = rules
        self._patterns = patterns
        self._automaton = automaton
        # Most articles hold neither a decisive word nor a place, and need no further look.
        self._telling = Automaton(
            {
                spelling: True
                for (pattern, kind), _ in _roles(rules).items()
                if kind in (Kind.DECISIVE, Kind.PLACE)
                for spelling in patterns[pattern].spellings()
            }
        )
        # A vocabulary's terms stand in many rules and are compiled once.
        self._terms: dict[int, tuple[CompiledTerm, ...]] = {
            pattern: tuple(dict.fromkeys(found)) for pattern, found in _by_pattern(rules).items()
        }

    def match(self, text: ArticleText | FoldedArticle) -> tuple[Match, ...]:
        """Find the conflicts an article falls under, in the order in which they were compiled.

        Terms are independent of each other: every occurrence of every term is a hit, overlapping
        ones too, ordered by field (title, summary, body) and place.
        """
        article = text if isinstance(text, FoldedArticle) else FoldedArticle(text)
        if not article.holds_any(self._telling):
            return ()
        reading = Reading(article, self._automaton, self._patterns)
        candidates = reading.candidates()
        judged = (
            _judge(rule, reading, explaining=False)
            for number, rule in enumerate(self._rules)
            if candidates >> number & 1
        )
        return tuple(explained.match for explained in judged if explained.match is not None)

    def may_match(self, stream: str) -> bool:
        """Say whether an article with these folded fields, `stream`, could fall under a conflict.

        Where not, `match` finds nothing: a short way for articles that came folded.
        """
        return next(iter(self._telling.find(stream)), None) is not None

    def counting(self, text: ArticleText) -> frozenset[tuple[Term, Kind | None]]:
        """Give every term that counts somewhere in an article, with its list (None: exclude).

        Whether its rule holds does not matter.
        """
        reading = self._read(text)
        return frozenset(
            (term.term, term.kind)
            for pattern, spots in reading.seen().items()
            for term in self._terms.get(pattern, ())
            if any(term.obstacle(reading, spot) is None for spot in spots)
        )

    def excluding(self, text: ArticleText, conflict: str) -> tuple[Term, ...]:
        """Give the exclude terms of a conflict that count in an article."""
        reading = self._read(text)
        return tuple(
            term.term
            for rule in self._rules
            if rule.conflict == conflict
            for pattern, spots in reading.seen().items()
            for term in rule.terms.get(pattern, ())
            if term.kind is None and any(term.obstacle(reading, spot) is None for spot in spots)
        )

    def explain(self, text: ArticleText, *, only: str = "") -> tuple[Explanation, ...]:
        """Say for every conflict, or one only, why the article falls under it or not."""
        reading = self._read(text)
        return tuple(_judge(rule, reading) for rule in self._rules if only in ("", rule.conflict))

    def _read(self, text: ArticleText) -> Reading:
        return Reading(FoldedArticle(text), self._automaton, self._patterns)


def compile_keywords(conflicts: Sequence[Conflict]) -> Matcher:
    """Compile the keywords of all conflicts into one matcher.

    Raises ValueError, naming conflict and term, if a term is invalid: no rule is ever half applied.
    """
    numbers: dict[Pattern, int] = {}

    def number(pattern: Pattern) -> int:
        return numbers.setdefault(pattern, len(numbers))

    rules = []
    shared: dict[tuple[Term, Kind | None], CompiledTerm] = {}  # vocabularies stand in many rules
    for conflict in conflicts:
        terms: dict[int, list[CompiledTerm]] = {}
        for term, kind in _listed(conflict):
            compiled = shared.get((term, kind))
            if compiled is None:
                compiled = shared[term, kind] = _compile(conflict, term, kind, number)
            terms.setdefault(compiled.pattern, []).append(compiled)
        rules.append(
            _Rule(
                conflict=conflict.slug,
                version=conflict.keywords.version or keywords_version(conflict.keywords),
                terms={pattern: tuple(found) for pattern, found in terms.items()},
            )
        )
    patterns = tuple(numbers)
    return Matcher(rules, patterns, Automaton(_keys(patterns, rules)))


class Mentions:
    """The words of some terms: asks only whether they stand in an article, marks aside."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._automaton = Automaton(
            {
                spelling: True
                for text in {term.text for term in terms}
                for spelling in parse_pattern(text).spellings()
            }
        )

    def stand_in(self, article: FoldedArticle) -> bool:
        """Say whether any of the terms could count here; where none could, none ever does."""
        return article.holds_any(self._automaton)

    def stand_in_stream(self, stream: str) -> bool:
        """Say the same of an article's `stream`, for those who keep no more of it."""
        return next(iter(self._automaton.find(stream)), None) is not None


def _by_pattern(rules: Sequence[_Rule]) -> dict[int, list[CompiledTerm]]:
    by_pattern: dict[int, list[CompiledTerm]] = {}
    for rule in rules:
        for pattern, terms in rule.terms.items():
            by_pattern.setdefault(pattern, []).extend(terms)
    return by_pattern


def _listed(conflict: Conflict) -> Iterable[tuple[Term, Kind | None]]:
    keywords = conflict.keywords
    lists = (
        (keywords.decisive, Kind.DECISIVE),
        (keywords.places, Kind.PLACE),
        (keywords.subjects, Kind.SUBJECT),
        (keywords.exclude, None),
    )
    for terms, kind in lists:
        for term in terms:
            yield term, kind


def _compile(
    conflict: Conflict, term: Term, kind: Kind | None, number: PatternNumber
) -> CompiledTerm:
    fault = check_term(term)
    if fault is not None:
        raise ValueError(f"{conflict.slug}: the term “{term.text}” cannot be used: {fault}")
    return compile_term(term, kind, number)


def _keys(patterns: Sequence[Pattern], rules: Sequence[_Rule]) -> dict[str, Key]:
    roles = _roles(rules)
    by_key: dict[str, list[int]] = {}
    for number, pattern in enumerate(patterns):
        for key in pattern.spellings():
            by_key.setdefault(key, []).append(number)
    return {
        key: Key(
            length=len(key),
            words=len(patterns[found[0]].words),
            patterns=tuple(found),
            decisive=_union(roles.get((number, Kind.DECISIVE), 0) for number in found),
            places=_union(roles.get((number, Kind.PLACE), 0) for number in found),
            subjects=_union(roles.get((number, Kind.SUBJECT), 0) for number in found),
        )
        for key, found in by_key.items()
    }


def _roles(rules: Sequence[_Rule]) -> dict[tuple[int, Kind | None], int]:
    """Give for each pattern and kind the conflicts, a bit each, in whose rule it stands."""
    roles: dict[tuple[int, Kind | None], int] = {}
    for bit, rule in enumerate(rules):
        for pattern, terms in rule.terms.items():
            for term in terms:
                role = (pattern, term.kind)
                roles[role] = roles.get(role, 0) | 1 << bit
    return roles


def _union(masks: Iterable[int]) -> int:
    together = 0
    for mask in masks:
        together |= mask
    return together


def _judge(rule: _Rule, reading: Reading, *, explaining: bool = True) -> Explanation:
    """Apply a rule; what was held back, which takes long to tell, only where it is to be told."""
    hits: dict[Hit, None] = {}
    excluded_by: dict[Sighting, None] = {}
    held_back: dict[Sighting, None] = {}
    for pattern, spots in reading.seen().items():
        for term in rule.terms.get(pattern, ()):
            for spot in spots:
                obstacle = term.obstacle(reading, spot)
                if obstacle is not None:
                    if explaining:
                        held_back[_sighting(term, reading, spot, obstacle)] = None
                elif term.kind is None:
                    excluded_by[_sighting(term, reading, spot, "it is an exclude term")] = None
                else:
                    hits[_hit(term.term.text, term.kind, reading, spot)] = None
    return _explain(
        rule,
        tuple(sorted(hits, key=_hit_order)),
        tuple(sorted(excluded_by, key=_reading_order)),
        tuple(sorted(held_back, key=_reading_order)),
    )


def _hit(term: str, kind: Kind, reading: Reading, spot: Spot) -> Hit:
    start, end, text = reading.span(spot)
    return Hit(term=term, kind=kind, field=spot.field, start=start, end=end, text=text)


def _sighting(term: CompiledTerm, reading: Reading, spot: Spot, because: str) -> Sighting:
    start, end, text = reading.span(spot)
    return Sighting(
        term=term.term.text, field=spot.field, start=start, end=end, text=text, because=because
    )


def _hit_order(hit: Hit) -> tuple[object, ...]:
    return (*_reading_order(hit), _KINDS[hit.kind])


def _reading_order(found: Hit | Sighting) -> tuple[object, ...]:
    return (_FIELDS[found.field], found.start, found.end, found.term)


def _explain(
    rule: _Rule,
    hits: tuple[Hit, ...],
    excluded_by: tuple[Sighting, ...],
    held_back: tuple[Sighting, ...],
) -> Explanation:
    first: dict[Kind, Hit] = {}
    for hit in hits:
        first.setdefault(hit.kind, hit)
    holds = Kind.DECISIVE in first or (Kind.PLACE in first and Kind.SUBJECT in first)
    match = None
    if holds and not excluded_by:
        match = Match(
            conflict=rule.conflict, score=_score(hits), hits=hits, rule_version=rule.version
        )
    return Explanation(
        conflict=rule.conflict,
        match=match,
        hits=hits,
        excluded_by=excluded_by,
        held_back=held_back,
        reason=_reason(first, excluded_by, held_back),
    )


def _score(hits: Sequence[Hit]) -> int:
    """Weigh each term once for each field it stands in, twice as much in the title."""
    counted = {(hit.term, hit.kind, hit.field) for hit in hits}
    return sum(_WEIGHTS[kind] * (2 if field is Field.TITLE else 1) for _, kind, field in counted)


def _reason(
    first: dict[Kind, Hit], excluded_by: Sequence[Sighting], held_back: Sequence[Sighting]
) -> str:
    decisive, place, subject = (first.get(kind) for kind in Kind)
    excluded = [f"“{one.text}” in the {one.field} excludes it." for one in excluded_by[:1]]
    if decisive is not None:
        return " ".join([f"“{decisive.text}” is decisive.", *excluded])
    if place is not None and subject is not None:
        found = f"“{place.text}” is a place and “{subject.text}” is a subject."
        return " ".join([found, *excluded])
    if place is not None:
        found = f"The place “{place.text}” is not enough: no subject was found."
    elif subject is not None:
        found = f"The subject “{subject.text}” is not enough: no place was found."
    else:
        found = "No keyword was found."
    because = [f"“{one.text}” does not count: {one.because}." for one in held_back[:1]]
    return " ".join([found, *because, *excluded])


_WEIGHTS = {Kind.DECISIVE: 3, Kind.PLACE: 2, Kind.SUBJECT: 1}
_KINDS = {kind: order for order, kind in enumerate(Kind)}
_FIELDS = {field: order for order, field in enumerate(Field)}
