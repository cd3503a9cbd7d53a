"""Rematch: apply the keywords in force to articles that are stored already."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from db import Database, articles, matches
from pipeline.store import approve_automatically, group_into_stories
from pipeline.watch import Rules

_CHUNK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RematchReport:
    """What matching again changed."""

    articles: int
    matches_new: int


def rematch(
    database: Database,
    rules: Rules,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> RematchReport:
    """Match every stored article again; only pending matches change, verdicts stay.

    Works in chunks of a transaction each, so that other writers get their turn; running it again
    after an interruption does the rest. `progress` is told how many articles are done.
    """
    done = proposed = after = 0
    while True:
        with database.transaction() as connection:
            chunk = articles.texts(connection, after=after, limit=_CHUNK, hold=True)
            found = {article_id: rules.matcher.match(text) for article_id, _, text in chunk}
            revision = {article_id: number for article_id, number, _ in chunk}
            proposed += matches.propose(connection, found, revision, now)
            under = [article_id for article_id, wanted in found.items() if wanted]
            group_into_stories(connection, under, now)
            approve_automatically(connection, under, rules.conflicts, now)
        done += len(chunk)
        if progress is not None:
            progress(done)
        if len(chunk) < _CHUNK:
            return RematchReport(articles=done, matches_new=proposed)
        after = chunk[-1][0]
