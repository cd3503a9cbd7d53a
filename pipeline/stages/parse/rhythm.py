"""How often a publisher asks to be read: ttl, update period, hours and days to skip."""

import re
from datetime import timedelta
from itertools import islice

_LEAST = timedelta(minutes=1)
_MOST = timedelta(days=366)
# By first letters, because the names are misspelt so often ("dayly", "hourley").
_PERIODS = (
    ("min", timedelta(minutes=1)),
    ("h", timedelta(hours=1)),
    ("d", timedelta(days=1)),
    ("w", timedelta(weeks=1)),
    ("m", timedelta(days=30)),
    ("y", timedelta(days=365)),
    ("ann", timedelta(days=365)),
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_SKIPS = re.compile(r"<(skipHours|skipDays)\b[^<>]*>", re.IGNORECASE)
_SKIPS_END = re.compile(r"</(?:skipHours|skipDays)\s*>", re.IGNORECASE)
_LONGEST_SKIPS = 4_000
_MOST_SKIPS = 20  # honest feeds have one of each
_SKIPPED = re.compile(r"<(?:hour|day)\b[^>]*>\s*([A-Za-z0-9]{1,10})\s*<", re.IGNORECASE)


def interval_from(ttl: object, period: object, frequency: object) -> timedelta | None:
    """The interval asked for: `ttl` in minutes, else a period (`daily`) divided by a frequency.

    None where the wish is of no use: no number, zero, negative, under a minute or over a year.
    """
    minutes = _number(ttl)
    if minutes is not None:
        asked = _useful(minutes, timedelta(minutes=1))
        if asked is not None:
            return asked
    name = period.strip().lower() if isinstance(period, str) else ""
    unit = next((length for start, length in _PERIODS if name.startswith(start)), None)
    if unit is None:
        return None
    times = _number(frequency)
    return _useful(1 / times if times is not None and times > 0 else 1.0, unit)


def skipped_times(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """Hours (0-23, GMT) and weekdays (0 = Monday) in which the publisher asks not to be read.

    feedparser keeps only the last of each, hence this look of our own. RSS 0.91 counts hours from
    1 to 24; 24 is hour 0.
    """
    hours: set[int] = set()
    days: set[int] = set()
    if "skip" not in text and "SKIP" not in text:
        return frozenset(), frozenset()
    shown = _HIDDEN.sub("", text)
    for opening in islice(_SKIPS.finditer(shown), _MOST_SKIPS):
        start = opening.end()
        end = _SKIPS_END.search(shown, start, start + _LONGEST_SKIPS)
        if end is None:
            continue
        for value in _SKIPPED.findall(shown, start, end.end()):
            if opening[1].lower() == "skiphours":
                if value.isdecimal() and int(value) <= 24:
                    hours.add(int(value) % 24)
            elif value[:3].lower() in _DAYS:
                days.add(_DAYS.index(value[:3].lower()))
    return frozenset(hours), frozenset(days)


def _number(value: object) -> float | None:
    try:
        return float(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _useful(count: float, unit: timedelta) -> timedelta | None:
    if not _LEAST / unit <= count <= _MOST / unit:  # also False for "nan"
        return None
    return count * unit
