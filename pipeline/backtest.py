"""Backtest: what other keywords would gain and lose on the stored articles, before they run."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappush, heappushpop
from typing import NamedTuple

from db import Connection, Database, articles, matches
from pipeline.archive import Archive
from pipeline.model import (
    ArticleText,
    Backtest,
    ChangedMatch,
    Conflict,
    ConflictBacktest,
    Match,
    MatchStatus,
    Term,
)
from pipeline.stages.match import FoldedArticle, Mentions, compile_keywords, keywords_version

SHOWN = 10
_CHUNK = 2_000


class _Newest(NamedTuple):
    """A changed match in the order of its article: by when it appeared, then by number."""

    ordered_at: datetime
    article_id: int
    status: MatchStatus | None
    match: Match


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What is known so far about one conflict; no more than `shown` articles of each side."""

    shown: int
    gained: Counter[MatchStatus | None] = field(default_factory=Counter)
    lost: Counter[MatchStatus | None] = field(default_factory=Counter)
    kept: Counter[MatchStatus | None] = field(default_factory=Counter)
    newest_gained: list[_Newest] = field(default_factory=list)
    newest_lost: list[_Newest] = field(default_factory=list)


def backtest(
    database: Database,
    running: Sequence[Conflict],
    proposed: Sequence[Conflict],
    *,
    shown: int = SHOWN,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Compare what two sets of conflicts find in the stored articles; changes nothing.

    A conflict whose rule is the same in both is left out, so that only what changed is evaluated;
    one that only one set has is gained or lost whole. Of each side the `shown` newest articles are
    given with their hits. `progress` is told how many articles of how many are done. Memory does
    not grow with the archive. Raises ValueError for a rule with an invalid term.
    """
    before, after = _versioned(running), _versioned(proposed)
    slugs = tuple(dict.fromkeys((*before, *after)))
    changed = [slug for slug in slugs if _version(before, slug) != _version(after, slug)]
    tallies = {slug: _Tally(shown=shown) for slug in changed}
    comparison = _Comparison(
        [before[slug] for slug in changed if slug in before],
        [after[slug] for slug in changed if slug in after],
    )
    done = _compare(database, comparison, tallies, progress) if changed else 0
    with database.reading() as connection:
        conflicts = tuple(_told(connection, slug, tally) for slug, tally in tallies.items())
        done = done or articles.count(connection)
    return Backtest(
        articles=done,
        conflicts=conflicts,
        unchanged=tuple(slug for slug in slugs if slug not in tallies),
    )


def preview(
    database: Database,
    archive: Archive,
    running: Conflict,
    proposed: Conflict,
    *,
    shown: int = SHOWN,
) -> Backtest:
    """Compare two rules of one conflict as `backtest` does, but for what both find: not counted.

    Only articles that hold a word of a term which one rule has and the other has not are read, as
    the archive in memory tells. Raises ValueError for a rule with an invalid term.
    """
    [before], [after] = (list(_versioned([each]).values()) for each in (running, proposed))
    if before.keywords.version == after.keywords.version:
        with database.reading() as connection:
            return Backtest(
                articles=articles.count(connection), conflicts=(), unchanged=(before.slug,)
            )
    comparison = _Comparison([before], [after])
    tally = _Tally(shown=shown)
    with database.reading() as connection:
        candidates, total = archive.mentioning(connection, comparison.difference)
        for start in range(0, len(candidates), _CHUNK):
            chunk = articles.texts(connection, only=candidates[start : start + _CHUNK])
            found = {
                article_id: sides
                for article_id, _, text in chunk
                if (sides := comparison.sides(text))
            }
            _count(connection, found, {before.slug: tally})
        told = replace(_told(connection, before.slug, tally), kept={})
    return Backtest(articles=total, conflicts=(told,), unchanged=())


def _versioned(conflicts: Sequence[Conflict]) -> dict[str, Conflict]:
    return {
        each.slug: replace(
            each, keywords=replace(each.keywords, version=keywords_version(each.keywords))
        )
        for each in conflicts
    }


def _version(side: Mapping[str, Conflict], slug: str) -> str:
    return side[slug].keywords.version if slug in side else ""


_Sides = dict[str, tuple[Match | None, Match | None]]


class _Comparison:
    """Two sets of rules, compiled; the second is asked only where its difference can tell."""

    def __init__(self, before: Sequence[Conflict], after: Sequence[Conflict]) -> None:
        self._before = compile_keywords(before)
        self._after = compile_keywords(after)
        # Where no word of a term stands that only one side has, both find the same: a term counts
        # by itself and its own conditions, whatever the other terms are.
        self.difference = Mentions(
            term for _, _, term in _listed(before).symmetric_difference(_listed(after))
        )

    def sides(self, text: ArticleText) -> _Sides:
        """Give by conflict what either side finds in an article."""
        article = FoldedArticle(text)
        was = {match.conflict: match for match in self._before.match(article)}
        if not self.difference.stand_in(article):
            return {slug: (match, match) for slug, match in was.items()}
        now = {match.conflict: match for match in self._after.match(article)}
        return {slug: (was.get(slug), now.get(slug)) for slug in (was | now)}


def _listed(conflicts: Sequence[Conflict]) -> set[tuple[str, str, Term]]:
    return {
        (each.slug, name, term)
        for each in conflicts
        for name in ("decisive", "places", "subjects", "exclude")
        for term in getattr(each.keywords, name)
    }


def _compare(
    database: Database,
    comparison: _Comparison,
    tallies: Mapping[str, _Tally],
    progress: Callable[[int, int], None] | None,
) -> int:
    done = total = 0
    if progress is not None:
        with database.reading() as connection:
            total = articles.count(connection)
    for connection, chunk in _chunks(database):
        found = {
            article_id: sides for article_id, _, text in chunk if (sides := comparison.sides(text))
        }
        _count(connection, found, tallies)
        done += len(chunk)
        if progress is not None:
            progress(done, total)
    return done


def _chunks(
    database: Database,
) -> Iterator[tuple[Connection, tuple[tuple[int, int, ArticleText], ...]]]:
    """Give the stored articles in chunks, each within a transaction of its own."""
    after = 0
    while True:
        with database.reading() as connection:
            chunk = articles.texts(connection, after=after, limit=_CHUNK)
            yield connection, chunk
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1][0]


def _count(
    connection: Connection, found: Mapping[int, _Sides], tallies: Mapping[str, _Tally]
) -> None:
    standing = matches.standing_of(connection, list(found))
    differing = [
        article_id
        for article_id, sides in found.items()
        if any(was is None or now is None for was, now in sides.values())
    ]
    dates = articles.dates(connection, differing)
    for article_id, sides in found.items():
        for slug, (was, now) in sides.items():
            status = standing.get(article_id, {}).get(slug)
            tally = tallies[slug]
            if was is not None and now is not None:
                tally.kept[status] += 1
            elif now is not None:
                tally.gained[status] += 1
                entry = _Newest(dates[article_id], article_id, status, now)
                _keep(tally.newest_gained, entry, tally.shown)
            else:
                assert was is not None, "one of the two found it"
                tally.lost[status] += 1
                entry = _Newest(dates[article_id], article_id, status, was)
                _keep(tally.newest_lost, entry, tally.shown)


def _keep(newest: list[_Newest], entry: _Newest, most: int) -> None:
    if len(newest) < most:
        heappush(newest, entry)
    elif newest:
        heappushpop(newest, entry)


def _told(connection: Connection, slug: str, tally: _Tally) -> ConflictBacktest:
    return ConflictBacktest(
        conflict=slug,
        gained=dict(tally.gained),
        lost=dict(tally.lost),
        kept=dict(tally.kept),
        gained_articles=_shown(connection, tally.newest_gained),
        lost_articles=_shown(connection, tally.newest_lost),
    )


def _shown(connection: Connection, newest: Sequence[_Newest]) -> tuple[ChangedMatch, ...]:
    lines = articles.headlines(connection, [each.article_id for each in newest])
    return tuple(
        ChangedMatch(
            article=lines[each.article_id],
            status=each.status,
            score=each.match.score,
            hits=each.match.hits,
        )
        for each in sorted(newest, key=lambda each: each[:2], reverse=True)
        if each.article_id in lines  # deleted meanwhile
    )
