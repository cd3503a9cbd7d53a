"""The digest as an Atom feed (RFC 4287), its archives (RFC 5005) and tombstones (RFC 6721)."""

from copy import deepcopy
from functools import lru_cache
from typing import cast

from lxml import etree

from pipeline.model import Digest, Tombstone
from pipeline.stages.render.addresses import web_url
from pipeline.stages.render.entries import ENTRIES_KEPT, Origin, ShownEntry, shown, site_root
from pipeline.stages.render.languages import UNDETERMINED, language_tag
from pipeline.stages.render.markup import (
    LANGUAGE,
    add,
    add_plain,
    add_text_construct,
    attribute_text,
    document,
)
from pipeline.stages.render.moments import rfc3339
from pipeline.stages.render.plain import clean

ATOM_CONTENT_TYPE = "application/atom+xml; charset=utf-8"
ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
SITE_NAME = "Dateline"


def render_atom(digest: Digest) -> bytes:
    """Write a digest as Atom; the same digest always gives the same bytes.

    The feed is served at `base_url + own_path + ".atom"`, which is its `rel=self`.
    """
    base = site_root(digest.base_url)
    # Validators warn of names they do not know, so each is declared only where it is used.
    names: dict[str | None, str] = {None: ATOM}
    if digest.archive is not None:
        names["fh"] = HISTORY
    if digest.tombstones:
        names["at"] = TOMBSTONES
    feed = etree.Element(
        f"{{{ATOM}}}feed",
        {LANGUAGE: language_tag(digest.language)},
        nsmap=names,  # type: ignore[arg-type]
    )
    add(feed, "id", digest.uid)
    add_text_construct(feed, "title", clean(digest.title) or SITE_NAME)
    if subtitle := clean(digest.subtitle):
        add_text_construct(feed, "subtitle", subtitle)
    add(feed, "updated", rfc3339(digest.updated_at))
    author = add(feed, "author")
    add(author, "name", SITE_NAME)
    add(author, "uri", f"{base}/")
    if digest.archive is not None:
        add(feed, f"{{{HISTORY}}}archive")
    for relation, path in chain(digest):
        link = _link(relation, f"{base}{path}.atom", type="application/atom+xml")
        add(feed, "link", attributes=link)
    for hub in digest.hubs:
        add(feed, "link", attributes=_link("hub", hub))
    page = web_url(digest.page_url) or f"{base}/"
    add(feed, "link", attributes=_link("alternate", page, type="text/html"))
    add(feed, "generator", SITE_NAME)
    for tombstone in digest.tombstones:
        _add_tombstone(feed, tombstone)
    feed.extend(deepcopy(_entry(shown(entry, base), base)) for entry in digest.entries)
    return document(feed, f"{base}/static/feed.css")


def chain(digest: Digest) -> list[tuple[str, str]]:
    """Give the links between a feed's documents: relation, and site path without extension.

    An archive does not link the next one: it would have to change when that is written.
    """
    links = [("self", digest.own_path)]
    if digest.archive is not None:
        links.append(("current", digest.path))
    if digest.previous_path is not None:
        links.append(("prev-archive", digest.previous_path))
    return links


def _add_tombstone(feed: etree._Element, tombstone: Tombstone) -> None:
    moments = {"ref": tombstone.uid, "when": rfc3339(tombstone.withdrawn_at)}
    element = add(feed, f"{{{TOMBSTONES}}}deleted-entry", attributes=moments)
    if reason := clean(tombstone.reason):
        add(element, "comment", reason)


@lru_cache(maxsize=ENTRIES_KEPT)
def _entry(entry: ShownEntry, base: str) -> etree._Element:
    names = cast(dict[str, str], {None: ATOM})
    element = etree.Element(f"{{{ATOM}}}entry", {LANGUAGE: entry.language}, nsmap=names)
    add(element, "id", entry.uid)
    add_text_construct(element, "title", entry.title)
    add(element, "updated", rfc3339(entry.updated_at))
    add(element, "published", rfc3339(entry.published_at))
    add_plain(add(element, "author"), "name", entry.lead.publisher)
    add(element, "link", attributes=_link("alternate", entry.page_url, type="text/html"))
    _add_reports(element, entry)
    for topic in entry.topics:
        label = attribute_text(topic.title)
        place = {"term": topic.slug, "scheme": f"{base}/conflicts/", "label": label}
        add(element, "category", attributes=place)
    if entry.origin is not None:
        _add_source(element, entry.origin)
    if entry.summary:
        add_text_construct(element, "summary", entry.summary)
    add(element, "content", entry.html, {"type": "html"})
    return element


def _add_reports(element: etree._Element, entry: ShownEntry) -> None:
    """Link the original (`related`) and every place the news was found (`via`)."""
    for relation, reports in (("related", entry.reports[:1]), ("via", entry.reports)):
        for report in reports:
            if report.url is None:
                continue
            attributes = _link(relation, report.url, title=attribute_text(report.publisher))
            if report.language != UNDETERMINED:
                attributes["hreflang"] = report.language
            add(element, "link", attributes=attributes)


def _add_source(element: etree._Element, origin: Origin) -> None:
    source = add(element, "source")
    add(source, "id", origin.id)
    add_text_construct(source, "title", origin.title)
    add(source, "updated", rfc3339(origin.updated_at))
    if origin.url is not None:
        add(source, "link", attributes=_link("self", origin.url))


def _link(relation: str, url: str, **attributes: str) -> dict[str, str]:
    return {"rel": relation, "href": url, **attributes}
