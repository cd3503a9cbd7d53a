"""Entries from what was read: the same repairs as for feedparser's, by shorter ways."""

import re
from datetime import UTC, datetime, timedelta

from feedparser.datetimes import _parse_date as feedparser_date

from pipeline.model import Entry
from pipeline.stages.parse.dates import EARLIEST
from pipeline.stages.parse.fast.scope import PLAIN_ADDRESS, Scope
from pipeline.stages.parse.strings import heading, printable
from pipeline.stages.parse.xmlfeed import link_of, moment_of, place_of

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
_MAIL_DATE = re.compile(
    rf"(?:[MTWFS][a-z]{{2}}, )?([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) {_CLOCK} "
    r"(?:GMT|UTC|([+-])([0-9]{2})([0-9]{2}))"
)
_WEB_DATE = re.compile(
    rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})T{_CLOCK}(?:\.[0-9]{{1,9}})?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_LONGEST_LINK = 8_192


def entry_of(raw: Scope, url: str, place: str) -> Entry:
    """Make an entry; `url` is the document's address, `place` the country it speaks from."""
    values = raw.values
    language = printable(values.get("language")) or printable(raw.title_language)
    place = (place_of(language, "") if language else "") or place
    published, updated = _date(raw, "published", place), _date(raw, "updated", place)
    if "published" not in values and "updated" not in values:
        published = _date(raw, "created", place)
    return Entry(
        guid=printable(values.get("id")),
        link=_link(raw, url),
        title_html=printable(values.get("title")),
        summary_html=printable(values.get("summary")),
        content_html=next(filter(None, map(printable, raw.contents)), ""),
        author=heading(values.get("author")),
        categories=_categories(raw),
        language=language,
        published_at=published,
        updated_at=updated,
        date_text=_date_text(values),
    )


def _link(raw: Scope, url: str) -> str | None:
    written = raw.values.get("link", "")
    if len(written) <= _LONGEST_LINK and PLAIN_ADDRESS.fullmatch(written):
        return written
    return link_of({**raw.values, "links": raw.links}, url)


def _categories(raw: Scope) -> tuple[str, ...]:
    if not raw.tags:
        return ()
    terms = (heading(label or term) for term, _, label in raw.tags)
    return tuple(dict.fromkeys(filter(None, terms)))


def _date_text(values: dict[str, str]) -> str:
    for key in ("published", "updated", "created"):
        text = printable(values.get(key))
        if text:
            return text.strip()[:200]
    return ""


def _date(raw: Scope, key: str, place: str) -> datetime | None:
    written = raw.values.get(key)
    if not written:
        return None
    moment = common_date(written)
    if moment is not None and moment >= EARLIEST:
        return moment
    return moment_of({key: written, f"{key}_parsed": feedparser_date(written)}, key, place)


def common_date(text: str) -> datetime | None:
    """Read the two commonest forms as `read_date` does, ten times as fast; None for any other."""
    match = _MAIL_DATE.fullmatch(text)
    if match is not None:
        day, word, year, *clock, sign, hours, minutes = match.groups()
        month = _MONTHS.index(word) + 1
    else:
        match = _WEB_DATE.fullmatch(text)
        if match is None:
            return None
        year, number, day, *clock, sign, hours, minutes = match.groups()
        month = int(number)
    hour, minute, second = map(int, clock)
    try:
        moment = datetime(int(year), month, int(day), hour, minute, min(second, 59), tzinfo=UTC)
        if sign is None:
            return moment
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return moment + ahead if sign == "-" else moment - ahead
    except (ValueError, OverflowError):
        return None
