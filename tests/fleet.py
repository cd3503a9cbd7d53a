"""A fleet for tests: many hosts with a feed each that count who asks, and real worker processes.

Run as a program (`python -m tests.fleet DATABASE_URL`) it is a worker with a quick pulse, so that
its death is noticed within two seconds instead of twenty.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Self

from db import Database, conflicts, feeds, instance, open_database
from pipeline.dispatch import Pulse
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.ingest import Ingest
from pipeline.isolate import ParserPool
from pipeline.model import Feed
from pipeline.settings import Settings
from tests.making import a_conflict, a_feed

ROOT = Path(__file__).parents[1]
QUICK = Pulse(
    beat=timedelta(seconds=0.4), silence=timedelta(seconds=1.6), lease=timedelta(seconds=2)
)
LOOPBACK = (ip_network("127.0.0.0/8"),)


def utc_now() -> datetime:
    """The time, for who stands in for a door."""
    return datetime.now(UTC)


class Hosts:
    """Hosts on loopback, one port each, with one feed each; `requests` counts who was asked.

    Every feed lists `articles` of its own and one about Mali that all of them share in substance.
    """

    def __init__(self, how_many: int, *, articles: int = 3, latency: float = 0.0) -> None:
        self.how_many = how_many
        self.articles = articles
        self.latency = latency
        self.requests: Counter[int] = Counter()
        self.at_once = self.most_at_once = 0
        self.ports: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def feeds(self) -> list[Feed]:
        """The feeds, as sources.yaml would declare them."""
        return [
            a_feed(f"feed-{number:03}", url=f"http://127.0.0.1:{port}/feed")
            for number, port in enumerate(self.ports)
        ]

    def body(self, number: int) -> bytes:
        """The document of one feed; another round would list the same."""
        items = "".join(
            f"<item><guid>{number}-{each}</guid>"
            f"<link>https://feed-{number:03}.example/{each}</link>"
            f"<title>Attack {number} {each} near Kidal in Mali</title></item>"
            for each in range(self.articles)
        )
        return f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        servers = [
            self._loop.run_until_complete(self._serve(number)) for number in range(self.how_many)
        ]
        self.ports = [each.sockets[0].getsockname()[1] for each in servers]
        self._ready.set()
        self._loop.run_forever()
        for server in servers:
            server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, number: int) -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                self.requests[number] += 1
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await asyncio.sleep(self.latency)
                finally:
                    self.at_once -= 1
                body = self.body(number)
                head = (
                    "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
                    f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode() + body)
                await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                pass  # whoever asked was killed
            finally:
                writer.close()

        return await asyncio.start_server(answer, "127.0.0.1", 0)


def declare(database: Database, watched: Sequence[Feed]) -> None:
    """Let a database watch these feeds, all due at once, and Mali."""
    now = utc_now()
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
        conflicts.declare(connection, [a_conflict()], now)
        feeds.declare(connection, watched, now)
    all_due(database)


def all_due(database: Database) -> None:
    """Bring every feed's turn, and let its next document be taken as new."""
    with database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE feeds SET next_fetch_at = now() - interval '1 second', body_hash = NULL"
        )


@contextmanager
def worker(
    database: Database, folder: Path, *, at_once: int = 8
) -> Iterator[subprocess.Popen[str]]:
    """A worker process with a quick pulse; killed at the end if it still lives."""
    process = start_worker(database, folder, at_once=at_once)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def start_worker(database: Database, folder: Path, *, at_once: int = 8) -> subprocess.Popen[str]:
    """Start a worker process, in a session of its own so that a kill takes its parsers along."""
    log = (folder / "workers.log").open("a")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.fleet", database.conninfo, str(at_once), str(folder)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            text=True,
        )


def until(true: Callable[[], object], seconds: float = 30, *, every: float = 0.05) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(every)


@contextmanager
def clock_side(database: Database) -> Iterator[Ingest]:
    """What a clock needs to say which feeds are due; it fetches nothing."""
    policy = FetchPolicy(user_agent="Dateline/test", allow_private=LOOPBACK)
    yield Ingest(
        database=database,
        fetcher=Fetcher(policy),
        parsers=ParserPool(workers=1),
        rules=lambda: (_ for _ in ()).throw(AssertionError("a clock stores nothing")),
        clock=utc_now,
    )


async def _work(url: str, at_once: int, folder: Path) -> None:
    from pipeline.dispatch.work import RunningRules, Worker

    database = open_database(url)
    settings = Settings(
        database_url=url, public_dir=folder / "public", base_url="https://tracker.example",
        host_interval=0, workers="queue",
    )  # fmt: skip
    rules = RunningRules(database)
    policy = FetchPolicy(
        user_agent="Dateline/test",
        allow_private=LOOPBACK,
        host_interval=0,
        host_concurrency=64,  # all of them are ports of one host
        deadline=20,
    )
    async with Fetcher(policy) as fetcher, ParserPool(workers=1) as parsers:
        ingest = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: rules.rules,
            clock=utc_now,
        )
        hands = Worker(
            database=database,
            settings=settings,
            ingest=ingest,
            rules=rules,
            at_once=at_once,
            pulse=QUICK,
        )
        await hands.run(asyncio.Event(), 5)


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
