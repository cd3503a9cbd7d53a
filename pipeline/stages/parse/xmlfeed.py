"""RSS, RDF and Atom through feedparser, with its known errors put right."""

import io
import re
from calendar import timegm
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import unescape

from pipeline.errors import ParseError
from pipeline.model import Entry, ParsedFeed
from pipeline.stages.parse.dates import plausible, read_date
from pipeline.stages.parse.ending import Ending, ending_of
from pipeline.stages.parse.prolog import lighten_prolog
from pipeline.stages.parse.rhythm import interval_from, skipped_times
from pipeline.stages.parse.strings import absolute, heading, linked, printable

_SETS_BASE = re.compile(r"<[^<>]*\s(?:xml:)?base\s*=\s*[\"']", re.IGNORECASE)
_CHARACTER_REFERENCE = re.compile(r"&#(x[0-9a-f]{1,8}|[0-9]{1,10});?", re.IGNORECASE)
# A person with a name longer than anybody's: feedparser looks for a mail address from each letter
# to the end (16 s for 64 KB). What is cut off would not be kept anyway.
_ENDLESS_NAME = re.compile(
    r"(<(?:[\w.-]+:)?(?:author|creator|email|managingeditor|name|owner|publisher|webmaster)\b[^<>]*>"
    r"(?:<!\[CDATA\[)?[^<>\]]{2000})[^<>\]]+",
    re.IGNORECASE,
)
_QUOTES = {"&quot;": '"', "&apos;": "'"}
# feedparser ends the reference that it takes a parameter of an address for.
_MADE_REFERENCE = re.compile(r"&(\w+);=")
_LANGUAGE_PLACE = {"he": "il", "ga": "ie", "bn": "bd", "zh": "cn", "ar": "sa"}


def read_xml_feed(text: str, url: str) -> ParsedFeed | None:
    """Read a decoded XML document; None if it is no feed (no known version and no entry).

    feedparser gets the text as a stream (it opens a plain string as address or file name), and the
    document's address only where the document sets bases of its own: given an address it resolves
    guids too, and a guid must stay as it was written. Links are resolved here.
    """
    light = _ENDLESS_NAME.sub(r"\1", lighten_prolog(text))
    result = _ask_feedparser(light, url if _SETS_BASE.search(text) else "")
    found: Sequence[Any] = result["entries"]
    if not result.get("version") and not found:
        return None
    if _is_ill_formed(result):
        _spell_out_ids(result)
        ending = ending_of(text)
    else:
        ending = Ending(whole=True)
    if ending.cut_entries and len(found) >= ending.cut_entries:
        found = found[: ending.cut_entries - 1]
    head = result["feed"]
    language = printable(head.get("language"))
    place = place_of(language, url)
    hours, days = skipped_times(text)
    return ParsedFeed(
        format=result.get("version") or "unknown",
        entries=tuple(_entry(raw, url, place) for raw in found),
        title=heading(head.get("title")),
        home_url=absolute(head.get("link"), url),
        feed_id=printable(head.get("id")),
        language=language,
        ttl=interval_from(
            head.get("ttl"), head.get("sy_updateperiod"), head.get("sy_updatefrequency")
        ),
        skip_hours=hours,
        skip_days=days,
        complete=ending.whole,
        hub_url=linked(_mappings(head.get("links")), "hub", url),
        self_url=linked(_mappings(head.get("links")), "self", url),
    )


def _ask_feedparser(text: str, base: str) -> Any:
    try:
        return _run_feedparser(text, base)
    except Exception:  # noqa: BLE001 (feedparser lets errors of many kinds out)
        sound = _CHARACTER_REFERENCE.sub(_keep_if_character, printable(text))
    try:
        return _run_feedparser(sound, base)
    except Exception as error:
        reason = f"feedparser gave up on it ({type(error).__name__}: {error})"[:300]
        raise ParseError("unreadable", f"The document could not be read: {reason}.") from error


