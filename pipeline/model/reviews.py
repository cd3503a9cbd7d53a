"""Review: an editor's verdict on a match."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.articles import ArticleText, DateOrigin
from pipeline.model.matches import Hit, MatchStatus


class Verdict(StrEnum):
    """What an editor says about a match."""

    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"


class Role(StrEnum):
    """What an account may do: viewers read; editors review; admins also manage accounts."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """An account on the desk."""

    id: int
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One place where somebody is logged in; its number is no secret."""

    number: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Scope(StrEnum):
    """What an API token may do in its owner's name."""

    READ = "read"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """An account's second factor as it is kept: `nonce` is what its secret is made from.

    Until `confirmed_at` it counts for nothing. `last_step` is the last one used of its codes,
    `failures` counts wrong ones in a row, `codes_left` recovery codes that still work.
    """

    nonce: str
    begun_at: datetime
    confirmed_at: datetime | None
    last_step: int
    failures: int
    codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token of the API as its owner sees it: never the token itself."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One verdict about to be taken.

    `seen_as` is the status the editor saw when deciding, so that two editors do not overwrite each
    other unseen; None takes whatever stands.
    """

    match_id: int
    verdict: Verdict
    editor: str
    reason: str = ""
    seen_as: MatchStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One verdict as logged: append-only."""

    id: int
    match_id: int
    article_id: int
    article_title: str
    conflict: str
    verdict: Verdict
    status_before: MatchStatus
    status_after: MatchStatus
    editor: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMatch:
    """A match as an editor sees it: the article, why it matched, and where it stands.

    `changed` is True when the article's headline or summary changed after the verdict.
    """

    id: int
    article_id: int
    story_id: int
    conflict: str
    conflict_title: str
    status: MatchStatus
    score: int
    hits: tuple[Hit, ...]
    rule_version: str
    title: str
    summary: str
    url: str | None
    publisher: str
    language: str
    published_at: datetime
    first_seen_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMatch:
    """One of an article's matches, in short."""

    id: int
    conflict: str
    status: MatchStatus
    score: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article as the database holds it, with who lists it and what it matched."""

    id: int
    url: str | None
    link: str | None
    title: str
    summary: str
    publisher: str
    language: str
    author: str
    published_at: datetime
    ordered_at: datetime
    date_origin: DateOrigin
    first_seen_at: datetime
    revision: int
    story_id: int | None
    feeds: tuple[str, ...]
    matches: tuple[ArticleMatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One thing somebody did, besides verdicts."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicted:
    """A match that an editor decided, with the text it was decided on: what precision is made of.

    Automatic approvals are none: they say nothing about the keywords.
    """

    conflict: str
    approved: bool
    text: ArticleText
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """An article without a match that was drawn for an editor to judge blindly."""

    article_id: int
    title: str
    summary: str
    url: str | None
    publisher: str
    language: str
    published_at: datetime
    drawn_at: datetime
