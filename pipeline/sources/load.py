"""A file or text to Sources, or every fault in it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from yaml.nodes import Node

from pipeline.errors import Fault, Level, SourcesError
from pipeline.model import Conflict, Defaults, Feed, Keywords, Sources, Term
from pipeline.sources.document import MAX_BYTES, compose
from pipeline.sources.examples import try_examples
from pipeline.sources.keywords import as_written, read_keywords, written_rule, written_terms
from pipeline.sources.nodes import Findings, line_of, mapping, scalar_kind
from pipeline.sources.terms import PlacedTerm, Vocabularies, read_vocabularies
from pipeline.sources.watchlist import (
    ReadConflicts,
    read_conflicts,
    read_defaults,
    read_feeds,
)
from pipeline.stages.match.lint import Rulebook, Surroundings, lint

VERSION = 1
Checked = tuple[tuple[Keywords, dict[str, object]] | None, tuple[Fault, ...], tuple[Fault, ...]]
_KEYS = ("version", "defaults", "vocabularies", "feeds", "conflicts")


def load_sources(path: Path) -> Sources:
    """Read sources.yaml; raises SourcesError with every fault, where `where` is `name:line`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        fix = "create it, or set DATELINE_SOURCES to where it is"
        what = f"the file cannot be read: {error.strerror or error}"
        raise SourcesError([Fault(where=str(path), what=what, fix=fix)]) from error
    try:
        written = content.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(content) > MAX_BYTES:  # cut within a character; compose says that it is too large
            written = content.decode("utf-8", "replace")
        else:
            line = content.count(b"\n", 0, error.start) + 1
            fault = Fault(
                where=f"{path.name}:{line}", what="the file is not UTF-8", fix="save it as UTF-8"
            )
            raise SourcesError([fault]) from error
    return parse_sources(written, path.name)


def parse_sources(text: str, name: str) -> Sources:
    """Read the text of a sources.yaml, `name` in messages; raises SourcesError with every fault."""
    findings = Findings(name)
    root = compose(text, findings)
    sources = None if root is None else _read(root, findings, text, doubting=False)
    if sources is None or findings.faults:
        raise SourcesError(findings.faults)
    return sources


def check_sources(
    text: str, name: str
) -> tuple[Sources | None, tuple[Fault, ...], tuple[Fault, ...]]:
    """The sources (None if there is any fault), the faults, and warnings that stop nothing.

    Warnings may be notes (`Fault.level`): good to know, and well possible to be meant.
    """
    findings = Findings(name)
    root = compose(text, findings)
    sources = None if root is None else _read(root, findings, text, doubting=True)
    return (None if findings.faults else sources), findings.faults, findings.warnings


def check_keywords(
    text: str,
    name: str,
    vocabularies: Mapping[str, Sequence[Term]],
    feeds: Sequence[Feed] = (),
) -> Checked:
    """Check one conflict's keywords, written as the block below `keywords:`.

    Returns the rule with its form as written (for Sources.raw_keywords), or None; faults; warnings,
    which know the languages of the feeds if these are given.
    """
    findings = Findings(name)
    root = compose(text, findings)
    if root is None:
        return None, findings.faults, findings.warnings
    rule = read_keywords(root, findings, Vocabularies(vocabularies, set()))
    written = as_written(root)
    if rule is None or not isinstance(written, dict):
        return None, findings.faults, findings.warnings
    _doubt(Rulebook(rules=[written_rule(name, rule.lists)], surroundings=_around(feeds)), findings)
    if not findings.faults:
        tried = Conflict(slug=name, title=name, keywords=rule.keywords)
        try_examples([tried], {name: rule.examples}, findings)
    if findings.faults:
        return None, findings.faults, findings.warnings
    return (rule.keywords, written), (), findings.warnings


def _read(root: Node, findings: Findings, text: str, *, doubting: bool) -> Sources | None:
    values = mapping(root, findings, "the file", _KEYS, ("version",))
    if values is None:
        return None
    if "version" in values:
        _check_version(values["version"], findings)
    defaults = read_defaults(values["defaults"], findings) if "defaults" in values else Defaults()
    used: set[str] = set()
    shared: dict[str, list[PlacedTerm]] = {}
    if "vocabularies" in values:
        shared = read_vocabularies(values["vocabularies"], findings, used)
    lists = {
        name: tuple(replace(placed.term, vocabulary=name) for placed in terms)
        for name, terms in shared.items()
    }
    feeds: tuple[Feed, ...] = ()
    tracked = ReadConflicts()
    if "feeds" in values:
        feeds = read_feeds(values["feeds"], findings, defaults)
    if "conflicts" in values:
        tracked = read_conflicts(values["conflicts"], findings, Vocabularies(lists, used))
    if not findings.faults:  # what is left of a faulty rule would fail for no reason of its own
        examples = {slug: rule.examples for slug, rule in tracked.rules.items()}
        try_examples(tracked.conflicts, examples, findings)
    if doubting:
        if lists and not findings.partial:
            _warn_of_unused(values["vocabularies"], findings, used, lists)
        _doubt(_rulebook(shared, tracked, feeds), findings)
    return Sources(
        feeds=feeds,
        conflicts=tracked.conflicts,
        defaults=defaults,
        vocabularies=lists,
        raw_keywords=tracked.raw,
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        lines=_lines(shared, tracked),
    )


def _rulebook(
    shared: Mapping[str, Sequence[PlacedTerm]], tracked: ReadConflicts, feeds: Sequence[Feed]
) -> Rulebook:
    return Rulebook(
        rules=[written_rule(slug, rule.lists) for slug, rule in tracked.rules.items()],
        vocabularies={
            name: written_terms(terms, f"vocabulary {name}") for name, terms in shared.items()
        },
        surroundings=_around(feeds),
    )


def _around(feeds: Sequence[Feed]) -> Surroundings:
    return Surroundings(
        languages=frozenset(feed.language for feed in feeds),
        bodies=any(feed.full_text for feed in feeds),
    )


def _doubt(book: Rulebook, findings: Findings) -> None:
    for remark in lint(book):
        level = Level.NOTE if remark.note else Level.WARNING
        findings.warn(remark.line, remark.what, remark.fix, kind=str(remark.doubt), level=level)


def _lines(
    shared: Mapping[str, Sequence[PlacedTerm]], tracked: ReadConflicts
) -> dict[tuple[str, str, str], int]:
    lines: dict[tuple[str, str, str], int] = {}
    for name, terms in shared.items():
        for placed in terms:
            lines.setdefault((f"@{name}", "", placed.term.text), line_of(placed.node))
    for slug, rule in tracked.rules.items():
        for name, terms in rule.lists.items():
            for placed in terms:
                lines.setdefault((slug, name, placed.term.text), line_of(placed.node))
    return lines


def _warn_of_unused(
    node: Node, findings: Findings, used: set[str], lists: Mapping[str, Sequence[Term]]
) -> None:
    for key, _ in node.value:
        name = str(key.value)
        if name not in used:
            fix = f'write "@{name}" in a list'
            findings.warn(key, f"vocabulary {name} is never used", fix, kind="unused")
        elif not lists.get(name):
            findings.warn(key, f"vocabulary {name} is empty", "add words", kind="unused")


def _check_version(node: Node, findings: Findings) -> None:
    written = str(node.value)
    if scalar_kind(node) == "int" and written == str(VERSION):
        return
    if written.strip() == str(VERSION):
        findings.fault(
            node, "version is written as text", f"write version: {VERSION}, without quotes"
        )
        return
    findings.fault(
        node, f"version {written} is not known", f"this Dateline reads version: {VERSION}"
    )
