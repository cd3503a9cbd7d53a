"""Lint: what an editor would want to know about keywords before they run.

Everything here is doubtful, nothing is wrong: a rule with remarks works as it is written.
"""

from collections.abc import Iterator

from pipeline.stages.match.lint.archive import SHARE, lint_archive
from pipeline.stages.match.lint.impossible import impossible
from pipeline.stages.match.lint.overlaps import (
    covered_terms,
    excluded_terms,
    shared_terms,
    two_roles,
)
from pipeline.stages.match.lint.short import ambiguous
from pipeline.stages.match.lint.values import (
    Doubt,
    Remark,
    Rulebook,
    Surroundings,
    Written,
    WrittenRule,
    write_down,
)

__all__ = [
    "SHARE",
    "Doubt",
    "Remark",
    "Rulebook",
    "Surroundings",
    "Written",
    "WrittenRule",
    "lint",
    "lint_archive",
    "write_down",
]


def lint(book: Rulebook) -> tuple[Remark, ...]:
    """Remark on the terms of all rules and vocabularies, in the order of their lines."""
    return tuple(sorted(_remarks(book), key=lambda remark: remark.line))


def _remarks(book: Rulebook) -> Iterator[Remark]:
    around = book.surroundings
    for terms in book.vocabularies.values():
        yield from covered_terms(terms)
        yield from impossible(terms, around)
        yield from ambiguous(terms, around)
    for rule in book.rules:
        for terms in rule.lists:
            yield from covered_terms(terms)
            yield from impossible(terms, around, rule.exclude)
            yield from ambiguous(terms, around)
        yield from excluded_terms(rule)
        yield from two_roles(rule)
    yield from shared_terms(book.rules)
