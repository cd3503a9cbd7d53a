"""How the workers do: whether there can be any, whether one lives, what was set aside."""

from collections.abc import Iterator

from db import Database, queued_jobs
from pipeline.diagnose.finding import Finding, Level, well
from pipeline.settings import Settings

_ALIVE_WITHIN = 20.0


def look_at_workers(database: Database, settings: Settings) -> Iterator[Finding]:
    """Look at the queue, where work is or was handed over."""
    if database.is_sqlite:
        if settings.workers == "queue":
            yield Finding(
                level=Level.BAD,
                about="workers",
                what="DATELINE_WORKERS is queue, but the database is SQLite: workers need "
                "PostgreSQL",
                advice="set DATELINE_WORKERS to inline, or move with `dateline db copy` and set "
                "DATELINE_DATABASE_URL",
            )
        return
    with database.reading() as connection:
        found = queued_jobs.figures(connection, alive_within=_ALIVE_WITHIN)
    if found is None:
        return
    if found.waiting and not found.workers:
        yield Finding(
            level=Level.BAD,
            about="workers",
            what=f"{found.waiting} jobs wait, and no worker gave a sign of life lately",
            advice="start `dateline worker`, or set DATELINE_WORKERS to inline for `dateline jobs`",
        )
    elif found.workers:
        yield well("workers", f"{found.workers} live, {found.waiting} jobs wait")
    if found.set_aside:
        yield Finding(
            level=Level.NOTE,
            about="workers",
            what=f"{found.set_aside} jobs were set aside, and their feeds are left alone",
            advice="`dateline worker --list` or /desk/service says why, and tries them again",
        )
