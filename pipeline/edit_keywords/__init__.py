"""Edit keywords: a conflict's rule as text, checked, saved by the desk, given back to the file."""

from pipeline.edit_keywords.drafting import (
    Draft,
    check,
)
from pipeline.edit_keywords.reading import (
    Change,
    Edited,
    changes,
    declared,
    edited,
    overview,
    version_text,
)
from pipeline.edit_keywords.saving import (
    LONGEST_NOTE,
    give_back,
    save,
)
from pipeline.edit_keywords.wording import (
    LISTS,
    lines_changed,
    normalised,
    with_term,
)

__all__ = [
    "LISTS",
    "LONGEST_NOTE",
    "Change",
    "Draft",
    "Edited",
    "changes",
    "check",
    "declared",
    "edited",
    "give_back",
    "lines_changed",
    "normalised",
    "overview",
    "save",
    "version_text",
    "with_term",
]
