"""Parse: bytes become entries. The only room that knows feed formats.

`fast` reads what leaves no doubt. For all else `xmlfeed` asks feedparser and puts its known errors
right; `jsonfeed` and `sitemap` read what feedparser does not know. Nothing here is safe by itself:
documents can make any parser burn CPU and memory, so run `parse` in a worker process
(`pipeline.isolate`).
"""

import re
from dataclasses import replace

from pipeline.errors import ParseError
from pipeline.model import Entry, Fetched, ParsedFeed
from pipeline.stages.parse.dates import EARLIEST, read_date
from pipeline.stages.parse.decode import decode
from pipeline.stages.parse.fast import read_plain_feed
from pipeline.stages.parse.jsonfeed import read_json_feed
from pipeline.stages.parse.prolog import refuse_entity_bombs
from pipeline.stages.parse.sitemap import read_sitemap
from pipeline.stages.parse.strings import legal_xml
from pipeline.stages.parse.xmlfeed import read_xml_feed

__all__ = ["MOST_ENTRIES", "is_bot_check", "parse", "read_date"]

MOST_ENTRIES = 2_000
# Atomic and possessive: otherwise every `?>` and `-->` of the document is tried in turn.
_WEB_PAGE = re.compile(
    r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+(?:<!doctype\s+html|<(?:html|head|body|title|meta)\b)",
    re.IGNORECASE | re.DOTALL,
)
# Where a web page has none of these feedparser finds no entry in it either, however long it looks.
_LISTS_ENTRIES = re.compile(r"<(?:[\w.-]{1,60}:)?(?:item|entry|urlset)\b", re.IGNORECASE)
# What only the check itself holds: pages behind one carry some of its scripts as well.
_BOT_CHECK = re.compile(
    r"__?cf_chl_|cf-challenge-running|<title>\s*(?:just a moment|ddos-guard|attention required! \|)"
    r"|challenge-platform/[^\"'\s]{1,60}/orchestrate/|captcha-delivery\.com|\bpx-captcha\b"
    r"|_Incapsula_Resource|sec-if-cpt-container|awsWafCookieDomainList",
    re.IGNORECASE,
)
_LOOKED_AT = 100_000


def parse(fetched: Fetched) -> ParsedFeed:
    """Read a fetched document as a feed, in whatever format it is.

    Returns at most `MOST_ENTRIES` entries, the newest, in document order. Links are absolute
    http(s) or None, dates aware UTC or None. Where the document broke off, `complete` is False
    and the entry it broke off in is left out. Raises `ParseError` of kind `empty`, `html` (a web
    page), `blocked` (a bot check), `truncated` (no entry came whole), `not_a_feed`, `bad_json`,
    `entity_bomb` or `unreadable`.
    """
    text = decode(fetched.body, fetched.charset).lstrip("\ufeff\0 \t\r\n")
    if not text:
        raise ParseError("empty", "The server sent an empty document.")
    if text[0] in "{[":
        return _capped(read_json_feed(text, fetched.url))
    refuse_entity_bombs(text)
    is_web_page = _WEB_PAGE.match(text) is not None
    if is_web_page and not _LISTS_ENTRIES.search(text):
        raise _no_feed(text, is_web_page)
    found = read_plain_feed(text, fetched.url) or _read_less_plain_feed(text, fetched.url)
    if found is not None and not (is_web_page and (found.format == "unknown" or not found.entries)):
        if not found.complete and not found.entries:
            raise ParseError(
                "truncated", "The document broke off before its first entry was whole."
            )
        return _capped(found)
    found = read_sitemap(text, fetched.url)
    if found is not None:
        return _capped(found)
    raise _no_feed(text, is_web_page)


def is_bot_check(page: str) -> bool:
    """Whether a web page wants a browser's proof before it shows anything."""
    return _BOT_CHECK.search(page, 0, _LOOKED_AT) is not None


def _read_less_plain_feed(text: str, url: str) -> ParsedFeed | None:
    """Ask feedparser; first take out what alone may have made the document ill-formed."""
    legal = legal_xml(text)
    if legal == text:
        return read_xml_feed(text, url)
    refuse_entity_bombs(legal)  # one may have been hidden by what is gone now
    return read_plain_feed(legal, url) or read_xml_feed(legal, url)


def _no_feed(text: str, is_web_page: bool) -> ParseError:
    if is_web_page and is_bot_check(text):
        return ParseError(
            "blocked",
            "The server sent a bot check instead of the feed: ask the publisher to let us pass.",
        )
    if is_web_page:
        return ParseError(
            "html",
            "The server sent a web page instead of a feed. It may be down for maintenance or ask "
            "for a login; if it stays like this, look for the feed's new address.",
        )
    if "<sitemapindex" in text[:2_000]:
        return ParseError(
            "not_a_feed", "This is an index of sitemaps; watch one of the sitemaps it lists."
        )
    start = " ".join(text[:60].split())
    return ParseError(
        "not_a_feed", f"The document is no feed that can be read; it starts with {start!r}."
    )


def _capped(feed: ParsedFeed) -> ParsedFeed:
    """Keep the newest entries: a feed may list its oldest first."""
    if len(feed.entries) <= MOST_ENTRIES:
        return feed

    def age(numbered: tuple[int, Entry]) -> float:
        entry = numbered[1]
        return -(entry.published_at or entry.updated_at or EARLIEST).timestamp()

    newest = sorted(enumerate(feed.entries), key=age)[:MOST_ENTRIES]
    return replace(
        feed, entries=tuple(entry for _, entry in sorted(newest, key=lambda pair: pair[0]))
    )
