"""The demo: everything at work on made-up news, without any network."""

import asyncio
import errno
import logging
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from ipaddress import IPv4Network
from pathlib import Path

import structlog
import typer

from db import Database
from pipeline import login
from pipeline.cli.opening import err, fetch_policy, out, ready, start_logging, watching
from pipeline.cli.service import serve
from pipeline.demo import (
    DemoFolder,
    PublisherServer,
    Shown,
    Timepiece,
    claim_folder,
    play,
    sum_up,
)
from pipeline.errors import PipelineError
from pipeline.fetch import Fetcher
from pipeline.ingest import Ingest, IngestReport
from pipeline.isolate import ParserPool
from pipeline.jobs import utc_now
from pipeline.model import MatchStatus, Role
from pipeline.publish import publish
from pipeline.settings import Settings
from pipeline.watch import Watch

_ACCOUNT = "demo"
# Without letters that are mistaken for another when somebody types them.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"


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
        settings = _demo_settings(asked, place, port=asked.port if once else _port(asked))
        timepiece = Timepiece(utc_now)
        show_at = place.show_at or utc_now()
        with PublisherServer(show_at, timepiece) as publishers:
            place.write_sources(publishers.address)
            with watching(settings) as (database, watch):
                if place.show_at is None:
                    err.print("Playing six days of made-up news …")
                with _hushed(settings):
                    reports = asyncio.run(
                        _fill(settings, database, watch, timepiece, place, show_at)
                    )
                place.mark_played(show_at)
                report = publish(database, settings.public_dir, settings.base_url, utc_now())
                _print_shown(sum_up(database, reports), place, report.files)
                if once:
                    return
                _open_desk(database)
                asyncio.run(serve(settings, database, watch, clock=True, pages=True))


def _demo_settings(asked: Settings, place: DemoFolder, *, port: int) -> Settings:
    """The demo's settings: of the operator's own only where to listen and how to log."""
    any_address = asked.host in {"0.0.0.0", "::", ""}  # noqa: S104 (compared, not bound)
    host = "127.0.0.1" if any_address else asked.host
    return Settings(
        database_url=place.database_url,
        sources=place.sources,
        public_dir=place.public_dir,
        base_url=f"http://{f'[{host}]' if ':' in host else host}:{port}",
        host=asked.host,
        port=port,
        secret_key="",
        contact_url="",
        allow_private=(IPv4Network("127.0.0.1/32"),),
        host_interval=0,
        host_concurrency=4,
        max_feed_bytes=1024 * 1024,
        fetch_deadline=10,
        log_format=asked.log_format,
    )


def _port(asked: Settings) -> int:
    """The port to serve on: the one that is set, or a free one where that is taken.

    It must be known before anything is published: every link carries it.
    """
    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    for port in (asked.port, 0):
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((asked.host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE and port != 0:
                    err.print(f"Port {port} is taken; the demo listens on a free one.")
                    continue
                raise PipelineError(
                    f"cannot listen on {asked.host} port {port}: {error.strerror}; "
                    "choose another with DATELINE_HOST and DATELINE_PORT"
                ) from None
            return int(trial.getsockname()[1])
    raise PipelineError("no port is free")


@contextmanager
def _hushed(settings: Settings) -> Iterator[None]:
    """Log nothing but errors for a while: a hundred played fetches are no news to the operator."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        start_logging(settings)


async def _fill(
    settings: Settings,
    database: Database,
    watch: Watch,
    timepiece: Timepiece,
    place: DemoFolder,
    show_at: datetime,
) -> tuple[IngestReport, ...]:
    """Play the show, or in a folder that had one, take in what appeared since."""
    async with Fetcher(fetch_policy(settings)) as fetcher, ParserPool() as parsers:
        ingest = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: watch.rules,
            clock=timepiece,
        )
        if place.show_at is not None:
            return (await ingest.run(ingest.claim(even_if_not_due=True)),)
        return await play(database, ingest, timepiece, show_at)


def _print_shown(shown: Shown, place: DemoFolder, files: int) -> None:
    counts = shown.by_status
    out.print(f"Everything in {place.path} is made up; nothing came from the network.")
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


def _open_desk(database: Database) -> None:
    """Print a way to log in, with a password that is new each time."""
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    now = utc_now()
    if login.needs_first_editor(database):
        login.add_editor(
            database, name=_ACCOUNT, password=password, role=Role.ADMIN, actor="demo", now=now
        )
    else:
        login.change_password(database, name=_ACCOUNT, password=password, actor="demo", now=now)
    out.print(f"Log in as    {_ACCOUNT}")
    out.print(f"Password     {password}")
