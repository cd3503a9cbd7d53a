"""What deduplication compares with, and what it decides."""

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.articles import Article
from pipeline.model.watch import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The articles of one document: which feed brought them, and when it was asked."""

    feed: Feed
    articles: tuple[Article, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """An entry this feed listed before: which article it is, and what the feed last said of it."""

    id: int
    article_id: int
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """A stored article that a candidate may be another copy of."""

    id: int
    publisher: str
    title_key: str
    summary: str
    content_hash: str
    published_at: datetime
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored about the candidates of one document.

    `entries` by entry key in this feed, `identities` by article identity, `titles` by title key for
    articles of the same publisher; these two may be shared with other documents. `forgotten` are
    identities and content hashes of articles that were removed as old and unmatched.
    """

    entries: dict[str, KnownEntry] = field(default_factory=dict)
    identities: dict[str, KnownArticle] = field(default_factory=dict)
    titles: dict[str, tuple[KnownArticle, ...]] = field(default_factory=dict)
    forgotten: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A candidate that is a stored article, listed by this feed under a new entry."""

    article_id: int
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplicated:
    """The candidates of one document, sorted by what is to be done.

    `new` are stored (two with one identity become one article with two entries), `listed` get a new
    entry to a stored article, `revised` change a stored article this feed had listed, `seen` are
    entries without news. What was forgotten is in none of them.
    """

    new: tuple[Article, ...] = ()
    listed: tuple[Listing, ...] = ()
    revised: tuple[Listing, ...] = ()
    seen: tuple[Article, ...] = ()
