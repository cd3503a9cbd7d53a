"""Bring out: make the daily editions that are due, and correct them."""

from pipeline.bring_out.correcting import (
    LONGEST_NOTE,
    REVISE_DAYS,
    correct,
)
from pipeline.bring_out.drafting import (
    closing_of,
    drafted,
)
from pipeline.bring_out.making import (
    SERVICE,
    BroughtOut,
    bring_out,
)
from pipeline.bring_out.showing import (
    published,
)

__all__ = [
    "LONGEST_NOTE",
    "REVISE_DAYS",
    "SERVICE",
    "BroughtOut",
    "bring_out",
    "closing_of",
    "correct",
    "drafted",
    "published",
]
