"""What we watch: feeds, conflicts and their keywords, as sources.yaml declares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from pipeline.model.articles import ArticleText


class Approval(StrEnum):
    """Who approves a conflict's matches."""

    EDITOR = "editor"
    AUTOMATIC = "automatic"


class FeedState(StrEnum):
    """Where a feed stands, in one word."""

    WORKING = "working"
    FAILING = "failing"
    BLOCKED = "blocked"  # the publisher refuses us (challenge page, 401, 403)
    GONE = "gone"  # the publisher says it will not come back (410)
    DISABLED = "disabled"  # `enabled: false`
    RETIRED = "retired"  # no longer in sources.yaml; its articles stay
    NEW = "new"  # never fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """Leave to read a feed whose server cannot prove who it is: why, and up to which day (UTC)."""

    because: str
    until: date

    def holds(self, now: datetime) -> bool:
        """Whether the leave still counts."""
        return now.astimezone(UTC).date() <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One address that is polled.

    `publisher` is the outlet's name as readers see it; it defaults to the id.
    `every` is the wished interval between two fetches: an adaptive feed's turns follow how it
    publishes and keep to it on average over all feeds, another's keep to it each. `max_bytes` is
    the largest document, where it is not the usual; `full_text` says that the pages of its articles
    are read as well; `unverified_tls` lets certificates pass that are not good.
    """

    id: str
    url: str
    publisher: str
    language: str = "en"
    country: str = ""
    every: timedelta = timedelta(minutes=30)
    tags: tuple[str, ...] = ()
    enabled: bool = True
    adaptive: bool = True
    max_bytes: int | None = None
    full_text: bool = False
    unverified_tls: Unverified | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Words that must (or must not) stand within `within` tokens of a term's hit."""

    words: tuple[str, ...]
    within: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One keyword with its conditions, as written (`text` keeps `*`, `=` and `^` marks).

    `languages` limits the term to articles in these languages (empty: any).
    `fields` limits it to these article fields (empty: any).
    `near` must hold, `unless_near` must not, `all` lists words that must all occur in the article.
    `vocabulary` names the list the term came from, if any.
    """

    text: str
    languages: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    near: Near | None = None
    unless_near: Near | None = None
    all: tuple[str, ...] = ()
    vocabulary: str = ""

    @property
    def unconditional(self) -> bool:
        """True when the term counts wherever it is found."""
        return not any((self.languages, self.fields, self.near, self.unless_near, self.all))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An article that must fall under a rule, or must not; `language` may be unknown (empty)."""

    title: str
    summary: str = ""
    body: str = ""
    language: str = ""
    matches: bool

    @property
    def text(self) -> ArticleText:
        """The example as the matcher reads an article."""
        return ArticleText(
            title=self.title, summary=self.summary, body=self.body, language=self.language
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keywords:
    """A conflict's rule with its vocabularies filled in.

    It reads: no `exclude`, and (one `decisive`, or one of `places` with one of `subjects`).
    `examples` hold for it wherever it is in force.
    `version` is a hash of the rule's content: equal rules have equal versions, whatever their
    examples.
    """

    decisive: tuple[Term, ...] = ()
    places: tuple[Term, ...] = ()
    subjects: tuple[Term, ...] = ()
    exclude: tuple[Term, ...] = ()
    examples: tuple[Example, ...] = ()
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordsVersion:
    """One version of a conflict's keywords: who brought it first, and why.

    `text` is the YAML as it was typed on the desk, empty where the file brought it.
    """

    version: str
    keywords: Keywords
    text: str
    origin: str
    author: str
    note: str
    first_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordSave:
    """Keywords were saved on the desk, or given back to the file."""

    at: datetime
    author: str
    version: str
    note: str
    given_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """When a conflict's daily edition closes: an hour of the wall clock in a zone (IANA name)."""

    at: time = time(6)
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A tracked conflict. `edition` is None where it has no daily edition."""

    slug: str
    title: str
    keywords: Keywords
    region: str = ""
    countries: tuple[str, ...] = ()
    type: str = ""
    impact: str = ""
    status: str = ""
    status_reason: str = ""
    approve: Approval = Approval.EDITOR
    approve_at: int = 6
    edition: CutOff | None = CutOff()


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What applies where a feed or conflict says nothing."""

    every: timedelta = timedelta(minutes=30)
    language: str = "en"
    keep_unmatched: timedelta = timedelta(days=30)
    adaptive: bool = True
    full_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything sources.yaml says, checked and with defaults filled in.

    `raw_keywords` maps a conflict's slug to its keywords as the file writes them (vocabulary
    references unexpanded), for `sources export` and `sources diff`.
    `digest` is a hash of the file's bytes: equal files have equal digests.
    `lines` says on which line a term stands, by (slug or `@vocabulary`, list, term as written).
    """

    feeds: tuple[Feed, ...]
    conflicts: tuple[Conflict, ...]
    defaults: Defaults = field(default_factory=Defaults)
    vocabularies: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    raw_keywords: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    digest: str = ""
    lines: Mapping[tuple[str, str, str], int] = field(default_factory=dict, compare=False)
