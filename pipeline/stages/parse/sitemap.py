"""News sitemaps (sitemaps.org, Google's news extension): what outlets without a feed still have."""

from xml.etree import ElementTree

from pipeline.model import Entry, ParsedFeed
from pipeline.stages.parse.dates import plausible, read_date
from pipeline.stages.parse.strings import absolute, printable


def read_sitemap(text: str, url: str) -> ParsedFeed | None:
    """Read the news entries of a sitemap; None if the document is no sitemap or holds no news.

    Only documents without a document type are read, so no entity is ever unfolded here.
    """
    if "<urlset" not in text[:2_000] or "<!DOCTYPE" in text[:2_000]:
        return None
    try:
        root = ElementTree.fromstring(text.encode("utf-8", "replace"))  # noqa: S314 (no DTD)
    except ElementTree.ParseError:
        return None
    entries = tuple(filter(None, (_entry(place, url) for place in root)))
    return ParsedFeed(format="news-sitemap", entries=entries) if entries else None


def _entry(place: ElementTree.Element, url: str) -> Entry | None:
    fields = {
        element.tag.rpartition("}")[2]: printable(element.text or "").strip()
        for element in place.iter()
    }
    if not fields.get("title") or "publication_date" not in fields:
        return None
    return Entry(
        guid="",
        link=absolute(fields.get("loc"), url),
        title_html=fields["title"],
        categories=tuple(filter(None, map(str.strip, fields.get("keywords", "").split(",")))),
        language=fields.get("language", ""),
        published_at=plausible(read_date(fields["publication_date"])),
        date_text=fields["publication_date"][:200],
    )
