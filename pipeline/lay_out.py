"""Lay out: every public file, rendered from one snapshot of the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from db import Connection, approved_days, backgrounds, conflicts, digests, editions, instance
from pipeline.model import Background, Conflict, Digest, Edition, PublishedItem, StoredEdition
from pipeline.stages.background import render_sections
from pipeline.stages.compose import compose
from pipeline.stages.edition import from_manifest
from pipeline.stages.render import (
    TREND_DAYS,
    ConflictCard,
    DailyFeed,
    RenderedSection,
    Site,
    Trend,
    daily_digest,
    render_atom,
    render_conflict_page,
    render_edition_page,
    render_entry_page,
    render_front,
    render_json,
    render_opml,
    render_rss,
    render_subscribe_page,
    static_files,
)

LEAST_ENTRIES = 50
DAILY_ENTRIES = 31
WINDOW = timedelta(days=7)
# A reader that polls once a month still learns that an entry was taken back.
WITHDRAWN_WINDOW = timedelta(days=30)
MADE_AT = "made_at"


@dataclass(kw_only=True, eq=False)
class Snapshot:
    """What the public files are made from: one moment of the database.

    `public_dir` is only looked at, to learn which pages of old news are missing; `hubs` are the
    WebSub hubs that feeds name, `letters` says whether readers can have letters. Digests and cards
    are made once, however many parts ask for them.
    """

    connection: Connection
    base_url: str
    now: datetime
    public_dir: Path
    hubs: tuple[str, ...] = ()
    letters: bool = False

    def __post_init__(self) -> None:
        self.site = Site(base_url=self.base_url)
        self.tracked = conflicts.running(self.connection)
        self.titles = {conflict.slug: conflict.title for conflict in self.tracked}
        made_at = instance.recall(self.connection, MADE_AT)
        self.made_at = datetime.fromisoformat(made_at) if made_at else self.now
        self.authority = instance.recall(self.connection, instance.TAG_AUTHORITY) or "localhost"
        self._today = self.now.astimezone(UTC).date()
        self._approved = approved_days.since(
            self.connection, self._today - timedelta(days=TREND_DAYS - 1)
        )
        self.digest = cache(self._digest)
        self.background = cache(self._background)
        self.card = cache(self._card)

    @property
    def cards(self) -> list[ConflictCard]:
        """All tracked conflicts in short, in the order of the sources."""
        return [self.card(conflict.slug) for conflict in self.tracked]

    def compose(self, items: Sequence[PublishedItem], conflict: str | None = None) -> Digest:
        """Make a digest of these items, which come newest first."""
        return compose(
            items,
            titles=self.titles,
            base_url=self.base_url,
            authority=self.authority,
            made_at=self.made_at,
            conflict=conflict,
            hubs=self.hubs,
        )

    def _digest(self, conflict: str | None) -> Digest:
        items = digests.published(
            self.connection,
            conflict=conflict,
            since=self.now - WINDOW,
            least=LEAST_ENTRIES,
            withdrawn_since=self.now - WITHDRAWN_WINDOW,
        )
        return self.compose(items, conflict)

    def _background(self, slug: str) -> Background | None:
        return backgrounds.current(self.connection, slug)

    def _card(self, slug: str) -> ConflictCard:
        [conflict] = [each for each in self.tracked if each.slug == slug]
        return _card(conflict, self.digest(slug), self.background(slug), self.trend(slug))

    def trend(self, slug: str) -> Trend:
        """The approved articles of a conflict's last ninety days."""
        return Trend.of(self._approved.get(slug, {}), self._today)


Part = Callable[[Snapshot], dict[str, bytes]]


def lay_out(snapshot: Snapshot) -> dict[str, bytes]:
    """Render every public file, by its path under the public folder.

    What is named comes before what names it: files that take their names in this order never lead
    to one that is not there yet.
    """
    files: dict[str, bytes] = {}
    for part in PARTS:
        files |= part(snapshot)
    return files


def _assets(_: Snapshot) -> dict[str, bytes]:
    return {f"static/{name}": content for name, content in static_files().items()}


