"""Numbers given for the same thing, compared: "3,000 troops" here, "five thousand" there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from pipeline.text import fold_key

# Roundings of one figure ("more than 13,000", "13,289") are no contradiction.
_MARGIN = 0.1
_UNITS = (
    r"(?P<troops>(?:troops?|soldiers?|peacekeepers?|personnel|fighters?|soldats?|militaires|hommes"
    r"|combattants?|casques bleus)\b)"
    r"|(?P<dead>(?:deaths?|dead|killed|fatalities|morts?|tués)\b)"
    r"|(?P<displaced>(?:displaced|refugees?|déplacés|réfugiés)\b)"
)
_TO_TWELVE = (
    "one un une|two deux|three trois|four quatre|five cinq|six|seven sept|eight huit"
    "|nine neuf|ten dix|eleven onze|twelve douze"
)
_TENS = (
    "twenty vingt|thirty trente|forty quarante|fifty cinquante|sixty soixante|seventy|eighty|ninety"
)
_SMALL = {
    word: value for value, words in enumerate(_TO_TWELVE.split("|"), 1) for word in words.split()
}
_SMALL |= {"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18}
_SMALL |= {
    word: 10 * value for value, words in enumerate(_TENS.split("|"), 2) for word in words.split()
}
_BIG = {"hundred": 100, "cent": 100, "cents": 100, "thousand": 1_000, "mille": 1_000,
        "million": 10**6, "millions": 10**6}  # fmt: skip
_NUMERAL = "|".join(sorted({*_SMALL, *_BIG}, key=len, reverse=True))
_AMOUNT = re.compile(
    r"\b(?P<number>\d{1,3}(?:[,.\u00a0\u202f ]\d{3})+|\d+"
    rf"|(?:{_NUMERAL})(?:[\s-](?:{_NUMERAL}))*)"
    rf"[\s-]+(?:[^\W\d_]+\s+){{0,2}}?(?:{_UNITS})",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"\b(?:Operation|Opération|Task Force|Mission|Force)\s+[^\W\d_a-zà-ÿ][\w’'-]+"
    r"|\b[A-Z]{3,}\b"
    r"|\b(?:[^\W\d_a-zà-ÿ][\w-]+\s+){1,3}(?:Group|Force|Mission|Army|Front|Movement|Corps|Brigade)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number of one unit as written, and what of its sentence it may be said of."""

    value: int
    unit: str
    written: str
    subjects: tuple[str, ...]

    def subject_of(self, other: "Quantity") -> str:
        """Name what both are said of, "" where there is nothing."""
        theirs = {fold_key(each) for each in other.subjects}
        return next((each for each in self.subjects if fold_key(each) in theirs), "")


def quantities(sentence: str) -> tuple[Quantity, ...]:
    """Read the counted people of a sentence that names an operation, force or organisation."""
    subjects = tuple(dict.fromkeys(found[0] for found in _SUBJECT.finditer(sentence)))
    if not subjects:
        return ()
    return tuple(
        Quantity(
            value=_value(found["number"]),
            unit=str(found.lastgroup),
            written=found[0],
            subjects=subjects,
        )
        for found in _AMOUNT.finditer(sentence)
    )


def contradictions(found: Sequence[Quantity]) -> tuple[tuple[int, int], ...]:
    """Pair each quantity with the first other one that differs and is said of the same thing."""
    pairs: dict[int, int] = {}
    for one, other in permutations(range(len(found)), 2):
        mine, theirs = found[one], found[other]
        apart = abs(mine.value - theirs.value) > _MARGIN * max(mine.value, theirs.value)
        if mine.unit == theirs.unit and apart and mine.subject_of(theirs):
            pairs.setdefault(one, other)
    return tuple(pairs.items())


def _value(written: str) -> int:
    """Read a number in digits or in words ("three thousand five hundred")."""
    digits = re.sub(r"\D", "", written)
    if digits:
        return int(digits)
    total = part = 0
    for word in re.split(r"[\s-]+", written.casefold()):
        if word not in _BIG:
            part += _SMALL[word]
        elif _BIG[word] == 100:
            part = max(part, 1) * 100
        else:
            total, part = total + max(part, 1) * _BIG[word], 0
    return total + part
