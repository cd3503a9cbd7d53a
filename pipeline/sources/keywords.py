"""A conflict's keywords: four lists of terms, checked as one rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.model import Keywords
from pipeline.sources.nodes import Findings, mapping, scalar_kind
from pipeline.sources.overlap import covered, warn_of_overlap
from pipeline.sources.terms import PlacedTerm, Vocabularies, read_terms
from pipeline.stages.match import keywords_version

LISTS = ("decisive", "places", "subjects", "exclude")


def read_keywords(node: Node, findings: Findings, vocabularies: Vocabularies) -> Keywords | None:
    """The rule below `keywords:`, its version filled in; None when it cannot be used."""
    values = mapping(node, findings, "keywords", LISTS)
    if values is None:
        return None
    lists = {
        name: read_terms(values[name], findings, name, vocabularies) if name in values else []
        for name in LISTS
    }
    _can_match(node, lists, findings)
    for name in LISTS:
        warn_of_overlap(lists[name], findings, name)
    _warn_of_hidden(lists, findings)
    terms = {name: tuple(placed.term for placed in lists[name]) for name in LISTS}
    keywords = Keywords(
        decisive=terms["decisive"],
        places=terms["places"],
        subjects=terms["subjects"],
        exclude=terms["exclude"],
    )
    return replace(keywords, version=keywords_version(keywords))


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


def _warn_of_hidden(lists: Mapping[str, Sequence[PlacedTerm]], findings: Findings) -> None:
    for name in ("decisive", "places", "subjects"):
        for placed, wider in covered(lists["exclude"], lists[name]):
            what = f"{placed.term.text} in {name} can never count: {wider.text} is excluded"
            findings.warn(placed.node, what, "remove one of the two")


def as_written(node: Node) -> object:
    """A checked node as plain values (text, numbers, lists, keys), vocabulary references kept."""
    if isinstance(node, MappingNode):
        return {str(key.value): as_written(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [as_written(item) for item in node.value]
    written = str(node.value) if isinstance(node, ScalarNode) else ""
    return int(written) if scalar_kind(node) == "int" else written.strip()