def _news_pages(snapshot: Snapshot) -> dict[str, bytes]:
    missing = [
        slug
        for slug in digests.slugs(snapshot.connection)
        if not (snapshot.public_dir / "news" / slug / "index.html").exists()
    ]
    older = digests.published(snapshot.connection, slugs=missing) if missing else ()
    files = {}
    for entry in (*snapshot.compose(older).entries, *snapshot.digest(None).entries):
        slug = entry.page_url.rpartition("/")[2]
        files[f"news/{slug}/index.html"] = render_entry_page(snapshot.site, entry)
    return files


def _conflict_pages(snapshot: Snapshot) -> dict[str, bytes]:
    files = {}
    for card in snapshot.cards:
        background = snapshot.background(card.slug)
        files[f"conflicts/{card.slug}/index.html"] = render_conflict_page(
            snapshot.site,
            card,
            snapshot.digest(card.slug),
            sections=_sections(background),
            captions=background.captions if background else (),
        )
    return files


def _feeds(snapshot: Snapshot) -> dict[str, bytes]:
    files = {}
    for slug in [*snapshot.titles, None]:
        digest = snapshot.digest(slug)
        path = digest.path.removeprefix("/")
        files[f"{path}.atom"] = render_atom(digest)
        files[f"{path}.rss"] = render_rss(digest)
        files[f"{path}.json"] = render_json(digest)
    return files


def _daily(snapshot: Snapshot) -> dict[str, bytes]:
    """The newest editions, and older ones whose page is missing; the feed names the newest."""
    files = {}
    for conflict in snapshot.tracked:
        slug = conflict.slug
        named = f"tag:{snapshot.authority},{snapshot.made_at:%Y-%m-%d}:conflicts/{slug}/daily"
        feed = DailyFeed(
            uid=named,
            conflict=slug,
            title=conflict.title,
            base_url=snapshot.base_url,
            made_at=snapshot.made_at,
            hubs=snapshot.hubs,
        )
        newest = editions.stored(snapshot.connection, conflict=slug, limit=DAILY_ENTRIES)
        missing = [
            each
            for day in editions.days(snapshot.connection, slug)[DAILY_ENTRIES:]
            if not (snapshot.public_dir / _edition_path(slug, day)).exists()
            for each in editions.stored(snapshot.connection, conflict=slug, day=day)
        ]
        for stored in (*missing, *newest):
            page = render_edition_page(snapshot.site, _edition(snapshot, stored))
            files[_edition_path(slug, stored.day)] = page
        digest = daily_digest(feed, [_edition(snapshot, stored) for stored in newest])
        path = digest.path.removeprefix("/")
        files[f"{path}.atom"] = render_atom(digest)
        files[f"{path}.rss"] = render_rss(digest)
        files[f"{path}.json"] = render_json(digest)
    return files


def _edition_path(slug: str, day: date) -> str:
    return f"conflicts/{slug}/{day.isoformat()}/index.html"


def _edition(snapshot: Snapshot, stored: StoredEdition) -> Edition:
    # Its links must work at the address the site has today; the manifest keeps that of its day.
    return replace(from_manifest(stored.manifest), base_url=snapshot.base_url)


def _overviews(snapshot: Snapshot) -> dict[str, bytes]:
    site, cards, latest = snapshot.site, snapshot.cards, snapshot.digest(None)
    return {
        "subscribe/index.html": render_subscribe_page(site, cards, letters=snapshot.letters),
        "index.html": render_front(site, cards, latest),
        "feeds.opml": render_opml(site, cards, latest.updated_at),
    }


PARTS: Sequence[Part] = (_assets, _news_pages, _daily, _conflict_pages, _feeds, _overviews)


def _card(
    conflict: Conflict, digest: Digest, background: Background | None, trend: Trend
) -> ConflictCard:
    standing = [entry for entry in digest.entries if entry.withdrawn_reason is None]
    return ConflictCard(
        slug=conflict.slug,
        title=conflict.title,
        region=conflict.region,
        countries=conflict.countries,
        type=conflict.type,
        impact=conflict.impact,
        status=conflict.status,
        status_reason=conflict.status_reason,
        newest=standing[0] if standing else None,
        updated_on=background.updated_on if background else None,
        trend=trend,
    )


def _sections(background: Background | None) -> Sequence[RenderedSection]:
    if background is None:
        return ()
    return [
        RenderedSection(
            kind=section.kind, heading=section.heading, anchor=section.anchor, html=section.html
        )
        for section in render_sections(background)
    ]
