"""Count independent origins: how many newsrooms a story's copies really come from."""

import re
from collections.abc import Sequence

from pipeline.model import Copies, Told
from pipeline.stages.group.reading import read
from pipeline.text import fold_key

_SAME_TEXT = 0.6
_HEAD_WORDS = 30
# Agencies under the names by which outlets credit them, folded, by whole words.
_AGENCIES = {
    "reuters": ("reuters", "رويترز"),
    "afp": ("afp", "agence france presse", "فرانس برس", "ا ف ب"),
    "ap": ("associated press", "اسوشيتد برس"),
    "dpa": ("dpa", "deutsche presse agentur"),
    "efe": ("agencia efe", "efe"),
    "ansa": ("ansa",),
    "aa": ("anadolu agency", "anadolu ajansi", "agence anadolu", "anadolu", "الاناضول"),
    "xinhua": ("xinhua", "شينخوا"),
    "tass": ("tass", "تاس"),
    "interfax": ("interfax",),
    "upi": ("united press international",),
    "pa": ("pa media", "press association"),
    "aps": ("algerie presse service",),
    "apa": ("agence de presse africaine", "apanews"),
    "pana": ("panapress",),
    "ips": ("inter press service",),
    "kyodo": ("kyodo",),
}
# Alone as a byline these are agencies; within a text they are words.
_INITIALS = frozenset({"aa", "ap", "pa"})
# Only as a credit, with its brackets or dash: these letters are words, too.
_CREDIT = re.compile(r"[(\[]\s*(AP|AFP|AA|EFE|dpa|Reuters|APA|UPI|TASS|ANSA)\b[^)\]]{0,40}[)\]]")
# What tells one outlet's editions apart, not two outlets.
_EDITIONS = frozenset(
    """
    africa afrique america americas arabic asia breaking com de direct en english europe france
    francais hausa headlines home info international latest live news online politics radio rss
    swahili top tv uk us web world عربي
    """.split()  # noqa: SIM905
)
_DATELINE = re.compile(r"^[^.]{0,60}?[–—-]\s")


def count_origins(told: Sequence[Told]) -> Copies:
    """Count a story's copies and their independent origins.

    One origin have articles that credit the same agency (in the byline, in brackets or in the
    opening of the text, or as publisher), articles with the same text, and articles of one
    publisher in whatever edition.
    """
    marks = [_mark(each) for each in told]
    shingles = [read(each).shingles for each in told]
    parent = list(range(len(told)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for one in range(len(told)):
        for other in range(one):
            if root(one) == root(other):
                continue
            if marks[one] == marks[other] or _same(shingles[one], shingles[other]):
                parent[root(one)] = root(other)
    return Copies(copies=len(told), origins=len({root(number) for number in range(len(told))}))


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both > 0 and both >= _SAME_TEXT * (len(one) + len(other) - both)


def _mark(told: Told) -> str:
    """What an article's origin is known by: its agency, or else its outlet."""
    opening = " ".join(told.summary.split()[:_HEAD_WORDS])
    for credit in (told.author, told.publisher, *_credits(told.summary)):
        agency = _agency(fold_key(credit))
        if agency:
            return f"agency {agency}"
    dateline = _DATELINE.match(opening)
    agency = _agency(fold_key(dateline.group())) if dateline else ""
    return f"agency {agency}" if agency else f"outlet {_outlet(told.publisher)}"


def _credits(summary: str) -> list[str]:
    return [found.group(1) for found in _CREDIT.finditer(summary)]


def _agency(folded: str) -> str:
    if folded in _INITIALS:
        return folded
    padded = f" {folded} "
    for agency, names in _AGENCIES.items():
        if any(f" {name} " in padded for name in names):
            return agency
    return ""


def _outlet(publisher: str) -> str:
    """An outlet's name without its editions: `BBC News` and `BBC Afrique` are the BBC."""
    words = fold_key(publisher).split()
    return " ".join(word for word in words if word not in _EDITIONS) or " ".join(words)
