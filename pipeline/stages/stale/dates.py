"""The calendar dates a sentence names, in English and French."""

import calendar
import re
from datetime import date

from pipeline.text import fold_key

_ENGLISH = "january february march april may june july august september october november december"
_FRENCH = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
_MONTHS = {
    name: number for names in (_ENGLISH, _FRENCH) for number, name in enumerate(names.split(), 1)
}
MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre)"
)
_DATE = re.compile(
    rf"(?:(?P<before>\d{{1,2}})(?:er|st|nd|rd|th)?\s+)?(?P<month>{MONTH})"
    r"(?:\s+(?P<after>\d{1,2})(?:st|nd|rd|th)?,?)?\s+(?P<year>(?:19|20)\d{2})\b"
    r"|\b(?P<alone>(?:19|20)\d{2})\b",
    re.IGNORECASE,
)


def dates(text: str) -> tuple[tuple[str, date], ...]:
    """Give each date as written, with the last day it can mean."""
    return tuple((found[0], _last_day(found)) for found in _DATE.finditer(text))


def _last_day(found: re.Match[str]) -> date:
    if found["alone"]:
        return date(int(found["alone"]), 12, 31)
    year, month = int(found["year"]), _MONTHS[fold_key(found["month"])]
    last = calendar.monthrange(year, month)[1]
    day = int(found["before"] or found["after"] or last)
    return date(year, month, min(max(day, 1), last))
