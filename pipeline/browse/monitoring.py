"""Monitoring: what a monitor wants to know, and whether the service is ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import (
    Connection,
    Database,
    alarms,
    feeds,
    fetches,
    hub_pings,
    letters,
    push_subscriptions,
    runs,
    subscribers,
    webhooks,
)
from db import articles as article_rows
from db import matches as match_rows
from db import search as word_index
from db.upgrade import require_current
from pipeline.errors import StoreError
from pipeline.model import (
    AlarmKind,
    FeedState,
    JobRun,
    MatchStatus,
    Outcome,
)

# How long the clock may stay silent before somebody should look.
CLOCK_SILENCE = timedelta(minutes=5)
CLOCK_JOB = "ingest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a monitor wants to know, counted at one moment."""

    feeds: Mapping[FeedState, int]
    matches: Mapping[MatchStatus, int]
    articles: int
    fetches_last_hour: Mapping[Outcome, int]
    runs: tuple[JobRun, ...]
    missed_last_day: int
    next_fetch_at: datetime | None
    alarms: Mapping[AlarmKind, int]
    outgoing: Mapping[tuple[str, str], int]
    subscribers: Mapping[str, int]
    pushes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold for the service to be ready."""

    name: str
    well: bool
    detail: str


def figures(database: Database, now: datetime) -> Figures:
    """Count everything a monitor wants to know."""
    with database.reading() as connection:
        standing: dict[MatchStatus, int] = dict.fromkeys(MatchStatus, 0)
        for by_status in match_rows.counts(connection).values():
            for status, how_many in by_status.items():
                standing[status] += how_many
        return Figures(
            feeds=dict.fromkeys(FeedState, 0) | feeds.states(connection),
            matches=standing,
            articles=article_rows.count(connection),
            fetches_last_hour=dict.fromkeys(Outcome, 0)
            | fetches.outcomes_since(connection, now - timedelta(hours=1)),
            runs=runs.latest(connection),
            missed_last_day=runs.missed_since(connection, now - timedelta(days=1)),
            next_fetch_at=feeds.next_turn(connection),
            alarms=dict.fromkeys(AlarmKind, 0) | alarms.counts(connection),
            outgoing=_outgoing(connection),
            subscribers=subscribers.counts(connection),
            pushes=push_subscriptions.counts(connection),
        )


def _outgoing(connection: Connection) -> dict[tuple[str, str], int]:
    """Count what waits to go out and what of it failed before, by (what, state)."""
    pings = hub_pings.health(connection)
    found = {("ping", "waiting"): pings.waiting, ("ping", "failing"): pings.failing}
    for what, counts in (
        ("letter", letters.counts(connection)),
        ("webhook", webhooks.counts(connection)),
    ):
        found |= {(what, state): count for state, count in counts.items()}
    return found


def readiness(database: Database, now: datetime) -> tuple[Check, ...]:
    """Check that the database answers with the schema we know, and that the clock ticks."""
    try:
        require_current(database)
        with database.reading() as connection:
            found = runs.latest(connection)
    except StoreError as error:
        return (
            Check(name="database", well=False, detail=str(error)),
            Check(name="clock", well=False, detail="unknown while the database does not answer"),
        )
    signs = [last_sign(run) for run in found if run.job == CLOCK_JOB]
    ticking = any(now - sign <= CLOCK_SILENCE for sign in signs)
    detail = f"last tick {signs[0]:%Y-%m-%d %H:%M:%S} UTC" if signs else "it never ticked"
    return (
        Check(name="database", well=True, detail="answers with the current schema"),
        Check(name="clock", well=ticking, detail=detail),
    )


def latest_runs(database: Database) -> tuple[JobRun, ...]:
    """Give the newest run of each job of the clock."""
    with database.reading() as connection:
        return runs.latest(connection)


def last_sign(run: JobRun) -> datetime:
    """When a run last showed that the clock lives: a run noted as missed shows it, too."""
    return run.finished_at or run.started_at


def table_sizes(database: Database) -> dict[str, int]:
    """Count what the database holds, by table."""
    with database.reading() as connection:
        return word_index.table_sizes(connection)
