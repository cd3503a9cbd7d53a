"""Lay out: every public file, rendered from one snapshot of the database."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from db import (
    Connection,
    approved_days,
    backgrounds,
    conflicts,
    digest_archives,
    digests,
    editions,
    instance,
    public_parts,
)
from pipeline.close_archives import LEAST_ENTRIES, WINDOW
from pipeline.model import (
    Background,
    Conflict,
    Digest,
    DigestEntry,
    Edition,
    PublishedItem,
    Region,
    StoredEdition,
)
from pipeline.stages.background import render_sections
from pipeline.stages.compose import compose, feed_path, regions_of
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

DAILY_ENTRIES = 31
# A reader that polls once a month still learns that an entry was taken back.
WITHDRAWN_WINDOW = timedelta(days=30)
# After that a tombstone is left for as long again (RFC 6721).
TOMBSTONE_WINDOW = timedelta(days=60)
EDITIONS_ON_THE_PAGE = 7
MADE_AT = "made_at"
_NEWS_SEEN = "news revision"
_AT_ONCE = 500


@dataclass(kw_only=True, eq=False)
class Snapshot:
    """What the public files are made from: one moment of the database.

    `public_dir` is only looked at, to learn which files are missing; `hubs` are the WebSub hubs
    that feeds name, `letters` says whether readers can have letters. Digests and cards are made
    once, however many parts ask for them. With `anew` everything is made, not only what may have
    changed.
    """

    connection: Connection
    base_url: str
    now: datetime
    public_dir: Path
    hubs: tuple[str, ...] = ()
    letters: bool = False
    anew: bool = False

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
        self.regions = regions_of(self.tracked)
        self.archives = digest_archives.newest(self.connection)
        self.made = {} if self.anew else public_parts.states(self.connection)
        self.making: dict[str, str] = {}
        self.pulses = digests.pulses(
            self.connection,
            since=self.now - WINDOW,
            withdrawn_since=(self.now - WITHDRAWN_WINDOW, self.now - TOMBSTONE_WINDOW),
        )
        self.digest = cache(self._digest)
        self.newest = cache(self._newest)
        self.background = cache(self._background)
        self.card = cache(self._card)

    @property
    def cards(self) -> list[ConflictCard]:
        """All tracked conflicts in short, in the order of the sources."""
        return [self.card(conflict.slug) for conflict in self.tracked]

    @property
    def feeds(self) -> list[tuple[str | None, Region | None]]:
        """What each feed is about, as `digest` takes it; the feed of all comes last."""
        each: list[tuple[str | None, Region | None]] = [(slug, None) for slug in self.titles]
        return [*each, *((None, region) for region in self.regions), (None, None)]

    def compose(
        self,
        items: Sequence[PublishedItem],
        conflict: str | None = None,
        region: Region | None = None,
        **more: Any,
    ) -> Digest:
        """Make a digest of these items, which come newest first."""
        return compose(
            items,
            titles=self.titles,
            base_url=self.base_url,
            authority=self.authority,
            made_at=self.made_at,
            conflict=conflict,
            region=region,
            **more,
        )

    def _digest(self, conflict: str | None, region: Region | None = None) -> Digest:
        path = feed_path(conflict, region)
        among = self._among(conflict, region)
        items = digests.published(
            self.connection,
            among=among,
            since=self.now - WINDOW,
            least=LEAST_ENTRIES,
            withdrawn_since=self.now - TOMBSTONE_WINDOW,
            feed=path,
        )
        return self.compose(
            items,
            conflict,
            region,
            hubs=self.hubs,
            retracted_before=self.now - WITHDRAWN_WINDOW,
            changed_at=max(
                (self.pulses[slug].changed_at for slug in among if slug in self.pulses),
                default=None,
            ),
            previous_archive=self.archives.get(path),
        )

    def _among(self, conflict: str | None, region: Region | None) -> Collection[str]:
        if conflict is not None:
            return [conflict]
        return sorted(region.conflicts if region else self.titles)

    def archive(self, conflict: str | None, region: Region | None, number: int) -> Digest:
        """Give one of a feed's archives. It is written once and never made again."""
        items = digests.published(self.connection, feed=feed_path(conflict, region), archive=number)
        previous = number - 1 if number > 1 else None
        return self.compose(items, conflict, region, archive=number, previous_archive=previous)

    def may_differ(
        self, name: str, *made_from: object, files: Iterable[str] = (), lasting: bool = False
    ) -> bool:
        """Tell whether files must be made: made from something else before, or not there.

        `made_from` is everything they depend on besides the site's address, the hubs and the
        program, of values whose `repr` tells all; `name` is theirs for ever. `lasting` files stay
        even when the program changes. Files that need not be made stay as they are.
        """
        common = () if lasting else (_program(), self.hubs)
        told = repr((self.base_url, *common, *made_from))
        state = sha256(told.encode(errors="surrogatepass")).hexdigest()
        self.making[name] = state
        return self.made.get(name) != state or not all(map(self.stands, files))

    def stands(self, path: str) -> bool:
        """Tell whether a public file is there; one that a power loss emptied is not."""
        try:
            return (self.public_dir / path).stat().st_size > 0
        except OSError:
            return False

    @property
    def newly_made(self) -> dict[str, str]:
        """What parts were made from this time, where that is something else than before."""
        return {name: state for name, state in self.making.items() if self.made.get(name) != state}

    def feed_state(self, conflict: str | None, region: Region | None = None) -> tuple[object, ...]:
        """Give what a feed's documents are made from, without reading its entries."""
        pulses = [self.pulses.get(slug) for slug in self._among(conflict, region)]
        number = self.archives.get(feed_path(conflict, region))
        return pulses, number, self.titles, region and region.title, self.authority, self.made_at

    def _newest(self) -> dict[str, DigestEntry]:
        named = digests.newest_standing(self.connection)
        items = digests.published(self.connection, slugs=set(named.values()))
        by_slug = {item.slug: item for item in items}
        found = {}
        for conflict in self.titles:
            if conflict in named:
                [found[conflict]] = self.compose([by_slug[named[conflict]]], conflict).entries
        return found

    def _background(self, slug: str) -> Background | None:
        return backgrounds.current(self.connection, slug)

    def _card(self, slug: str) -> ConflictCard:
        [conflict] = [each for each in self.tracked if each.slug == slug]
        return _card(conflict, self.newest().get(slug), self.background(slug), self.trend(slug))

    def trend(self, slug: str) -> Trend:
        """The approved articles of a conflict's last ninety days."""
        return Trend.of(self._approved.get(slug, {}), self._today)


