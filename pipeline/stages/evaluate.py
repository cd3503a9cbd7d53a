"""Evaluate: how right the rules are on articles whose conflicts are known."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipeline.model import Kind, Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled article: what the matcher said, and what is true.

    `labels` are the slugs of the conflicts it belongs to; for those in `grey` nobody can say, so
    the article is left out there.
    """

    matches: Sequence[Match]
    labels: Collection[str]
    grey: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFigures:
    """How often a term fired on articles that belong to the conflict, and on others."""

    term: str
    kind: Kind
    right: int
    wrong: int

    @property
    def precision(self) -> float:
        """The share of its articles that belong to the conflict, from 0 to 1."""
        return self.right / (self.right + self.wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of right and wrong decisions, and the usual figures made of them.

    Each figure is None where it has no meaning: precision when nothing was found, recall when there
    was nothing to find.
    """

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float | None:
        """The share of what was found that is right, from 0 to 1."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float | None:
        """The share of what is right that was found, from 0 to 1."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, from 0 to 1."""
        wrong = self.false_positives + self.false_negatives
        return _share(2 * self.true_positives, 2 * self.true_positives + wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictFigures:
    """One conflict's figures, and its terms, those that fired most often first."""

    conflict: str
    figures: Figures
    terms: tuple[TermFigures, ...]

    def best_terms(self, count: int = 5) -> tuple[TermFigures, ...]:
        """Give the terms that found most, net of what they found wrongly."""
        found = [term for term in self.terms if term.right > term.wrong]
        return tuple(sorted(found, key=lambda term: (term.wrong - term.right, _name(term)))[:count])

    def worst_terms(self, count: int = 5) -> tuple[TermFigures, ...]:
        """Give the terms with most wrong firings, of equals the less precise first."""
        found = [term for term in self.terms if term.wrong]
        return tuple(
            sorted(found, key=lambda term: (-term.wrong, term.precision, _name(term)))[:count]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The figures of all conflicts on the same articles.

    `overall` adds up all conflicts' counts. `unknown_labels` are labels that name no conflict here,
    with their number of articles: nothing was measured for them.
    """

    articles: int
    conflicts: tuple[ConflictFigures, ...]
    overall: Figures
    unknown_labels: tuple[tuple[str, int], ...]

    @property
    def mean_f1(self) -> float | None:
        """The mean of F1 over the conflicts that occur among the labels; each weighs the same."""
        measured = [
            conflict.figures.f1
            for conflict in self.conflicts
            if conflict.figures.recall is not None and conflict.figures.f1 is not None
        ]
        return sum(measured) / len(measured) if measured else None


def evaluate(articles: Iterable[Judged], conflicts: Sequence[str]) -> Evaluation:
    """Compare what was matched with what is true, for each conflict (a slug) in the given order.

    Every article without a conflict's label counts as a negative for it, except where grey. A term
    counts once an article, whenever it stands among the hits of a match.
    """
    tallies = {conflict: _Tally() for conflict in conflicts}
    unknown: Counter[str] = Counter()
    total = 0
    for article in articles:
        total += 1
        labels = set(article.labels)
        grey = set(article.grey)
        unknown.update(labels - tallies.keys())
        matches = {match.conflict: match for match in article.matches}
        for conflict in (labels | matches.keys()) & tallies.keys() - grey:
            tallies[conflict].add(matches.get(conflict), belongs=conflict in labels)
    figures = tuple(tally.figures(conflict) for conflict, tally in tallies.items())
    return Evaluation(
        articles=total,
        conflicts=figures,
        overall=_add_up([conflict.figures for conflict in figures]),
        unknown_labels=tuple(sorted(unknown.items())),
    )


class _Tally:
    def __init__(self) -> None:
        self.decisions: Counter[tuple[bool, bool]] = Counter()  # (found, belongs)
        self.right: Counter[tuple[str, Kind]] = Counter()
        self.wrong: Counter[tuple[str, Kind]] = Counter()

    def add(self, match: Match | None, *, belongs: bool) -> None:
        self.decisions[match is not None, belongs] += 1
        if match is not None:
            firings = self.right if belongs else self.wrong
            firings.update({(hit.term, hit.kind) for hit in match.hits})

    def figures(self, conflict: str) -> ConflictFigures:
        terms = [
            TermFigures(
                term=term, kind=kind, right=self.right[term, kind], wrong=self.wrong[term, kind]
            )
            for term, kind in self.right.keys() | self.wrong.keys()
        ]
        terms.sort(key=lambda term: (-term.right - term.wrong, _name(term)))
        return ConflictFigures(
            conflict=conflict,
            figures=Figures(
                true_positives=self.decisions[True, True],
                false_positives=self.decisions[True, False],
                false_negatives=self.decisions[False, True],
            ),
            terms=tuple(terms),
        )


def _add_up(figures: Sequence[Figures]) -> Figures:
    return Figures(
        true_positives=sum(one.true_positives for one in figures),
        false_positives=sum(one.false_positives for one in figures),
        false_negatives=sum(one.false_negatives for one in figures),
    )


def _name(term: TermFigures) -> tuple[str, Kind]:
    return term.term, term.kind


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
