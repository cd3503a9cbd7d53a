"""The command that is a worker, and shows and settles what workers had to set aside."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog
import typer
from rich.table import Table

from db import Database
from pipeline.cli.opening import (
    GRACE,
    fetch_policy,
    opened,
    out,
    print_json,
    ready,
    shell_user,
    short_time,
    stop_on_signals,
)
from pipeline.dispatch import (
    NEEDS_POSTGRESQL,
    drop_job,
    list_jobs,
    queue_figures,
    require_engine,
    retry_job,
)
from pipeline.errors import PipelineError
from pipeline.fetch import Fetcher
from pipeline.ingest import AT_ONCE, Ingest, collect_seldom
from pipeline.isolate import ParserPool
from pipeline.mark_folder import elsewhere
from pipeline.now import utc_now
from pipeline.settings import Settings
from pipeline.stages.describe import counted

_log = structlog.get_logger()


def register(app: typer.Typer) -> None:
    """Add this room's command."""
    app.command("worker")(worker)


def worker(
    at_once: int = typer.Option(
        AT_ONCE, "--at-once", min=1, max=500, help="Feeds taken in at a time."
    ),
    publishes: bool = typer.Option(
        True,
        "--publish/--no-publish",
        help="Write the public files too; only where DATELINE_PUBLIC_DIR is everybody's.",
    ),
    listing: bool = typer.Option(
        False, "--list", help="Print how the queue stands and which jobs were set aside, then end."
    ),
    retry: list[int] = typer.Option(
        [], "--retry", metavar="ID", help="Hand a job that was set aside out again, then end."
    ),
    drop: list[int] = typer.Option(
        [], "--drop", metavar="ID", help="Forget a job that was set aside, then end."
    ),
    as_json: bool = typer.Option(False, "--json", help="With --list: print JSON."),
) -> None:
    """Do the work `dateline jobs` hands over, on any number of machines; needs PostgreSQL."""
    settings = ready()
    if listing or retry or drop:
        with opened(settings) as database:
            _settle_jobs(database, retry, drop)
            if listing:
                _list_jobs(database, as_json=as_json)
        return
    with opened(settings) as database:
        require_engine(database)
        if settings.workers != "queue":
            _log.warning(
                "DATELINE_WORKERS is inline here: if it is for `dateline jobs` too, nothing is "
                "handed over; set it to queue there"
            )
        if publishes and (told := elsewhere(database, settings.public_dir)):
            _log.warning(f"{told}; or start workers here with --no-publish")
        asyncio.run(_work(settings, database, at_once, publishes=publishes))


async def _work(settings: Settings, database: Database, at_once: int, *, publishes: bool) -> None:
    from pipeline.dispatch.work import RunningRules, Worker

    stop = stop_on_signals()
    async with contextlib.AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(Fetcher(fetch_policy(settings)))
        parsers = await stack.enter_async_context(ParserPool())
        collect_seldom()
        rules = RunningRules(database)
        ingest = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: rules.rules,
            clock=utc_now,
            heeds_hubs=settings.websub == "on",
        )
        hands = Worker(
            database=database,
            settings=settings,
            ingest=ingest,
            rules=rules,
            at_once=at_once,
            publishes=publishes,
        )
        _log.info(f"working, {counted(at_once, 'feed')} at a time")
        await hands.run(stop, GRACE)
    _log.info("stopped")


def _settle_jobs(database: Database, retry: Sequence[int], drop: Sequence[int]) -> None:
    unknown = [
        *(each for each in retry if not retry_job(database, each, utc_now(), shell_user())),
        *(each for each in drop if not drop_job(database, each, utc_now(), shell_user())),
    ]
    if unknown:
        raise PipelineError(
            f"no job {', '.join(map(str, unknown))} was set aside; "
            "`dateline worker --list` shows which were"
        )


def _list_jobs(database: Database, *, as_json: bool) -> None:
    if database.is_sqlite and not as_json:
        out.print(f"This machine does all work itself, there is no queue: {NEEDS_POSTGRESQL}.")
        return
    figures, aside = queue_figures(database), list_jobs(database)
    if as_json:
        print_json({"queue": figures, "set_aside": aside})
        return
    if figures is None:
        out.print("Nothing was ever handed over to workers here.")
        return
    out.print(f"{figures.workers} workers live.")
    table = Table("task", "waiting", "running", "set aside", "waiting since")
    for each in figures.tasks:
        table.add_row(
            each.task,
            str(each.waiting),
            str(each.running),
            str(each.set_aside),
            short_time(each.oldest_since) if each.oldest_since else "",
        )
    out.print(table)
    if aside:
        table = Table("set aside", "task", "about", "attempts", "since", "why")
        for job in aside:
            table.add_row(
                str(job.id),
                job.task,
                job.about,
                str(job.attempts),
                short_time(job.since),
                job.fault,
            )
        out.print(table)
