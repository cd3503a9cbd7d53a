"""The list of all feeds as OPML 2.0, to import into a feed reader at once."""

import re
from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from pipeline.model import Region
from pipeline.stages.render.cards import ConflictCard
from pipeline.stages.render.markup import add, document
from pipeline.stages.render.moments import rfc822
from pipeline.stages.render.plain import clean
from pipeline.stages.render.site import Site

OPML_CONTENT_TYPE = "text/x-opml; charset=utf-8"
_LOOKS_LIKE_MARKUP = re.compile(r"[<]|&(?=\S)")
_ESCAPES = {"<": "&lt;", "&": "&amp;"}


def render_opml(
    site: Site, cards: Sequence[ConflictCard], updated_at: datetime, regions: Sequence[Region] = ()
) -> bytes:
    """Write `/feeds.opml`: the feed of all conflicts, then each one's two, in folders by region.

    A region's own feed comes first in its folder.
    """
    opml = etree.Element("opml", {"version": "2.0"})
    head = add(opml, "head")
    add(head, "title", _html(f"{site.name}: latest news by conflict"))
    add(head, "dateModified", rfc822(updated_at))
    add(head, "ownerName", _html(site.name))
    body = add(opml, "body")
    _add_feed(body, site, f"{site.name}: all conflicts", "/", "/latest-news.atom")
    folders: dict[str, etree._Element] = {}
    own = {slug: region for region in regions for slug in region.conflicts}
    for card in cards:
        folder = body
        region = own.get(card.slug)
        if title := clean(region.title if region else card.region):
            if title not in folders:
                folders[title] = add(body, "outline", attributes={"text": _html(title)})
                if region:
                    path = f"/regions/{region.slug}/latest-news.atom"
                    _add_feed(folders[title], site, f"{site.name}: {title}", "/", path)
            folder = folders[title]
        path = f"/conflicts/{card.slug}"
        _add_feed(folder, site, card.title, path, f"{path}/latest-news.atom")
        if card.daily:
            _add_feed(folder, site, f"Daily: {card.title}", path, f"{path}/daily.atom")
    return document(opml)


def _add_feed(parent: etree._Element, site: Site, title: str, page: str, feed: str) -> None:
    name = _html(title)
    attributes = {
        "type": "rss",  # OPML's word for any feed
        "text": name,
        "title": name,
        "xmlUrl": site.address + feed,
        "htmlUrl": site.address + page,
    }
    add(parent, "outline", attributes=attributes)


def _html(text: str) -> str:
    # OPML text may hold HTML, so what looks like it is escaped once more; "A & B" stays as it is.
    return _LOOKS_LIKE_MARKUP.sub(lambda found: _ESCAPES[found.group()], clean(text))
