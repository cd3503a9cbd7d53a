"""One attempt at one feed: what is due, what came back, what is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pipeline.model.watch import Feed, FeedState


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask 'has it changed?' with: opaque, echoed byte for byte.

    `url` is the address that issued them; they are sent to no other (RFC 9110 §8.8, §13.1).
    """

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected:
    """Permanent redirects in a row to one address: since when, how many; to None: there are
    none."""

    to: str | None = None
    since: datetime | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed whose turn it is, with what is remembered of earlier fetches.

    `body_hash` is the SHA-256 of the last body that was parsed and stored, `None` if there is none.
    `failures` is the weighted count of failures in a row, `error_kind` the kind of the last one.
    `pace` is how the feed publishes, as `stages.pace.to_record` writes it.
    `spared` counts the 304s since the last whole document, which came `whole_at`; until
    `distrusted_until` its 304s are not believed.
    """

    feed: Feed
    validators: Validators = Validators()
    body_hash: str | None = None
    failures: float = 0.0
    state: FeedState = FeedState.NEW
    error_kind: str | None = None
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    newest_entry_at: datetime | None = None
    pace: Mapping[str, Any] | None = None
    spared: int = 0
    whole_at: datetime | None = None
    distrusted_until: datetime | None = None
    redirected: Redirected = Redirected()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A complete answer with a body, decoded (no content coding left), within every limit.

    `url` is the address that answered after redirects; `permanent_url` is the same where all of
    them were permanent. `charset` comes from the Content-Type header. `fresh_for` is how long the
    server calls the answer fresh (Cache-Control/Age or Expires), if it does. With the status 226
    the body holds only the entries that are new since the validators that were sent. `hub_url` and
    `self_url` are what the Link header names (RFC 8288, W3C WebSub §4).
    """

    url: str
    status: int
    body: bytes
    content_type: str = ""
    charset: str | None = None
    validators: Validators = Validators()
    fresh_for: timedelta | None = None
    wire_bytes: int = 0
    seconds: float = 0.0
    permanent_url: str | None = None
    hub_url: str | None = None
    self_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says nothing changed (304). `validators` are the old ones, refreshed by the
    answer; `url` and `permanent_url` are as in `Fetched`."""

    url: str
    validators: Validators = Validators()
    fresh_for: timedelta | None = None
    wire_bytes: int = 0
    seconds: float = 0.0
    permanent_url: str | None = None


class Outcome(StrEnum):
    """How one fetch ended."""

    UPDATED = "updated"  # a changed document was parsed and stored
    NOT_MODIFIED = "not_modified"  # 304
    UNCHANGED = "unchanged"  # 200 with the very bytes we had: not parsed
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """Everything one attempt at one feed leaves behind: the row in `fetches` and the feed's new
    state."""

    feed_id: str
    started_at: datetime
    seconds: float
    outcome: Outcome
    next_fetch_at: datetime
    next_fetch_reason: str
    state: FeedState
    failures: float
    status: int | None = None
    validators: Validators | None = None  # None: keep what is stored
    body_hash: str | None = None  # None: keep what is stored
    title: str | None = None
    home_url: str | None = None
    wire_bytes: int = 0
    entries: int = 0
    articles_new: int = 0
    articles_revised: int = 0
    matches_new: int = 0
    skipped: int = 0
    error_kind: str | None = None
    error_message: str | None = None
    newest_entry_at: datetime | None = None
    pace: Mapping[str, Any] | None = None  # None: keep what is stored
    spared: int = 0
    distrusted_until: datetime | None = None  # None: keep what is stored
    redirected: Redirected | None = None  # None: keep what is stored
    moved_to: str | None = None  # where it is polled from now on
    hub_url: str | None = None  # "": it names no hub; None: keep what is stored
    topic_url: str | None = None  # what the hub calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run of a scheduled job, or one that was missed."""

    job: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    detail: str
