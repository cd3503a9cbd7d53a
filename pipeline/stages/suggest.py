"""Suggest words for the keywords, from texts that editors approved and rejected.

Words are ranked by log-odds with an informative prior (B. L. Monroe, M. P. Colaresi, K. M. Quinn,
Fightin' Words, Political Analysis 16, 2008): common words and words seen once or twice rank low.
What a suggestion is worth is for a backtest to say, not for this rank.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt

from pipeline.text import tokenise

_LEAST_TEXTS = 3
_LEAST_Z = 1.5
_SHORTEST = 3
_ONE_IN = 20
_PRIOR = 10.0  # how many texts the common usage of a word weighs


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A word or pair of words that stands in one sort of texts more than in the other.

    `term` is written as people write it, `z` is how sure that is, `here` and `there` are the texts
    it stands in.
    """

    term: str
    z: float
    here: int
    there: int


def telling(
    here: Sequence[str],
    there: Sequence[str],
    *,
    known: Collection[str],
    usual: Sequence[str] = (),
    count: int = 20,
) -> tuple[Candidate, ...]:
    """Name words and pairs of words that tell the texts `here` from those `there`, surest first,
    words before pairs.

    `known` are folded terms that need no suggestion. Words of more than one in twenty of the
    `usual` texts are everybody's and never named. A word counts once a text. A pair is named
    only where it says more than its rarer word alone; numbers never.
    """
    shown: dict[str, str] = {}
    ours, theirs = _count(here, shown), _count(there, shown)
    both = ours + theirs
    total = len(here) + len(there)
    common = {words for words, n in _count(usual, {}).items() if n > len(usual) / _ONE_IN}
    found = []
    for words, number in ours.items():
        if number < _LEAST_TEXTS or words in known or words in common:
            continue
        z = _z(number, len(here), theirs[words], len(there), (both[words] + 0.5) / (total + 1))
        if z >= _LEAST_Z:
            found.append(
                Candidate(term=shown[words], z=round(z, 3), here=number, there=theirs[words])
            )
    found.sort(key=lambda each: (-each.z, each.term.count(" "), each.term))
    return tuple(_without_parts(found))[:count]


def _count(texts: Iterable[str], shown: dict[str, str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for text in texts:
        tokens = tokenise(text)
        words = {token.folded: token.exact for token in tokens}
        pairs = {
            f"{one.folded} {two.folded}": f"{one.exact} {two.exact}"
            for one, two in pairwise(tokens)
        }
        usable = {folded: exact for folded, exact in (words | pairs).items() if _is_usable(folded)}
        counted.update(usable.keys())
        for folded, exact in usable.items():
            shown.setdefault(folded, exact)
    return counted


def _is_usable(words: str) -> bool:
    return all(len(word) >= _SHORTEST and word.isalpha() for word in words.split())


def _z(here: int, of_here: int, there: int, of_there: int, usual: float) -> float:
    """Log-odds ratio in standard deviations, against a prior of the word's usual share."""
    prior = _PRIOR * usual
    rest = _PRIOR - prior
    ours = log((here + prior) / (of_here - here + rest))
    theirs = log((there + prior) / (of_there - there + rest))
    return (ours - theirs) / sqrt(1 / (here + prior) + 1 / (there + prior))


def _without_parts(found: Iterable[Candidate]) -> Iterable[Candidate]:
    """Leave out a pair beside its own word, and a word beside its own pair, that says no more."""
    taken: list[tuple[set[str], Candidate]] = []
    for each in found:
        words = set(each.term.casefold().split())
        said = any(
            (words <= other or other <= words) and each.here <= known.here * 1.2
            for other, known in taken
        )
        if not said:
            taken.append((words, each))
            yield each
