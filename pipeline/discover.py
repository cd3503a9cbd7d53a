"""Discover: from an address that somebody names to a feed, looked at before it is watched.

The address may be a feed's or a page's that names its feeds. Whatever is asked is asked once: a
strict publisher refuses the second request of the same minute.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.errors import ParseError, PipelineError
from pipeline.fetch import Fetcher
from pipeline.fetch.urls import feed_url
from pipeline.isolate import ParserPool
from pipeline.model import Article, Feed, Fetched, Match
from pipeline.stages.discover import FeedLink, find_feed_links, well_known_feeds
from pipeline.stages.match import Matcher
from pipeline.stages.normalise import normalise_document, url_key
from pipeline.stages.parse import parse

_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s+|<\?.{0,200}?\?>|<!--.{0,2000}?-->){0,20}<(?:!doctype\s+)?html\b",
    re.IGNORECASE | re.DOTALL,
)
_FORMATS = {
    "rss20": "RSS 2.0",
    "rss10": "RSS 1.0",
    "atom10": "Atom",
    "atom03": "Atom 0.3",
    "json1": "JSON Feed 1.0",
    "json11": "JSON Feed 1.1",
    "news-sitemap": "news sitemap",
}
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")


class AlreadyWatched(PipelineError):
    """The address is watched already; `feed_id` says as which feed."""

    def __init__(self, url: str, feed_id: str) -> None:
        self.feed_id = feed_id
        super().__init__(f"{url} is already watched, as {feed_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedEntry:
    """An entry as it would be stored, and what it would match."""

    article: Article
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A feed that was looked at; nothing of it is stored.

    `url` is the address to watch (where the publisher says the feed has moved for good, its new
    one), `page` the page that named it. `language` is "" where the document names none. `entries`
    are newest first.
    """

    url: str
    page: str | None
    title: str
    format: str
    language: str
    home_url: str | None
    complete: bool
    entries: tuple[PreviewedEntry, ...]

    @property
    def format_name(self) -> str:
        """The format as people call it."""
        return _FORMATS.get(self.format, self.format)

    @property
    def matching(self) -> int:
        """How many entries match any conflict."""
        return sum(bool(entry.matches) for entry in self.entries)

    @property
    def by_conflict(self) -> dict[str, int]:
        """How many entries match each conflict, most first; conflicts without any are left out."""
        counts = Counter(match.conflict for entry in self.entries for match in entry.matches)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A page that names no feed of its own beyond doubt: somebody has to choose."""

    page: str
    links: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scout:
    """What looking at a feed needs.

    `watched` gives the id of every feed that is watched by `address_key` of its address.
    `language` is assumed where a document names none.
    """

    fetcher: Fetcher
    parsers: ParserPool
    matcher: Matcher
    watched: Mapping[str, str]
    language: str
    now: datetime

    async def look(self, written: str) -> Preview | Choice:
        """Look at an address: preview the feed it is, or the only one that the page there names.

        Raises AlreadyWatched, and FeedError where nothing can be fetched, read or found.
        """
        url = spelt_out(written)
        fetched, found = await self._ask(url)
        if isinstance(found, _Feed):
            return self._preview(url, fetched, found, page=None)
        own = {address_key(url), address_key(fetched.url)}
        links = tuple(link for link in found if address_key(link.url) not in own)
        if not links:
            raise ParseError("no_feed", _without_feed(fetched.url))
        certain = [link for link in links if link.declared]
        if len(certain) == 1:
            return await self.look_at(certain[0].url, page=fetched.url)
        return Choice(page=fetched.url, links=links)

    async def look_at(self, written: str, *, page: str) -> Preview:
        """Preview the feed that a page names. Raises AlreadyWatched and FeedError."""
        url = spelt_out(written)
        fetched, found = await self._ask(url)
        if not isinstance(found, _Feed):
            raise ParseError(
                "html", f"{page} names {url} as a feed, but that is a web page itself."
            )
        return self._preview(url, fetched, found, page=page)

    async def _ask(self, url: str) -> "tuple[Fetched, _Feed | tuple[FeedLink, ...]]":
        """Make the one request for an address, unless it is watched already."""
        self._refuse_watched(url)
        fetched = await self.fetcher.fetch(url)
        assert isinstance(fetched, Fetched), "without validators there is no 304"
        self._refuse_watched(fetched.url)
        return fetched, await self.parsers.run(read_answer, (fetched, self.language, self.now))

    def _refuse_watched(self, url: str) -> None:
        feed_id = self.watched.get(address_key(url))
        if feed_id is not None:
            raise AlreadyWatched(url, feed_id)

    def _preview(self, url: str, fetched: Fetched, found: "_Feed", *, page: str | None) -> Preview:
        newest = sorted(found.articles, key=lambda article: article.ordered_at, reverse=True)
        return Preview(
            url=fetched.permanent_url or url,
            page=page,
            title=found.title,
            format=found.format,
            language=found.language,
            home_url=found.home_url,
            complete=found.complete,
            entries=tuple(
                PreviewedEntry(article=article, matches=self.matcher.match(article.text))
                for article in newest
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    title: str
    format: str
    language: str
    home_url: str | None
    complete: bool
    articles: tuple[Article, ...]


def read_answer(work: tuple[Fetched, str, datetime]) -> _Feed | tuple[FeedLink, ...]:
    """Read what an address answered: a feed, or the links of a page to feeds (perhaps none).

    Pure, so that it can run in a worker process. Raises ParseError where it is neither.
    """
    fetched, language, now = work
    # Asked first: making sure that a large page is no feed costs seconds.
    links = find_feed_links(fetched.body, fetched.url, fetched.charset)
    if links and _PAGE.match(fetched.body[:4_096]):
        return links
    try:
        parsed = parse(fetched)
    except ParseError as error:
        if error.kind == "html" or (error.kind == "not_a_feed" and links):
            return links
        raise
    feed = Feed(id="", url=fetched.url, publisher="", language=language)
    items = normalise_document(parsed, feed=feed, now=now)
    named = _LANGUAGE.fullmatch(parsed.language.strip())
    return _Feed(
        title=parsed.title,
        format=parsed.format,
        language=named[1].lower() if named else "",
        home_url=parsed.home_url,
        complete=parsed.complete,
        articles=tuple(item for item in items if isinstance(item, Article)),
    )


def spelt_out(written: str) -> str:
    """Read an address as people write it: `example.org/news` and `feed://…` are https.

    Raises FetchError (`bad_url`).
    """
    text = written.strip()
    if text.lower().startswith("feed:"):
        text = text[5:]
    text = text.removeprefix("//")
    return str(feed_url(text if _SCHEME.match(text) else f"https://{text}"))


def address_key(url: str) -> str:
    """The form that all spellings of one feed's address share; the fragment is never sent."""
    return url_key(url.partition("#")[0])


def host_of(url: str) -> str:
    """The outlet's part of an address: its host without `www.`, `feeds.` and their like."""
    host = urlsplit(url).hostname or ""
    short = re.sub(r"^(?:www\d?|feeds?|rss|m)\.(?=.+\..)", "", host)
    return short or host


def _without_feed(page: str) -> str:
    tries = ", ".join(well_known_feeds(page)[:4])
    return (
        f"{page} is a web page that names no feed. Look for a link called RSS or Atom on it, or "
        f"try the usual places: {tries}"
    )
