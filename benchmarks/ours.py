"""Dateline's side of the ingest benchmark: the whole ingest, guards on, one round a line of input.

`python -m benchmarks.ours DATABASE SITE FEEDS` waits for a line, makes a pass over all feeds, and
prints what it cost as JSON: processor seconds with those of the parser workers, which live for one
round here although the service keeps them.
"""

import asyncio
import json
import logging
import resource
import sys
import time
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import structlog

from db import Database, conflicts, feeds, instance, open_database
from db.upgrade import upgrade
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.index import index_news
from pipeline.ingest import Ingest, collect_seldom
from pipeline.isolate import ParserPool
from pipeline.model import Feed
from pipeline.sources import load_sources
from pipeline.stages.match import compile_keywords
from pipeline.tally import IngestReport
from pipeline.watch import Rules


def main(path: str, site: str, count: int) -> None:
    """Set the database up, then make rounds."""
    # The service logs a line a feed; where to is its host's business.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    rules = _watch(database, site, count)
    collect_seldom()
    print("ready", flush=True)
    for _ in sys.stdin:
        before, began = _processor(), time.monotonic()
        workers = _processor(resource.RUSAGE_CHILDREN)
        report, peak, parts = asyncio.run(_round(database, rules))
        cpu = _processor() - before
        parts["parse, normalise"] = _processor(resource.RUSAGE_CHILDREN) - workers
        parts["network, loop"] = cpu - sum(parts.values())
        print(
            json.dumps(
                {
                    "parts": parts,
                    "cpu": cpu,
                    "wall": time.monotonic() - began,
                    "peak": peak,
                    "feeds": report.feeds,
                    "entries": report.entries,
                    "failed": report.failed,
                    "new": report.articles_new,
                }
            ),
            flush=True,
        )


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


async def _round(database: Database, rules: Rules) -> tuple[IngestReport, float, dict[str, float]]:
    """Make a pass; also gives the peak memory, and the processor seconds of storing and
    indexing."""
    policy = FetchPolicy(
        user_agent="Dateline/benchmark",
        allow_private=(ip_network("127.0.0.0/8"),),
        host_interval=0,
        host_concurrency=64,
    )
    async with Fetcher(policy) as fetcher, ParserPool() as parsers:
        work = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: rules,
            clock=lambda: datetime.now(UTC),
        )
        report = await work.run(work.claim(even_if_not_due=True))
        # What ingest stores, it stores in this thread, matching included.
        stored = work.writer.submit(time.thread_time).result()
        began = time.thread_time()
        index_news(database)
        return report, _peak(), {"store": stored, "index": time.thread_time() - began}


def _processor(*who: int) -> float:
    whose = who or (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, whose))


def _peak() -> float:
    """Megabytes: the most this process took and the most each of its workers took, added up."""
    own = Path("/proc/self/task")
    if not own.is_dir():  # no Linux: what the system says of the biggest
        unit = 1 if sys.platform == "darwin" else 1024
        usages = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return sum(usage.ru_maxrss for usage in usages) * unit / 1e6
    # Not getrusage: there a child begins with what its parent had when it was forked.
    workers = {pid for task in own.iterdir() for pid in (task / "children").read_text().split()}
    return sum(map(_high_water_mark, ("self", *workers)))


def _high_water_mark(pid: str) -> float:
    status = Path("/proc", pid, "status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
