"""Drafting: keywords as somebody typed them, checked: read, doubted, tried on the examples."""

from dataclasses import dataclass, replace

from pipeline.errors import Fault
from pipeline.model import Conflict, Sources
from pipeline.sources import Checked, check_keywords

# A check of a long rule takes a sixth of a second, and the list of all rules asks for each.
_MOST_CHECKED = 100
_CHECKED: dict[tuple[str, str, str], Checked] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Keywords as somebody typed them, checked: the conflict under them, or None, and why."""

    text: str
    conflict: Conflict | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def check(conflict: Conflict, text: str, sources: Sources | None) -> Draft:
    """Check keywords as typed for a conflict: read, doubt, run the examples."""
    slug = conflict.slug
    if sources is None:
        fault = Fault(
            where=f"{slug}:1",
            what="sources.yaml cannot be used just now, and the vocabularies stand in it",
            fix="dateline check says what is wrong with it",
        )
        return Draft(text=text, conflict=None, faults=(fault,), warnings=())
    if not text.strip():
        fault = Fault(
            where=f"{slug}:1", what="there are no keywords", fix="begin with decisive: […]"
        )
        return Draft(text=text, conflict=None, faults=(fault,), warnings=())
    checked = _CHECKED.get((slug, text, sources.digest))
    if checked is None:
        checked = check_keywords(text, slug, sources.vocabularies, sources.feeds)
        if len(_CHECKED) >= _MOST_CHECKED:
            _CHECKED.clear()
        _CHECKED[slug, text, sources.digest] = checked
    read, faults, warnings = checked
    return Draft(
        text=text,
        conflict=None if read is None else replace(conflict, keywords=read[0]),
        faults=faults,
        warnings=warnings,
    )
