"""Terms that can add nothing: another term fires wherever they would."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pipeline.model import Term
from pipeline.sources.nodes import Findings
from pipeline.sources.terms import PlacedTerm, is_unconditional
from pipeline.text import tokenise

Words = tuple[str, ...]


def warn_of_overlap(terms: Sequence[PlacedTerm], findings: Findings, what: str) -> None:
    """Warn of own terms that another term of the list already covers, and of bare acronyms."""
    for placed, wider in covered(terms, terms):
        findings.warn(
            placed.node, f"{placed.term.text} in {what} is already covered by {wider.text}",
            "remove it, or the wider one if that is too wide",
        )  # fmt: skip
    for placed in terms:
        if not placed.term.vocabulary and _is_a_bare_acronym(placed.term):
            written = placed.term.text
            problem = f"{written} in {what} also matches {written.lower()}"
            findings.warn(placed.node, problem, f'write "={written}" for exactly these letters')


def covered(
    wider: Sequence[PlacedTerm], narrower: Sequence[PlacedTerm]
) -> Iterator[tuple[PlacedTerm, Term]]:
    """Pairs of a `narrower` term and the `wider` one that is found wherever it is.

    Of two terms that read the same, the later one is named. Terms from a vocabulary are not named
    as the narrower: they are checked once, in their own list.
    """
    index: dict[str, list[tuple[Words, Term]]] = defaultdict(list)
    for placed in wider:
        words = _words(placed.term)
        if words and is_unconditional(placed.term) and placed.term.text[0] not in "=^":
            index[words[0]].append((words, placed.term))
    seen: set[Words] = set()
    for placed in narrower:
        if placed.term.vocabulary:
            continue
        words = _words(placed.term)
        for found in _inside(words, index):
            itself = wider is narrower and found[1].text == placed.term.text
            first_of_equals = wider is narrower and found[0] == words and words not in seen
            if not (itself or first_of_equals):
                yield placed, found[1]
                break
        seen.add(words)


def _inside(
    words: Words, index: Mapping[str, Sequence[tuple[Words, Term]]]
) -> Iterator[tuple[Words, Term]]:
    """The indexed terms whose words stand in a row among these."""
    for start, word in enumerate(words):
        stem = word.removesuffix("*")
        keys = [word, *(stem[:end] + "*" for end in range(1, len(stem) + 1))]
        for key in dict.fromkeys(keys):
            for other in index.get(key, ()):
                if _fits(other[0], words[start : start + len(other[0])]):
                    yield other


def _fits(wider: Words, words: Words) -> bool:
    return len(wider) == len(words) and all(
        word.startswith(other[:-1]) if other.endswith("*") else word == other
        for other, word in zip(wider, words, strict=True)
    )


def _words(term: Term) -> Words:
    """The term's words, folded as the matcher folds them; `*` stays at a prefix."""
    words: list[str] = []
    for piece in term.text.lstrip("=^").split():
        words += (token.folded for token in tokenise(piece))
        if piece.endswith("*") and words:
            words[-1] += "*"
    return tuple(words)


def _is_a_bare_acronym(term: Term) -> bool:
    """Two or three capitals without a mark: `AU` also finds the French word *au*."""
    return bool(re.fullmatch(r"[A-Z]{2,3}", term.text)) and is_unconditional(term)
