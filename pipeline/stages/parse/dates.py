"""Dates as feeds write them, read strictly: a form is understood in full or not at all."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: a default value, not a date of news
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # a slip or a trick; days added to the last date overflow

_TIME = (
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
)
_ZONE = (
    r"(?:\s?(?:(?:gmt|utc|ut|z)?\s?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)(?:\s\(?[a-z][a-z/_ ]*\)?)?"
    r"|(?P<zone>[a-z]{1,5})(?:\s\([a-z/_ ]+\))?))?"
)
_CLOCK = rf"(?:{_TIME}{_ZONE})"
_WEEKDAY = r"(?:[^\W\d_]{2,}\.?\s?)?"
_MONTH = r"(?P<word>[^\W\d_]{3,})\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|\u00ba|\u00b0|\.)?"
_YEAR_FIRST = (
    rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?:(?:\s?t\s?|\s){_CLOCK})?"
)
_COMPACT = (
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    rf"(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_ZONE})?"
)
_DAY_MONTH = (
    rf"{_WEEKDAY}(?P<day>\d{{1,2}}){_ORDINAL}[\s-]?(?:de\s)?{_MONTH}[\s-]?(?:del?\s)?"
    rf"(?P<year>\d{{4}}|\d{{2}})(?:\s(?:-\s|at\s|a\s)?{_CLOCK})?"
)
_MONTH_DAY = (
    rf"{_WEEKDAY}{_MONTH}\s(?P<day>\d{{1,2}}){_ORDINAL}\s(?P<year>\d{{4}})"
    rf"(?:\s(?:-\s|at\s)?{_CLOCK})?"
)
_YEAR_LAST = rf"{_WEEKDAY}{_MONTH}\s(?P<day>\d{{1,2}})\s{_CLOCK}\s(?P<year>\d{{4}})"
_DOTTED = rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})(?:\s{_CLOCK})?"
_SLASHED = rf"(?P<first>\d{{1,2}})/(?P<then>\d{{1,2}})/(?P<year>\d{{4}})(?:\s{_CLOCK})?"
_FORMS = tuple(
    map(re.compile, (_YEAR_FIRST, _COMPACT, _DAY_MONTH, _MONTH_DAY, _YEAR_LAST, _DOTTED, _SLASHED))
)
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13}|\d{16})(?:\.\d+)?")
_LONGEST = 100

# By month, first letters: English, French, German, Spanish, Portuguese, Italian, Turkish, Russian,
# Ukrainian, Arabic (three usages).
_MONTHS = (
    "jan ene gen oca янв січ يناير جانفي",
    "feb fev sub фев лют فبراير شباط فيفري",
    "mar mrz maerz мар бер مارس آذار",
    "apr avr abr nis апр кві أبريل إبريل نيسان أفريل",
    "may mai mag мая май тра مايو أيار ماي",
    "jun juin giu haz июн чер يونيو حزيران جوان",
    "jul juil lug tem июл лип يوليو تموز جويلية",
    "aug aou ago agu авг сер أغسطس آب أوت",
    "sep set eyl сен вер سبتمبر أيلول",
    "oct okt out ott eki окт жов أكتوبر",
    "nov kas ноя лис نوفمبر",
    "dec dez dic ara дек гру ديسمبر",
)
# Hours from UTC. feedparser knows the American ones and reads every other name as UTC.
_ZONES = {
    name: hours
    for hours, names in (
        (0, "utc gmt ut z wet"),
        (1, "cet met mez wat bst west n"),
        (2, "cest mest mesz eet cat sast"),
        (3, "eest msk eat trt idt"),
        (3.5, "irst"),
        (4, "msd gst"),
        (4.5, "aft irdt"),
        (5, "pkt uzt yekt"),
        (5.5, "ist"),
        (5.75, "npt"),
        (6.5, "mmt"),
        (7, "ict wib"),
        (8, "sgt hkt myt pht wita awst"),
        (9, "jst kst wit"),
        (9.5, "acst"),
        (10, "aest"),
        (10.5, "acdt"),
        (11, "aedt"),
        (12, "nzst y"),
        (13, "nzdt"),
        (-1, "a"),
        (-2, "brst"),
        (-2.5, "ndt"),
        (-3, "adt brt art clst"),
        (-3.5, "nst"),
        (-4, "ast at edt clt vet"),
        (-5, "est et cdt cot pet"),
        (-6, "cst ct mdt"),
        (-7, "mst mt pdt"),
        (-8, "pst pt akdt"),
        (-9, "akst"),
        (-10, "hst"),
        (-12, "m"),
    )
    for name in names.split()
}
# The same letters mean another zone in these countries.
_ZONES_BY_PLACE = {
    ("ist", "il"): 2,
    ("ist", "ie"): 1,
    ("bst", "bd"): 6,
    ("cst", "cn"): 8,
    ("cst", "tw"): 8,
    ("ast", "sa"): 3,
    ("ast", "iq"): 3,
    ("ast", "kw"): 3,
    ("ast", "ye"): 3,
}


def read_date(text: str, place: str = "") -> datetime | None:
    """Read one date as aware UTC, to the second; None where the text is in no form known in full.

    Understands RFC 822 and RFC 3339 with their usual deviations, Unix time in seconds, milliseconds
    or microseconds, and month names in several languages. A date without a zone is UTC, one
    without a time is midnight. `10/11/2026` is read only where it can be meant in one way.
    `place` is a two-letter country code that settles zone names with several meanings (IST, BST,
    CST, AST).
    """
    written = _plain(text)
    if not written or len(written) > _LONGEST:
        return None
    epoch = _EPOCH.fullmatch(written)
    if epoch:
        return _from_epoch(epoch[1])
    for form in _FORMS:
        match = form.fullmatch(written)
        moment = _moment(match.groupdict(), place.lower()) if match else None
        if moment is not None:
            return moment
    return None


def plausible(moment: datetime | None) -> datetime | None:
    """The moment where news can be from it, else None: then the entry counts as undated."""
    return moment if moment is not None and EARLIEST <= moment < LATEST else None


def _plain(text: str) -> str:
    """Lower case, unaccented, commas and runs of whitespace as one space."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    unaccented = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(unaccented.replace(",", " ").replace("\u060c", " ").split())


