"""One article as the matcher reads it: its fields folded, and where each pattern stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import ArticleText, Field
from pipeline.stages.match.automaton import Automaton
from pipeline.stages.match.terms import Exactness, Pattern, written
from pipeline.text import Folded, Token, exact_form


@dataclass(frozen=True, slots=True)
class Spot:
    """A run of words in one field: the words from `first` up to, not including, `after`."""

    field: Field
    first: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What finding one key in a stream says: which patterns may stand there, of how many words.

    The masks hold a bit for every conflict in which one of those patterns has that role.
    """

    length: int
    words: int
    patterns: tuple[int, ...]
    decisive: int = 0
    places: int = 0
    subjects: int = 0


class FoldedArticle:
    """An article with its fields folded: for more than one matcher to read."""

    __slots__ = ("fields", "text")

    def __init__(self, text: ArticleText) -> None:
        self.text = text
        shown = ((Field.TITLE, text.title), (Field.SUMMARY, text.summary), (Field.BODY, text.body))
        self.fields = {field: Folded(content) for field, content in shown if content}

    @property
    def stream(self) -> str:
        """All fields folded, with nothing between them that a key could span."""
        return "\n".join(folded.stream for folded in self.fields.values())

    def holds_any(self, words: Automaton[bool]) -> bool:
        """Say whether any of these keys stands in the article: cheaper than to find all keys."""
        return any(
            next(iter(words.find(folded.stream)), None) is not None
            for folded in self.fields.values()
        )


class Reading:
    """An article as one matcher reads it; everything is worked out on demand."""

    __slots__ = ("_as_written", "_folded", "_keys", "_patterns", "_spots", "text")

    def __init__(
        self, article: FoldedArticle, automaton: Automaton[Key], patterns: Sequence[Pattern]
    ) -> None:
        self.text = article.text
        self._patterns = patterns
        self._folded = article.fields
        self._keys = [
            (field, at, key)
            for field, folded in article.fields.items()
            for at, key in automaton.find(folded.stream)
        ]
        self._spots: dict[int, list[Spot]] | None = None
        self._as_written: dict[int, list[Spot]] = {}

    def candidates(self) -> int:
        """Give the conflicts, a bit each, whose rule could hold by the words alone.

        Marks and conditions can only take away from these.
        """
        decisive = places = subjects = 0
        for _, _, key in self._keys:
            decisive |= key.decisive
            places |= key.places
            subjects |= key.subjects
        return decisive | (places & subjects)

    def seen(self) -> dict[int, list[Spot]]:
        """Give every pattern whose folded words stand in the article, and where, in order."""
        if self._spots is None:
            spots: dict[int, dict[Spot, None]] = {}
            for field, at, key in self._keys:
                # Each word has one space before it: count those before the key's own.
                first = self._folded[field].stream.count(" ", 0, at + 1 - key.length)
                spot = Spot(field, first, first + key.words)
                for pattern in key.patterns:
                    spots.setdefault(pattern, {})[spot] = None
            self._spots = {pattern: list(found) for pattern, found in spots.items()}
        return self._spots

    def spots(self, pattern: int) -> list[Spot]:
        """Give where a pattern stands, written as its mark asks, in reading order."""
        found = self._as_written.get(pattern)
        if found is None:
            found = [
                spot for spot in self.seen().get(pattern, ()) if self.is_written(pattern, spot)
            ]
            self._as_written[pattern] = found
        return found

    def is_written(self, pattern: int, spot: Spot) -> bool:
        """Say whether the words at a spot are written as the pattern's mark asks."""
        wanted = self._patterns[pattern]
        if wanted.exactness is Exactness.FOLDED:
            return True
        return wanted.is_written(written(self._words(spot), wanted.exactness))

    def span(self, spot: Spot) -> tuple[int, int, str]:
        """Give a spot as (start, end, text) of the field as shown."""
        folded = self._folded[spot.field]
        start, end = folded.span(spot.first, spot.after)
        return start, end, folded.text[start:end]

    def _words(self, spot: Spot) -> list[Token]:
        folded = self._folded[spot.field]
        spans = (folded.span(word, word + 1) for word in range(spot.first, spot.after))
        return [
            Token(folded="", exact=exact_form(folded.text[start:end]), start=start, end=end)
            for start, end in spans
        ]
