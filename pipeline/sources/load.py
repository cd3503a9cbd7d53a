"""A file or text to Sources, or every fault in it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from yaml.nodes import Node

from pipeline.errors import Fault, SourcesError
from pipeline.model import Conflict, Defaults, Feed, Keywords, Sources, Term
from pipeline.sources.document import MAX_BYTES, compose
from pipeline.sources.keywords import as_written, read_keywords
from pipeline.sources.nodes import Findings, mapping, scalar_kind
from pipeline.sources.overlap import warn_of_overlap
from pipeline.sources.terms import Vocabularies, read_vocabularies
from pipeline.sources.watchlist import read_conflicts, read_defaults, read_feeds

VERSION = 1
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
    sources, faults, _ = check_sources(text, name)
    if sources is None:
        raise SourcesError(faults)
    return sources


def check_sources(
    text: str, name: str
) -> tuple[Sources | None, tuple[Fault, ...], tuple[Fault, ...]]:
    """The sources (None if there is any fault), the faults, and warnings that stop nothing."""
    findings = Findings(name)
    root = compose(text, findings)
    sources = None if root is None else _read(root, findings, text)
    return (None if findings.faults else sources), findings.faults, findings.warnings


def check_keywords(
    text: str, name: str, vocabularies: Mapping[str, Sequence[Term]]
) -> tuple[tuple[Keywords, dict[str, object]] | None, tuple[Fault, ...], tuple[Fault, ...]]:
    """Check one conflict's keywords, written as the block below `keywords:`.

    Returns the rule with its form as written (for Sources.raw_keywords), or None; faults; warnings.
    """
    findings = Findings(name)
    root = compose(text, findings)
    if root is None:
        return None, findings.faults, findings.warnings
    keywords = read_keywords(root, findings, Vocabularies(vocabularies, set()))
    written = as_written(root)
    if keywords is None or findings.faults or not isinstance(written, dict):
        return None, findings.faults, findings.warnings
    return (keywords, written), (), findings.warnings


def _read(root: Node, findings: Findings, text: str) -> Sources | None:
    values = mapping(root, findings, "the file", _KEYS, ("version",))
    if values is None:
        return None
    if "version" in values:
        _check_version(values["version"], findings)
    defaults = read_defaults(values["defaults"], findings) if "defaults" in values else Defaults()
    used: set[str] = set()
    lists = (
        _vocabularies(values["vocabularies"], findings, used) if "vocabularies" in values else {}
    )
    vocabularies = Vocabularies(lists, used)
    feeds: tuple[Feed, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    raw: dict[str, dict[str, object]] = {}
    if "feeds" in values:
        feeds = read_feeds(values["feeds"], findings, defaults)
    if "conflicts" in values:
        conflicts, raw = read_conflicts(values["conflicts"], findings, vocabularies)
    if lists and not findings.partial:
        _warn_of_unused(values["vocabularies"], findings, used)
    return Sources(
        feeds=feeds,
        conflicts=conflicts,
        defaults=defaults,
        vocabularies=lists,
        raw_keywords=raw,
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _vocabularies(node: Node, findings: Findings, used: set[str]) -> dict[str, tuple[Term, ...]]:
    lists: dict[str, tuple[Term, ...]] = {}
    for name, terms in read_vocabularies(node, findings, used).items():
        warn_of_overlap(terms, findings, f"vocabulary {name}")
        lists[name] = tuple(replace(placed.term, vocabulary=name) for placed in terms)
    return lists


def _warn_of_unused(node: Node, findings: Findings, used: set[str]) -> None:
    for key, _ in node.value:
        if key.value not in used:
            findings.warn(
                key, f"vocabulary {key.value} is never used", f'write "@{key.value}" in a list'
            )


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
