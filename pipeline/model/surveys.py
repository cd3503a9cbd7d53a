"""What keywords do to the stored articles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.matches import Hit, Kind, MatchStatus
from pipeline.model.watch import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How often each term counts in the stored articles, whether or not its rule holds there.

    `fired` counts articles, by the term and the list it stands in (None: exclude); a vocabulary's
    terms once for all conflicts that draw on it. `lately` are those that fired since `lately_from`.
    `removed` names, by conflict and exclude term, articles that an editor approved for the conflict
    and that the term excludes.
    """

    articles: int = 0
    oldest: datetime | None = None
    lately_from: datetime | None = None
    fired: Mapping[tuple[Term, Kind | None], int] = field(default_factory=dict)
    lately: frozenset[tuple[Term, Kind | None]] = frozenset()
    removed: Mapping[tuple[str, Term], tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A stored article as a list shows it."""

    article_id: int
    title: str
    publisher: str
    url: str
    published_at: datetime | None
    summary: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMatch:
    """A stored article that other keywords would gain or lose, by the hits that make the match.

    `status` is where its match stands in the database; None where there is none.
    """

    article: Headline
    status: MatchStatus | None
    score: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictBacktest:
    """What other keywords would change for one conflict, in articles by where their match stands.

    A key is None where the database has no match: an article that is new to the conflict.
    `gained_articles` and `lost_articles` are the newest of them.
    """

    conflict: str
    gained: Mapping[MatchStatus | None, int]
    lost: Mapping[MatchStatus | None, int]
    kept: Mapping[MatchStatus | None, int]
    gained_articles: tuple[ChangedMatch, ...] = ()
    lost_articles: tuple[ChangedMatch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What other keywords would change in the stored articles; `unchanged` conflicts: nothing."""

    articles: int
    conflicts: tuple[ConflictBacktest, ...]
    unchanged: tuple[str, ...]
