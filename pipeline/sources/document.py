"""Text to YAML nodes: within limits, and with the likely cause where the syntax is wrong."""

import re
from collections.abc import Iterator

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node

from pipeline.sources.nodes import Findings

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_NODES = 100_000
MAX_SYNTAX_FAULTS = 20

# libyaml's parser is some ten times faster; the pure one stands in where it was not built.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str, findings: Findings) -> Node | None:
    """The root node of a YAML text, or None with the faults noted.

    Nothing is constructed, so no tag can run code. Depth and the number of nodes, with every alias
    counted as often as it is used, are limited before anything walks the tree.
    A syntax fault is noted, then the list item around it is left out, to check the rest too.
    """
    text = text.removeprefix("\ufeff")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        findings.fault(line, "half of a character stands in the text", "remove it")
        return None
    if size > MAX_BYTES:
        findings.fault(
            1, f"the file is larger than {MAX_BYTES // 1024} KiB", "split the watch list"
        )
        return None
    seen: set[int] = set()
    for _ in range(MAX_SYNTAX_FAULTS):
        problem = _syntax_problem(text)
        if problem is None:
            break
        at, what, fix = problem
        if at in seen:
            return None
        seen.add(at)
        findings.fault(at, what, fix)
        shortened = _without_item(text, at)
        if shortened is None:
            return None
        text = shortened
        findings.partial = True
    else:
        return None
    return _within_limits(text, findings)


def _within_limits(text: str, findings: Findings) -> Node | None:
    try:
        root: Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:  # the same anchor twice, which parsing lets pass
        findings.fault(*_explain(text, error))
        return None
    if root is None:
        if not findings.faults:
            findings.fault(1, "the file is empty", "start with version: 1, feeds: and conflicts:")
        return None
    try:
        size, height = _measure(root, {}, set())
    except _Circle:
        what = "an alias (*name) stands inside its own anchor (&name)"
        findings.fault(root, what, "write it out")
        return None
    if size > MAX_NODES or height > MAX_DEPTH:
        what = f"aliases unfold to more than {MAX_NODES} values or {MAX_DEPTH} levels"
        findings.fault(root, what, "use fewer aliases")
        return None
    return root


class _Circle(Exception):
    """A node that holds itself."""


def _measure(node: Node, known: dict[int, tuple[int, int]], above: set[int]) -> tuple[int, int]:
    """The number of nodes and the height of a tree, as if every alias were written out."""
    if not isinstance(node, CollectionNode):
        return 1, 0
    if id(node) in above:
        raise _Circle
    if id(node) not in known:
        above.add(id(node))
        parts = [_measure(child, known, above) for child in _children(node)]
        size = 1 + sum(size for size, _ in parts)
        known[id(node)] = size, 1 + max((height for _, height in parts), default=0)
        above.remove(id(node))
    return known[id(node)]


def _children(node: CollectionNode) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    else:
        yield from node.value


def _syntax_problem(text: str) -> tuple[int, str, str] | None:
    """The first syntax fault as line, what and fix; None when the text can be composed."""
    depth = documents = 0
    anchors: set[str] = set()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            mark = event.start_mark
            line = mark.line + 1 if mark is not None else 1
            if isinstance(event, yaml.events.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.events.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.events.DocumentStartEvent):
                documents += 1
            if depth > MAX_DEPTH:
                return line, f"lists and keys are nested more than {MAX_DEPTH} deep", "flatten them"
            if documents > 1:
                return line, "a second document (---) starts here", "one file holds one document"
            anchor = getattr(event, "anchor", None)
            if isinstance(event, yaml.events.AliasEvent):
                if anchor not in anchors:
                    fix = "a word that starts with * is an alias in YAML: quote it"
                    return line, f"*{anchor} refers to an anchor that does not exist", fix
            elif anchor is not None:
                anchors.add(anchor)
            tag = getattr(event, "tag", None)
            if tag is not None and not tag.startswith("tag:yaml.org,2002:str"):
                fix = "tags (!…) are not used here; quote a text that starts with !"
                return line, f"unknown tag {tag}", fix
    except yaml.YAMLError as error:
        return _explain(text, error)
    return None


def _explain(text: str, error: yaml.YAMLError) -> tuple[int, str, str]:
    lines = text.splitlines() or [""]
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # a reader error: a character that YAML does not allow
        position = int(getattr(error, "position", 0) or 0)
        return (
            text.count("\n", 0, position) + 1,
            "a control character stands in the text",
            "remove it",
        )
    line = min(int(mark.line) + 1, len(lines))
    problem = str(getattr(error, "problem", "") or "cannot be read")
    context_mark = getattr(error, "context_mark", None)
    context = str(getattr(error, "context", "") or "")
    opened = int(context_mark.line) + 1 if context_mark is not None else line
    written = lines[line - 1]
    if "duplicate anchor" in context:
        return line, f"an anchor (&name) stands twice, first on line {opened}", "rename one"
    if "quoted scalar" in context and "end of" in problem:
        return opened, "a quote is opened and never closed", "add the closing quote"
    if "flow" in context and opened <= line:
        return (
            opened,
            f"a [ or {{ is opened and not closed properly, seen on line {line}",
            "check commas, brackets and colons; quote text that holds one",
        )
    return line, f"not valid YAML: {problem}", _likely_cause(written, problem)


def _likely_cause(written: str, problem: str) -> str:
    if re.match(r"\s*\t", written) or "'\\t'" in problem:
        return "YAML wants spaces, not tabs"
    if re.search(r"(?:^|[-:\[,])\s*[@`%]", written):
        return "quote a text that starts with @, ` or %"
    if "mapping values" in problem:
        return "quote a text that holds a colon, and check the indentation"
    if re.search(r"""(["'])[^"']*\1\s*[^\s,\]}#:]""", written):
        return "text goes on after the closing quote: put all of it inside"
    if ":" not in written and not written.lstrip().startswith("-"):
        return "is a colon or a dash missing?"
    return "check indentation, quotes and brackets around this line"


def _without_item(text: str, line: int) -> str | None:
    """The text with the innermost list item or key around a line blanked, to read the rest."""
    lines = text.split("\n")
    index = min(line, len(lines)) - 1
    if re.match(r" *\t", lines[index]):  # its depth cannot be told: take out this line only
        return "\n".join([*lines[:index], "", *lines[index + 1 :]])
    start = index
    while start > 0 and not re.match(r"\s*(- |[\w-]+:( |$))", lines[start]):
        start -= 1
    if not lines[start].strip():
        return None
    indent = _indent(lines[start])
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
        end += 1
    end = max(end, index + 1)
    if end < len(lines) and re.fullmatch(r"\s*[]}]+,?\s*", lines[end]):
        end += 1
    return "\n".join([*lines[:start], *[""] * (end - start), *lines[end:]])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
