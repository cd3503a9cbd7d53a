"""Precision, as editors' verdicts tell it: of each conflict's keywords, and of each term."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from pipeline.model import Kind, Verdicted

_Z = 1.96  # two-sided 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something was right, with the interval the true share lies in (95 %)."""

    right: int
    wrong: int

    @property
    def total(self) -> int:
        """How many verdicts it rests on."""
        return self.right + self.wrong

    @property
    def value(self) -> float | None:
        """The share that was right, from 0 to 1; None without any verdict."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, by Wilson's score interval; all of 0 to 1 without a verdict.

        E. B. Wilson, Probable inference, JASA 22 (1927): it stays within 0 and 1 and is honest for
        small counts.
        """
        return wilson(self.right, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermPrecision:
    """How often articles a term stands in were approved."""

    term: str
    kind: Kind
    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictPrecision:
    """One conflict's keywords in the light of verdicts.

    `terms` are those that stand in judged articles, the noisiest first. `silent` are terms of the
    rule that stand in none.
    """

    conflict: str
    share: Share
    terms: tuple[TermPrecision, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """How much of a conflict the keywords find, estimated from a blind sample.

    Of `drawn` articles without a match that editors judged, `wanted` belonged to the conflict;
    `unmatched` articles were there to draw from, `approved` were found and approved in that time.
    """

    approved: int
    unmatched: int
    drawn: int
    wanted: int

    @property
    def value(self) -> float | None:
        """The estimate from 0 to 1; None without a sample or where there is nothing to find."""
        if not self.drawn:
            return None
        return _found_of(self.approved, self.unmatched * self.wanted / self.drawn)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true recall lies (95 %), as far as the sample tells."""
        least, most = wilson(self.wanted, self.drawn)
        low = _found_of(self.approved, self.unmatched * most)
        high = _found_of(self.approved, self.unmatched * least)
        return (0.0 if low is None else low, 1.0 if high is None else high)


def _found_of(found: float, missed: float) -> float | None:
    return found / (found + missed) if found + missed else None


def wilson(right: int, total: int) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share, within 0 and 1."""
    if not total:
        return 0.0, 1.0
    share, weight = right / total, _Z * _Z / total
    middle = share + weight / 2
    spread = _Z * sqrt(share * (1 - share) / total + weight / (4 * total))
    # Where nothing (or everything) was right, rounding must not leave the bound just inside.
    low = 0.0 if right == 0 else max((middle - spread) / (1 + weight), 0.0)
    high = 1.0 if right == total else min((middle + spread) / (1 + weight), 1.0)
    return low, high


def living_precision(
    verdicts: Iterable[Verdicted], terms: Mapping[str, Sequence[str]]
) -> tuple[ConflictPrecision, ...]:
    """Sum up verdicts by conflict and term, for the conflicts in `terms` (slug to rule's terms).

    A term counts once an article. Noisy is what is wrong for certain and often: terms are ordered
    by how many wrong articles they would show at the upper end of their interval.
    """
    totals: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    firings: defaultdict[str, Counter[tuple[str, Kind, bool]]] = defaultdict(Counter)
    for verdict in verdicts:
        totals[verdict.conflict][verdict.approved] += 1
        fired = {(hit.term, hit.kind, verdict.approved) for hit in verdict.hits}
        firings[verdict.conflict].update(fired)
    return tuple(
        _of_conflict(conflict, totals[conflict], firings[conflict], written)
        for conflict, written in terms.items()
    )


def _of_conflict(
    conflict: str,
    total: Mapping[bool, int],
    fired: Mapping[tuple[str, Kind, bool], int],
    written: Sequence[str],
) -> ConflictPrecision:
    names = {(term, kind) for term, kind, _ in fired}
    terms = [
        TermPrecision(
            term=term,
            kind=kind,
            share=Share(
                right=fired.get((term, kind, True), 0), wrong=fired.get((term, kind, False), 0)
            ),
        )
        for term, kind in names
    ]
    terms.sort(key=lambda each: (-_noise(each.share), each.term, each.kind))
    seen = {term for term, _ in names}
    return ConflictPrecision(
        conflict=conflict,
        share=Share(right=total.get(True, 0), wrong=total.get(False, 0)),
        terms=tuple(terms),
        silent=tuple(dict.fromkeys(term for term in written if term not in seen)),
    )


def _noise(share: Share) -> float:
    """How many wrong articles a term brings for certain."""
    return (1 - share.interval[1]) * share.total
