"""Rematch: apply the keywords in force to articles that are stored already."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from db import Database, articles
from pipeline.store import match_stored
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
            proposed += match_stored(connection, chunk, rules, now)
        done += len(chunk)
        if progress is not None:
            progress(done)
        if len(chunk) < _CHUNK:
            return RematchReport(articles=done, matches_new=proposed)
        after = chunk[-1][0]
