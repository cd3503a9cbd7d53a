"""Relate: which passages of a background an article bears on, by the words they share."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.text import Token, tokenise

# What the keywords found weighs most, then names, then other words.
_HIT, _NAME, _WORD = 3.0, 2.0, 1.0
_SHORTEST = 4
# Evens out long and short passages without making one word of a short one decisive.
_EVEN = 12
_FUNCTION_WORDS = (
    "that this with from have been were their which when after before between about into over than "
    "they them these those there also will would could should other some more most while where "
    "during under against since until only very such being because through said says "
    "dans pour avec cette leur leurs plus sont etre avait apres avant entre depuis comme mais "
    "aussi cela elle elles nous vous tout tous toute"
)
_EMPTY = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How much an article bears on passage number `passage`, and the words that say so."""

    passage: int
    score: float
    shared: tuple[str, ...]


class Passages:
    """Passages of one page, weighed once so that many articles can be related to them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [_words(tokenise(text)) for text in texts]
        counted = Counter(word for words in self._words for word in words)
        self._rarity = {word: math.log(1 + len(texts) / count) for word, count in counted.items()}

    def related(
        self, text: str, hits: Collection[str] = (), *, least: int = 2
    ) -> tuple[Relation, ...]:
        """Rank the passages that share at least so many words with an article, best first.

        `hits` are the words by which keywords found the article. Ties go to the earlier passage.
        """
        mine = _words(tokenise(text))
        found_by = {token.folded for hit in hits for token in tokenise(hit)}
        relations = []
        for number, words in enumerate(self._words):
            shared = words.keys() & mine.keys()
            if len(shared) < least:
                continue
            weights = {
                word: self._rarity[word]
                * (
                    _HIT
                    if word in found_by
                    else _NAME
                    if _named(words[word], mine[word])
                    else _WORD
                )
                for word in shared
            }
            ranked = sorted(weights, key=lambda word: (-weights[word], word))
            relations.append(
                Relation(
                    passage=number,
                    score=sum(weights.values()) / math.sqrt(len(words) + _EVEN),
                    shared=tuple(mine[word] for word in ranked),
                )
            )
        return tuple(sorted(relations, key=lambda each: (-each.score, each.passage)))


def _words(tokens: Sequence[Token]) -> dict[str, str]:
    """Give the words that say something, by folded form, as they are written."""
    return {
        token.folded: token.exact
        for token in tokens
        if token.folded not in _EMPTY
        and not token.folded.isdecimal()
        and (len(token.folded) >= _SHORTEST or (token.exact.isupper() and len(token.folded) > 1))
    }


def _named(one: str, other: str) -> bool:
    return one[:1].isupper() and other[:1].isupper()
