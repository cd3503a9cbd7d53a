"""The marks: wording that a date, or the time since it was written, has overtaken."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.stages.stale.dates import MONTH, dates
from pipeline.stages.stale.numbers import Quantity, contradictions, quantities
from pipeline.stages.stale.sentences import sentences

# Younger than this, "last month" and "soon" are still read as they were meant.
SOON_STALE = 30
# What is "currently" so holds for longer.
LATER_STALE = 60


class StaleKind(StrEnum):
    """What of a sentence shows that time may have overtaken it."""

    PASSED_DATE = "date has passed"
    PENDING = "still pending"
    RELATIVE = "relative date"
    PRESENT = "said of the present"
    NUMBERS = "numbers differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One paragraph of plain text, and the day its wording dates from."""

    text: str
    written_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A sentence to look at: `text[start:end]` of passage number `passage`, and why, in words."""

    passage: int
    start: int
    end: int
    kind: StaleKind
    reason: str


_PENDING = re.compile(
    r"\b(?:soon|shortly|upcoming|forthcoming|in jeopardy|yet to|awaiting"
    r"|(?:is|are|was recently|were recently) (?:expected|due|scheduled|set|slated|planned|likely)"
    r"|(?<!political )(?<!good )(?<!the )(?<!own )will"
    r"|bientôt|prochainement|à venir|sera|seront|aura|auront|devrait|devraient"
    r"|(?:est|sont) (?:prévu|attendu|programmé)e?s?)\b",
    re.IGNORECASE,
)
_SPAN = r"(?:day|week|month|year|decade)s?"
_ESPACE = r"(?:jours|semaines|mois|années)"
_RELATIVE = re.compile(
    rf"\b(?:last (?:{MONTH}|{_SPAN}|spring|summer|autumn|fall|winter|\w+day)"
    rf"|this (?:{_SPAN}|spring|summer|autumn|fall|winter)|(?<!the )next {_SPAN}"
    rf"|recently|yesterday|tomorrow|in recent {_SPAN}|in the (?:coming|next)(?: few)? {_SPAN}"
    rf"|\w+ {_SPAN} ago|earlier this year|(?:over|in) the (?:past|last)(?: few)? {_SPAN}"
    rf"|récemment|hier|demain|l['’](?:an|année) derni(?:er|ère)|cette année|ce mois-ci"
    rf"|(?:la semaine|le mois) (?:derni(?:er|ère)|prochaine?)|{MONTH} derni(?:er|ère)"
    rf"|(?:ces derni(?:er|ère)s|dans les prochaine?s|au cours des prochaine?s) {_ESPACE}"
    rf"|il y a \w+ {_ESPACE})\b",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"\b(?:currently|nowadays|now|at present|ongoing|continues?|still|remains?|to date|so far|today"
    r"|actuellement|désormais|à ce jour|pour l['’]instant|aujourd['’]hui|demeurent?|restent?"
    r"|continuent|toujours)\b",
    re.IGNORECASE,
)


def mark_stale(passages: Sequence[Passage], today: date) -> tuple[Mark, ...]:
    """Mark sentences, in the order of the text; one sentence may carry several marks.

    A date that has passed is marked where the wording still awaits it, whatever the text's age;
    wording that hangs on the day of writing once the passage is older than SOON_STALE or
    LATER_STALE days; numbers where two sentences give different ones for the same operation, force
    or organisation.
    """
    found: list[Mark] = []
    counted: list[tuple[int, int, int, Quantity]] = []
    for number, passage in enumerate(passages):
        age = (today - passage.written_on).days
        for start, end in sentences(passage.text):
            sentence = passage.text[start:end]
            found.extend(
                Mark(passage=number, start=start, end=end, kind=kind, reason=reason)
                for kind, reason in _worded(sentence, age, today)
            )
            counted.extend((number, start, end, each) for each in quantities(sentence))
    for one, other in contradictions([each[3] for each in counted]):
        number, start, end, mine = counted[one]
        theirs = counted[other][3]
        shared = mine.subject_of(theirs)
        found.append(
            Mark(
                passage=number,
                start=start,
                end=end,
                kind=StaleKind.NUMBERS,
                reason=f"“{mine.written}” for {shared}, elsewhere “{theirs.written}”",
            )
        )
    return tuple(sorted(found, key=lambda mark: (mark.passage, mark.start)))


def _worded(sentence: str, age: int, today: date) -> Iterator[tuple[StaleKind, str]]:
    pending = _PENDING.search(sentence)
    named = dates(sentence)
    if pending and named:
        written, last = max(named, key=lambda each: each[1])
        if last < today:
            yield StaleKind.PASSED_DATE, f"“{pending[0]}” beside {written}, which has passed"
    elif pending and age > SOON_STALE:
        yield StaleKind.PENDING, f"“{pending[0]}” was written {age:,} days ago"
    relative = _RELATIVE.search(sentence)
    if relative and age > SOON_STALE:
        yield StaleKind.RELATIVE, f"“{relative[0]}” counts from {age:,} days ago"
    present = _PRESENT.search(sentence)
    if present and age > LATER_STALE:
        yield StaleKind.PRESENT, f"“{present[0]}” was written {age:,} days ago"
