"""The public pages as static HTML: no script, no third party, nothing inline."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from pipeline.model import Caption, Digest, DigestEntry, Region, SectionKind
from pipeline.stages.render.cards import ConflictCard, Day, RenderedSection
from pipeline.stages.render.entries import ShownEntry, shown
from pipeline.stages.render.frame import daily_links, feed_links, fill_page, region_links
from pipeline.stages.render.front import overview
from pipeline.stages.render.mail_form import MailForm
from pipeline.stages.render.moments import utc_day
from pipeline.stages.render.plain import clean, excerpt
from pipeline.stages.render.site import Site
from pipeline.stages.render.structured import as_markup, conflict_data, entry_data, front_data

HTML_CONTENT_TYPE = "text/html; charset=utf-8"
_ON_THE_FRONT, _BESIDE_THE_MAP = 7, 4


def render_front(
    site: Site,
    cards: Sequence[ConflictCard],
    latest: Digest,
    regions: Sequence[Region] = (),
) -> bytes:
    """Render `/`: the conflicts on the world map, the latest news of all, every conflict in a list.

    Regions and conflicts keep the order they are given in. Withdrawn entries are no headlines: they
    stand on their conflict's page and in the feeds.
    """
    standing = [entry for entry in latest.entries if entry.withdrawn_reason is None]
    of_regions = {clean(each.title): region_links(each.slug, each.title) for each in regions}
    return fill_page(
        "front.html",
        site,
        path="/",
        title=f"{site.name}: {site.tagline}",
        description=f"{site.tagline}: {len(cards)} conflicts, with background and the latest news.",
        data=as_markup(front_data(site)),
        overview=overview(cards),
        entries=[shown(entry, site.address) for entry in standing[:_ON_THE_FRONT]],
        beside=_BESIDE_THE_MAP,
        updated_at=latest.updated_at,
        wider_feeds=[feeds[0] for feeds in of_regions.values()],
        region_feeds=of_regions,
    )


def render_conflict_page(
    site: Site,
    card: ConflictCard,
    digest: Digest,
    *,
    sections: Sequence[RenderedSection] = (),
    captions: Sequence[Caption] = (),
    editions: Sequence[date] = (),
    region: Region | None = None,
) -> bytes:
    """Render `/conflicts/{slug}`: the background, then Latest News with the digest's entries.

    `editions` are the days of the newest daily editions, newest first; `region` is the one that has
    a feed with this conflict in it.
    An imported page's own, empty Latest News section gives way to ours.
    """
    entries = [shown(entry, site.address) for entry in digest.entries]
    description = excerpt(
        f"{card.title}: background and latest news. {card.status_reason}".strip(), 200
    )
    daily = daily_links(card.slug, card.title) if card.daily else []
    wider = region_links(region.slug, region.title) if region else []
    return fill_page(
        "conflict.html",
        site,
        path=card.link,
        title=f"{card.title} \u00b7 {site.name}",
        description=description,
        data=as_markup(conflict_data(site, card, entries, clean(description))),
        feeds=[*feed_links(f"{card.link}/latest-news", card.title), *daily],
        daily_feeds=daily,
        wider_feeds=wider,
        region_title=clean(region.title) if region else "",
        editions=editions,
        card=card,
        sections=[section for section in sections if section.kind is not SectionKind.LATEST_NEWS],
        captions=captions,
        days=_by_day(entries),
        newest=entries[0] if entries else None,
    )


def render_entry_page(site: Site, entry: DigestEntry) -> bytes:
    """Render `/news/{id}`: one digest entry, where it comes from, and whether it still stands."""
    told = shown(entry, site.address)
    return fill_page(
        "entry.html",
        site,
        path=_path_of(told),
        title=f"{told.title} \u00b7 {site.name}",
        description=told.summary or f"Reported by {told.lead.publisher}",
        feeds=[
            feed
            for topic in told.topics
            for feed in feed_links(f"/conflicts/{topic.slug}/latest-news", topic.title)
        ],
        data=as_markup(entry_data(site, told, _path_of(told))),
        entry=told,
    )


def render_subscribe_page(
    site: Site,
    cards: Sequence[ConflictCard],
    regions: Sequence[Region] = (),
    *,
    letters: bool = False,
) -> bytes:
    """Render `/subscribe`: what a feed is, every feed in its three formats, and the form that asks
    for `letters` where there are any."""
    form = MailForm(
        conflicts={card.slug: clean(card.title) for card in cards},
        undaily=[card.slug for card in cards if not card.closes],
    )
    by_region = [
        (clean(region.title), region_links(region.slug, region.title)) for region in regions
    ]
    return fill_page(
        "subscribe.html",
        site,
        path="/subscribe",
        title=f"Subscribe \u00b7 {site.name}",
        description=f"Follow {site.name} in a feed reader: three formats for every conflict.",
        feeds=[feed for _, feeds in by_region for feed in feeds],
        regions=by_region,
        conflicts=[
            (
                card,
                feed_links(f"{card.link}/latest-news", card.title),
                daily_links(card.slug, card.title) if card.daily else [],
            )
            for card in cards
        ],
        mail_form=form if letters else None,
    )


def render_error_page(status: int, title: str, advice: str, site: Site | None = None) -> bytes:
    """Render a page for an error: what happened in one line, and what to do now."""
    return fill_page(
        "error.html",
        site or Site(base_url="/"),
        path=None,
        title=f"{title} \u00b7 {(site or Site(base_url='/')).name}",
        description=advice,
        status=status,
        heading=title,
        advice=advice,
    )


def _path_of(entry: ShownEntry) -> str:
    return "/news/" + entry.page_url.rpartition("/")[2]


def _by_day(entries: Iterable[ShownEntry]) -> list[Day]:
    return [
        Day(date=day, entries=tuple(group))
        for day, group in groupby(entries, key=lambda entry: utc_day(entry.published_at))
    ]
