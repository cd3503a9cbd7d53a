"""How feeds are doing: their days, their alarms, and everything the operator sees of one."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.fetching import Outcome
from pipeline.model.pushes import PushHealth
from pipeline.model.watch import Feed, FeedState


class AlarmKind(StrEnum):
    """What can be wrong with a feed that somebody should know."""

    GONE = "gone"  # the publisher says it will not come back
    BLOCKED = "blocked"  # the publisher refuses us
    FAILING = "failing"  # for a day or longer
    OVERFLOW = "overflow"  # more entries between two looks than a document holds: some were lost
    QUIET = "quiet"  # silent for longer than its own rhythm explains
    VOLUME = "volume"  # far more or far fewer articles a day than it usually has


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDay:
    """What one feed did on one day (UTC): attempts, how many failed, articles never seen before."""

    day: date
    fetches: int
    failed: int
    articles_new: int

    @property
    def looked(self) -> int:
        """How many attempts brought an answer."""
        return self.fetches - self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm; `ended_at` is None while it stands. `detail` and `end_detail` are sentences."""

    id: int
    feed_id: str
    kind: AlarmKind
    detail: str
    raised_at: datetime
    ended_at: datetime | None = None
    end_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Many feeds that fail alike at once: one thing is wrong, and hardly with all of them.

    `since` is when the first of them began to fail; `watched` how many feeds are polled in all.
    """

    error_kind: str
    feed_ids: frozenset[str]
    since: datetime
    watched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedGlance:
    """As much of a feed as choosing among a thousand takes."""

    feed_id: str
    publisher: str
    url: str
    title: str
    owner: str
    state: FeedState
    failing_since: datetime | None
    error_kind: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSigns:
    """What tells whether something is wrong with a feed.

    `days` are the last four weeks and today, oldest first; days without an attempt may be missing.
    `overflowed` and `window` (entries in a document) are None where nothing is known.
    `standing` says which alarms stand, and since when.
    """

    feed_id: str
    state: FeedState
    days: tuple[FeedDay, ...] = ()
    last_new_at: datetime | None = None
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    error_kind: str | None = None
    error_message: str | None = None
    overflowed: bool | None = None
    window: float | None = None
    standing: dict[AlarmKind, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How a feed is doing, for the operator.

    `matched` counts the articles proposed to editors, `approved` those that are approved now.
    `days` are the last four weeks and today, oldest first. The address columns are empty unless the
    publisher moved the feed; `distrusted_until` is set after wrong answers 304, `paused_until`
    while its host wants to be left alone; `push` while a hub is asked to announce its news.
    """

    feed: Feed
    owner: str
    state: FeedState
    title: str | None
    next_fetch_at: datetime
    next_fetch_reason: str
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_new_at: datetime | None
    failing_since: datetime | None
    failures: float
    error_kind: str | None
    error_message: str | None
    articles: int
    approved: int
    matched: int = 0
    home_url: str | None = None
    days: tuple[FeedDay, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    declared_url: str | None = None
    moved_to: str | None = None
    distrusted_until: datetime | None = None
    paused_until: datetime | None = None
    pause_reason: str | None = None
    push: PushHealth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a feed, as it was recorded; sizes in bytes, still compressed."""

    started_at: datetime
    seconds: float
    outcome: Outcome
    status: int | None
    wire_bytes: int
    entries: int
    articles_new: int
    articles_revised: int
    matches_new: int
    error_kind: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedArticle:
    """An article as a feed lists it; `matches` are (conflict, status) pairs."""

    id: int
    title: str
    url: str | None
    language: str
    published_at: datetime
    first_seen_at: datetime
    matches: tuple[tuple[str, str], ...] = ()
