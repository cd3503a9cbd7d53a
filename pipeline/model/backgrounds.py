"""A conflict's curated background: sections in Markdown, captions, the date it was updated."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SectionKind(StrEnum):
    """What a section of a tracker page is for."""

    BACKGROUND = "background"
    CONCERNS = "concerns"
    RECENT_DEVELOPMENTS = "recent-developments"
    KEY_ACTORS = "key-actors"
    TIMELINE = "timeline"
    SOURCES = "sources"
    LATEST_NEWS = "latest-news"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section: its heading as shown ("" where the page had none) and its text in Markdown."""

    kind: SectionKind
    heading: str
    markdown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A photograph's caption and credit; the picture itself is not kept."""

    text: str
    credit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A whole tracker page's curated part.

    `updated_on` is the day the page itself states. `site` is the name and blurb of the site an
    imported page came from. `conflict` is the slug a background file names ("" for an imported
    page, which names none).
    """

    title: str
    sections: tuple[Section, ...]
    captions: tuple[Caption, ...] = ()
    updated_on: date | None = None
    site: str = ""
    sources: tuple[str, ...] = ()
    conflict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRevision:
    """One saved state of a background."""

    number: int
    author: str
    note: str
    saved_at: datetime
    background: Background


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundDraft:
    """An editor's unsaved text; `base` is the revision it began from (0: there was none)."""

    base: int
    kept_at: datetime
    background: Background


class MarkKind(StrEnum):
    """What an editor noted of a paragraph beside an article."""

    LINK = "link"  # the article bears on it
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphMark:
    """A paragraph linked to an article, or flagged outdated because of it."""

    id: int
    paragraph: str
    kind: MarkKind
    article_id: int
    headline: str
    editor: str
    made_at: datetime
