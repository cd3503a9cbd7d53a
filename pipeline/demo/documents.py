"""Documents: a publisher's feed at a moment, as the bytes its server would send."""

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from pipeline.demo.fresh import fresh_samples
from pipeline.demo.samples import Format, Publisher, Sample

_LISTED = 30
_TYPES = {
    Format.RSS_2: "application/rss+xml; charset=utf-8",
    Format.RSS_1: "application/rdf+xml; charset=utf-8",
    Format.ATOM: "application/atom+xml; charset=utf-8",
    Format.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as served: its bytes, their media type and when they last changed."""

    body: bytes
    content_type: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One article as the feed shows it at a moment."""

    address: str
    title: str
    summary: str
    published_at: datetime
    changed_at: datetime
    dated: bool
    markup: bool


def document(publisher: Publisher, show_at: datetime, now: datetime) -> Document:
    """Write the publisher's feed as it stands at `now`, newest article first.

    The same arguments give the same bytes, and so does any later `now` until an article appears or
    is rewritten.
    """
    samples = (*publisher.samples, *fresh_samples(publisher.id, show_at, now))
    listed = [
        _listed(publisher, sample, show_at, now)
        for sample in samples
        if sample.appears_at(show_at) <= now
    ]
    listed.sort(key=lambda item: item.published_at, reverse=True)
    del listed[_LISTED:]
    changed_at = max((item.changed_at for item in listed), default=show_at.replace(microsecond=0))
    write = _WRITERS[publisher.format]
    return Document(
        body=write(publisher, listed, changed_at).encode(),
        content_type=_TYPES[publisher.format],
        changed_at=changed_at,
    )


def _listed(publisher: Publisher, sample: Sample, show_at: datetime, now: datetime) -> _Listed:
    title, summary = sample.title, sample.summary
    published_at = changed_at = sample.appears_at(show_at)
    edited_at = sample.edited_at(show_at)
    if sample.edit is not None and edited_at is not None and edited_at <= now:
        title, summary, changed_at = sample.edit.title, sample.edit.summary, edited_at
    return _Listed(
        address=publisher.address(sample),
        title=title,
        summary=summary,
        published_at=published_at,
        changed_at=changed_at,
        dated=sample.dated,
        markup=sample.markup,
    )


def _rss_2(publisher: Publisher, listed: list[_Listed], changed_at: datetime) -> str:
    # Addresses carry a reader's source, as they do in the wild; Dateline takes it off again.
    items = "".join(
        f"<item><title>{escape(item.title)}</title>"
        f"<link>{escape(item.address)}?utm_source=rss&amp;utm_medium=feed</link>"
        f'<guid isPermaLink="false">{escape(item.address)}</guid>'
        + (f"<pubDate>{format_datetime(item.published_at)}</pubDate>" if item.dated else "")
        + f"<description>{escape(_paragraph(item))}</description></item>\n"
        for item in listed
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(publisher.title)}</title><link>{publisher.home}/</link>"
        "<description>Made-up articles that show Dateline at work.</description>"
        f"<language>{publisher.language}</language>"
        f"<lastBuildDate>{format_datetime(changed_at)}</lastBuildDate>\n{items}</channel></rss>\n"
    )


def _rss_1(publisher: Publisher, listed: list[_Listed], changed_at: datetime) -> str:
    order = "".join(f"<rdf:li rdf:resource={quoteattr(item.address)}/>" for item in listed)
    items = "".join(
        f"<item rdf:about={quoteattr(item.address)}><title>{escape(item.title)}</title>"
        f"<link>{escape(item.address)}</link><description>{escape(item.summary)}</description>"
        f"<dc:date>{item.published_at.isoformat()}</dc:date></item>\n"
        for item in listed
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://purl.org/rss/1.0/">\n'
        f'<channel rdf:about="{publisher.home}/"><title>{escape(publisher.title)}</title>'
        f"<link>{publisher.home}/</link>"
        "<description>Made-up articles that show Dateline at work.</description>"
        f"<dc:language>{publisher.language}</dc:language>"
        f"<dc:date>{changed_at.isoformat()}</dc:date>"
        f"<items><rdf:Seq>{order}</rdf:Seq></items></channel>\n{items}</rdf:RDF>\n"
    )


def _atom(publisher: Publisher, listed: list[_Listed], changed_at: datetime) -> str:
    entries = "".join(
        f'<entry><title type="{"html" if item.markup else "text"}">{escape(item.title)}</title>'
        f"<id>{escape(item.address)}</id><link href={quoteattr(item.address)}/>"
        f"<published>{item.published_at.isoformat()}</published>"
        f"<updated>{item.changed_at.isoformat()}</updated>"
        f'<summary type="html">{escape(_paragraph(item))}</summary></entry>\n'
        for item in listed
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{publisher.language}">'
        f"<title>{escape(publisher.title)}</title><id>{publisher.home}/</id>"
        f'<link href="{publisher.home}/"/><updated>{changed_at.isoformat()}</updated>'
        f"<author><name>{escape(publisher.title)}</name></author>\n{entries}</feed>\n"
    )


def _json(publisher: Publisher, listed: list[_Listed], changed_at: datetime) -> str:
    items = [
        {
            "id": item.address,
            "url": item.address,
            "title": item.title,
            "content_html": _paragraph(item),
            "date_published": item.published_at.isoformat(),
        }
        for item in listed
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": publisher.title,
        "home_page_url": f"{publisher.home}/",
        "language": publisher.language,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


_WRITERS = {Format.RSS_2: _rss_2, Format.RSS_1: _rss_1, Format.ATOM: _atom, Format.JSON: _json}


def _paragraph(item: _Listed) -> str:
    return f"<p>{escape(item.summary)}</p>"
