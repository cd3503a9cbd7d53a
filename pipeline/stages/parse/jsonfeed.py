"""JSON Feed 1 and 1.1 (jsonfeed.org), which feedparser 6 does not read."""

import html
import json
from datetime import datetime
from typing import Any

from pipeline.errors import ParseError
from pipeline.model import Entry, ParsedFeed
from pipeline.stages.parse.dates import plausible, read_date
from pipeline.stages.parse.strings import absolute, heading, printable

_LONG_NUMBER = 1_000  # digits; Python refuses to read 4,300


def read_json_feed(text: str, url: str) -> ParsedFeed:
    """Read a decoded JSON document; an item that is no object is left out, the others are kept.

    Line ends and other controls inside a text are let through, as a number of any length is.

    Raises `ParseError`: "bad_json" for broken JSON, "not_a_feed" for JSON of another kind.
    """
    try:
        document = json.loads(text, strict=False, parse_int=_number)
    except (ValueError, RecursionError) as error:
        message = f"The document starts like JSON but cannot be read ({str(error)[:100]})."
        raise ParseError("bad_json", message) from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ParseError(
            "not_a_feed", "The document is JSON, but no JSON Feed: it has no list of items."
        )
    version = printable(document.get("version"))
    if version and "jsonfeed" not in version.lower():
        raise ParseError(
            "not_a_feed", f"The document is JSON of another kind (version {version[:60]!r})."
        )
    language = printable(document.get("language"))
    items = [item for item in document["items"] if isinstance(item, dict)]
    return ParsedFeed(
        format="json11" if version.rstrip("/").endswith("1.1") else "json1",
        entries=tuple(_entry(item, url) for item in items),
        title=heading(document.get("title")),
        home_url=absolute(document.get("home_page_url"), url),
        feed_id=printable(document.get("feed_url")),
        language=language,
        hub_url=next(
            filter(None, (_hub(each, url) for each in _listed(document.get("hubs")))), None
        ),
        self_url=absolute(document.get("feed_url"), url),
    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _hub(value: object, url: str) -> str | None:
    """The address of a hub, if it is one for WebSub: rssCloud asks for another protocol."""
    if not isinstance(value, dict) or printable(value.get("type")).strip().lower() != "websub":
        return None
    return absolute(value.get("url"), url)


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) < _LONG_NUMBER else digits


def _entry(item: dict[str, Any], url: str) -> Entry:
    guid = _id(item.get("id"))
    published, updated = printable(item.get("date_published")), printable(item.get("date_modified"))
    link = absolute(item.get("url"), url) or absolute(item.get("external_url"), url)
    content = printable(item.get("content_html")) or _as_html(item.get("content_text"))
    return Entry(
        guid=guid,
        link=link or absolute(guid, ""),
        title_html=_as_html(item.get("title")),
        summary_html=_as_html(item.get("summary")) or content,
        content_html=content,
        author=_author(item),
        categories=_tags(item.get("tags")),
        language=printable(item.get("language")),
        published_at=_date(published),
        updated_at=_date(updated),
        date_text=(published or updated).strip()[:200],
    )


def _id(value: object) -> str:
    """The id as text: numbers are coerced, as the specification asks of readers."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return ""
    return printable(str(value)).strip()


def _as_html(value: object) -> str:
    """JSON Feed's plain text, in the form that every reader of an `_html` field expects."""
    return html.escape(printable(value), quote=False)


def _author(item: dict[str, Any]) -> str:
    authors = item.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else item.get("author")
    return heading(first.get("name")) if isinstance(first, dict) else ""


def _tags(value: object) -> tuple[str, ...]:
    tags = map(heading, value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(filter(None, tags)))


def _date(text: str) -> datetime | None:
    return plausible(read_date(text))
