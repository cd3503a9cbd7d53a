"""Lives of the whole service, each cut at a random moment while editors and readers are at work."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from tests.crash.house import House
from tests.crash.invariants import (
    AFTER_A_ROUND,
    AT_ONCE,
    broken,
    i5_each_public_file_is_whole,
    i6_a_backup_is_whole,
    i9_nothing_is_left_behind,
)
from tests.crash.library import Mode
from tests.crash.people import People
from tests.crash.warm import Point

# A feed is due every minute; each life begins a little later than that.
BETWEEN_LIVES = 90
STOPPED_BEFORE = 0.2  # of the lives that are killed
_LONGEST_PATIENCE = 500  # milliseconds


@dataclass(kw_only=True)
class Lives:
    """A house whose service lives again and again, for `longest` milliseconds at most, and what was
    seen of it."""

    house: House
    dice: Random
    longest: int = 3_500
    clock: int = 0
    people: People = field(init=False)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = People(house=self.house, dice=self.dice)

    def live(self, mode: Mode) -> None:
        """One life: an editor decides, a reader reads, and all of a sudden it ends.

        In some of them the operator makes a backup meanwhile, or tells the service to stop, and
        loses patience.
        """
        self.clock += BETWEEN_LIVES
        house = self.house
        house.warm.move_clock(self.clock)
        for wire in house.wires.wires.values():
            wire.requests = wire.busiest = 0
        within = self.dice.randint(50, self.longest)
        stops = mode is Mode.KILL and self.dice.random() < STOPPED_BEFORE
        patience = self.dice.randint(0, _LONGEST_PATIENCE) if stops else 0
        point = Point(mode=mode, within=within + patience, seed=self.dice.randrange(1 << 16))
        pid = house.warm.start(house.life("run", point=point, hurries=True))
        # What power loss takes back was never there: nobody may look while it is being undone.
        looks_until = time.monotonic() + within / 1000 - (0.1 if mode is not Mode.KILL else -1)
        with self.people.at_work(looks_until), _told_to_stop(pid, within if stops else None):
            if mode is Mode.KILL and house.database_url.startswith("sqlite"):
                self._back_up()
            status = house.warm.wait(pid).status
        # One that is told to stop may be done in time, or not know yet how to stop well.
        if status != -9 and not (stops and status in (0, -signal.SIGTERM)):
            self.faults.append(f"the service ended by itself with {status}: {house.log()[-500:]}")
        self.faults += broken(house, AT_ONCE) + i5_each_public_file_is_whole(house)
        for wire in house.wires.wires.values():
            if wire.requests > 2 or wire.busiest > 1:
                self.faults.append(f"I7 {wire.requests} requests, {wire.busiest} at once")
        self._take_faults()

    def settle(self) -> None:
        """After the last life: one clean round, and everything has to be there."""
        self.house.recover()
        self.faults += broken(self.house, AFTER_A_ROUND) + i9_nothing_is_left_behind(self.house)

    def _back_up(self) -> None:
        """Make a backup while all are at work: it holds what was acknowledged before."""
        house, before = self.house, dict(self.house.verdicts)
        (house.folder / "var" / "copy.db").unlink(missing_ok=True)
        ended = house.warm.live(house.life("db", "backup", "var/copy.db"))
        if ended.status != 0:
            self.faults.append(f"I6 no backup was made: {house.log()[-500:]}")
        self.faults += i6_a_backup_is_whole(house, before)

    def _take_faults(self) -> None:
        self.faults += self.people.faults
        self.people.faults = []


@contextmanager
def _told_to_stop(pid: int, milliseconds: int | None) -> Iterator[None]:
    """Tell a process to stop after a while, as an operator does before the kill; never with None."""
    if milliseconds is None:
        yield
        return
    later = threading.Timer(milliseconds / 1000, _tell_to_stop, (pid,))
    later.start()
    try:
        yield
    finally:
        later.cancel()
        later.join()


def _tell_to_stop(pid: int) -> None:
    with suppress(ProcessLookupError):  # it died before
        os.kill(pid, signal.SIGTERM)
