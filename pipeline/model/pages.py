"""An article's own page: read once for matching, kept apart from what is published."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PageState(StrEnum):
    """Where the page of an article stands."""

    WAITING = "waiting"  # to be read, for the first time or again after a passing failure
    READ = "read"
    REFUSED = "refused"  # the publisher does not want it read
    FAILED = "failed"  # it could not be read, and is not tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """A page whose turn it is. `attempts` counts this one; `held_until` is the end of the lease."""

    article_id: int
    url: str
    attempts: int
    held_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """What is remembered of an article's page.

    `body` is plain text, "" where there is none (any more). `error_message` says in a sentence why
    nothing was read, or what is lacking in what was.
    """

    state: PageState
    due_at: datetime
    attempts: int
    read_at: datetime | None = None
    body: str = ""
    error_kind: str | None = None
    error_message: str | None = None