_MONTH_BY_WORD = {_plain(word): n for n, words in enumerate(_MONTHS, 1) for word in words.split()}


def _from_epoch(digits: str) -> datetime:
    seconds = int(digits) / {9: 1, 10: 1, 12: 1e3, 13: 1e3, 16: 1e6}[len(digits)]
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds))


def _moment(parts: dict[str, str | None], place: str) -> datetime | None:
    month, day = _month_and_day(parts)
    offset = _offset(parts, place)
    if not month or offset is None:
        return None
    written = parts["year"] or ""
    year = int(written)
    if len(written) == 2:
        year += 1900 if year >= 90 else 2000
    hour = int(parts.get("hour") or 0)
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    second = min(int(parts.get("second") or 0), 59)  # a leap second has no place in datetime
    try:
        local = datetime(year, month, day, hour, int(parts.get("minute") or 0), second, tzinfo=UTC)
        return local - offset
    except (ValueError, OverflowError):
        return None


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int]:
    """Month (0 if unknown) and day of the month."""
    if parts.get("first"):
        first, then = int(parts["first"] or 0), int(parts["then"] or 0)
        if parts.get("half") or then > 12:  # only Americans write month/day, and AM or PM
            return first, then
        return (then, first) if first > 12 or first == then else (0, 0)
    day = int(parts["day"] or 0)
    word = parts.get("word")
    if word is None:
        return int(parts["month"] or 0), day
    known = (_MONTH_BY_WORD.get(word[:length]) for length in (len(word), 5, 4, 3))
    return next(filter(None, known), 0), day


def _offset(parts: dict[str, str | None], place: str) -> timedelta | None:
    """How far local time is ahead of UTC; None for a zone name that is not known."""
    digits = parts.get("offset")
    if digits:
        number = digits[1:].replace(":", "")
        hours, minutes = (number[:-2], number[-2:]) if len(number) > 2 else (number, "0")
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return -ahead if digits[0] == "-" else ahead
    name = parts.get("zone")
    if not name:
        return timedelta(0)
    known = _ZONES_BY_PLACE.get((name, place), _ZONES.get(name))
    return None if known is None else timedelta(hours=known)
