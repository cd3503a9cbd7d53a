"""Group articles into stories: the same report carried by several publishers is one story."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GROUP_WITHIN = timedelta(days=2)
_LEAST_LIKENESS = 0.72
_LEAST_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Groupable:
    """What grouping looks at: the words of the folded headline, and when it was published.

    `story_id` is None for an article without a story yet.
    """

    article_id: int
    words: frozenset[str]
    published_at: datetime
    story_id: int | None = None


def find_story(newcomer: Groupable, stored: Sequence[Groupable]) -> int | None:
    """Find the stored story a newcomer belongs to, or None for a story of its own.

    Two articles tell one story when their headlines are the same, or nearly so (Jaccard likeness of
    the words), within two days. It errs towards separate stories: merging is for editors.
    """
    if len(newcomer.words) < _LEAST_WORDS:
        return None
    best, story = _LEAST_LIKENESS, None
    for other in stored:
        if abs(other.published_at - newcomer.published_at) > GROUP_WITHIN:
            continue
        likeness = len(newcomer.words & other.words) / len(newcomer.words | other.words)
        if likeness >= best:
            best, story = likeness, other.story_id
    return story


def telling_words(words: Collection[str]) -> frozenset[str]:
    """The few words by which a headline's story can be looked up, the longest first.

    A headline of the same story lacks so few of the words that it has at least one of these. None
    for a headline too short to be grouped.
    """
    if len(words) < _LEAST_WORDS:
        return frozenset()
    lacking = int(len(words) * (1 - _LEAST_LIKENESS) + 1e-9)
    return frozenset(sorted(words, key=lambda word: (-len(word), word))[: lacking + 1])
