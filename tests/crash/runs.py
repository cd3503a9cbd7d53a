"""Runs: the processes that do trials, each with houses of its own, and what came of each trial."""

import multiprocessing
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from queue import Empty
from random import Random
from typing import Any

from tests.crash.crew import Crew
from tests.crash.damage import damage, whole_files
from tests.crash.furnished import Furnished, FurnishedOnPostgres
from tests.crash.house import House
from tests.crash.library import Mode, swift_folder
from tests.crash.lives import Lives
from tests.crash.phases import PHASES, calls_of, crash
from tests.crash.servers import postgres
from tests.crash.trials import CREW, DAMAGE, DATABASES, SERVICE, Calls, Trial, phases_of
from tests.crash.warm import Point, Warm
from tests.crash.wires import Wires


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a trial: every broken invariant, and what the command said if there was one.

    `reached` is False for the second of two crashes when the recovery was over before it; `unseen`
    is for damage that nobody noticed; `reads` and `acknowledged` are for lives.
    """

    number: int
    faults: tuple[str, ...] = ()
    told: str = ""
    reached: bool = True
    unseen: bool = False
    reads: int = 0
    acknowledged: int = 0

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return asdict(self)


@contextmanager
def a_house(database: str) -> Iterator[Furnished]:
    """A furnished house on one of the databases, with all it needs."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-", dir=swift_folder()))
        )
        warm = stack.enter_context(Warm(folder / "clock"))
        wires = stack.enter_context(Wires())
        if database == "sqlite":
            yield Furnished(House(folder, wires, warm))
        else:
            server = stack.enter_context(postgres())
            house = House(folder, wires, warm, server.address("house"))
            yield FurnishedOnPostgres(house, server.url)


class Doer:
    """Does trials in houses that are furnished when they are first needed. To be used in `with`."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._houses: dict[str, Furnished] = {}
        self._whole: Mapping[str, bytes] = {}

    def __enter__(self) -> "Doer":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def calls(self) -> Calls:
        """How many write-side calls each phase makes, on each database."""
        by_name = {each.name: each for each in PHASES}
        return {
            (database, name): calls_of(self._house(database), by_name[name])
            for database in DATABASES
            for name in phases_of(database)
        }

    def do(self, trials: Sequence[Trial]) -> Iterator[Outcome]:
        """Do trials of one database, or the lives of one chain."""
        first = trials[0]
        house = self._house(first.database)
        if first.phase == SERVICE:
            yield from _live(house, trials)
        elif first.phase == CREW:
            yield from _lose(house, trials)
        else:
            yield from map(partial(self._crash, house), trials)

    def _house(self, database: str) -> Furnished:
        if database not in self._houses:
            self._houses[database] = self._stack.enter_context(a_house(database))
        return self._houses[database]

    def _crash(self, house: Furnished, trial: Trial) -> Outcome:
        if trial.phase == DAMAGE:
            self._whole = self._whole or whole_files(house)
            spoilt = damage(house, trial.mode, trial.at, trial.seed, self._whole)
            return Outcome(
                number=trial.number, faults=spoilt.faults, told=spoilt.told, unseen=spoilt.unseen
            )
        phase = next(each for each in PHASES if each.name == trial.phase)
        point = Point(mode=Mode[trial.mode], at=trial.at, seed=trial.seed, lasting=trial.lasting)
        second = None
        if trial.second:
            second = Point(mode=Mode[trial.second], at=trial.second_at, seed=trial.seed)
        crashed = crash(house, phase, point, second)
        reached = crashed.again is None or crashed.again.status == -9
        return Outcome(
            number=trial.number, faults=crashed.faults, told=crashed.told, reached=reached
        )


def _live(furnished: Furnished, trials: Sequence[Trial]) -> Iterator[Outcome]:
    lives = Lives(house=furnished.again(), dice=Random(trials[0].seed))
    for each in trials:
        reads, acknowledged = lives.people.reads, lives.people.acknowledged
        lives.live(Mode[each.mode])
        if each is trials[-1]:
            lives.settle()
        yield Outcome(
            number=each.number, faults=tuple(lives.faults), reads=lives.people.reads - reads,
            acknowledged=lives.people.acknowledged - acknowledged,
        )  # fmt: skip
        lives.faults.clear()
    lives.house.warm.move_clock(0)


def _lose(furnished: Furnished, trials: Sequence[Trial]) -> Iterator[Outcome]:
    with Crew(house=furnished.again(), dice=Random(trials[0].seed)) as crew:
        for each in trials:
            reads, acknowledged = crew.people.reads, crew.people.acknowledged
            crew.lose_one()
            if each is trials[-1]:
                crew.settle()
            yield Outcome(
                number=each.number, faults=tuple(crew.faults), reads=crew.people.reads - reads,
                acknowledged=crew.people.acknowledged - acknowledged,
            )  # fmt: skip
            crew.faults.clear()


def count_calls() -> Calls:
    """Count the calls of every phase, in a house of each kind."""
    with Doer() as doer:
        return doer.calls()


def do_again(trials: Sequence[Trial]) -> list[Outcome]:
    """Do some trials in this process."""
    with Doer() as doer:
        return list(doer.do(trials))


def do_all(batches: Sequence[Sequence[Trial]], processes: int, until: float) -> Iterator[Outcome]:
    """Do batches of trials in so many processes, until all are done or a time (of `time.time`)."""
    context = multiprocessing.get_context("spawn")
    work, done = context.Queue(), context.Queue()
    for batch in batches:
        work.put(list(batch))
    for _ in range(processes):
        work.put(None)
    doers = [context.Process(target=_serve, args=(work, done, until)) for _ in range(processes)]
    for each in doers:
        each.start()
    ended = 0
    while ended < processes:
        try:
            came = done.get(timeout=5)
        except Empty:
            if not any(each.is_alive() for each in doers):
                raise RuntimeError("the processes that do the trials died") from None
            continue
        if came is None:
            ended += 1
        else:
            yield came
    work.cancel_join_thread()
    for each in doers:
        each.join()


def _serve(work: Any, done: Any, until: float) -> None:
    with Doer() as doer:
        while (batch := work.get()) is not None and time.time() < until:
            try:
                for outcome in doer.do(batch):
                    done.put(outcome)
            except Exception:  # noqa: BLE001 the run goes on, and this is told
                told = traceback.format_exc()
                done.put(Outcome(number=batch[0].number, faults=(f"the trial itself: {told}",)))
    done.put(None)
