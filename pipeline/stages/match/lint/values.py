"""What the linter reads and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model import Term
from pipeline.stages.match.terms import Pattern, parse_pattern


class Doubt(StrEnum):
    """What is doubtful about a term; the word stays the same from one version to the next."""

    NEVER = "never"  # it can never count
    COVERED = "covered"  # another term of its list is found wherever it is
    EXCLUDED = "excluded"  # its own conflict excludes it
    TWO_ROLES = "two_roles"  # it stands in two lists of one conflict
    SHARED = "shared"  # it is decisive in one conflict and stands in another
    SHORT = "short"  # too short to mean one thing
    COMMON = "common_word"  # a word that any text in a language has
    PREFIX = "short_prefix"  # the beginning of too many words
    UNUSED = "unused"  # nothing draws on it
    FREQUENT = "frequent"  # it fires on a large share of the archive
    SILENT = "silent"  # it has not fired for a long time
    COSTLY = "removes_approved"  # it excludes what an editor approved


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One doubt about a term on a line, with the likely fix.

    A `note` is good to know and may well be meant; anything else is a warning.
    """

    line: int
    doubt: Doubt
    what: str
    fix: str = ""
    note: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A term and the line on which it stands (that of `@name` for the terms of a vocabulary)."""

    term: Term
    line: int
    pattern: Pattern
    where: str

    def __str__(self) -> str:
        """Name the term for people: `JNIM in decisive`."""
        return f"{self.term.text} in {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRule:
    """A conflict's lists as they are written, vocabularies filled in, with nothing left out."""

    conflict: str
    decisive: Sequence[Written] = ()
    places: Sequence[Written] = ()
    subjects: Sequence[Written] = ()
    exclude: Sequence[Written] = ()

    @property
    def lists(self) -> tuple[Sequence[Written], ...]:
        """The four lists, those that find before the one that excludes."""
        return self.decisive, self.places, self.subjects, self.exclude


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the rules work on: the languages of the feeds, and whether any gives whole pages.

    Without languages nothing is said about languages.
    """

    languages: frozenset[str] = frozenset()
    bodies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Everything the linter looks at."""

    rules: Sequence[WrittenRule]
    vocabularies: Mapping[str, Sequence[Written]] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings)


def write_down(terms: Sequence[tuple[Term, int]], where: str) -> tuple[Written, ...]:
    """Read (term, line) pairs of one list; every term must be one that `check_term` lets pass."""
    return tuple(
        Written(term=term, line=line, pattern=parse_pattern(term.text), where=where)
        for term, line in terms
    )
