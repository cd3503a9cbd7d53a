"""Rematch: apply the keywords in force to articles that are stored already."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from db import Connection, Database, articles, conflicts, instance, matches, retried
from pipeline.model import Conflict, Match, MatchStatus
from pipeline.store import store_matches
from pipeline.watch import Rules, running_rules

_CHUNK = 1_000
_PROGRESS = "rematch_progress"
_FORGOTTEN = timedelta(days=1)
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RematchReport:
    """What matching again changed, or would change, in numbers of matches.

    `returned` were withdrawn before. `approved_stay` are no longer found, but an editor approved
    them. `resumed` articles had been matched before an interruption.
    """

    articles: int
    matches_new: int
    withdrawn: int = 0
    returned: int = 0
    approved_stay: int = 0
    resumed: int = 0


def rematch(
    database: Database, rules: Rules, now: datetime, progress: Told | None = None
) -> RematchReport:
    """Match every stored article again; only pending matches change, verdicts stay.

    Works in chunks of a transaction each, so that other writers get their turn. How far it came
    stands in the database: run again under the same rules within a day after it was interrupted,
    it goes on from there. `progress` is told how many articles of how many are done.
    """
    digest = _digest(rules.conflicts)
    with database.reading() as connection:
        total = articles.count(connection)
        after, resumed = _interrupted(connection, digest, now)
    counted: Counter[str] = Counter()
    done = resumed
    while True:
        changes, size, last = _match_chunk(database, rules, digest, after, done, now)
        counted += changes
        done += size
        ended = size < _CHUNK
        after = after if ended else last
        if progress is not None:
            progress(done, total)
        if ended:
            return _report(counted, done, resumed)


@retried
def _match_chunk(
    database: Database, rules: Rules, digest: str, after: int, done: int, now: datetime
) -> tuple[Counter[str], int, int]:
    """Match the articles that follow one; gives what changed, how many they were, and the last."""
    with database.transaction() as connection:
        chunk = articles.texts(connection, after=after, limit=_CHUNK, hold=True)
        found = {article_id: rules.matcher.match(text) for article_id, _, text in chunk}
        revision = {article_id: number for article_id, number, _ in chunk}
        changes = _changes(connection, found)
        changes["new"] += store_matches(connection, found, revision, rules, now)
        ended = len(chunk) < _CHUNK
        last = chunk[-1][0] if chunk else after
        _note_progress(
            connection, "" if ended else digest, after if ended else last, done + len(chunk), now
        )
    return changes, len(chunk), last


class _Superseded(Exception):
    """The rematch in hand is to end: the keywords changed again, or the process stops."""


def rematch_if_wanted(
    database: Database, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> RematchReport | None:
    """Match every stored article again if keywords changed on the desk since the last time.

    Gives None when nothing was asked for, or when it ended early: because `stopping` says so, or
    because the keywords changed once more. It then goes on, or begins anew, the next time.
    """
    with database.reading() as connection:
        wanted = instance.recall(connection, instance.REMATCH_WANTED)
    if not wanted:
        return None

    def go_on(done: int, total: int) -> None:
        with database.reading() as connection:
            again = instance.recall(connection, instance.REMATCH_WANTED)
        if stopping() or again != wanted:
            raise _Superseded

    try:
        report = rematch(database, running_rules(database), now, go_on)
    except _Superseded:
        return None
    with database.transaction() as connection:
        if instance.recall(connection, instance.REMATCH_WANTED, hold=True) == wanted:
            instance.note(connection, instance.REMATCH_WANTED, "")
    return report


def rematch_progress(database: Database) -> tuple[int, int] | None:
    """Say how many articles of how many a rematch has done; None when none is wanted."""
    with database.reading() as connection:
        if not instance.recall(connection, instance.REMATCH_WANTED):
            return None
        noted = json.loads(instance.recall(connection, _PROGRESS) or "{}")
        current = noted.get("rules") == _digest(conflicts.running(connection))
        return noted["done"] if current else 0, articles.count(connection)


def preview_rematch(
    database: Database, rules: Rules, progress: Told | None = None
) -> RematchReport:
    """Count what `rematch` would change, and change nothing."""
    counted: Counter[str] = Counter()
    done = after = 0
    with database.reading() as connection:
        total = articles.count(connection)
    while True:
        with database.reading() as connection:
            chunk = articles.texts(connection, after=after, limit=_CHUNK)
            found = {article_id: rules.matcher.match(text) for article_id, _, text in chunk}
            changes = _changes(connection, found)
        counted += changes
        counted["new"] += changes["missing"]
        done += len(chunk)
        if progress is not None:
            progress(done, total)
        if len(chunk) < _CHUNK:
            return _report(counted, done, 0)
        after = chunk[-1][0]


def _report(counted: Mapping[str, int], done: int, resumed: int) -> RematchReport:
    return RematchReport(
        articles=done,
        matches_new=counted.get("new", 0),
        withdrawn=counted.get("withdrawn", 0),
        returned=counted.get("returned", 0),
        approved_stay=counted.get("approved_stay", 0),
        resumed=resumed,
    )


def _changes(connection: Connection, found: Mapping[int, Sequence[Match]]) -> Counter[str]:
    """Count what the rules say otherwise than the stored matches of these articles."""
    changes: Counter[str] = Counter()
    standing = matches.standing_of(connection, list(found))
    for article_id, wanted in found.items():
        stored = standing.get(article_id, {})
        under = {match.conflict for match in wanted}
        changes["missing"] += len(under - stored.keys())
        for conflict, status in stored.items():
            if status is MatchStatus.PENDING and conflict not in under:
                changes["withdrawn"] += 1
            elif status is MatchStatus.WITHDRAWN and conflict in under:
                changes["returned"] += 1
            elif status is MatchStatus.APPROVED and conflict not in under:
                changes["approved_stay"] += 1
    return changes


def _digest(tracked: Sequence[Conflict]) -> str:
    """Name a set of rules and how far they are trusted: equal sets give equal names."""
    said = [
        [each.slug, each.keywords.version, str(each.approve), each.approve_at] for each in tracked
    ]
    return sha256(json.dumps(said).encode()).hexdigest()[:16]


def _interrupted(connection: Connection, digest: str, now: datetime) -> tuple[int, int]:
    """Give the last article and the number of those that an unfinished run under these rules did.

    After a day so much may have been stored under other rules that it begins anew.
    """
    noted = json.loads(instance.recall(connection, _PROGRESS) or "{}")
    if noted.get("rules") != digest or now - datetime.fromisoformat(noted["at"]) > _FORGOTTEN:
        return 0, 0
    return noted["after"], noted["done"]


def _note_progress(
    connection: Connection, digest: str, after: int, done: int, now: datetime
) -> None:
    progress = {"rules": digest, "after": after, "done": done, "at": now.isoformat()}
    instance.note(connection, _PROGRESS, json.dumps(progress) if digest else "{}")