def _run_feedparser(text: str, base: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    import feedparser  # here: most workers never need it, and it takes as long as fifty documents

    return feedparser.parse(
        stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _keep_if_character(match: re.Match[str]) -> str:
    digits = match[1].lower()
    code = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    is_character = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return match[0] if is_character else ""


def _is_ill_formed(result: Mapping[str, Any]) -> bool:
    problem = result.get("bozo_exception")
    if problem is None:
        return False
    import feedparser

    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return not isinstance(problem, harmless)


def _spell_out_ids(result: Any) -> None:
    """Read what feedparser leaves unread in ids, and in links taken from them, of a document that
    is ill-formed: the next, well-formed one would bring the same entries under other ids."""
    for raw in (result["feed"], *result["entries"]):
        written = raw.get("id")
        if isinstance(written, str) and "&" in written:
            raw["id"] = unescape(_MADE_REFERENCE.sub(r"&\1=", written), _QUOTES)
            if raw.get("link") == written:
                raw["link"] = raw["id"]


def _entry(raw: Any, url: str, place: str) -> Entry:
    language = printable(raw.get("language")) or _detail(raw, "title_detail", "language")
    place = place_of(language, "") or place
    published = moment_of(raw, "published", place) or _created_only(raw, place)
    updated = moment_of(raw, "updated", place)
    return Entry(
        guid=printable(raw.get("id")),
        link=link_of(raw, url),
        title_html=printable(raw.get("title")),
        summary_html=printable(raw.get("summary")),
        content_html=_content(raw),
        author=heading(raw.get("author")),
        categories=_categories(raw),
        language=language,
        published_at=published,
        updated_at=updated,
        date_text=_date_text(raw),
    )


def link_of(raw: Any, url: str) -> str | None:
    """The address of the article.

    feedparser takes the id for a link where there is none: right only if the id is an address. An
    alternate link of another type than HTML is better than none.
    """
    guid = printable(raw.get("id")).strip()
    named = printable(raw.get("link")).strip()
    links = _mappings(raw.get("links"))
    if named and (named != guid or any(link.get("href") == named for link in links)):
        address = absolute(named, url)
        if address:
            return address
    address = absolute(guid, "") if named in ("", guid) and "link" in raw else None
    if address:
        return address
    others = (absolute(link.get("href"), url) for link in links if link.get("rel") == "alternate")
    return next(filter(None, others), None)


def _content(raw: Any) -> str:
    parts = [printable(part.get("value")) for part in _mappings(raw.get("content"))]
    return next(filter(None, parts), "")


def _categories(raw: Any) -> tuple[str, ...]:
    terms = (heading(tag.get("label") or tag.get("term")) for tag in _mappings(raw.get("tags")))
    return tuple(dict.fromkeys(filter(None, terms)))


def _date_text(raw: Any) -> str:
    for key in ("published", "updated", "created"):
        if key in raw and printable(raw[key]):
            return printable(raw[key]).strip()[:200]
    return ""


def _created_only(raw: Any, place: str) -> datetime | None:
    return None if "published" in raw or "updated" in raw else moment_of(raw, "created", place)


def feedparser_date(text: str) -> Any:
    """feedparser's reading of a date: a struct_time in UTC, or None."""
    from feedparser.datetimes import _parse_date

    return _parse_date(text)


def moment_of(raw: Any, key: str, place: str) -> datetime | None:
    """One of the entry's dates: our strict reading of its text, else feedparser's reading.

    feedparser keeps the text of one element and the time of another where an entry has two dates
    of a kind; then its time counts.
    """
    parsed = _moment(raw[f"{key}_parsed"]) if f"{key}_parsed" in raw else None
    text = printable(raw[key]) if key in raw else ""
    if parsed is not None and parsed != _moment(feedparser_date(text)):
        return plausible(parsed)
    own = plausible(read_date(text, place))
    if own is not None or parsed is None:
        return own
    # feedparser fills in what is missing from today; believe it only if the year was written.
    return plausible(parsed) if f"{parsed.year % 100:02d}" in text else None


def _moment(parsed: object) -> datetime | None:
    if not isinstance(parsed, tuple):  # feedparser gives struct_time, in UTC
        return None
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def place_of(language: str, url: str) -> str:
    """The country a document speaks from, as two lower-case letters ("" if it does not say)."""
    primary, _, region = language.lower().replace("_", "-").partition("-")
    if len(region) == 2:
        return region
    if primary in _LANGUAGE_PLACE:
        return _LANGUAGE_PLACE[primary]
    try:
        last = (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:
        return ""
    return last if len(last) == 2 and last.isalpha() else ""


def _detail(raw: Any, key: str, field: str) -> str:
    detail = raw.get(key)
    return printable(detail.get(field)) if isinstance(detail, Mapping) else ""


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
