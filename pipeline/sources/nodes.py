"""YAML as nodes: every value keeps the line it stands on, and nothing is guessed.

PyYAML reads YAML 1.1, where an unquoted NO is false, 1:30 is the number 90 and 2024-01-01 a date.
We never let it make such values: we read its nodes, and say so where a value is not what it seems.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Sequence

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.errors import Fault, Level

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
    "value": "a special mark",
    "merge": "a merge mark",
    "binary": "binary content",
}
_SYNONYMS = {
    "lang": "language",
    "interval": "every",
    "name": "title",
    "id": "slug",
    "link": "url",
    "href": "url",
    "address": "url",
    "active": "enabled",
    "country": "countries",
    "categories": "tags",
    "excludes": "exclude",
    "not_near": "unless_near",
    "word": "term",
    "text": "term",
}


class Findings:
    """Everything found wrong (`faults`) or doubtful (`warnings`) in one file, with line numbers.

    `partial` is set once a part with a syntax fault was left out: then nothing is called missing.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.partial = False
        self._faults: list[tuple[int, Fault]] = []
        self._warnings: list[tuple[int, Fault]] = []

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults in file order."""
        return _in_file_order(self._faults)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """The warnings in file order."""
        return _in_file_order(self._warnings)

    def fault(self, at: Node | int, what: str, fix: str = "") -> None:
        """Note a fault at a node or a line (from 1): the file cannot be used."""
        self._faults.append(self._entry(at, what, fix))

    def warn(
        self,
        at: Node | int,
        what: str,
        fix: str = "",
        *,
        kind: str = "",
        level: Level = Level.WARNING,
    ) -> None:
        """Note something doubtful that does not stop the file from being used."""
        self._warnings.append(self._entry(at, what, fix, level, kind))

    def _entry(
        self, at: Node | int, what: str, fix: str, level: Level = Level.ERROR, kind: str = ""
    ) -> tuple[int, Fault]:
        line = at if isinstance(at, int) else line_of(at)
        where = f"{self.name}:{line}"
        return line, Fault(where=where, what=what, fix=fix, level=level, kind=kind)


def _in_file_order(entries: Iterable[tuple[int, Fault]]) -> tuple[Fault, ...]:
    return tuple(dict.fromkeys(fault for _, fault in sorted(entries, key=lambda entry: entry[0])))


def line_of(node: Node) -> int:
    """The line a node starts on, counted from 1."""
    return int(node.start_mark.line) + 1


def suggest(word: str, known: Collection[str]) -> str:
    """`did you mean …?` for the known word nearest to a mistyped one, or an empty string."""
    synonym = _SYNONYMS.get(word.lower())
    if synonym in known:
        return f"did you mean {synonym}?"
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean {by_folded[close[0]]}?" if close else ""


def one_of(known: Collection[str]) -> str:
    """The allowed words as a list for people: `a, b or c`."""
    *first, last = known
    return f"{', '.join(first)} or {last}" if first else last


def mapping(
    node: Node,
    findings: Findings,
    what: str,
    allowed: Collection[str],
    required: Sequence[str] = (),
) -> dict[str, Node] | None:
    """The keys and value nodes of a mapping; unknown, double and missing keys become faults.

    `what` names the mapping for people ("a feed"). None when it is no mapping at all.
    """
    if not isinstance(node, MappingNode):
        findings.fault(
            node, f"{what} must be keys with values, not {kind_of(node)}", _colon_fix(node)
        )
        return None
    values: dict[str, Node] = {}
    for key_node, value in node.value:
        key = _key(key_node, findings, what)
        if key is None:
            continue
        if key in values:
            first = line_of(values[key])
            findings.fault(
                key_node, f"{key} stands twice in {what}", f"the first is on line {first}"
            )
        elif allowed and key not in allowed:
            fix = suggest(key, allowed) or f"known here: {', '.join(allowed)}"
            findings.fault(key_node, f"unknown key {key} in {what}", fix)
        else:
            values[key] = value
    for key in required:
        if key not in values and not findings.partial:
            findings.fault(node, f"{what} has no {key}", f"add {key}: …")
    return values


def _key(node: Node, findings: Findings, what: str) -> str | None:
    if not isinstance(node, ScalarNode):
        findings.fault(node, f"{what} has a key that is {kind_of(node)}", "keys are plain words")
        return None
    if node.tag == _TAG + "merge":
        findings.fault(node, f"{what} uses a merge key (<<)", "write the keys out, or use defaults")
        return None
    if node.tag != _TAG + "str":
        findings.fault(
            node, f"{what} has the key {node.value}, which YAML reads as {kind_of(node)}",
            f'quote it: "{node.value}":',
        )  # fmt: skip
        return None
    return str(node.value)


def _colon_fix(node: Node) -> str:
    if isinstance(node, ScalarNode) and ":" in str(node.value):
        return "put a space after the colon: key: value"
    return "write key: value"


def sequence(node: Node, findings: Findings, what: str) -> list[Node]:
    """The items of a list; anything else becomes a fault and counts as empty."""
    if isinstance(node, SequenceNode):
        return list(node.value)
    fix = "write it as a list: [first, second]"
    if isinstance(node, ScalarNode) and node.tag == _TAG + "null":
        fix = "write [] for an empty list, or remove the key"
    findings.fault(node, f"{what} must be a list, not {kind_of(node)}", fix)
    return []


def text(node: Node, findings: Findings, what: str) -> str | None:
    """A text value; a value that YAML reads as something else becomes a fault that says so."""
    if not isinstance(node, ScalarNode):
        fix = "quote it" if isinstance(node, MappingNode) else "give one value"
        findings.fault(node, f"{what} must be text, not {kind_of(node)}", fix)
        return None
    if node.tag == _TAG + "null":
        findings.fault(node, f"{what} is empty", "give it a value or remove the line")
        return None
    if node.tag != _TAG + "str":
        findings.fault(node, misread(node, what), f'quote it: "{node.value}"')
        return None
    value = str(node.value).strip()
    if not value:
        findings.fault(node, f"{what} is empty", "give it a value or remove the line")
        return None
    return value


def texts(node: Node, findings: Findings, what: str) -> tuple[str, ...]:
    """A list of text values; a single text counts as a list of one."""
    items = [node] if isinstance(node, ScalarNode) else sequence(node, findings, what)
    found = [
        text(item, findings, f"an item of {what}" if len(items) > 1 else what) for item in items
    ]
    return tuple(value for value in found if value is not None)


def truth(node: Node, findings: Findings, what: str) -> bool | None:
    """true or false (YAML 1.1 also writes yes, no, on and off)."""
    if isinstance(node, ScalarNode) and node.tag == _TAG + "bool":
        return str(node.value).lower() in {"yes", "true", "on"}
    quoted = isinstance(node, ScalarNode) and str(node.value).lower() in {
        "true",
        "false",
        "yes",
        "no",
    }
    fix = "remove the quotes" if quoted else "write true or false"
    findings.fault(node, f"{what} must be true or false, not {kind_of(node)}", fix)
    return None


def whole_number(node: Node, findings: Findings, what: str, least: int, most: int) -> int | None:
    """A whole number written in plain digits, within limits."""
    if isinstance(node, ScalarNode) and re.fullmatch(r"[0-9]{1,9}", str(node.value)):
        if node.tag != _TAG + "int":
            findings.fault(node, f"{what} must be a number, not text", "remove the quotes")
            return None
        number = int(node.value)
        if least <= number <= most:
            return number
        findings.fault(node, f"{what} is {number}", f"allowed is {least} to {most}")
        return None
    shown = f": {node.value}" if isinstance(node, ScalarNode) else ""
    findings.fault(
        node,
        f"{what} must be a whole number, not {kind_of(node)}{shown}",
        f"write {least} to {most}",
    )
    return None


def kind_of(node: Node) -> str:
    """What a node is, in words for people."""
    if isinstance(node, MappingNode):
        return "keys with values"
    if isinstance(node, SequenceNode):
        return "a list"
    return _KINDS.get(str(node.tag).removeprefix(_TAG), "text")


def misread(node: ScalarNode, what: str) -> str:
    """Say what YAML made of an unquoted value that was meant as text."""
    written = str(node.value)
    kind = str(node.tag).removeprefix(_TAG)
    if kind == "bool":
        made = "true" if written.lower() in {"yes", "true", "on"} else "false"
        return f"{what}: YAML reads {written} as the truth value {made}, not as text"
    if kind == "int" and ":" in written:
        return f"{what}: YAML reads {written} as the number {_sexagesimal(written)}, not as text"
    return f"{what}: YAML reads {written} as {kind_of(node)}, not as text"


def _sexagesimal(written: str) -> int:
    total = 0
    for part in written.lstrip("+-").replace("_", "").split(":"):
        total = total * 60 + int(part)
    return -total if written.startswith("-") else total


def scalar_kind(node: Node) -> str:
    """The short YAML kind of a scalar (`str`, `int`, `bool`, `null` …), or "" for other nodes."""
    return str(node.tag).removeprefix(_TAG) if isinstance(node, ScalarNode) else ""
