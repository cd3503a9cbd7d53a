"""Wording: keywords as text, compared line by line, and with a term more."""

import difflib
import re
from collections.abc import Mapping, Sequence

from pipeline.model import Term
from pipeline.sources import check_keywords, export_keywords

LISTS = ("decisive", "places", "subjects", "exclude")


def lines_changed(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Compare two texts line by line: each as (`+`, `-` or a space, the line)."""
    compared = difflib.ndiff(before.splitlines(), after.splitlines())
    return tuple((line[0], line[2:]) for line in compared if line[0] in "+- ")


def normalised(text: str) -> str:
    """Give a text as a form sent it with the line ends it is stored with."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def with_term(text: str, name: str, term: str, vocabularies: Mapping[str, Sequence[Term]]) -> str:
    """Add a term to one list of a text, as the last one; the text as it is where that is not
    possible.
    """
    if name not in LISTS:
        return text
    read, _, _ = check_keywords(text, "draft", vocabularies)
    if read is None:
        return text
    _, written = read
    listed = written.get(name, [])
    if not isinstance(listed, list) or term in listed:
        return text
    wanted = [*listed, term]
    quoted = term.replace("'", "''")
    for spelled in (term, f"'{quoted}'"):
        grown = _grown(text, name, spelled)
        again, _, _ = check_keywords(grown, "draft", vocabularies)
        if again is not None and again[1] == {**written, name: wanted}:
            return grown
    return export_keywords({**_placed(written, name), name: wanted})


def _grown(text: str, name: str, spelled: str) -> str:
    """Write a term at the end of a list in brackets, so that comments stay; unlikely to be wrong,
    and for the caller to check.
    """
    found = re.search(rf"^{name}:.*\n(?:[ \t#].*\n|\n)*", text, re.MULTILINE)
    if found is None:
        return f"{text}{name}: [{spelled}]\n"
    before, bracket, after = found[0].rpartition("]")
    return text[: found.start()] + f"{before}, {spelled}{bracket}{after}" + text[found.end() :]


def _placed(written: Mapping[str, object], name: str) -> dict[str, object]:
    """Give a rule with a place for a list: lists first, in their order, then the examples."""
    names = [each for each in LISTS if each in written or each == name]
    ordered: dict[str, object] = {each: written.get(each, []) for each in names}
    return ordered | {key: value for key, value in written.items() if key not in ordered}
