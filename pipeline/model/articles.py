"""News: an entry as one feed lists it, and the article it points to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class DateOrigin(StrEnum):
    """Where an article's date comes from."""

    PUBLISHED = "published"  # the entry's own publication date
    UPDATED = "updated"  # only a date of change was given
    FETCHED = "fetched"  # none, or none that can be believed: when we first saw it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article as one feed lists it, read but not yet made uniform.

    `guid` is the publisher's id as given ("" if none). `link` is absolute http(s) or None.
    `title_html` and `summary_html` are as the feed gave them, hostile until normalised.
    `title_html` is HTML or text: normalise decides. `published_at` is None where no date could be
    read; `date_text` keeps what was written.
    """

    guid: str
    link: str | None
    title_html: str
    summary_html: str = ""
    content_html: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    language: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    date_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document read: which format, what it says of itself, and its entries in document order.

    `complete` is False when the document broke off (then the half-read last entry is left out, and
    no validators may be kept). `ttl` is the interval the publisher asks for. `hub_url` is the
    WebSub hub it names, `self_url` what it says its own address is, both absolute http(s).
    """

    format: str
    entries: tuple[Entry, ...]
    title: str = ""
    home_url: str | None = None
    feed_id: str = ""
    language: str = ""
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    complete: bool = True
    hub_url: str | None = None
    self_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """What the matcher reads of an article: plain text by field, and its language ("" if
    unknown)."""

    title: str
    summary: str = ""
    body: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One publication in uniform shape, ready to be recognised and stored.

    `entry_key` names the entry within its feed, `identity` the article across feeds; both are
    stable. `url` is the cleaned address people follow, or None. `published_at` is the claimed date,
    `ordered_at` the one to sort by: they differ where the claim lies in the future. `title_key` is
    the folded title, for recognising the same headline; `summary_key` is the folded summary, kept
    only until the article is matched. `content_hash` changes when the headline or
    summary changes materially.
    """

    entry_key: str
    identity: str
    guid: str
    url: str | None
    link: str | None
    title: str
    summary: str
    publisher: str
    language: str
    published_at: datetime
    ordered_at: datetime
    date_origin: DateOrigin
    title_key: str
    content_hash: str
    author: str = ""
    categories: tuple[str, ...] = ()
    summary_key: str | None = None

    @property
    def stream(self) -> str | None:
        """The folded fields with a space around every word, a line each; None if not known."""
        return None if self.summary_key is None else f" {self.title_key} \n {self.summary_key} "

    @property
    def text(self) -> ArticleText:
        """The fields a keyword may look into."""
        return ArticleText(title=self.title, summary=self.summary, language=self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An entry that is not stored, and why; expected, so a value."""

    guid: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One text an article has had."""

    number: int
    title: str
    summary: str
    feed_id: str
    seen_at: datetime
