"""Diagnose: what is wrong here, and what to do about it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from db import Database, alarms, feeds, health, hub_pings, instance, open_database, runs
from db.upgrade import require_current
from pipeline.errors import SourcesError, StoreError
from pipeline.model import FeedState
from pipeline.outages import outage_since
from pipeline.settings import SHORTEST_KEY, Settings, mask_password, unknown_settings
from pipeline.sources import load_sources
from pipeline.stages.alarm import BROKEN, outages
from pipeline.stages.describe import named, outage

_TICK_OVERDUE = timedelta(minutes=5)
_LEAST_FREE_BYTES = 200 * 1024 * 1024
_NEEDS_HELP = {FeedState.BLOCKED, FeedState.GONE}


class Level(StrEnum):
    """How bad a finding is."""

    WELL = "well"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: how it is, and what to do when it is not well."""

    level: Level
    about: str
    what: str
    advice: str = ""


def diagnose(settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Look at everything the service depends on; never raises for what it finds wrong."""
    return (
        *_environment(settings),
        *_sources(settings),
        *_address(settings),
        *_folder(settings.public_dir, "public folder"),
        *_database(settings, now),
    )


def _well(about: str, what: str) -> Finding:
    return Finding(level=Level.WELL, about=about, what=what)


def _environment(settings: Settings) -> Iterator[Finding]:
    for fault in unknown_settings():
        yield Finding(level=Level.NOTE, about=fault.where, what=fault.what, advice=fault.fix)
    if 0 < len(settings.secret_key) < SHORTEST_KEY:
        yield Finding(
            level=Level.NOTE,
            about="secret key",
            what=f"it has only {len(settings.secret_key)} characters and may be guessed",
            advice="set a longer DATELINE_SECRET_KEY, or none: then one is made and kept",
        )


def _sources(settings: Settings) -> Iterator[Finding]:
    try:
        sources = load_sources(settings.sources)
    except SourcesError as error:
        yield Finding(
            level=Level.BAD,
            about="sources",
            what=f"{len(error.faults)} faults, the first: {error.faults[0]}",
            advice="`dateline check` lists them all",
        )
        return
    enabled = sum(feed.enabled for feed in sources.feeds)
    yield _well("sources", f"{enabled} feeds, {len(sources.conflicts)} conflicts")
    if any(feed.full_text for feed in sources.feeds) and find_spec("trafilatura") is None:
        yield Finding(
            level=Level.NOTE,
            about="full text",
            what="the text of pages is taken out by Beautiful Soup, which knows fewer of them",
            advice="install Dateline with the extra `fulltext`",
        )


def _address(settings: Settings) -> Iterator[Finding]:
    host = urlsplit(settings.base_url).hostname or ""
    if host in {"127.0.0.1", "localhost", "::1"}:
        yield Finding(
            level=Level.NOTE,
            about="address",
            what=f"the public address is {settings.base_url}, which only this machine can open",
            advice="set DATELINE_BASE_URL before subscribers come",
        )
    else:
        yield _well("address", settings.base_url)
    if not settings.contact_url:
        yield Finding(
            level=Level.NOTE,
            about="contact",
            what="publishers cannot see whom to write to when a fetch troubles them",
            advice="set DATELINE_CONTACT_URL",
        )


def _folder(path: Path, about: str) -> Iterator[Finding]:
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(path).free
    except OSError as error:
        yield Finding(
            level=Level.BAD,
            about=about,
            what=f"{path} cannot be written: {error.strerror}",
            advice="check its owner and mount, or set DATELINE_PUBLIC_DIR",
        )
        return
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            level=Level.BAD,
            about=about,
            what=f"only {free // 2**20} MB are free for {path}",
            advice="free some space; nothing is lost until then",
        )
    else:
        yield _well(about, f"{path} can be written, {free // 2**30} GB free")


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    shown = mask_password(settings.database_url)
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    if settings.database_url.startswith("sqlite:///") and not file.exists():
        yield Finding(
            level=Level.BAD,
            about="database",
            what=f"there is no database at {file} yet",
            advice="`dateline run` makes it; or set DATELINE_DATABASE_URL to where it is",
        )
        return
    try:
        database = open_database(settings.database_url)
        try:
            require_current(database)
            yield _well("database", f"{shown} answers, its schema is current")
            yield from _clock(database, now)
            yield from _feeds(database)
            yield from _outgoing(database)
        finally:
            database.close()
    except StoreError as error:
        yield Finding(
            level=Level.BAD,
            about="database",
            what=f"{shown}: {error}",
            advice=""
            if "`dateline " in str(error)
            else "see that it runs; DATELINE_DATABASE_URL says where it is",
        )


def _clock(database: Database, now: datetime) -> Iterator[Finding]:
    with database.reading() as connection:
        latest = {run.job: run for run in runs.latest(connection)}
        missed = runs.missed_since(connection, now - timedelta(days=1))
        refused = instance.recall(connection, "sources_fault") or ""
        offline = outage_since(connection)
    tick = latest.get("ingest")
    seen = (tick.finished_at or tick.started_at) if tick else None
    if seen is None or now - seen > _TICK_OVERDUE:
        yield Finding(
            level=Level.BAD,
            about="clock",
            what="it has never ticked"
            if seen is None
            else f"the last tick was {seen:%Y-%m-%d %H:%M} UTC",
            advice="start `dateline run` (or `dateline jobs`), or look into its log",
        )
    else:
        yield _well("clock", f"ticked at {seen:%H:%M:%S} UTC")
    if offline is not None:
        yield Finding(
            level=Level.BAD,
            about="network",
            what=f"nearly no publisher can be reached since {offline:%Y-%m-%d %H:%M} UTC",
            advice="look at this machine's network and name server; feeds are asked again by "
            "themselves, none is counted as failing",
        )
    if missed:
        yield Finding(
            level=Level.NOTE,
            about="clock",
            what=f"{missed} runs were missed in the last day",
            advice="the machine slept or was overloaded; nothing is lost, feeds wait their turn",
        )
    for run in latest.values():
        if run.outcome == "failed":
            yield Finding(
                level=Level.BAD,
                about=run.job,
                what=f"its last run failed: {run.detail}",
                advice="it is tried again by itself; the service's log says more",
            )
    if refused:
        yield Finding(
            level=Level.BAD,
            about="sources",
            what=f"the last edit was refused while running: {refused.splitlines()[0]}",
            advice="correct it; the last good version is in force",
        )


def _outgoing(database: Database) -> Iterator[Finding]:
    with database.reading() as connection:
        pings = hub_pings.health(connection)
    if pings.failing:
        yield Finding(
            level=Level.NOTE,
            about="hub",
            what=f"{pings.failing} feeds could not be told to a hub: {pings.error}",
            advice="see that the hub in DATELINE_HUB_URL runs; it is told again by itself",
        )


def _feeds(database: Database) -> Iterator[Finding]:
    with database.reading() as connection:
        found = health.glances(connection)
        standing = alarms.standing(connection, [each.feed_id for each in found])
    shared = outages(found)
    for each in shared:
        yield Finding(
            level=Level.BAD,
            about="feeds",
            what=outage(each),
            advice="`dateline feeds list` says more",
        )
    explained = frozenset().union(*(each.feed_ids for each in shared))
    failing = [
        each for each in found if each.state is FeedState.FAILING and each.feed_id not in explained
    ]
    if failing:
        names = named([f"{each.feed_id} ({each.error_kind})" for each in failing], 8)
        level = Level.BAD if len(failing) * 2 > len(found) else Level.NOTE
        yield Finding(
            level=level,
            about="feeds",
            what=f"{len(failing)} of {len(found)} are failing: {names}",
            advice="`dateline feeds list` says why; they are tried again by themselves",
        )
    refused = [each for each in found if each.state in _NEEDS_HELP]
    with database.reading() as connection:
        faults = {
            each.feed.id: each.error_message
            for each in feeds.health(connection, only=[each.feed_id for each in refused])
        }
    for one in refused:
        yield Finding(
            level=Level.NOTE,
            about=one.feed_id,
            what=f"{one.state}: {faults[one.feed_id]}",
            advice="ask the publisher, or change or remove the feed in sources.yaml",
        )
    for alarm in (alarm for of_feed in standing.values() for alarm in of_feed):
        if alarm.kind not in BROKEN:
            yield Finding(
                level=Level.NOTE,
                about=alarm.feed_id,
                what=f"{alarm.detail} (told {alarm.raised_at:%Y-%m-%d %H:%M} UTC)",
                advice="`dateline feeds list --alarms` lists what is wrong",
            )
