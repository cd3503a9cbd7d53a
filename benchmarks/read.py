"""Documents from bytes to articles, through the worker processes with their limits: processor time
of the parent and of the workers, their start included.

The documents are the made-up ones of the ingest benchmark; as many wait at once as feeds are taken
in at once.
"""

import argparse
import asyncio
import resource
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.figures import at_most, give
from benchmarks.publisher import ENTRIES, document
from benchmarks.table import machine, show
from pipeline.document import read_document
from pipeline.ingest import AT_ONCE
from pipeline.isolate import ParserPool
from pipeline.model import Feed, Fetched

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_WANTED = 1.0
_Work = tuple[Fetched, Feed, datetime]


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks read", description=__doc__)
    parser.add_argument("--documents", type=int, default=2_000)
    count = parser.parse_args(arguments).documents
    documents = [_fetched(number) for number in range(count)]
    before = _processor()
    entries = asyncio.run(_read_all(documents))
    if entries != count * ENTRIES:
        raise SystemExit(f"{entries} entries were read of {count * ENTRIES}.")
    parent, workers = (
        1000 * (after - then) / count for after, then in zip(_processor(), before, strict=True)
    )
    print(f"{count:,} documents of {ENTRIES} entries; {machine()}")
    rows = [("parent", f"{parent:.2f}"), ("workers, with their start", f"{workers:.2f}")]
    rows.append(("together", f"{parent + workers:.2f}"))
    show("Processor milliseconds a document", ("where", "ms"), rows)
    what = f"a document of {ENTRIES} entries read"
    give(at_most(what, parent + workers, _WANTED, "ms CPU", digits=2))
    return 0


def _fetched(number: int) -> _Work:
    url = f"https://outlet-{number}.example/rss"
    body = document(number, 0)
    feed = Feed(id=f"outlet-{number}", url=url, publisher=f"Outlet {number}")
    return Fetched(url=url, status=200, body=body, charset="utf-8"), feed, _NOW


async def _read_all(documents: Sequence[_Work]) -> int:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(pool: ParserPool, work: _Work) -> int:
        async with slots:
            return (await pool.run(read_document, work)).entries

    async with ParserPool() as pool:
        return sum(await asyncio.gather(*(one(pool, work) for work in documents)))


def _processor() -> tuple[float, float]:
    own, workers = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, workers.ru_utime + workers.ru_stime
