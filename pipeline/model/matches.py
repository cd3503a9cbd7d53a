"""Why an article stands under a conflict: hits and the match they make."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Which list of the keywords a term stands in."""

    DECISIVE = "decisive"
    PLACE = "place"
    SUBJECT = "subject"


class Field(StrEnum):
    """A part of an article that keywords look into."""

    TITLE = "title"
    SUMMARY = "summary"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One keyword found. `text` is `field_text[start:end]` of the text as shown, in code points."""

    term: str
    kind: Kind
    field: Field
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An article falls under a conflict: by these hits, under this version of the keywords."""

    conflict: str
    score: int
    hits: tuple[Hit, ...]
    rule_version: str


class MatchStatus(StrEnum):
    """Where a match stands. Machines move between pending and withdrawn, only editors decide."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # the rules no longer find it; never reviewed
