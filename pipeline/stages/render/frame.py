"""What every public page has around it: its head, its place in the site, and links to feeds."""

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.stages.render.atom import ATOM_CONTENT_TYPE
from pipeline.stages.render.cards import FeedLink
from pipeline.stages.render.environment import fill
from pipeline.stages.render.jsonfeed import JSON_CONTENT_TYPE
from pipeline.stages.render.plain import clean
from pipeline.stages.render.rss import RSS_CONTENT_TYPE
from pipeline.stages.render.site import Here, Site

_FORMATS = (
    ("Atom", "atom", ATOM_CONTENT_TYPE),
    ("RSS", "rss", RSS_CONTENT_TYPE),
    ("JSON Feed", "json", JSON_CONTENT_TYPE),
)


def fill_page(
    template: str,
    site: Site,
    *,
    path: str | None,
    title: str,
    description: str,
    feeds: Sequence[FeedLink] = (),
    wider_feeds: Sequence[FeedLink] = (),
    data: Markup | None = None,
    lasting: bool = False,
    **values: object,
) -> bytes:
    """Fill a page's template; `path` is its place in the site, None that of a page at any address.

    A `lasting` page is made anew byte for byte, whatever becomes of the files it loads.
    Readers find its own `feeds` first, then that of all conflicts, then the `wider_feeds`.
    """
    common = {
        "site": site,
        "here": Here.at(site, path, lasting=lasting),
        "path": path,
        "canonical": None if path is None else site.canonical(path),
        "title": clean(title),
        "description": clean(description),
        "data": data,
        "own_feeds": feeds,
        "all_feeds": feed_links("/latest-news", "all conflicts"),
        "wider_feeds": wider_feeds,
    }
    return fill(template, common | values)


def feed_links(path: str, subject: str) -> list[FeedLink]:
    """Give the links to a feed in its three formats; `path` is such as `/latest-news`."""
    return [
        FeedLink(
            title=f"Latest news: {clean(subject)} ({name})",
            format=name,
            path=f"{path}.{extension}",
            type=content_type.split(";")[0],
        )
        for name, extension, content_type in _FORMATS
    ]


def daily_links(slug: str, title: str) -> list[FeedLink]:
    """Give the links to a conflict's feed of daily editions."""
    return feed_links(f"/conflicts/{slug}/daily", f"{title}, daily")


def region_links(slug: str, title: str) -> list[FeedLink]:
    """Give the links to a region's feed."""
    return feed_links(f"/regions/{slug}/latest-news", title)
