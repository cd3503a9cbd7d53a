"""Stories: an article as grouping looks at it, and what is said of a story's copies."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article as grouping is given it.

    `places` are the places that keywords found in its headline, as shown; `conflicts` the slugs it
    matched. `story_id` is None for an article without a story yet, `reason` says in words why it
    joined it ("" where it began it), `put_by` which editor put it there ("" where grouping did).
    """

    article_id: int
    title: str
    summary: str = ""
    publisher: str = ""
    language: str = ""
    author: str = ""
    published_at: datetime
    conflicts: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    story_id: int | None = None
    reason: str = ""
    put_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article put into a story: which one, why in words, and the keys it is looked up by."""

    article_id: int
    story_id: int
    reason: str
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """How often a story was published, and from how many independent origins."""

    copies: int
    origins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryHead:
    """A story without its articles; its title is the headline of the first."""

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime


class StoryChangeKind(StrEnum):
    """What an editor did to stories."""

    MERGE = "merge"
    DUPLICATE = "duplicate"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An article that an editor put into another story."""

    article_id: int
    story_before: int
    story_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """A merge or split by an editor.

    `story_id` is the story that was merged into, or the new one of a split. `review_id` is a
    verdict that was taken with it. `undone_at` is set once it was taken back.
    """

    id: int
    kind: StoryChangeKind
    story_id: int
    editor: str
    made_at: datetime
    moves: tuple[Move, ...]
    review_id: int | None = None
    undone_at: datetime | None = None
    undone_by: str = ""
