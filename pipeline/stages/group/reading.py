"""Read an article for grouping: its telling words, names, numbers and shingles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.model import Told
from pipeline.stages.group.words import is_recurring, telling_stem
from pipeline.text import fold_key

_LEDE_WORDS = 60
_LEAST_LEDE = 8
_SHINGLE = 3
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"[.:!?|«\"“–—-]\s*$")
_PART = re.compile(r"[:|–—]| - ")
_TITLE_CASE = 0.6
_YEARS = range(1900, 2101)
_COUNTED = {
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11,
    "douze": 12, "vingt": 20, "trente": 30,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article read: what two of them are compared by.

    `words` maps the stems of the headline to how it spells them, `lede` holds stems of the
    summary's beginning. `names` is empty where case does not tell names (title case, Arabic).
    """

    told: Told
    title_key: str
    words: Mapping[str, str]
    lede: frozenset[str]
    names: frozenset[str]
    places: frozenset[str]
    numbers: frozenset[int]
    shingles: frozenset[str]
    recurring: bool


def read(told: Told) -> Reading:
    """Read an article for grouping."""
    title_key = fold_key(told.title)
    words: dict[str, str] = {}
    for shown in _WORD.findall(told.title):
        for each in _stems(shown):
            words.setdefault(each, shown)
    lede = fold_key(" ".join(told.summary.split(maxsplit=_LEDE_WORDS)[:_LEDE_WORDS])).split()
    telling = frozenset(map(telling_stem, lede)) - {""}
    return Reading(
        told=told,
        title_key=title_key,
        words=words,
        lede=telling if len(telling) >= _LEAST_LEDE else frozenset(),
        names=_names(told.title),
        places=frozenset(map(fold_key, told.places)),
        numbers=_numbers(title_key),
        shingles=_shingles(title_key.split(), lede if len(telling) >= _LEAST_LEDE else []),
        recurring=_recurs(told.title, title_key),
    )


def _recurs(title: str, title_key: str) -> bool:
    """Say whether a headline, or a part of it between colons and dashes, names a column."""
    parts = _PART.split(title)
    return is_recurring(title_key) or (
        len(parts) > 1 and any(is_recurring(fold_key(part)) for part in parts)
    )


@lru_cache(maxsize=20_000)
def _stems(shown: str) -> tuple[str, ...]:
    """The stems of what stands between two spaces; kept, since news repeats its words."""
    return tuple(filter(None, map(telling_stem, fold_key(shown).split())))


def _names(title: str) -> frozenset[str]:
    """Stems of words that are names by their capital; none where everything is capitalised."""
    found = list(_WORD.finditer(title))
    longer = [each for each in found if len(each.group()) > 3]
    capitals = sum(each.group()[0].isupper() for each in longer)
    if not longer or (len(longer) > 3 and capitals >= _TITLE_CASE * len(longer)):
        return frozenset()
    names: set[str] = set()
    for number, each in enumerate(found):
        if not each.group()[0].isupper():
            continue
        opens = number == 0 or _SENTENCE_END.search(title[: each.start()])
        rest = title[each.end() :].lstrip()
        # The first word of a sentence has a capital anyway: it is a name where it stands alone.
        if opens and rest and (rest[0].islower() or rest[0] in "'’"):
            continue
        names.update(_stems(each.group()))
    return frozenset(names)


def _numbers(title_key: str) -> frozenset[int]:
    """The counts a headline states, without years."""
    found = set()
    for word in title_key.split():
        number = int(word) if word.isascii() and word.isdigit() else _COUNTED.get(word)
        if number is not None and number not in _YEARS:
            found.add(number)
    return frozenset(found)


def _shingles(title: list[str], lede: list[str]) -> frozenset[str]:
    """Every three words in a row, of headline and summary apart: order and wording of a text."""
    return frozenset(
        " ".join(words[start : start + _SHINGLE])
        for words in (title, lede)
        for start in range(len(words) - _SHINGLE + 1)
    )
