"""The error tree: what can go wrong, named once.

PipelineError
├── SettingsError        a wrong value in the environment
├── SourcesError         sources.yaml cannot be used; carries every fault
├── FeedError            one feed failed; recorded as a row, never stops another
│   ├── FetchError       the network or the server
│   └── ParseError       the document
├── ReviewError          a verdict that cannot be taken
├── BackgroundError      a tracker page that cannot be read
├── KeywordsError        keywords that cannot be saved
├── AccountError         an editor account or login problem
├── SubscriptionError    a subscription that cannot be had as asked
├── WebhookError         a webhook that cannot be had
├── MailError            a letter was not taken
└── StoreError           the database is missing, locked, or not upgraded
    ├── StoreBusy        a table is held for long; nothing was changed
    └── StoreConflict    two processes wanted the same rows; nothing was changed, try again
"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much is wrong."""

    ERROR = "error"  # it cannot be used
    WARNING = "warning"  # it can, and is likely not what was meant
    NOTE = "note"  # good to know; may well be meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a file or setting: where it is, what is wrong, and the likely fix.

    `kind` is a stable short word for a doubt about keywords (`never`, `covered`, …), else empty.
    """

    where: str
    what: str
    fix: str = ""
    level: Level = Level.ERROR
    kind: str = ""

    def __str__(self) -> str:
        """Render as `where: what (fix)`, the form editors and terminals can click."""
        return f"{self.where}: {self.what}" + (f" ({self.fix})" if self.fix else "")


class PipelineError(Exception):
    """Anything Dateline raises on purpose."""


class SettingsError(PipelineError):
    """One or more settings have a wrong value."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


class SourcesError(PipelineError):
    """sources.yaml cannot be used; `faults` holds every fault found, in file order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


class Severity(StrEnum):
    """How much one failure says about a feed's health."""

    PASSING = "passing"  # time-out, 5xx, rate limit: weighs a quarter
    SOFT = "soft"  # 404, HTML instead of a feed, parse error: weighs a half
    HARD = "hard"  # certificate, DNS says no such host, refused address: weighs one
    FINAL = "final"  # 410: the publisher says it is gone


class FeedError(PipelineError):
    """One feed could not be taken in.

    `kind` is a stable short word for tables and metrics (`timeout`, `http_500`, `html`, …);
    the message is one sentence for people that says what happened and, where it helps, what to do.
    `retry_after` is the number of seconds the server asked to be left alone, if it did.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        severity: Severity = Severity.SOFT,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.kind = kind
        self.severity = severity
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip back from a worker process."""
        return (
            _rebuild,
            (type(self), self.kind, str(self), self.severity, self.status, self.retry_after),
        )


def _rebuild(
    cls: type["FeedError"],
    kind: str,
    message: str,
    severity: Severity,
    status: int | None,
    retry_after: float | None,
) -> "FeedError":
    return cls(kind, message, severity=severity, status=status, retry_after=retry_after)


class FetchError(FeedError):
    """The document could not be fetched."""


class ParseError(FeedError):
    """The document was fetched but is not a feed that can be read."""


class ReviewError(PipelineError):
    """A verdict cannot be taken: unknown match, missing reason, or not allowed."""


class AlreadyDecided(ReviewError):
    """Somebody else decided this match since it was shown."""


class UnknownStory(ReviewError):
    """There is no such story, or no such merge or split."""


class BackgroundError(PipelineError):
    """A tracker page or background file cannot be read."""


class KeywordsError(PipelineError):
    """Keywords cannot be saved; the message says why."""


class KeywordsChanged(KeywordsError):
    """Somebody else saved these keywords since they were shown."""


class AccountError(PipelineError):
    """An account or login problem; the message is safe to show to whoever tried."""


class EditionError(PipelineError):
    """An edition cannot be made, changed or read; the message says why."""


class EditionChanged(EditionError):
    """Somebody else changed the draft of an edition since it was shown."""


class SubscriptionError(PipelineError):
    """A subscription cannot be had as asked; the message is safe to show to whoever asked."""


class WebhookError(PipelineError):
    """A webhook cannot be added or found; the message says why."""


class MailError(PipelineError):
    """A letter was not taken; `bounced` says that it never will be, for the recipient's sake.

    `refused` says that the server answered so: without an answer the letter may have arrived.
    """

    def __init__(self, message: str, *, bounced: bool = False, refused: bool = False) -> None:
        self.bounced = bounced
        self.refused = refused or bounced
        super().__init__(message)


class StoreError(PipelineError):
    """The database is missing, busy, or not upgraded; the message says what to do."""


class StoreBusy(StoreError):
    """Another process holds a table for long: nothing was changed."""


class StoreConflict(StoreError):
    """Two processes wanted the same rows, and this one gave way: nothing of it was stored."""


OUT_OF_FILES = (
    "too many files are open at once: raise this process's limit (`ulimit -n`, or LimitNOFILE= "
    "of its unit)"
)


def is_out_of_files(error: Exception) -> bool:
    """Tell whether the process or the system has no file descriptor left."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
