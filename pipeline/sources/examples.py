"""Examples of a rule: headlines that must and must not fall under it, tried on every load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node

from pipeline.model import Conflict, Example
from pipeline.sources.nodes import Findings, mapping, sequence, text
from pipeline.sources.values import language
from pipeline.stages.match import Explanation, compile_keywords

_SIDES = {"match": True, "no_match": False}
_KEYS = ("title", "summary", "body", "lang")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedExample:
    """An example and the node it was read from."""

    example: Example
    node: Node


def read_examples(node: Node, findings: Findings) -> list[PlacedExample]:
    """What stands below `examples:`: headlines, or mappings of an article's fields."""
    found: list[PlacedExample] = []
    for side, items in (mapping(node, findings, "examples", tuple(_SIDES)) or {}).items():
        for item in sequence(items, findings, f"{side} in examples"):
            example = _example(item, findings, side)
            if example is not None:
                found.append(PlacedExample(example=example, node=item))
    return found


def _example(node: Node, findings: Findings, side: str) -> Example | None:
    what = f"an example of {side}"
    if not isinstance(node, MappingNode):
        headline = text(node, findings, what)
        return None if headline is None else Example(title=headline, matches=_SIDES[side])
    values = mapping(node, findings, what, _KEYS, ("title",))
    if values is None or "title" not in values:
        return None
    words = {
        key: text(values[key], findings, f"{key} of {what}")
        for key in ("title", "summary", "body")
        if key in values
    }
    spoken = language(values["lang"], findings, "lang") if "lang" in values else None
    return Example(
        title=words["title"] or "",
        summary=words.get("summary") or "",
        body=words.get("body") or "",
        language=spoken or "",
        matches=_SIDES[side],
    )


def try_examples(
    conflicts: Sequence[Conflict],
    examples: Mapping[str, Sequence[PlacedExample]],
    findings: Findings,
) -> None:
    """Run each conflict's examples, by slug; one that fails is a fault that says why."""
    tried = [conflict for conflict in conflicts if examples.get(conflict.slug)]
    if not tried:
        return
    matcher = compile_keywords(tried)
    for conflict in tried:
        for placed in examples[conflict.slug]:
            [explained] = matcher.explain(placed.example.text, only=conflict.slug)
            if placed.example.matches is not (explained.match is not None):
                findings.fault(placed.node, *_failure(placed.example, explained))


def _failure(example: Example, explained: Explanation) -> tuple[str, str]:
    if example.matches:
        what = f"the example “{example.title}” must match and does not: {explained.reason}"
        return what.rstrip("."), "correct the keywords or the example"
    fired = ", ".join(
        dict.fromkeys(f"“{hit.text}” ({hit.kind}, {hit.term})" for hit in explained.hits)
    )
    what = f"the example “{example.title}” must not match and does, by {fired}"
    return what, "correct the keywords or the example"
