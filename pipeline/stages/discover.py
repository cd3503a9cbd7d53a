"""Discover: a web page's links to its feeds.

A page names its feeds in `<link rel="alternate" type="application/atom+xml" href="…">`. Where it
does not, links that look like feeds are still worth showing to a person. Pages are hostile: read
them in a worker process (`pipeline.isolate`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

MOST_LINKS = 50
_MOST_BYTES = 2 * 1024 * 1024  # what names the feeds stands at the top of a page
_LONGEST_URL = 8_192
_LONGEST_TITLE = 200
_FORMATS = {
    "application/atom+xml": "Atom",
    "application/rss+xml": "RSS",
    "application/rdf+xml": "RSS 1.0",
    "application/feed+json": "JSON Feed",
    "application/x-rss+xml": "RSS",
    "application/x-atom+xml": "Atom",
    "application/rss": "RSS",
    "application/atom": "Atom",
    "text/rss": "RSS",
    "text/atom": "Atom",
    "text/rss+xml": "RSS",
    "text/atom+xml": "Atom",
    "text/rdf": "RSS 1.0",
    "text/xml": "XML",
    "application/xml": "XML",
}
_JSON = "application/json"  # was JSON Feed's type once, but most such links lead to an API
_FEED_WORD = r"(?:rss|atom|feed)s?[0-9]?"
_SAYS_FEED = re.compile(rf"(?:^|[^a-z]){_FEED_WORD}(?:[^a-z]|$)", re.IGNORECASE)
_FEED_PATH = re.compile(rf"/{_FEED_WORD}(?:\.(?:xml|json|php|aspx?))?/?$|\.(?:rss|atom|rdf)$", re.I)
_OF_COMMENTS = re.compile(
    r"(?<![a-z])(?:comments?|commentaires?|comentarios|kommentare?|replies)(?![a-z])|تعليقات",
    re.IGNORECASE,
)
_WELL_KNOWN = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A page's link to what should be a feed.

    `url` is absolute http(s), without a fragment. `declared` is True where the page itself calls it
    a feed of its news; False for a feed of comments, and for a link that only looks like a feed.
    """

    url: str
    title: str
    format: str
    declared: bool


def find_feed_links(page: bytes, url: str, charset: str | None = None) -> tuple[FeedLink, ...]:
    """Find the feeds a page links to, the likeliest first, at most `MOST_LINKS`.

    `url` is where the page came from, `charset` what the server called its encoding. Anything may
    come in; what is no page has no links. Other pages' look-alike links count only where the page
    declares none.
    """
    root = _read(page, charset)
    if root is None:
        return ()
    base = _base(root, url)
    found: dict[str, FeedLink] = {}
    for link in _declared(root, base):
        if link.url not in found or (link.declared and not found[link.url].declared):
            found[link.url] = link
    if not any(link.declared for link in found.values()):
        for link in _look_alikes(root, base):
            found.setdefault(link.url, link)
    ranked = sorted(found.values(), key=lambda link: (not link.declared, link.format == "XML"))
    return tuple(ranked[:MOST_LINKS])


def well_known_feeds(url: str) -> tuple[str, ...]:
    """Name the addresses where sites commonly have their feed, for a person to try."""
    return tuple(urljoin(url, path) for path in _WELL_KNOWN)


def _read(page: bytes, charset: str | None) -> html.HtmlElement | None:
    text = _decoded(page[:_MOST_BYTES], charset).replace("\0", "")
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):  # empty, or no markup at all
        return None
    return root


def _decoded(page: bytes, charset: str | None) -> str:
    """Addresses are ASCII and only a title can suffer, so a coarse choice is enough."""
    for name in ("utf-8", charset or "cp1252"):
        try:
            return page.decode(name)
        except (LookupError, ValueError):
            continue
    return page.decode("utf-8", "replace")


def _base(root: html.HtmlElement, url: str) -> str:
    for element in root.iter("base"):
        if written := _attribute(element, "href"):
            return _absolute(written, url) or url
    return url


def _declared(root: html.HtmlElement, base: str) -> Iterator[FeedLink]:
    """The feeds of `<link rel="alternate">`; also of `<a>`, where some pages put the same."""
    for element in root.iter("link", "a"):
        rel = _attribute(element, "rel").lower().split()
        if "alternate" not in rel and "feed" not in rel:
            continue
        address = _absolute(_attribute(element, "href"), base)
        if address is None:
            continue
        title = _title(element)
        media_type = _attribute(element, "type").partition(";")[0].strip().lower()
        format_name = _FORMATS.get(media_type, "feed" if "feed" in rel else "")
        if media_type == _JSON and _is_called_feed(address, title):
            format_name = "JSON Feed"
        if format_name:
            yield FeedLink(
                url=address,
                title=title,
                format=format_name,
                declared=not _is_of_comments(address, title),
            )


def _look_alikes(root: html.HtmlElement, base: str) -> Iterator[FeedLink]:
    """Ordinary links that look like feeds by their type or by the end of their address."""
    for element in root.iter("a"):
        address = _absolute(_attribute(element, "href"), base)
        if address is None:
            continue
        media_type = _attribute(element, "type").partition(";")[0].strip().lower()
        if media_type in _FORMATS or _FEED_PATH.search(urlsplit(address).path):
            title = _title(element)
            format_name = _FORMATS.get(media_type, "looks like a feed")
            yield FeedLink(url=address, title=title, format=format_name, declared=False)


def _is_called_feed(address: str, title: str) -> bool:
    """A bare JSON type says nothing; the words around it must, and an API is not a feed."""
    parts = urlsplit(address)
    return "/wp-json" not in parts.path and bool(
        _SAYS_FEED.search(f"{parts.path}?{parts.query}") or _SAYS_FEED.search(title)
    )


def _is_of_comments(address: str, title: str) -> bool:
    parts = urlsplit(address)
    return bool(_OF_COMMENTS.search(title) or _OF_COMMENTS.search(f"{parts.path}?{parts.query}"))


def _attribute(element: etree._Element, name: str) -> str:
    return _one_line(str(element.get(name) or ""))


def _title(element: etree._Element) -> str:
    named = _attribute(element, "title")
    return (named or _one_line("".join(str(part) for part in element.itertext())))[:_LONGEST_TITLE]


def _one_line(text: str) -> str:
    return " ".join(_INVISIBLE.sub(" ", text).split())


def _absolute(written: str, base: str) -> str | None:
    """The address as http(s) with a host, without user name and fragment; None if it is none."""
    if written.lower().startswith("feed:"):
        rest = written[5:]
        written = f"https:{rest}" if rest.startswith("//") else rest
    if not written or len(written) > _LONGEST_URL:
        return None
    try:
        parts = urlsplit(urljoin(base, written))
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts._replace(fragment="").geturl() if usable and "@" not in parts.netloc else None
