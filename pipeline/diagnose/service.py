"""What runs: the database and the clock, and what waits to go out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from db import (
    Database,
    copies,
    editors,
    instance,
    matches,
    open_database,
    public_files,
    runs,
)
from db.upgrade import require_current
from pipeline.diagnose.feeds import look_at_feeds
from pipeline.diagnose.finding import Finding, Level, well
from pipeline.diagnose.outgoing import look_at_outgoing
from pipeline.diagnose.workers import look_at_workers
from pipeline.errors import StoreError
from pipeline.mark_folder import elsewhere
from pipeline.outages import outage_since
from pipeline.settings import Settings, mask_password

_TICK_OVERDUE = timedelta(minutes=5)
_WAITED_LONG = timedelta(days=7)
_CHECKED_BYTES = 1 << 30  # to check more than that takes minutes
_READ_BYTES = 1 << 26  # and so does reading every row of more than this


def look_at_service(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the database and at what it tells of the running service."""
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
            yield well("database", f"{shown} answers, its schema is current")
            yield from _stored(database)
            yield from _accounts(database)
            yield from _clock(database, now)
            yield from look_at_workers(database, settings)
            yield from look_at_feeds(database, now)
            yield from _desk(database, now)
            yield from _public(database, settings)
            yield from look_at_outgoing(database, settings)
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


def _stored(database: Database) -> Iterator[Finding]:
    damage = copies.damage(database, up_to=_CHECKED_BYTES)
    if damage := damage or copies.damage(database, up_to=_READ_BYTES, thoroughly=True):
        yield Finding(
            level=Level.BAD,
            about="database",
            what=f"the file is damaged: {damage}",
            advice="stop the service and put the last backup back: `dateline db restore FILE`",
        )


def _accounts(database: Database) -> Iterator[Finding]:
    with database.reading() as connection:
        admins = editors.enabled_admins(connection)
    if not admins:
        yield Finding(
            level=Level.NOTE,
            about="accounts",
            what="nobody can log in to the desk as admin",
            advice="`dateline editor add NAME --role admin`, or open the link that `dateline run` "
            "prints",
        )


def _desk(database: Database, now: datetime) -> Iterator[Finding]:
    with database.reading() as connection:
        waiting, since = matches.waiting(connection)
    if since is not None and now - since > _WAITED_LONG:
        yield Finding(
            level=Level.NOTE,
            about="desk",
            what=f"{waiting} matches wait for an editor, the first since {since:%Y-%m-%d}",
            advice="they are published once somebody approves them at /desk",
        )


def _public(database: Database, settings: Settings) -> Iterator[Finding]:
    with database.reading() as connection:
        written = public_files.noted(connection)
    if told := elsewhere(database, settings.public_dir):
        yield Finding(
            level=Level.BAD,
            about="public folder",
            what=told.partition(": unless")[0],
            advice="let DATELINE_PUBLIC_DIR name one folder that all processes share; if it was "
            "moved, `dateline publish` settles it",
        )
    missing = sum(not (settings.public_dir / path).is_file() for path in written)
    if missing:
        yield Finding(
            level=Level.BAD,
            about="public folder",
            what=f"{missing} of {len(written)} published files are missing in "
            f"{settings.public_dir}",
            advice="`dateline publish` writes them again; see that DATELINE_PUBLIC_DIR is the same "
            "for all processes",
        )


def _clock(database: Database, now: datetime) -> Iterator[Finding]:
    with database.reading() as connection:
        latest = {run.job: run for run in runs.latest(connection)}
        missed = runs.missed_since(connection, now - timedelta(days=1))
        refused = instance.recall(connection, "sources_fault") or ""
        offline = outage_since(connection)
    tick = latest.get("ingest")
    seen = (tick.finished_at or tick.started_at) if tick else None
    if seen is not None and seen - now > _TICK_OVERDUE:
        yield Finding(
            level=Level.BAD,
            about="clock",
            what=f"the last tick was noted at {seen:%Y-%m-%d %H:%M} UTC, which is to come",
            advice="set this machine's clock (timedatectl); feeds take their turns again "
            "by themselves",
        )
    elif seen is None or now - seen > _TICK_OVERDUE:
        yield Finding(
            level=Level.BAD,
            about="clock",
            what="it has never ticked"
            if seen is None
            else f"the last tick was {seen:%Y-%m-%d %H:%M} UTC",
            advice="start `dateline run` (or `dateline jobs`), or look into its log",
        )
    else:
        yield well("clock", f"ticked at {seen:%H:%M:%S} UTC")
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
