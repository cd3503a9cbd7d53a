"""A conflict's keywords: four lists of terms, checked as one rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.model import Keywords
from pipeline.sources.examples import PlacedExample, read_examples
from pipeline.sources.nodes import Findings, line_of, mapping, scalar_kind
from pipeline.sources.terms import PlacedTerm, Vocabularies, each_once, read_terms
from pipeline.stages.match import keywords_version
from pipeline.stages.match.lint import Written, WrittenRule, write_down

LISTS = ("decisive", "places", "subjects", "exclude")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRule:
    """A rule as it runs; its lists as they are written and its examples, each with its node."""

    keywords: Keywords
    lists: Mapping[str, Sequence[PlacedTerm]]
    examples: Sequence[PlacedExample]


def read_keywords(node: Node, findings: Findings, vocabularies: Vocabularies) -> ReadRule | None:
    """The rule below `keywords:`, its version filled in; None when it cannot be used."""
    values = mapping(node, findings, "keywords", (*LISTS, "examples"))
    if values is None:
        return None
    lists = {
        name: read_terms(values[name], findings, name, vocabularies) if name in values else []
        for name in LISTS
    }
    _can_match(node, lists, findings)
    examples = read_examples(values["examples"], findings) if "examples" in values else []
    terms = {name: each_once(lists[name]) for name in LISTS}
    keywords = Keywords(
        decisive=terms["decisive"],
        places=terms["places"],
        subjects=terms["subjects"],
        exclude=terms["exclude"],
        examples=tuple(placed.example for placed in examples),
    )
    versioned = replace(keywords, version=keywords_version(keywords))
    return ReadRule(keywords=versioned, lists=lists, examples=examples)


def written_rule(conflict: str, lists: Mapping[str, Sequence[PlacedTerm]]) -> WrittenRule:
    """The lists of a rule as the linter looks at them."""
    written = {name: written_terms(terms, name) for name, terms in lists.items()}
    return WrittenRule(conflict=conflict, **written)


def written_terms(terms: Sequence[PlacedTerm], what: str) -> tuple[Written, ...]:
    """The terms of one list as the linter looks at them; `what` names the list."""
    return write_down([(placed.term, line_of(placed.node)) for placed in terms], what)


def _can_match(node: Node, lists: Mapping[str, Sequence[PlacedTerm]], findings: Findings) -> None:
    places, subjects = bool(lists["places"]), bool(lists["subjects"])
    if places and subjects:
        return
    if not lists["decisive"]:
        if not findings.partial:
            missing = "subjects" if places else "places" if subjects else "decisive"
            what = "these keywords can never match: they need decisive, or places with subjects"
            findings.fault(node, what, f"add {missing}: […]")
    elif places or subjects:
        alone, other = ("places", "subjects") if places else ("subjects", "places")
        findings.warn(node, f"{alone} never count without {other}", f"add {other}: […]")


def as_written(node: Node) -> object:
    """A checked node as plain values (text, numbers, lists, keys), vocabulary references kept."""
    if isinstance(node, MappingNode):
        return {str(key.value): as_written(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [as_written(item) for item in node.value]
    written = str(node.value) if isinstance(node, ScalarNode) else ""
    return int(written) if scalar_kind(node) == "int" else written.strip()
