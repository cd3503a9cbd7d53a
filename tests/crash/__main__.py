"""The long crash run: `python -m tests.crash [--points N] [--minutes M] [--processes P]`.

Kills commands at every write-side call and the whole service at random moments, on both databases,
and prints what became of the invariants. Exits 1 when one was broken.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.crash.furnished import Furnished, FurnishedOnPostgres
from tests.crash.house import House
from tests.crash.library import Mode
from tests.crash.lives import Lives
from tests.crash.phases import CUTS, ERRORS, PHASES, Phase, calls_of, crash
from tests.crash.servers import postgres
from tests.crash.warm import Point, Warm
from tests.crash.wires import Wires

EVERY_CALL = {"ingest", "review", "take back", "publish"}
ON_POSTGRES = ("start", "ingest", "review", "take back", "publish")
_BY_MESSAGE = (Mode.KILL, Mode.KILL_AFTER, Mode.TORN, Mode.IO_ERROR)
_A_CHAIN = 10
_TWICE = ", and its recovery"
_PAIRS = 40  # of a crash and another in its recovery, a phase
_OTHERS = 6  # of each kind of harm, in phases that are not gone through call by call


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of the run for one process: points of one phase, or lives of the service."""

    database: str
    phase: str
    share: float
    dice: int
    until: float
    lives: int = 0
    pairs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a part: by kind of harm how many points, and what was broken."""

    part: Part
    points: dict[str, int]
    faults: list[str]
    reads: int = 0
    acknowledged: int = 0


def plan(phase: Phase, calls: int, database: str, share: float, dice: Random) -> list[Point]:
    """The points of a phase: at each call a kill and a power cut, and of all else a share."""
    modes = (*CUTS, *ERRORS) if database == "sqlite" else _BY_MESSAGE
    each = {Mode.KILL, Mode.POWER} if phase.name in EVERY_CALL else set()
    points = []
    for mode in modes:
        last = calls + (mode is Mode.POWER)
        found = range(1, last + 1)
        many = last if mode in each and share >= 1 else max(2, round(min(last, _OTHERS) * share))
        for at in sorted(dice.sample(found, min(many, last))):
            lasting = mode in ERRORS and dice.random() < 0.5
            points.append(Point(mode=mode, at=at, seed=dice.randrange(1 << 16), lasting=lasting))
    dice.shuffle(points)
    return points


def plan_pairs(part: Part, calls: int, dice: Random) -> list[tuple[Point, Point | None]]:
    """Crashes whose recovery is cut as well, anywhere in both."""
    modes = CUTS if part.database == "sqlite" else _BY_MESSAGE[:3]

    def one() -> Point:
        return Point(
            mode=dice.choice(modes), at=dice.randint(1, calls), seed=dice.randrange(1 << 16)
        )

    return [(one(), one()) for _ in range(part.pairs)]


@contextmanager
def a_house(database: str) -> Iterator[Furnished]:
    """A furnished house on one of the databases, with all it needs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        warm = stack.enter_context(Warm(folder / "clock"))
        wires = stack.enter_context(Wires())
        if database == "sqlite":
            yield Furnished(House(folder, wires, warm))
        else:
            server = stack.enter_context(postgres())
            house = House(folder, wires, warm, server.address("house"))
            yield FurnishedOnPostgres(house, server.url)


def do(part: Part) -> Told:
    """Do one part, until its time is over."""
    dice = Random(f"{part.database} {part.phase} {part.dice}")
    points: defaultdict[str, int] = defaultdict(int)
    faults: list[str] = []
    if time.time() >= part.until:
        return Told(part=part, points={}, faults=[])
    with a_house(part.database) as furnished:
        if part.lives:
            lives = Lives(house=furnished.again(), dice=dice)
            modes = (Mode.KILL, Mode.POWER, Mode.POWER_SOME) if part.database == "sqlite" else (
                Mode.KILL,
            )  # fmt: skip
            for _ in range(part.lives):
                if time.time() < part.until:
                    mode = dice.choice(modes)
                    lives.live(mode)
                    points[mode.name] += 1
            lives.settle()
            return Told(
                part=part, points=dict(points), faults=lives.faults,
                reads=lives.reads, acknowledged=lives.acknowledged,
            )  # fmt: skip
        phase = next(each for each in PHASES if each.name == part.phase.removesuffix(_TWICE))
        calls = calls_of(furnished, phase)
        for point, then in (
            plan_pairs(part, calls, dice)
            if part.pairs
            else [(each, None) for each in plan(phase, calls, part.database, part.share, dice)]
        ):
            if time.time() < part.until:
                crashed = crash(furnished, phase, point, then)
                points[point.mode.name] += 1
                faults += [f"{part.database}, {crashed}: {fault}" for fault in crashed.faults]
    return Told(part=part, points=dict(points), faults=faults)


