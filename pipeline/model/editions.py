"""The daily edition: one entry per conflict and day."""

from dataclasses import dataclass
from datetime import date, datetime

# Percent. Below it, "nothing" says little of the conflict: one feed in five was not read all day.
BLIND_BELOW = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How well the feeds that bring news of a conflict were read in an edition's window.

    `coverage` is whole percent, rounded down: the share of the window, averaged over these feeds,
    in which a feed's last attempt had succeeded and its next was not overdue. `failing` counts
    feeds that were not well at the cut-off: their last attempt had failed, or, `overdue` of them,
    it was too long ago; `failing_on` is the local day since which all of them are so. `articles`
    were new from these feeds; `matched` of the conflict's matches were proposed in the window, of
    which `waiting` had no verdict.
    """

    feeds: int
    failing: int
    coverage: int
    articles: int
    matched: int
    waiting: int
    overdue: int = 0
    failing_on: date | None = None

    @property
    def blind(self) -> bool:
        """Whether so little was read that silence says nothing of the conflict."""
        return self.feeds == 0 or self.coverage < BLIND_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionReport:
    """One publisher's article in an edition, with the verdict that let it in."""

    article_id: int
    revision: int
    match_id: int
    review_id: int
    verdict: str
    publisher: str
    title: str
    url: str | None
    language: str
    published_at: datetime
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionStory:
    """One story in an edition: its texts are those of the moment the edition was made.

    `item_id` and `uid` are its digest entry's, `slug` names its page under /news/. `further` says
    that an edition of the last days listed it already. `reports` begins with the lead.
    `withdrawn_reason` is None unless it was withdrawn after the edition ("" = no reason given).
    """

    item_id: int
    uid: str
    slug: str
    title: str
    summary: str
    language: str
    published_at: datetime
    reports: tuple[EditionReport, ...]
    pinned: bool = False
    further: bool = False
    why: str = ""
    withdrawn_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCorrection:
    """What was changed in an edition after it was published, as readers see it."""

    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One conflict's edition of one day, whole: a manifest read, or about to be written.

    `number` counts all editions of this installation. `day` is the local day of the cut-off;
    `cut_off` and `zone` are how the sources write it. It holds what was approved after `since_at`
    and up to `cut_off_at`; `missed` are earlier days that had no edition and are covered by this
    one. `revision` counts from 1, upwards with each correction. `watermark` is the newest verdict
    counted, `watermark_before` that of the edition before. `base_url` is the site's address then.
    """

    number: int
    uid: str
    conflict: str
    conflict_title: str
    day: date
    revision: int
    published_at: datetime
    updated_at: datetime
    since_at: datetime
    cut_off_at: datetime
    cut_off: str
    zone: str
    base_url: str
    reading: Reading
    stories: tuple[EditionStory, ...] = ()
    note: str = ""
    corrections: tuple[EditionCorrection, ...] = ()
    missed: tuple[date, ...] = ()
    previous_day: date | None = None
    watermark: int = 0
    watermark_before: int = 0
    rule_version: str = ""
    background_revision: int = 0
    template_version: str = ""
    program_version: str = ""

    @property
    def title(self) -> str:
        """The edition's name: the conflict and the day."""
        return f"{self.conflict_title}: {self.day:%Y-%m-%d}"

    @property
    def fresh(self) -> tuple[EditionStory, ...]:
        """The stories that no edition of the last days listed."""
        return tuple(story for story in self.stories if not story.further)

    @property
    def further(self) -> tuple[EditionStory, ...]:
        """The stories listed lately, of which there are further reports."""
        return tuple(story for story in self.stories if story.further)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEdition:
    """An edition as stored: its manifest, byte for byte, and the hashes of what was made from it.

    `hashes` maps documents (`manifest`, `html`, `text`, `atom`, `rss`, `json`) to SHA-256.
    """

    number: int
    conflict: str
    day: date
    revision: int
    made_at: datetime
    manifest: str
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionHead:
    """Where a conflict's editions stand: the newest one."""

    number: int
    conflict: str
    day: date
    since_at: datetime
    cut_off_at: datetime
    watermark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateStory:
    """A published story with approved articles that no edition counted yet.

    `counted_days` are the days of the editions that listed it before; `withdrawn_reason` as in
    `EditionStory`.
    """

    item_id: int
    uid: str
    slug: str
    title: str
    summary: str
    language: str
    published_at: datetime
    reports: tuple[EditionReport, ...]
    first_approved_at: datetime
    listed_on: tuple[date, ...] = ()
    withdrawn_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """What an editor decided of one story for the next edition.

    `place` orders the stories (None: in the order of approval, at the end). `version` counts
    changes of `why`, so that a stale write is noticed.
    """

    item_id: int
    pinned: bool = False
    place: int | None = None
    why: str = ""
    left_out: bool = False
    version: int = 0
    changed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionDraft:
    """What editors decided of a conflict's next edition. `version` counts changes of the note."""

    conflict: str
    note: str = ""
    version: int = 0
    held_by: str = ""
    held_at: datetime | None = None
    changed_by: str = ""
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAttempt:
    """One attempt at a feed, as the coverage of an edition needs it: until when it was good."""

    started_at: datetime
    failed: bool
    next_fetch_at: datetime
    articles_new: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """A feed that brings news of a conflict, with its attempts, oldest first.

    The first may lie before the window: it tells how the feed stood when the window began.
    `failing_since` is the start of the present streak of failures, which may be older.
    """

    feed_id: str
    attempts: tuple[ReadAttempt, ...]
    failing_since: datetime | None = None
