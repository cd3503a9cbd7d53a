"""Terms: lists of keywords with their conditions, and the vocabularies they draw on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from yaml.nodes import MappingNode, Node, ScalarNode

from pipeline.model import Field, Near, Term
from pipeline.sources.nodes import (
    Findings,
    kind_of,
    line_of,
    mapping,
    misread,
    scalar_kind,
    sequence,
    suggest,
    text,
    whole_number,
)
from pipeline.sources.values import choice, language
from pipeline.stages.match import check_term

WITHIN = 6
MOST_WITHIN = 50
LONGEST_TERM = 200

_TERM_KEYS = ("term", "lang", "field", "near", "unless_near", "within", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTerm:
    """A term and the node it was read from, so that a later check can name its line."""

    term: Term
    node: Node


class Vocabularies:
    """The shared lists by name; remembers which were used."""

    def __init__(self, lists: Mapping[str, Sequence[Term]], used: set[str]) -> None:
        self.lists = lists
        self.used = used

    def expand(self, reference: str, node: Node, findings: Findings) -> Sequence[Term]:
        """The terms behind `@name`; an unknown name is a fault and counts as empty."""
        name = reference.removeprefix("@")
        if name in self.lists:
            self.used.add(name)
            return self.lists[name]
        fix = suggest(name, self.lists).replace("mean ", "mean @")
        if fix or not findings.partial:
            known = ", ".join(f"@{known}" for known in self.lists)
            fallback = f"known: {known}" if known else "there are no vocabularies"
            findings.fault(node, f"unknown vocabulary {reference}", fix or fallback)
        return ()


def read_vocabularies(
    node: Node, findings: Findings, used: set[str]
) -> dict[str, list[PlacedTerm]]:
    """All shared lists. None holds another, but near and unless_near may name an earlier one."""
    found: dict[str, list[PlacedTerm]] = {}
    earlier: dict[str, Sequence[Term]] = {}
    for name, items in (mapping(node, findings, "vocabularies", ()) or {}).items():
        what = f"vocabulary {name}"
        known = Vocabularies(earlier, used)
        terms: list[PlacedTerm] = []
        for item in sequence(items, findings, what):
            if isinstance(item, ScalarNode) and str(item.value).startswith("@"):
                findings.fault(
                    item, f"{what} names another list, {item.value}", "write its words out"
                )
                continue
            terms += read_term(item, findings, what, known)
        _no_doubles(terms, findings, what)
        found[name] = terms
        earlier[name] = [placed.term for placed in terms]
    return found


def read_terms(
    node: Node, findings: Findings, what: str, vocabularies: Vocabularies
) -> list[PlacedTerm]:
    """The terms of one keyword list as it is written, references to vocabularies filled in."""
    terms: list[PlacedTerm] = []
    for item in sequence(node, findings, what):
        terms += read_term(item, findings, what, vocabularies)
    own = [placed for placed in terms if not placed.term.vocabulary]
    _no_doubles(own, findings, what)
    return terms


def each_once(terms: Sequence[PlacedTerm]) -> tuple[Term, ...]:
    """The terms without those that stand earlier, in the list itself or in a vocabulary."""
    first: dict[Term, Term] = {}
    for placed in terms:
        first.setdefault(replace(placed.term, vocabulary=""), placed.term)
    return tuple(first.values())


def read_term(
    node: Node, findings: Findings, what: str, vocabularies: Vocabularies
) -> list[PlacedTerm]:
    """One item of a list: a word or phrase, `@name`, or a mapping with conditions."""
    if isinstance(node, MappingNode):
        term = _conditional(node, findings, what, vocabularies)
        return [] if term is None else _checked(term, node, findings, what)
    if isinstance(node, ScalarNode) and scalar_kind(node) not in {"str", "null"}:
        findings.fault(node, misread(node, f"a term of {what}"), f'quote it: "{node.value}"')
        return []
    if not isinstance(node, ScalarNode):
        fix = "remove the inner brackets; * or & at the start of a word needs quotes"
        findings.fault(node, f"a term of {what} must be text, not {kind_of(node)}", fix)
        return []
    written = text(node, findings, f"a term of {what}")
    if written is None:
        return []
    if written.startswith("@"):
        expanded = vocabularies.expand(written, node, findings)
        return [PlacedTerm(term=term, node=node) for term in expanded]
    return _checked(Term(text=written), node, findings, what)


def _checked(term: Term, node: Node, findings: Findings, what: str) -> list[PlacedTerm]:
    if len(term.text) > LONGEST_TERM:
        findings.fault(
            node, f"a term of {what} is longer than {LONGEST_TERM} characters", "shorten it"
        )
        return []
    problem = check_term(term)
    if problem is not None:
        findings.fault(node, f"{term.text} in {what}: {problem}")
        return []
    return [PlacedTerm(term=term, node=node)]


def _conditional(
    node: MappingNode, findings: Findings, what: str, vocabularies: Vocabularies
) -> Term | None:
    keys = [str(key.value) for key, _ in node.value if isinstance(key, ScalarNode)]
    if not any(key in _TERM_KEYS or suggest(key, _TERM_KEYS) for key in keys):
        fix = "quote a term that holds a colon; conditions are written {term: Gao, lang: fr}"
        findings.fault(node, f"a term of {what} is written as keys with values", fix)
        return None
    values = mapping(node, findings, f"a term of {what}", _TERM_KEYS, ("term",))
    if values is None or "term" not in values:
        return None
    written = text(values["term"], findings, f"a term of {what}")
    if written is not None and written.startswith("@"):
        fix = "set them on the words in the vocabulary"
        findings.fault(values["term"], f"{written}: a vocabulary takes no conditions", fix)
        return None
    within = _within(values, findings)
    near = _words(values.get("near"), findings, "near", vocabularies)
    unless_near = _words(values.get("unless_near"), findings, "unless_near", vocabularies)
    languages = _each(values.get("lang"), findings, "lang")
    fields = _each(values.get("field"), findings, "field")
    every = _words(values.get("all"), findings, "all", None)
    if written is None:
        return None
    return Term(
        text=written,
        languages=languages,
        fields=fields,
        near=Near(words=near, within=within) if near else None,
        unless_near=Near(words=unless_near, within=within) if unless_near else None,
        all=every,
    )


def _within(values: Mapping[str, Node], findings: Findings) -> int:
    if "within" not in values:
        return WITHIN
    if "near" not in values and "unless_near" not in values:
        findings.fault(
            values["within"], "within has no near or unless_near to measure", "add one or remove it"
        )
    return whole_number(values["within"], findings, "within", 1, MOST_WITHIN) or WITHIN


def _words(
    node: Node | None, findings: Findings, key: str, vocabularies: Vocabularies | None
) -> tuple[str, ...]:
    if node is None:
        return ()
    found: list[str] = []
    items = [node] if isinstance(node, ScalarNode) else sequence(node, findings, key)
    if not items and not isinstance(node, ScalarNode):
        findings.fault(node, f"{key} is an empty list", "add words or remove it")
    for item in items:
        word = text(item, findings, f"a word of {key}")
        if word is None:
            continue
        if not word.startswith("@"):
            found.append(word)
        elif vocabularies is None:
            findings.fault(
                item, f"{key} cannot take a vocabulary", "name the words: each must occur"
            )
        else:
            found += _plain_words(word, item, findings, vocabularies)
    return tuple(dict.fromkeys(found))


def _plain_words(
    reference: str, node: Node, findings: Findings, vocabularies: Vocabularies
) -> list[str]:
    """A vocabulary's words for near: only those that carry no condition of their own."""
    expanded = vocabularies.expand(reference, node, findings)
    plain = [term.text for term in expanded if term.unconditional]
    if expanded and not plain:
        findings.fault(node, f"{reference} holds no word without a condition", "name words instead")
    return plain


def _each(node: Node | None, findings: Findings, key: str) -> tuple[str, ...]:
    if node is None:
        return ()
    items = [node] if isinstance(node, ScalarNode) else sequence(node, findings, key)
    if key == "lang":
        values = [language(item, findings, "lang") for item in items]
    else:
        values = [choice(item, findings, "field", tuple(Field)) for item in items]
    return tuple(dict.fromkeys(value for value in values if value is not None))


def _no_doubles(terms: Sequence[PlacedTerm], findings: Findings, what: str) -> None:
    first: dict[Term, int] = {}
    for placed in terms:
        key = replace(placed.term, text=" ".join(placed.term.text.split()), vocabulary="")
        if key.text[:1] not in "=^":
            key = replace(key, text=key.text.casefold())
        line = line_of(placed.node)
        if key in first:
            fix = f"remove one, the first is on line {first[key]}"
            findings.fault(placed.node, f"{placed.term.text} stands twice in {what}", fix)
        first.setdefault(key, line)
