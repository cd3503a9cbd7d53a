"""A day of the whole service in minutes: does it take more of anything at the end than before?

Polling, matching, grouping, verdicts, publishing, editions, pruning, backups and web requests run
under simulated time; memory, files, threads and sizes on the disk are looked at every hour.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, select

from benchmarks.figures import Figure, give
from benchmarks.soak.day import live_through
from benchmarks.soak.working_set import WorkingSet, hourly_growth, mean
from benchmarks.table import machine, show
from db import open_database
from db.tables import articles, digest_items, fetches, hub_pings

_HEADS = "hour|memory MB|parsers MB|files|threads|tasks|left files|WAL MB|database MB"
_WARM = 12  # simulated hours before those that count: caches fill, and everything was done once
_GROWTH = 1.05  # of memory, between the first and the last quarter
_MORE = 2  # files or threads that happen to be open while one looks
_MOST_WAL = 32.0


def main(arguments: Sequence[str]) -> int:
    """Live through it, print every hour; 1 where something grows that should not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks soak", description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--warm", type=int, default=_WARM, help="simulated hours before that")
    parser.add_argument("--hours", type=int, default=24, help="simulated, after warming up")
    parser.add_argument("--step", type=float, default=60, help="simulated seconds between looks")
    parser.add_argument("--log", action="store_true", help="let the service log what it does")
    options = parser.parse_args(arguments)
    level = logging.INFO if options.log else logging.ERROR
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with tempfile.TemporaryDirectory(prefix="dateline-soak-") as name:
        folder = Path(name)
        # What the service leaves in the system's folder for temporary files is to be seen.
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder / "scratch")
        began, processor = time.monotonic(), time.process_time()
        day = asyncio.run(
            live_through(
                folder,
                feeds=options.feeds,
                hours=options.warm + options.hours,
                step=timedelta(seconds=options.step),
                told=_tell,
            )
        )
        spent = time.monotonic() - began, time.process_time() - processor
        done = _count(folder)
    print(
        f"{options.feeds} feeds, {options.warm} + {options.hours} simulated hours in "
        f"{spent[0]:.0f} s ({spent[1]:.0f} s CPU without the parsers); {day.jobs:,} runs of jobs, "
        f"{done}, {day.verdicts} verdicts, {day.requests:,} web requests, {day.backups} backups; "
        f"{machine()}"
    )
    show("The working set", _HEADS.split("|"), [_row(each) for each in day.looks])
    found = _judge(day.looks[options.warm :])
    give(*found)
    for each in found:
        wanted = f"; wanted {each.wanted}" if each.wanted else ""
        print(", ".join(filter(None, (f"{each.what}: {each.dateline}", each.peer))) + wanted)
    return 0


def _judge(looks: Sequence[WorkingSet]) -> list[Figure]:
    """Compare the last quarter with the first."""
    quarter = max(1, len(looks) // 4)
    settled, late = looks[:quarter], looks[-quarter:]
    span = f"{len(looks)} simulated hours of service"
    whole_day = len(looks) >= 24  # of a few hours the end is still a part of warming up
    memory = mean(late, _memory) / mean(settled, _memory)
    slope = hourly_growth(looks, _memory)
    before = f"hours {settled[0].hour} to {settled[-1].hour}"
    found = [
        Figure(
            what=f"{span}: memory with parsers",
            dateline=f"{mean(late, _memory):.0f} MB, {slope:+.2f} MB/h",
            peer=f"{before}: {mean(settled, _memory):.0f} MB",
            ratio=f"{memory:.2f} ×",
            wanted=f"≤ {_GROWTH:g} ×" if whole_day else "",
            met=memory <= _GROWTH if whole_day else None,
        )
    ]
    for name, count in _COUNTS.items():
        most, most_before = max(map(count, late)), max(map(count, settled))
        found.append(
            Figure(
                what=f"{span}: {name}",
                dateline=f"{most}",
                peer=f"{before}: {most_before}",
                wanted=f"≤ {_MORE} more",
                met=most <= most_before + _MORE,
            )
        )
    wal = max(each.wal for each in looks)
    shown = f"{wal:.1f} MB"
    found.append(
        Figure(
            what=f"{span}: largest write-ahead log",
            dateline=shown,
            wanted=f"≤ {_MOST_WAL:g} MB",
            met=wal <= _MOST_WAL,
        )
    )
    return found


def _memory(found: WorkingSet) -> float:
    return found.memory + found.parsers


_COUNTS: dict[str, Callable[[WorkingSet], int]] = {
    "open files": lambda found: found.files,
    "threads": lambda found: found.threads,
    "files left behind": lambda found: found.left,
}


def _tell(found: WorkingSet) -> None:
    print(f"hour {found.hour}: {_memory(found):.0f} MB", file=sys.stderr, flush=True)


def _row(found: WorkingSet) -> tuple[str, ...]:
    return (
        f"{found.hour}",
        f"{found.memory:.1f}",
        f"{found.parsers:.1f}",
        f"{found.files}",
        f"{found.threads}",
        f"{found.tasks}",
        f"{found.left}",
        f"{found.wal:.1f}",
        f"{found.database:.1f}",
    )


def _count(folder: Path) -> str:
    database = open_database(f"sqlite:///{folder}/dateline.db")
    with database.reading() as connection:
        counts = [
            connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (fetches, articles, digest_items, hub_pings)
        ]
    database.close()
    return "{:,} fetches, {:,} articles kept, {:,} published, {:,} pings".format(*counts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