def parts(share: float, seed: int, until: float) -> list[Part]:
    """The whole run, the long parts first."""
    chains = [
        Part(database=database, phase="service", share=share, dice=seed + turn, until=until,
             lives=_A_CHAIN)
        for turn in range(max(1, round(6 * share)))
        for database in ("sqlite", "postgresql")
    ]  # fmt: skip
    commands = [
        Part(database="sqlite", phase=phase.name, share=share, dice=seed, until=until)
        for phase in sorted(PHASES, key=lambda each: each.name not in EVERY_CALL)
    ]
    elsewhere = [
        Part(database="postgresql", phase=name, share=share, dice=seed, until=until)
        for name in ON_POSTGRES
    ]
    twice = [
        Part(database=database, phase=phase.name + _TWICE, share=share, dice=seed, until=until,
             pairs=max(1, round(many * share)))
        for database, many in (("sqlite", _PAIRS), ("postgresql", _PAIRS // 8))
        for phase in PHASES
        if not phase.again and (database == "sqlite" or phase.name in ON_POSTGRES)
    ]  # fmt: skip
    long, short = commands[: len(EVERY_CALL)], commands[len(EVERY_CALL) :]
    return [*chains, *long, *twice, *elsewhere, *short]


def main() -> int:
    """Run all parts, tell how far they are, and print the table."""
    words = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    words.add_argument("--share", type=float, default=1.0, help="how much of the whole run: 0 to 1")
    words.add_argument("--minutes", type=float, default=60.0, help="end after so many minutes")
    words.add_argument("--processes", type=int, default=2)
    words.add_argument("--only", default="", help="parts with this word: a database or a phase")
    words.add_argument("--seed", type=int, default=20261122)
    chosen = words.parse_args()
    began = time.time()
    rows: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    work = [
        part
        for part in parts(chosen.share, chosen.seed, began + chosen.minutes * 60)
        if chosen.only in f"{part.database} {part.phase}"
    ]
    faults: list[str] = []
    with ProcessPoolExecutor(chosen.processes) as pool:
        for future in as_completed([pool.submit(do, part) for part in work]):
            told = future.result()
            rows[told.part.database, told.part.phase].append(told)
            faults += told.faults
            many = sum(sum(each.points.values()) for row in rows.values() for each in row)
            print(
                f"{time.time() - began:6.0f} s  {many:5} points  {told.part.database} "
                f"{told.part.phase}: {len(told.faults)} broken",
                flush=True,
            )
    _print(rows)
    for fault in faults[:40]:
        print(fault)
    print(f"seed {chosen.seed}, {time.time() - began:.0f} s, {len(faults)} broken invariants")
    return 1 if faults else 0


def _print(rows: dict[tuple[str, str], list[Told]]) -> None:
    modes = [mode.name for mode in (*CUTS, *ERRORS)]
    print(
        "| database | phase | " + " | ".join(mode.lower() for mode in modes) + " | all | broken |"
    )
    print("|---|---|" + "--:|" * (len(modes) + 2))
    whole = 0
    for (database, phase), row in sorted(rows.items(), reverse=True):
        points = [sum(each.points.get(mode, 0) for each in row) for mode in modes]
        whole += sum(points)
        broken = sum(len(each.faults) for each in row)
        print(
            f"| {database} | {phase} | {' | '.join(map(str, points))} | {sum(points)} | {broken} |"
        )
    reads = sum(each.reads for row in rows.values() for each in row)
    taken = sum(each.acknowledged for row in rows.values() for each in row)
    print(f"{whole} points; {reads} looks at the public files; {taken} verdicts acknowledged")


if __name__ == "__main__":
    sys.exit(main())
