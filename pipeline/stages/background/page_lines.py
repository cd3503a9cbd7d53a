"""What one line of a tracker page is: a date, a photo credit, a heading, or text."""

import re
from datetime import date

from pipeline.errors import BackgroundError

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_UPDATED = re.compile(r"(?:last\s+)?updated\b(?:\s+on\b)?\s*:?\s*(.+)", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH_FIRST = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]+)\.?,?\s+(\d{4})", re.IGNORECASE)
_MONTH_NAME = re.compile(
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_SHORT_WITH_NUMBER = re.compile(r"(?=.*\d).{,60}(?<![.!?])")

_AGENCY = re.compile(
    r"(?:.*[\s/,(])?(?:Reuters|AFP|AP|AP Photo|Associated Press|Getty Images|Getty|EPA|EPA-EFE"
    r"|Anadolu|Xinhua|UN Photo|Shutterstock|Alamy)\)?"
    r"|(?:Photo|Image|Picture|Photograph|Credit|Courtesy)(?: by| of|:)\s.+|(?:©|\(c\)).+"
)
_NAMES_WITH_SLASH = re.compile(r"[^\W\d_][^/.!?]*(?:\.[^/!?]*)?(?:\s?/\s?[^\W\d_][^/!?]*[^/.!?])+")
_CREDIT_LENGTH = 100

_HEADING_LENGTH = 100
_HEADING_OPENERS = "“‘\"'«¿("
# A full stop after a capital belongs to an abbreviation: “… With the U.S.” is a heading.
_SENTENCE_END = re.compile(r".*(?:[!,;…。۔]|(?<![A-Z])\.)", re.DOTALL)


def read_updated(line: str) -> date | None:
    """Read a line such as `Updated May 12, 2022`; None when the line is something else.

    Also reads `Last updated: 12 May 2022` and `Updated 2022-05-12`. Raises BackgroundError when a
    line plainly states the date of an update in a form that cannot be read for certain.
    """
    match = _UPDATED.fullmatch(line) if _SHORT_WITH_NUMBER.fullmatch(line) else None
    if match is None:
        return None
    found = _calendar_date(match[1].strip())
    if found is None:
        raise BackgroundError(
            f"Cannot read the date in “{line}”: write it like “Updated May 12, 2022” "
            "or “Updated 2022-05-12” and import again."
        )
    return found


def is_credit(line: str) -> bool:
    """Whether a line below a caption credits the picture (`Misha Hussain/Reuters`)."""
    return names_agency(line) or (
        len(line) <= _CREDIT_LENGTH and _NAMES_WITH_SLASH.fullmatch(line) is not None
    )


def names_agency(line: str) -> bool:
    """Whether a line is a picture credit even without a caption above it to prove it."""
    return len(line) <= _CREDIT_LENGTH and _AGENCY.fullmatch(line) is not None


def looks_like_heading(line: str) -> bool:
    """Whether a line on its own is a heading: short, no sentence, and not a picture credit."""
    return (
        len(line) <= _HEADING_LENGTH
        and (line[0].isalnum() or line[0] in _HEADING_OPENERS)
        and not line[0].islower()
        and not _SENTENCE_END.fullmatch(line)
        and not names_agency(line)
    )


def _calendar_date(text: str) -> date | None:
    if match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _MONTH_FIRST.fullmatch(text):
        year, month, day = int(match[3]), _month(match[1]), int(match[2])
    elif match := _DAY_FIRST.fullmatch(text):
        year, month, day = int(match[3]), _month(match[2]), int(match[1])
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(name: str) -> int:
    """Return the month's number, 0 (which no calendar accepts) for a word that is no month."""
    folded = name.casefold()
    return _MONTHS.index(folded[:3]) + 1 if _MONTH_NAME.fullmatch(folded) else 0
