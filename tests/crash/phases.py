"""The phases of a crash: what was going on, and what is asked right after and after recovery."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.crash.furnished import Furnished
from tests.crash.house import EDITOR, House
from tests.crash.invariants import (
    AFTER_A_ROUND,
    AT_ONCE,
    broken,
    i5_each_public_file_is_whole,
    i6_a_backup_is_whole,
    i9_nothing_is_left_behind,
)
from tests.crash.library import Mode
from tests.crash.warm import Ended, Point

CUTS = (Mode.KILL, Mode.KILL_AFTER, Mode.TORN, Mode.POWER, Mode.POWER_SOME)
ERRORS = (Mode.NO_SPACE, Mode.IO_ERROR, Mode.READ_ONLY, Mode.FLAKY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A command that is killed, in a house that is furnished first; `words` may need the house.

    `fresh` begins with an empty folder instead. With `again` the operator gives the command once more
    before anything else. `fetches` says that it leaves feeds to be fetched.
    """

    name: str
    words: Callable[[Furnished], Sequence[str]]
    fresh: bool = False
    again: bool = False
    fetches: bool = False


PHASES = (
    Phase(name="start", words=lambda _: ("db", "upgrade"), fresh=True, fetches=True),
    Phase(name="ingest", words=lambda _: ("ingest", "--all"), fetches=True),
    Phase(
        name="review",
        words=lambda furnished: (
            "review", "approve", *map(str, furnished.waiting[:2]), "--editor", EDITOR,
        ),
    ),
    Phase(
        name="take back",
        words=lambda furnished: (
            "review", "reopen", *map(str, furnished.house.verdicts), "--editor", EDITOR,
        ),
    ),
    Phase(name="publish", words=lambda _: ("publish",)),
    Phase(name="prune", words=lambda _: ("db", "prune")),
    Phase(name="backup", words=lambda _: ("db", "backup", "var/copy.db"), again=True),
    Phase(name="restore", words=lambda _: ("db", "restore", "kept/dateline.db"), again=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """One crash and what came of it: how the command ended, and every broken invariant.

    `calls` were made until then; `again` is how the recovery ended that crashed as well, if one was
    to.
    """

    phase: str
    point: Point
    ended: Ended
    faults: tuple[str, ...]
    told: str
    calls: int
    again: Ended | None = None

    def __str__(self) -> str:
        return f"{self.phase}, {self.point.mode.name} at {self.point.at}, dice {self.point.seed}"


def calls_of(furnished: Furnished, phase: Phase) -> int:
    """Count the write-side calls of a phase that nothing disturbs."""
    house = _begin(furnished, phase)
    ended = house.die(*phase.words(furnished), point=Point(mode=Mode.COUNT))
    assert ended.status == 0, house.log()
    return ended.calls


def crash(furnished: Furnished, phase: Phase, point: Point, second: Point | None = None) -> Crash:
    """Let one crash happen, look at once, recover, and look again.

    With a `second` point the recovery crashes as well, and it is the next one that has to do it.
    """
    house = _begin(furnished, phase)
    ended = house.die(*phase.words(furnished), point=point)
    told, calls = house.log(), house.calls()
    faults = list(_at_once(house, phase, ended, point))
    again = None
    if second is not None:
        again = house.die(*_first_of_recovery(furnished, phase, ended), point=second)
        told += house.log()
        faults += _at_once(house, phase, again, second)
    try:
        if phase.again and 0 not in (ended.status, again and again.status):
            house.do_again(*phase.words(furnished))
        # Where nothing was fetched, all that is listed is stored already: most need no new round.
        house.recover(fetching=phase.fetches or point.seed % 4 == 0)
    except AssertionError as error:
        faults.append(f"I6 it does not recover: {error}")
    else:
        faults += broken(house, AFTER_A_ROUND) + i9_nothing_is_left_behind(house)
        faults += i5_each_public_file_is_whole(house)
    return Crash(
        phase=phase.name, point=point, ended=ended, faults=tuple(faults), told=told, calls=calls,
        again=again,
    )  # fmt: skip


def _first_of_recovery(furnished: Furnished, phase: Phase, ended: Ended) -> Sequence[str]:
    if phase.again and ended.status != 0:
        return phase.words(furnished)
    return ("ingest", "--all") if phase.fetches else ("publish",)


def _begin(furnished: Furnished, phase: Phase) -> House:
    return furnished.empty() if phase.fresh else furnished.again()


def _at_once(house: House, phase: Phase, ended: Ended, point: Point) -> Iterator[str]:
    """What has to hold as the dead process left it, before anything runs again."""
    if point.mode in ERRORS and ended.status not in (0, 1):  # that it hung, for one
        yield f"I10 ended with {ended.status}: {house.log()[-300:]}"
    if point.mode in ERRORS and "Traceback" in house.log():
        yield f"I10 a traceback instead of a message: {house.log()[-700:]}"
    if phase.fresh:
        return
    yield from i5_each_public_file_is_whole(house)
    yield from i6_a_backup_is_whole(house)
    yield from broken(house, AT_ONCE)
