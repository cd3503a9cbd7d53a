"""What was looked at, and how it is."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    WELL = "well"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: how it is, and what to do when it is not well."""

    level: Level
    about: str
    what: str
    advice: str = ""


def well(about: str, what: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(level=Level.WELL, about=about, what=what)
