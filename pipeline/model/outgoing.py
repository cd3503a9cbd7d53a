"""What goes out by itself: pings of hubs, letters to subscribers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A hub is to be told that a public file changed; `failures` counts the tries so far.

    `path` is the file's path under the public folder, `sha256` the hash of its present bytes.
    """

    hub: str
    path: str
    sha256: str
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PingsHealth:
    """How telling hubs goes: waiting, how many of these failed lately, and the last error."""

    waiting: int
    failing: int
    error: str = ""


class Tls(StrEnum):
    """How a connection to a mail server is secured."""

    OFFERED = "offered"  # by STARTTLS where the server offers it
    STARTTLS = "starttls"  # by STARTTLS, or not at all
    WHOLE = "whole"  # from the first byte


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where letters are handed over; a user and password only where the server wants them."""

    host: str
    port: int
    tls: Tls = Tls.OFFERED
    user: str = ""
    password: str = field(default="", repr=False)


class Wish(StrEnum):
    """What a subscriber wants."""

    EDITION = "edition"  # one letter a day
    ALERT = "alert"  # a letter soon after something is published


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a subscriber gets: `conflicts` by slug (none named: all of them), and when.

    `hour` and `zone` (an IANA name) say when the daily letter goes out.
    """

    wish: Wish = Wish.EDITION
    conflicts: tuple[str, ...] = ()
    hour: int = 7
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Somebody who asked for letters. `nonce` is what the tokens in their letters are made from.

    `bounces` counts letters in a row that their server refused for good; `failing` says why.
    `seen_placement` is the number of the newest placement alerts were looked up to.
    """

    id: int
    address: str
    nonce: str
    wants: Wants
    asked_at: datetime
    confirmed_at: datetime | None = None
    seen_placement: int = 0
    bounces: int = 0
    failing: str = ""


class LetterKind(StrEnum):
    """What a letter is for."""

    CONFIRM = "confirm"  # asks to confirm a subscription
    KNOWN = "known"  # tells who asked again that they are subscribed
    ALERT = "alert"
    EDITION = "edition"


class LetterState(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"  # to be sent, or sent again
    SENDING = "sending"  # handed over, the answer not noted yet
    SENT = "sent"
    REFUSED = "refused"  # the server will never take it
    GIVEN_UP = "given_up"  # no answer for three days
    UNKNOWN = "unknown"  # the process died between handing over and noting the answer
    DROPPED = "dropped"  # nothing was left to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter to one subscriber.

    `key` names it among the subscriber's letters and makes its Message-ID; `contents` names what is
    in it (`news:slug`, `edition:conflict:number`). `failures` counts the tries so far.
    """

    id: int
    subscriber: Subscriber
    kind: LetterKind
    key: str
    made_at: datetime
    contents: tuple[str, ...] = ()
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a letter says: its subject, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of entries, of one conflict or (`conflict` is empty) of all."""

    id: int
    url: str
    conflict: str
    made_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One change that a webhook is to be told of."""

    id: int
    webhook_id: int
    url: str
    secret: str = field(repr=False)
    body: str
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """What became of a call: waiting, told or given_up."""

    id: int
    webhook_id: int
    uid: str
    state: str
    made_at: datetime
    due_at: datetime | None
    failures: int
    error: str
