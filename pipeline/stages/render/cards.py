"""What pages are made of: a conflict in short, a section, a feed in one format, a day of news."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from pipeline.model import DigestEntry, SectionKind
from pipeline.stages.render.entries import ShownEntry
from pipeline.stages.render.moments import utc_day
from pipeline.stages.render.trend import Trend

_SPOKEN_NAMES = {
    SectionKind.BACKGROUND: "Background",
    SectionKind.CONCERNS: "Concerns",
    SectionKind.RECENT_DEVELOPMENTS: "Recent developments",
    SectionKind.KEY_ACTORS: "Key actors",
    SectionKind.TIMELINE: "Timeline",
    SectionKind.SOURCES: "Sources",
    SectionKind.LATEST_NEWS: "Latest news",
    SectionKind.OTHER: "More",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCard:
    """What the pages say of one conflict in short.

    `countries` are ISO 3166-1 alpha-2 codes, the first its home. `newest` is the newest entry that
    stands. `trend` is absent where nobody counted. `updated_on` is the day its background was last
    updated. `daily` tells whether it has, or ever had, daily editions, `closes` whether more come.
    """

    slug: str
    title: str
    region: str = ""
    countries: tuple[str, ...] = ()
    type: str = ""
    impact: str = ""
    status: str = ""
    status_reason: str = ""
    newest: DigestEntry | None = None
    updated_on: date | None = None
    trend: Trend | None = None
    daily: bool = True
    closes: bool = True

    @property
    def changed_on(self) -> date | None:
        """The day (UTC) anything on its page last changed: its news or its background."""
        days = [self.updated_on, utc_day(self.newest.updated_at) if self.newest else None]
        return max(filter(None, days), default=None)

    @property
    def link(self) -> str:
        """The site path of its page."""
        return f"/conflicts/{self.slug}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSection:
    """A background section as HTML.

    `html` is put on the page as it is: it must come from a sanitiser. `heading` may be empty.
    `anchor` is unique on the page.
    """

    kind: SectionKind
    heading: str
    anchor: str
    html: str

    @property
    def spoken_name(self) -> str:
        """What a screen reader calls the section when it shows no heading."""
        return self.heading or _SPOKEN_NAMES[self.kind]

    @property
    def markup(self) -> Markup:
        """The section's HTML, marked as safe by the contract above."""
        return Markup(self.html)  # noqa: S704 - sanitised before it comes here


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One feed in one format, for people and for autodiscovery. `path` is its site path."""

    title: str
    format: str
    path: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The entries of one calendar day (UTC), newest first."""

    date: date
    entries: tuple[ShownEntry, ...]
