"""The digest: what subscribers get."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Change(StrEnum):
    """What moved an entry's `updated_at` last.

    `REVISED`: the publisher changed its report and an editor approved it; `HANDED_ON`: another
    publisher's report leads the entry now.
    """

    CORRECTED = "corrected"
    REVISED = "revised"
    HANDED_ON = "handed_on"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFeed:
    """The feed an article came from, for attribution (Atom `source`, RSS `source`).

    `id` is an IRI; `updated_at` is when we took the article from it.
    """

    id: str
    title: str
    url: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One article behind a digest entry: who published it, where, under which headline."""

    publisher: str
    title: str
    url: str | None
    language: str
    published_at: datetime
    source: SourceFeed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """One story in the digest.

    `uid` is minted once, stored, and shared by every format. `published_at` is when an editor
    published it here and never moves; `updated_at` moves only on a significant edit or a
    withdrawal; both are unique in the whole digest to the millisecond. `publications` has at least
    one; the first is the lead, the others carry the same story. `conflicts` are (slug, title)
    pairs. `page_url` is our own page for the entry. `withdrawn_reason` is None unless the entry was
    withdrawn ("" = no reason given). `change` is what moved `updated_at` last, `correction` what an
    editor put right at `corrected_at`. `content_html` (safe as it is) and `content_text` stand in
    the place of what is otherwise told of a story: a daily edition is an entry of that kind.
    """

    uid: str
    title: str
    summary: str
    language: str
    published_at: datetime
    updated_at: datetime
    publications: tuple[Publication, ...]
    conflicts: tuple[tuple[str, str], ...]
    page_url: str
    hits: tuple[str, ...] = ()
    withdrawn_reason: str | None = None
    change: Change | None = None
    corrected_at: datetime | None = None
    correction: str = ""
    content_html: str | None = None
    content_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of an entry whose retraction has been told long enough (RFC 6721)."""

    uid: str
    withdrawn_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Tracked conflicts that have a feed in common; `slug` is the region's name in addresses."""

    slug: str
    title: str
    conflicts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A Latest News feed, of all conflicts, of a region's or of one, newest first.

    `uid` is the feed's permanent id. `updated_at` is the newest `updated_at` of its entries (or the
    time the digest was first made, when it is empty). `path` is the site path without extension
    (`/latest-news`, `/conflicts/mali/latest-news`). `previous_archive` is the number of the archive
    that goes on where this document ends; an archive says its own number in `archive`. `hubs` are
    the WebSub hubs told of changes.
    """

    uid: str
    title: str
    subtitle: str
    path: str
    page_url: str
    base_url: str
    updated_at: datetime
    entries: tuple[DigestEntry, ...]
    conflict: str | None = None
    region: str | None = None
    tombstones: tuple[Tombstone, ...] = ()
    archive: int | None = None
    previous_archive: int | None = None
    language: str = "en"
    hubs: tuple[str, ...] = ()

    @property
    def own_path(self) -> str:
        """The site path of this document without extension."""
        return self.path if self.archive is None else self.archive_path(self.archive)

    @property
    def previous_path(self) -> str | None:
        """The site path of the document that goes on where this one ends, without extension."""
        number = self.previous_archive
        return None if number is None else self.archive_path(number)

    def archive_path(self, number: int) -> str:
        """Give the site path of one of this feed's archives, without extension."""
        return f"{self.path}/archive/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A digest item in one conflict's feed; withdrawn when `withdrawn_at` is set."""

    conflict: str
    placed_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An article of a published story, with the conflicts it is approved for and the words it
    hit."""

    article_id: int
    publication: Publication
    conflicts: frozenset[str]
    hits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedItem:
    """A digest item as stored: what compose makes entries from.

    `copies` holds the lead article first, then the other articles of the story that are approved.
    `revision` counts every change the public sees, over all items.
    """

    uid: str
    slug: str
    title: str
    summary: str
    published_at: datetime
    updated_at: datetime
    placements: tuple[Placement, ...]
    copies: tuple[Copy, ...]
    revision: int = 0
    change: Change | None = None
    corrected_at: datetime | None = None
    correction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The last change of a conflict's feed.

    `changed_at` is the newest `updated_at` of anything that is or was in it, `revision` the newest
    revision.
    """

    changed_at: datetime
    revision: int
