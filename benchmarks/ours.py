"""Dateline's side of the ingest benchmark: the whole ingest, guards on, one round a line of input.

`python -m benchmarks.ours DATABASE SITE FEEDS` waits for a line, makes a pass over all feeds, and
prints what it cost as JSON: processor seconds with those of the parser workers. As in the service,
these live on from pass to pass; their start is no part of a round, like the imports of a library
that is compared with us.
"""

import asyncio
import json
import logging
import resource
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import structlog

from benchmarks.publisher import document
from db import Database, conflicts, feeds, instance, open_database
from db.upgrade import upgrade
from pipeline.document import read_document
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.index import index_news
from pipeline.ingest import Ingest, collect_seldom
from pipeline.isolate import ParserPool
from pipeline.model import Feed, Fetched
from pipeline.sources import load_sources
from pipeline.stages.match import compile_keywords
from pipeline.tally import IngestReport
from pipeline.watch import Rules

# A second worker comes where the first has been busy for a second.
_WARM_SECONDS = 2.0


def main(path: str, site: str, count: int) -> None:
    """Set the database up, then make rounds."""
    # The service logs a line a feed; where to is its host's business.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    rules = _watch(database, site, count)
    collect_seldom()
    asyncio.run(_rounds(database, rules))


async def _rounds(database: Database, rules: Rules) -> None:
    policy = FetchPolicy(
        user_agent="Dateline/benchmark",
        allow_private=(ip_network("127.0.0.0/8"),),
        host_interval=0,
        host_concurrency=64,
    )
    async with Fetcher(policy) as fetcher, ParserPool() as parsers:
        await _warm_up(parsers)
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            before, began = _processor(), time.monotonic()
            of_workers = _of_workers()
            report, parts = await _round(database, rules, fetcher, parsers)
            parts["parse, normalise"] = _of_workers() - of_workers
            cpu = _processor() - before + parts["parse, normalise"]
            parts["network, loop"] = cpu - sum(parts.values())
            cost = {
                "parts": parts,
                "cpu": cpu,
                "wall": time.monotonic() - began,
                "peak": _peak(),
                "feeds": report.feeds,
                "entries": report.entries,
                "failed": report.failed,
                "new": report.articles_new,
            }
            print(json.dumps(cost), flush=True)


async def _warm_up(parsers: ParserPool) -> None:
    """Read documents until all workers are there, feedparser with them."""
    feed = Feed(id="warm", url="https://outlet.example/feed", publisher="Outlet")
    works = [
        (Fetched(url=feed.url, status=200, body=document(number, 0)), feed, datetime.now(UTC))
        for number in range(50)
    ]
    until = time.monotonic() + _WARM_SECONDS
    while time.monotonic() < until:
        await asyncio.gather(*(parsers.run(read_document, work) for work in works))


def _watch(database: Database, site: str, count: int) -> Rules:
    tracked = load_sources(Path("sources.yaml")).conflicts
    watched = [
        Feed(id=f"outlet-{n}", url=f"{site}/feed/{n}", publisher=f"Outlet {n}")
        for n in range(count)
    ]
    now = datetime.now(UTC)
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
        feeds.declare(connection, watched, now)
        conflicts.declare(connection, tracked, now)
    return Rules(conflicts=tracked, matcher=compile_keywords(tracked))


async def _round(
    database: Database, rules: Rules, fetcher: Fetcher, parsers: ParserPool
) -> tuple[IngestReport, dict[str, float]]:
    """Make a pass; also gives the processor seconds of storing and indexing."""
    work = Ingest(
        database=database,
        fetcher=fetcher,
        parsers=parsers,
        rules=lambda: rules,
        clock=lambda: datetime.now(UTC),
    )
    report = await work.run(work.claim(even_if_not_due=True))
    # What ingest stores, it stores in this thread, matching and most of indexing included.
    stored = work.writer.submit(time.thread_time).result()
    began = time.thread_time()
    index_news(database)
    return report, {"store": stored, "index": time.thread_time() - began}


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _of_workers() -> float:
    """Processor seconds of the workers so far, of those that were replaced as well."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (gone.ru_utime + gone.ru_stime) + sum(
        int(task.read_text().split()[0]) / 1e9
        for pid in _workers()
        for task in Path("/proc", pid, "task").glob("*/schedstat")
    )


def _workers() -> set[str]:
    """The numbers of the processes this one started."""
    if not sys.platform.startswith("linux"):
        raise SystemExit("this benchmark asks Linux what processes cost")
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread may end meanwhile
            found.update((task / "children").read_text().split())
    return found


def _peak() -> float:
    """Megabytes: the most this process took and the most each of its workers took, added up."""
    # Not getrusage: there a child begins with what its parent had when it was forked.
    return sum(map(_high_water_mark, ("self", *_workers())))


def _high_water_mark(pid: str) -> float:
    status = Path("/proc", pid, "status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
