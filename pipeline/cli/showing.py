"""The demo: everything at work on made-up news, without any network."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
import typer

from db import Database
from pipeline.cli.opening import err, fetch_policy, out, ready, start_logging, watching
from pipeline.cli.service import serve
from pipeline.demo import (
    ACCOUNT,
    DemoFolder,
    PublisherServer,
    Shown,
    Timepiece,
    began_at,
    claim_folder,
    demo_settings,
    open_account,
    play,
    port_to_use,
    sum_up,
)
from pipeline.fetch import Fetcher
from pipeline.ingest import Ingest
from pipeline.isolate import ParserPool
from pipeline.model import MatchStatus
from pipeline.now import utc_now
from pipeline.publish import publish
from pipeline.settings import Settings
from pipeline.tally import IngestReport
from pipeline.watch import Watch


def register(app: typer.Typer) -> None:
    """Add this room's command."""
    app.command("demo")(demo)


def demo(
    folder: Path = typer.Option(Path("var/demo"), help="Where everything of the demo is kept."),
    once: bool = typer.Option(False, "--once", help="Fill and publish, then exit."),
    keep: bool = typer.Option(
        False, "--keep", help="Go on with the demo in the folder instead of starting anew."
    ),
) -> None:
    """Show the whole product on made-up news served from this machine; no network is needed."""
    asked = ready()
    with claim_folder(folder, keep=keep) as place:
        port = asked.port if once else port_to_use(asked.host, asked.port)
        if port != asked.port != 0:
            err.print(f"Port {asked.port} is taken; the demo listens on {port}.")
        settings = demo_settings(asked, place, port=port)
        timepiece = Timepiece(utc_now)
        show_at = place.show_at or utc_now()
        with PublisherServer(show_at, timepiece) as publishers:
            place.write_sources(publishers.address)
            with watching(settings, None if place.show_at else began_at(show_at)) as opened:
                database, watch = opened
                _fill(settings, database, watch, timepiece, place, show_at)
                if not once:
                    password = open_account(database, utc_now())
                    out.print(f"Log in as    {ACCOUNT}")
                    out.print(f"Password     {password}")
                    asyncio.run(serve(settings, database, watch, clock=True, pages=True))


def _fill(
    settings: Settings,
    database: Database,
    watch: Watch,
    timepiece: Timepiece,
    place: DemoFolder,
    show_at: datetime,
) -> None:
    """Play the show, or take in what appeared since an earlier one; publish, and say what there
    is."""
    if place.show_at is None:
        err.print("Playing six days of made-up news …")
    with _hushed(settings):
        reports = asyncio.run(
            _take_in(settings, database, watch, timepiece, None if place.show_at else show_at)
        )
    place.mark_played(show_at)
    published = publish(
        database,
        settings.public_dir,
        settings.base_url,
        utc_now(),
        hubs=settings.hub_url,
        letters=settings.mail_server is not None,
    )
    _print_shown(sum_up(database, reports), place, published.files)


@contextmanager
def _hushed(settings: Settings) -> Iterator[None]:
    """Log nothing but errors for a while: a hundred played fetches are no news to the operator."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        start_logging(settings)


async def _take_in(
    settings: Settings,
    database: Database,
    watch: Watch,
    timepiece: Timepiece,
    show_at: datetime | None,
) -> tuple[IngestReport, ...]:
    async with Fetcher(fetch_policy(settings)) as fetcher, ParserPool() as parsers:
        ingest = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: watch.rules,
            clock=timepiece,
        )
        if show_at is None:
            return (await ingest.run(ingest.claim(even_if_not_due=True)),)
        return await play(database, ingest, timepiece, show_at, settings.base_url)


def _print_shown(shown: Shown, place: DemoFolder, files: int) -> None:
    counts = shown.by_status
    out.print(
        f"Everything in {place.path} is made up; nothing came from the network.", markup=False
    )
    out.print(
        f"  {shown.publishers} publishers, {shown.articles} articles, {shown.matched} matched"
    )
    out.print(
        f"  {counts[MatchStatus.APPROVED]} approved, {counts[MatchStatus.REJECTED]} rejected, "
        f"{counts[MatchStatus.PENDING]} waiting for an editor, {shown.revised} rewritten"
    )
    for failure in shown.failures:
        out.print(f"  one feed fails on purpose: {failure.feed}, {failure.message}", markup=False)
    out.print(f"  {files} public files in {place.public_dir}", markup=False)
