"""Shapes: what the API takes and gives, as JSON. Times are UTC (RFC 3339)."""

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from pipeline.model import FeedState, Kind, MatchStatus, Verdict
from pipeline.model import Field as TextField
from pipeline.review import LONGEST_REASON

MOST_DECISIONS = 200
MOST_STORIES = 200
MOST_OWN = 1_000
# What every reader of JSON counts to exactly (RFC 8259).
LARGEST = 2**53 - 1
# The number of an edition is an ordinary integer of the database.
LARGEST_NUMBER = 2**31 - 1
Number = Annotated[int, Field(ge=1, le=LARGEST)]
Shape = TypeVar("Shape", bound=BaseModel)


class Given(BaseModel):
    """What is read off a value of the vocabulary."""

    model_config = ConfigDict(from_attributes=True)


class Listed(BaseModel, Generic[Shape]):
    """One page of a list."""

    items: list[Shape]
    next: str | None = Field(description="Address of the next page; null on the last.")


class Hit(Given):
    """A word that was found: `text[start:end]` of the field, counted in characters."""

    term: str
    kind: Kind
    field: TextField
    start: int
    end: int
    text: str


class Conflict(BaseModel):
    """A tracked conflict and how many matches stand where."""

    slug: str
    title: str
    pending: int
    approved: int
    rejected: int
    withdrawn: int


class ArticleMatch(Given):
    """One of an article's matches, in short."""

    id: int
    conflict: str
    status: MatchStatus
    score: int


class Article(Given):
    """A stored article: what its feed says of it, never the text of its own page."""

    id: int
    story_id: int | None
    url: str | None
    title: str
    summary: str
    publisher: str
    language: str
    author: str
    published_at: datetime
    first_seen_at: datetime
    revision: int = Field(description="Counts up when the headline or the summary changes.")
    feeds: list[str]
    matches: list[ArticleMatch]


class Told(Given):
    """An article of a story, and why it joined it."""

    article_id: int
    title: str
    publisher: str
    language: str
    published_at: datetime
    reason: str


class Story(BaseModel):
    """Articles that report the same event."""

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    copies: int = Field(description="How often it was published.")
    origins: int = Field(description="From how many independent origins.")


class StoryInFull(Story):
    """A story with its articles, in the order they were stored."""

    articles: list[Told]


class Match(Given):
    """An article under a conflict: why it is there, and where it stands."""

    id: int
    article_id: int
    story_id: int | None
    conflict: str
    status: MatchStatus
    score: int
    hits: list[Hit]
    rule_version: str
    title: str
    summary: str
    url: str | None
    publisher: str
    language: str
    published_at: datetime
    first_seen_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    changed: bool = Field(description="Whether the text changed after the verdict.")


class Review(Given):
    """A verdict as it was logged."""

    id: int
    match_id: int
    article_id: int
    conflict: str
    verdict: Verdict
    status_before: MatchStatus
    status_after: MatchStatus
    editor: str
    reason: str
    decided_at: datetime


class Seen(BaseModel):
    """A match to decide, and where it stood when it was looked at."""

    model_config = ConfigDict(extra="forbid")
    id: Number
    seen_as: MatchStatus = Field(
        description="If the match stands elsewhere by now, nothing is changed (409)."
    )


class Verdicts(BaseModel):
    """A verdict on some matches: taken on all of them or on none."""

    model_config = ConfigDict(extra="forbid")
    verdict: Verdict
    matches: Annotated[list[Seen], Field(min_length=1, max_length=MOST_DECISIONS)]
    reason: Annotated[str, Field(max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")] = ""


class Decided(BaseModel):
    """What one verdict did; `review` is null when the match stood there already."""

    match: int
    before: MatchStatus
    after: MatchStatus
    review: int | None


class Taken(BaseModel):
    """What the verdicts did, one for each match."""

    decided: list[Decided]


class Merge(BaseModel):
    """Stories to make one of, and the one that stays."""

    model_config = ConfigDict(extra="forbid")
    stories: Annotated[list[Number], Field(min_length=1, max_length=MOST_STORIES)]
    into: Number


class DuplicateOf(BaseModel):
    """The story that another one repeats."""

    model_config = ConfigDict(extra="forbid")
    story: Number


class Split(BaseModel):
    """The articles that get a story of their own."""

    model_config = ConfigDict(extra="forbid")
    articles: Annotated[list[Number], Field(min_length=1, max_length=MOST_STORIES)]


class Changed(BaseModel):
    """What a merge, a split or its undo did."""

    change: int = Field(description="What to undo it by.")
    story: int = Field(description="The story that stands, or the new one.")
    articles: int = Field(description="How many articles moved.")
    rejected: int = Field(description="Matches a duplicate was rejected under.")


class Feed(BaseModel):
    """A feed and how it does."""

    id: str
    url: str
    publisher: str
    state: FeedState
    next_fetch_at: datetime
    next_fetch_reason: str
    last_success_at: datetime | None
    last_new_at: datetime | None
    failing_since: datetime | None
    error_kind: str | None
    error_message: str | None
    articles: int
    approved: int
    alarms: list[str] = Field(description="Kinds of the alarms that stand.")


class Published(Given):
    """One publication behind a digest item."""

    publisher: str
    title: str
    url: str | None
    language: str
    published_at: datetime


class Placed(Given):
    """The conflict an item stands under, and until when."""

    conflict: str
    placed_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str


class DigestItem(BaseModel):
    """An entry of the digest, withdrawn ones too."""

    uid: str
    title: str
    summary: str
    page_url: str
    published_at: datetime
    updated_at: datetime
    placements: list[Placed]
    publications: list[Published]


class EditionReport(Given):
    """One publisher's article in an edition, with the verdict that let it in."""

    article_id: int
    revision: int
    match_id: int
    review_id: int
    publisher: str
    title: str
    url: str | None
    language: str
    published_at: datetime
    hits: list[str]


class EditionStory(Given):
    """One story in an edition, with the texts of the moment it was made."""

    uid: str
    title: str
    summary: str
    language: str
    pinned: bool
    further: bool
    why: str
    withdrawn_reason: str | None
    reports: list[EditionReport]


class Reading(Given):
    """How well the feeds were read in an edition's window; `blind` is below 80 percent."""

    feeds: int
    failing: int
    overdue: int
    coverage: int
    articles: int
    matched: int
    waiting: int
    blind: bool


class EditionCorrection(Given):
    """What was corrected in an edition after it was published."""

    at: datetime
    note: str


class Edition(Given):
    """A daily edition in its current revision."""

    number: int
    uid: str
    conflict: str
    day: date
    revision: int
    published_at: datetime
    updated_at: datetime
    since_at: datetime
    cut_off_at: datetime
    missed: list[date]
    note: str
    corrections: list[EditionCorrection]
    reading: Reading
    stories: list[EditionStory]


Slug = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class OwnConflicts(BaseModel):
    """The conflicts that somebody calls theirs, by slug."""

    model_config = ConfigDict(extra="forbid")
    conflicts: Annotated[list[Slug], Field(max_length=MOST_OWN)] = Field(
        description="With these the queue begins; none of them: with all."
    )


class Wrong(BaseModel):
    """One thing that is wrong with a request."""

    where: str
    what: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []
