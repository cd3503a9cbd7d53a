"""A command that is cut at any of its writes leaves nothing lost, doubled or half.

A sample of what `make crash` does at every point: each phase, each kind of harm, on both databases.
"""

from random import Random

import pytest

from tests.crash.furnished import Furnished
from tests.crash.library import Mode
from tests.crash.phases import CUTS, ERRORS, PHASES, Phase, calls_of, crash
from tests.crash.warm import Point

# One worker of the test run does them all: the house is furnished once.
pytestmark = pytest.mark.xdist_group("crash")
BY_MESSAGE = (Mode.KILL, Mode.KILL_AFTER, Mode.TORN)


def sample(phase: Phase, calls: int) -> list[Point]:
    """A point of each kind, somewhere in the phase; power also fails just behind its end.

    Of the kinds that rarely differ each phase gets one.
    """
    dice = Random(f"{phase.name} 20261122")
    cuts = (Mode.POWER, Mode.POWER_SOME, dice.choice(BY_MESSAGE))
    points = [Point(mode=mode, at=dice.randint(1, calls), seed=dice.randrange(99)) for mode in cuts]
    error = dice.choice(ERRORS)
    points.append(Point(mode=error, at=dice.randint(1, calls), lasting=error is Mode.NO_SPACE))
    return [*points, Point(mode=Mode.POWER, at=calls + 1)]


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)
def test_a_crash_loses_nothing_and_doubles_nothing(furnished: Furnished, phase: Phase) -> None:
    for point in sample(phase, calls_of(furnished, phase)):
        crashed = crash(furnished, phase, point)
        assert not crashed.faults, (str(crashed), crashed.told)
        if point.mode in CUTS:
            assert crashed.ended.status == -9


@pytest.mark.parametrize("phase", PHASES[:5], ids=lambda phase: phase.name)
def test_so_it_is_on_postgresql(on_postgres: Furnished, phase: Phase) -> None:
    dice = Random(f"{phase.name} 20261122")
    calls = calls_of(on_postgres, phase)
    for mode in (dice.choice(BY_MESSAGE), Mode.IO_ERROR):
        crashed = crash(on_postgres, phase, Point(mode=mode, at=dice.randint(1, calls)))
        assert not crashed.faults, (str(crashed), crashed.told)


def test_a_crash_in_the_recovery_from_a_crash_loses_nothing_either(furnished: Furnished) -> None:
    for phase, first, second in zip(
        PHASES[1:4], (Mode.POWER, Mode.TORN, Mode.KILL), (Mode.POWER_SOME, Mode.POWER, Mode.TORN),
        strict=True,
    ):  # fmt: skip
        dice = Random(f"{phase.name} 20261123")
        point = Point(mode=first, at=dice.randint(1, calls_of(furnished, phase)), seed=1)
        crashed = crash(furnished, phase, point, Point(mode=second, at=dice.randint(1, 20)))
        assert not crashed.faults, (str(crashed), crashed.told)
