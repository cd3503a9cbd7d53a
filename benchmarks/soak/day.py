"""A day of the service under simulated time: clock with every duty, web pages, database.

Only time, the publishers and the visitors are made up. Time moves when what is in hand is done, so
a slow machine takes longer and sees the same.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from benchmarks.publisher import BEGAN as PUBLISHED_FROM
from benchmarks.soak.hands import Hands, SimulatedScheduler
from benchmarks.soak.visitors import Visitors
from benchmarks.soak.working_set import WorkingSet, look
from db import Database, copies
from pipeline import login
from pipeline.cli.opening import opened
from pipeline.cli.service import page_server, ticker
from pipeline.jobs import Clock
from pipeline.model import Role, Scope
from pipeline.settings import Settings, secret_key
from pipeline.tokens import make_token
from pipeline.watch import Watch

_BEGAN = PUBLISHED_FROM + timedelta(hours=18)  # at midnight
_PASSWORD = "four quiet garden gates"
_PLACES = ("Mali", "Bamako", "Kidal", "Sudan", "Goma", "Gaza", "Kyiv", "Port-au-Prince")
_BACKUP_EVERY = 6  # hours


@dataclass(slots=True, kw_only=True)
class Day:
    """What was lived through: a look at every hour, and what was done."""

    looks: list[WorkingSet] = field(default_factory=list)
    jobs: int = 0
    requests: int = 0
    verdicts: int = 0
    backups: int = 0


async def live_through(
    folder: Path, *, feeds: int, hours: int, step: timedelta, told: Callable[[WorkingSet], None]
) -> Day:
    """Run the service for so many simulated hours; tells every hourly look as it is taken."""
    hands, day = Hands(_BEGAN), Day()
    scratch = folder / "scratch"
    scratch.mkdir()
    with _publishers() as (port, moved_on), _listening() as listening:
        settings = _settings(folder, feeds, port, listening)
        with opened(settings) as database:
            watch = Watch(settings.sources, database)
            watch.start(hands())
            visitors = _visitors(database, settings, hands)
            scheduler = SimulatedScheduler(hands)
            async with (
                ticker(settings, database, watch, tell_time=hands, scheduler=scheduler) as clock,
                _serving(settings, database, clock, hands, listening),
            ):
                clock.start()
                await asyncio.to_thread(visitors.log_in)
                for hour in range(1, hours + 1):
                    while hands() < _BEGAN + timedelta(hours=hour):
                        hands.now += step
                        moved_on(int((hands() - PUBLISHED_FROM) / timedelta(minutes=1)))
                        day.jobs += await scheduler.run_due()
                        while clock.in_hand:
                            await asyncio.wait(set(clock.in_hand))
                    await asyncio.to_thread(visitors.come)
                    if hour % _BACKUP_EVERY == 0:
                        await asyncio.to_thread(_back_up, database, folder)
                        day.backups += 1
                    day.looks.append(look(hour, folder / "dateline.db", scratch))
                    told(day.looks[-1])
                await clock.stop(7)
            day.requests, day.verdicts = visitors.requests, visitors.verdicts
    return day


def _settings(folder: Path, feeds: int, port: int, listening: socket.socket) -> Settings:
    sources = {
        "version": 1,
        "defaults": {"every": "30m", "keep_unmatched": "2h"},
        "feeds": [
            {
                "id": f"outlet-{number}",
                "publisher": f"Outlet {number}",
                # Every feed has a host of its own.
                "url": f"http://127.1.{number // 250}.{number % 250 + 1}:{port}/feed/{number}",
            }
            for number in range(feeds)
        ],
        "conflicts": [
            {"slug": place.lower(), "title": place, "keywords": {"decisive": [place]}}
            for place in _PLACES
        ],
    }
    (folder / "sources.yaml").write_text(json.dumps(sources), encoding="utf-8")
    return Settings(
        database_url=f"sqlite:///{folder}/dateline.db",
        sources=folder / "sources.yaml",
        public_dir=folder / "public",
        secret_key="a key for measuring",
        base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
        hub_url=(f"http://127.0.0.1:{port}/hub",),
        allow_private=(ip_network("127.0.0.0/8"),),
        host_interval=0,
        api_per_minute=1_000_000,
    )


def _visitors(database: Database, settings: Settings, hands: Hands) -> Visitors:
    editor = login.add_editor(
        database, name="Awa", password=_PASSWORD, role=Role.ADMIN, actor="soak", now=hands()
    )
    token, _ = make_token(
        database,
        secret_key(settings),
        editor=editor,
        name="soak",
        scopes=[Scope.READ, Scope.REVIEW],
        lifetime=timedelta(days=90),
        actor="soak",
        now=hands(),
    )
    return Visitors(settings.base_url, "Awa", _PASSWORD, token)


def _back_up(database: Database, folder: Path) -> None:
    target = folder / "backup.db"
    target.unlink(missing_ok=True)
    copies.backup(database, target)


@asynccontextmanager
async def _serving(
    settings: Settings, database: Database, clock: Clock, hands: Hands, listening: socket.socket
) -> AsyncIterator[None]:
    server = page_server(settings, database, asyncio.get_running_loop(), clock, hands)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@contextmanager
def _publishers() -> Iterator[tuple[int, Callable[[int], None]]]:
    """Start the publishers; gives their port, and how to tell them the time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak.publishers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told, port = process.stdin, int(process.stdout.readline())

    def moved_on(minutes: int) -> None:
        told.write(f"{minutes}\n")
        told.flush()

    try:
        yield port, moved_on
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _listening() -> Iterator[socket.socket]:
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    try:
        yield listening
    finally:
        with suppress(OSError):
            listening.close()
