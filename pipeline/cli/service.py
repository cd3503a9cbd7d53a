"""Commands that run the service: all in one, or the clock and the web as separate processes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any

import structlog
import typer
import uvicorn

from db import Database
from pipeline import login
from pipeline.cli.opening import (
    GRACE,
    err,
    fetch_policy,
    opened,
    out,
    ready,
    stop_on_signals,
    watching,
)
from pipeline.dispatch import HandOver, require_engine
from pipeline.errors import PipelineError
from pipeline.fetch import Fetcher, Poster
from pipeline.ingest import Ingest, collect_seldom
from pipeline.isolate import ParserPool
from pipeline.jobs import Clock, share_arenas
from pipeline.mark_folder import elsewhere
from pipeline.model import Role
from pipeline.now import utc_now
from pipeline.publish import SWEEP_EVERY, publish
from pipeline.settings import Settings, secret_key
from pipeline.watch import Watch
from pipeline.web import create_app
from pipeline.web.wire import short_way

_log = structlog.get_logger()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: they end the process with the signal instead of 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us."""
        yield


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("run")(run)
    app.command("jobs")(jobs)
    app.command("web")(web)


def run() -> None:
    """Run everything in one process: clock, desk and public pages."""
    settings = ready()
    with watching(settings) as (database, watch):
        asyncio.run(serve(settings, database, watch, clock=True, pages=True))


def jobs() -> None:
    """Run the clock alone: fetching, publishing and housekeeping, without web pages."""
    settings = ready()
    with watching(settings) as (database, watch):
        if settings.workers == "queue":
            require_engine(database)
        asyncio.run(serve(settings, database, watch, clock=True, pages=False))


def web() -> None:
    """Serve the desk and the public pages alone; `dateline jobs` does the rest elsewhere."""
    settings = ready()
    with opened(settings) as database:
        if told := elsewhere(database, settings.public_dir):
            _log.warning(told)
        asyncio.run(serve(settings, database, None, clock=False, pages=True))


async def serve(
    settings: Settings, database: Database, watch: Watch | None, *, clock: bool, pages: bool
) -> None:
    """Run until SIGTERM or SIGINT, then finish what is in hand and return within ten seconds."""
    listening = _listen(settings) if pages else None
    stop = stop_on_signals()
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        ticking = None
        if clock:
            assert watch is not None
            ticking = await stack.enter_async_context(ticker(settings, database, watch))
            if not pages and settings.workers == "queue":
                ticking.hand_over = HandOver(
                    database=database, host_concurrency=settings.host_concurrency
                )
            ticking.start()
        server, serving = None, None
        if listening is not None:
            server = page_server(settings, database, loop, ticking)
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            _announce(settings, database, listening)
        await _until(stop, serving)
        if server is not None and serving is not None:
            server.should_exit = True
        await asyncio.gather(
            *([ticking.stop(GRACE)] if ticking else []), *([serving] if serving else [])
        )
    _log.info("stopped")


@contextlib.asynccontextmanager
async def ticker(
    settings: Settings,
    database: Database,
    watch: Watch,
    *,
    tell_time: Callable[[], datetime] = utc_now,
    **more: Any,
) -> AsyncIterator[Clock]:
    """Make the clock with all it needs: network, parsers, ingest. It is not started.

    `more` goes to the clock: another scheduler for another time.
    """
    async with (
        Fetcher(fetch_policy(settings)) as fetcher,
        ParserPool() as parsers,
        Poster(fetch_policy(settings)) as poster,
    ):
        collect_seldom()
        share_arenas()
        ingest = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: watch.rules,
            clock=tell_time,
            heeds_hubs=settings.websub == "on",
        )
        yield Clock(
            database=database,
            settings=settings,
            watch=watch,
            ingest=ingest,
            poster=poster,
            tell_time=tell_time,
            **more,
        )


async def _until(stop: asyncio.Event, serving: asyncio.Task[None] | None) -> None:
    waiting = asyncio.create_task(stop.wait())
    tasks = [waiting] if serving is None else [waiting, serving]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        # From here on nobody is refused, even before the first answer can be given.
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise PipelineError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
            "choose another port with DATELINE_PORT, or an address of this machine with "
            "DATELINE_HOST"
        ) from None
    return listening


def page_server(
    settings: Settings,
    database: Database,
    loop: asyncio.AbstractEventLoop,
    ticking: Clock | None,
    tell_time: Callable[[], datetime] = utc_now,
) -> uvicorn.Server:
    """Make the server of the desk and the public pages; it leaves signals to us."""

    def publish_soon() -> None:
        """After a verdict: the clock publishes at once, or without a clock this process does."""
        if ticking is not None:
            asyncio.run_coroutine_threadsafe(ticking.publish_if_changed(), loop)
        else:
            report = publish(
                database,
                settings.public_dir,
                settings.base_url,
                tell_time(),
                hubs=settings.hub_url,
                letters=settings.mail_server is not None,
                sweep_every=SWEEP_EVERY,
            )
            if report.elsewhere:
                _log.warning(f"publish: {report.elsewhere}")

    app = create_app(
        database, settings, fetch_policy(settings), clock=tell_time, on_change=publish_soon
    )
    return _Server(
        uvicorn.Config(
            app,
            http=short_way(app.state.public),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            limit_concurrency=500,
            h11_max_incomplete_event_size=64 * 1024,
        )
    )


def _announce(settings: Settings, database: Database, listening: socket.socket) -> None:
    """Print where the pages are, and on a new database the link that makes the first editor."""
    base = settings.base_url
    if base == "http://127.0.0.1:8000":
        host, port = listening.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 only shown
        base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    said = [f"Public page  {base}/", f"Desk         {base}/desk"]
    if login.needs_first_editor(database):
        key = secret_key(settings)
        token = login.invite(database, key, role=Role.ADMIN, now=utc_now(), first=True)
        said.append(
            "There is no editor yet. This link makes the first one, once, within seven days:"
        )
        said.append(f"             {base}/invite/{token}")
    with contextlib.suppress(OSError):  # a log on a full disk is no reason to serve nothing
        out.print("\n".join(said))
        err.print("Stop with Ctrl-C.")
