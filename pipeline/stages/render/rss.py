"""The digest as RSS 2.0, after the RSS Advisory Board's Best Practices Profile."""

from copy import deepcopy
from functools import lru_cache
from html import escape

from lxml import etree

from pipeline.model import Digest
from pipeline.stages.render.addresses import web_url
from pipeline.stages.render.atom import ATOM, HISTORY, SITE_NAME, chain
from pipeline.stages.render.entries import ENTRIES_KEPT, ShownEntry, shown, site_root
from pipeline.stages.render.languages import UNDETERMINED, language_tag
from pipeline.stages.render.markup import add, add_plain, document
from pipeline.stages.render.moments import rfc822, rfc3339
from pipeline.stages.render.plain import clean
from pipeline.stages.render.wording import as_words

RSS_CONTENT_TYPE = "application/rss+xml; charset=utf-8"
# In minutes. Readers that honour it ask no more often; our max-age is five minutes.
TIME_TO_LIVE = 15
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_NAMES = {"atom": ATOM, "content": _CONTENT, "dc": _DUBLIN_CORE}
_SPECIFICATION = "https://www.rssboard.org/rss-specification"


def render_rss(digest: Digest) -> bytes:
    """Write a digest as RSS 2.0; the same digest always gives the same bytes.

    The feed is served at `base_url + own_path + ".rss"`, which is its `rel=self`.
    """
    base = site_root(digest.base_url)
    names = dict(_NAMES)
    if digest.archive is not None:
        names["fh"] = HISTORY
    rss = etree.Element("rss", {"version": "2.0"}, nsmap=names)
    channel = add(rss, "channel")
    title = clean(digest.title) or SITE_NAME
    add_plain(channel, "title", title)
    add(channel, "link", web_url(digest.page_url) or f"{base}/")
    add_plain(channel, "description", clean(digest.subtitle) or title)
    add(channel, "language", language_tag(digest.language))
    add(channel, "lastBuildDate", rfc822(digest.updated_at))
    add(channel, "docs", _SPECIFICATION)
    add(channel, "generator", SITE_NAME)
    add(channel, "ttl", str(TIME_TO_LIVE))
    if digest.archive is not None:
        add(channel, f"{{{HISTORY}}}archive")
    for relation, path in chain(digest):
        link = {"rel": relation, "type": "application/rss+xml", "href": f"{base}{path}.rss"}
        add(channel, f"{{{ATOM}}}link", attributes=link)
    for hub in digest.hubs:
        add(channel, f"{{{ATOM}}}link", attributes={"rel": "hub", "href": hub})
    channel.extend(deepcopy(_item(shown(entry, base), base)) for entry in digest.entries)
    return document(rss, f"{base}/static/feed.css")


@lru_cache(maxsize=ENTRIES_KEPT)
def _item(entry: ShownEntry, base: str) -> etree._Element:
    item = etree.Element("item", nsmap=_NAMES)
    add_plain(item, "title", entry.title)
    add(item, "link", entry.page_url)
    # The description is HTML by the profile, so plain words are escaped once more.
    add(item, "description", escape(entry.summary or as_words(entry.paragraphs[0]), quote=False))
    add(item, f"{{{_CONTENT}}}encoded", entry.html)
    add(item, f"{{{_DUBLIN_CORE}}}creator", entry.lead.publisher)
    for topic in entry.topics:
        add_plain(item, "category", topic.slug, {"domain": f"{base}/conflicts/"})
    add(item, "guid", entry.uid, {"isPermaLink": "false"})
    add(item, "pubDate", rfc822(entry.published_at))
    if entry.origin is not None and entry.origin.url is not None:
        add_plain(item, "source", entry.origin.title, {"url": entry.origin.url})
    if entry.language != UNDETERMINED:
        add(item, f"{{{_DUBLIN_CORE}}}language", entry.language)
    # RSS knows no date of change; readers that understand Atom take it from here.
    add(item, f"{{{ATOM}}}updated", rfc3339(entry.updated_at))
    return item