@cache
def _program() -> str:
    """Give a hash of what makes bytes: after an upgrade everything is made anew."""
    told = sha256()
    for path in sorted(Path(__file__).with_name("stages").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            told.update(path.read_bytes())
    return told.hexdigest()


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
    """The pages of entries that changed, and those that are missing."""
    connection = snapshot.connection
    slugs = digests.slugs(connection)
    wanted = set(digests.changed_since(connection, int(snapshot.made.get(_NEWS_SEEN, "0"))))
    snapshot.making[_NEWS_SEEN] = str(digests.newest_change(connection))
    if snapshot.may_differ("news", snapshot.titles):
        wanted = set(slugs)
    files = {}
    for some in (slugs[start : start + _AT_ONCE] for start in range(0, len(slugs), _AT_ONCE)):
        named = [slug for slug in some if slug in wanted or not snapshot.stands(_news_path(slug))]
        items = digests.published(connection, slugs=named) if named else ()
        for entry in snapshot.compose(items).entries:
            slug = entry.page_url.rpartition("/")[2]
            files[_news_path(slug)] = render_entry_page(snapshot.site, entry)
    return files


def _news_path(slug: str) -> str:
    return f"news/{slug}/index.html"


def _conflict_pages(snapshot: Snapshot) -> dict[str, bytes]:
    files = {}
    for card in snapshot.cards:
        path = f"conflicts/{card.slug}/index.html"
        background = snapshot.background(card.slug)
        days = editions.days(snapshot.connection, card.slug)[:EDITIONS_ON_THE_PAGE]
        region = next((each for each in snapshot.regions if card.slug in each.conflicts), None)
        address = region and (region.slug, region.title)
        state = (card, background, snapshot.feed_state(card.slug), days, address)
        if snapshot.may_differ(f"page {card.slug}", *state, files=[path]):
            files[path] = render_conflict_page(
                snapshot.site,
                card,
                snapshot.digest(card.slug),
                sections=_sections(background),
                captions=background.captions if background else (),
                editions=days,
                region=region,
            )
    return files


def _archives(snapshot: Snapshot) -> dict[str, bytes]:
    """The archives that are not written yet: what is written stays as it is."""
    moved = snapshot.may_differ("archives", lasting=True)
    files: dict[str, bytes] = {}
    for conflict, region in snapshot.feeds:
        path = feed_path(conflict, region)
        for number in range(1, snapshot.archives.get(path, 0) + 1):
            name = f"{path.removeprefix('/')}/archive/{number}"
            if moved or not all(snapshot.stands(f"{name}.{form}") for form in _FORMS):
                files |= _documents(snapshot.archive(conflict, region, number))
    return files


def _feeds(snapshot: Snapshot) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for conflict, region in snapshot.feeds:
        path = feed_path(conflict, region)
        names = [f"{path.removeprefix('/')}.{form}" for form in _FORMS]
        state = snapshot.feed_state(conflict, region)
        if snapshot.may_differ(f"feed {path}", *state, files=names):
            files |= _documents(snapshot.digest(conflict, region))
    return files


def _daily(snapshot: Snapshot) -> dict[str, bytes]:
    """The newest editions where any changed, and those whose page is missing."""
    files: dict[str, bytes] = {}
    states = editions.states(snapshot.connection)
    for conflict in snapshot.tracked:
        slug = conflict.slug
        folder = f"conflicts/{slug}/daily"
        state = (conflict.title, snapshot.authority, snapshot.made_at, states.get(slug))
        names = [f"{folder}.{form}" for form in _FORMS]
        newest: Sequence[StoredEdition] = ()
        if snapshot.may_differ(f"daily {slug}", *state, files=names):
            newest = editions.stored(snapshot.connection, conflict=slug, limit=DAILY_ENTRIES)
            feed = DailyFeed(
                uid=f"tag:{snapshot.authority},{snapshot.made_at:%Y-%m-%d}:{folder}",
                conflict=slug,
                title=conflict.title,
                base_url=snapshot.base_url,
                made_at=snapshot.made_at,
                hubs=snapshot.hubs,
            )
            made = _documents(daily_digest(feed, [_edition(snapshot, each) for each in newest]))
        else:
            made = {}
        held = {each.day for each in newest}
        missing = [
            each
            for day in editions.days(snapshot.connection, slug)
            if day not in held and not snapshot.stands(_edition_path(slug, day))
            for each in editions.stored(snapshot.connection, conflict=slug, day=day)
        ]
        for stored in (*missing, *newest):
            page = render_edition_page(snapshot.site, _edition(snapshot, stored))
            files[_edition_path(slug, stored.day)] = page
        files |= made
    return files


def _edition_path(slug: str, day: date) -> str:
    return f"conflicts/{slug}/{day.isoformat()}/index.html"


def _edition(snapshot: Snapshot, stored: StoredEdition) -> Edition:
    # Its links must work at the address the site has today; the manifest keeps that of its day.
    return replace(from_manifest(stored.manifest), base_url=snapshot.base_url)


def _documents(digest: Digest) -> dict[str, bytes]:
    path = digest.own_path.removeprefix("/")
    return {f"{path}.{form}": render(digest) for form, render in _FORMS.items()}


_FORMS: Mapping[str, Callable[[Digest], bytes]] = {
    "atom": render_atom,
    "rss": render_rss,
    "json": render_json,
}


def _overviews(snapshot: Snapshot) -> dict[str, bytes]:
    site, cards, latest = snapshot.site, snapshot.cards, snapshot.digest(None)
    return {
        "subscribe/index.html": render_subscribe_page(
            site, cards, snapshot.regions, letters=snapshot.letters
        ),
        "index.html": render_front(site, cards, latest, snapshot.regions),
        "feeds.opml": render_opml(site, cards, latest.updated_at, snapshot.regions),
    }


PARTS: Sequence[Part] = (
    _assets,
    _news_pages,
    _daily,
    _conflict_pages,
    _archives,
    _feeds,
    _overviews,
)


def _card(
    conflict: Conflict, newest: DigestEntry | None, background: Background | None, trend: Trend
) -> ConflictCard:
    return ConflictCard(
        slug=conflict.slug,
        title=conflict.title,
        region=conflict.region,
        countries=conflict.countries,
        type=conflict.type,
        impact=conflict.impact,
        status=conflict.status,
        status_reason=conflict.status_reason,
        newest=newest,
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
