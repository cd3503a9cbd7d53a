"""Parts: the public files that are made together, each part from the snapshot alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from db import digests, editions
from pipeline.lay_out.snapshot import Snapshot
from pipeline.model import Background, Digest, Edition, StoredEdition
from pipeline.stages.background import render_sections
from pipeline.stages.compose import feed_path
from pipeline.stages.edition import from_manifest
from pipeline.stages.render import (
    DailyFeed,
    RenderedSection,
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
EDITIONS_ON_THE_PAGE = 7
_NEWS_SEEN = "news revision"
_AT_ONCE = 500

Part = Callable[[Snapshot], dict[str, bytes]]


def _assets(snapshot: Snapshot) -> dict[str, bytes]:
    files = {f"static/{name}": content for name, content in static_files().items()}
    differ = snapshot.may_differ("assets", files=files)
    return files if differ or snapshot.looks_at_all else {}


def _news_pages(snapshot: Snapshot) -> dict[str, bytes]:
    """The pages of entries that changed, and those that are missing."""
    connection = snapshot.connection
    slugs = digests.changed_since(connection, int(snapshot.made.get(_NEWS_SEEN, "0")))
    wanted = set(slugs)
    snapshot.making[_NEWS_SEEN] = str(digests.newest_change(connection))
    if snapshot.may_differ("news", snapshot.titles):
        slugs = digests.slugs(connection)
        wanted = set(slugs)
    elif snapshot.looks_at_all:
        slugs = digests.slugs(connection)
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
        days = editions.days(snapshot.connection, card.slug, EDITIONS_ON_THE_PAGE)
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
        newest = snapshot.archives.get(path, 0)
        known = 0 if moved or snapshot.looks_at_all else _archive_seen(snapshot, path)
        snapshot.making[f"archives {path}"] = str(newest)
        for number in range(known + 1, newest + 1):
            name = f"{path.removeprefix('/')}/archive/{number}"
            if moved or not all(snapshot.stands(f"{name}.{form}") for form in _FORMS):
                files |= _documents(snapshot.archive(conflict, region, number))
    return files


def _archive_seen(snapshot: Snapshot, path: str) -> int:
    return int(snapshot.made.get(f"archives {path}", "0"))


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
    for conflict in filter(snapshot.has_daily, snapshot.tracked):
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
        days = editions.days(snapshot.connection, slug) if snapshot.looks_at_all else ()
        missing = [
            each
            for day in days
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
    names = ("subscribe/index.html", "index.html", "feeds.opml")
    state = (snapshot.cards, snapshot.feed_state(None), snapshot.regions, snapshot.letters)
    if not snapshot.may_differ("overviews", *state, files=names):
        return {}
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


def _sections(background: Background | None) -> Sequence[RenderedSection]:
    if background is None:
        return ()
    return [
        RenderedSection(
            kind=section.kind, heading=section.heading, anchor=section.anchor, html=section.html
        )
        for section in render_sections(background)
    ]
