"""The queue: one row for a story under a conflict, whatever number of articles tells it."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.matches import MatchStatus
from pipeline.model.reviews import QueuedMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which matches the queue shows; None and empty leave a part unfiltered.

    `published_after` and `found_after` bound the article's date and when the match was proposed.
    `among` names several conflicts at once.
    `held` is True for only those on hold, False for only those that are not.
    """

    status: MatchStatus | None = MatchStatus.PENDING
    conflict: str = ""
    among: frozenset[str] = frozenset()
    publisher: str = ""
    language: str = ""
    least_score: int = 0
    published_after: datetime | None = None
    found_after: datetime | None = None
    held: bool | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HowMany:
    """A count that ended early where there is `more`; written `1,000+` then."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.more else ''}"

    def __add__(self, other: "HowMany") -> "HowMany":
        return HowMany(number=self.number + other.number, more=self.more or other.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody works on a match until a time, unless taken over."""

    match_id: int
    editor: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A match is left out of the queue until a time."""

    match_id: int
    editor: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedStory:
    """The matches of one story under one conflict that stand alike, the row's leading one first.

    `published` is True when the story stands in the digest, under whichever conflict. `changed` is
    True when an article's text was revised after its verdict, or since the editor's last visit.
    """

    matches: tuple[QueuedMatch, ...]
    claim: Claim | None = None
    hold: Hold | None = None
    published: bool = False
    changed: bool = False

    @property
    def lead(self) -> QueuedMatch:
        """The match the row shows."""
        return self.matches[0]
