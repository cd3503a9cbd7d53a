"""What a process holds at one moment: memory, files, threads, and its traces on the disk."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingSet:
    """A look at the service: its own memory and that of its parser processes in MB, counts, and
    sizes on the disk in MB. `left` are files that nobody needs any more."""

    hour: int
    memory: float
    parsers: float
    files: int
    threads: int
    tasks: int
    left: int
    wal: float
    database: float


def look(hour: int, database: Path, scratch: Path) -> WorkingSet:
    """Look at this process (Linux only); runs on its event loop."""
    own = Path("/proc/self/task")
    children = {pid for task in own.iterdir() for pid in (task / "children").read_text().split()}
    wal = database.with_name(database.name + "-wal")
    return WorkingSet(
        hour=hour,
        memory=_resident("self"),
        parsers=sum(map(_resident, children)),
        files=len(list(Path("/proc/self/fd").iterdir())),
        threads=len(list(own.iterdir())),
        tasks=len(asyncio.all_tasks()),
        left=sum(1 for _ in scratch.rglob("*")),
        wal=_size(wal),
        database=_size(database),
    )


def hourly_growth(found: Sequence[WorkingSet], of: Callable[[WorkingSet], float]) -> float:
    """How much a quantity grows an hour: the slope of a line through the samples."""
    slope, _ = linear_regression([each.hour for each in found], [of(each) for each in found])
    return slope


def mean(found: Sequence[WorkingSet], of: Callable[[WorkingSet], float]) -> float:
    """The mean of a quantity over samples."""
    return fmean(of(each) for each in found)


def _resident(pid: str) -> float:
    try:
        status = Path("/proc", pid, "status").read_text()
    except FileNotFoundError:  # it ended while we looked
        return 0.0
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def _size(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.exists() else 0.0
