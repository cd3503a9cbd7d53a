"""A command that is cut at any of its writes leaves nothing lost, doubled or half.

A sample of what `make crash` does at every point: each phase, each kind of harm, on both databases.
"""

from random import Random

import pytest

from tests.crash.damage import CUT_OFF, FLIP, damage, whole_files
from tests.crash.furnished import Furnished
from tests.crash.library import Mode
from tests.crash.phases import CUTS, ERRORS, PHASES, Phase, crash
from tests.crash.trials import ON_POSTGRES
from tests.crash.warm import Point

# One worker of the test run does them all: the house is furnished once.
pytestmark = pytest.mark.xdist_group("crash")
BEHIND_THE_LAST = -1
WORDS = dict(zip(ERRORS, ("disk is full", "disk", "read-only", "error:"), strict=True))


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)
def test_a_crash_loses_nothing_and_doubles_nothing(furnished: Furnished, phase: Phase) -> None:
    # Power fails when all seems done; that tells how many calls there are.
    whole = crash(furnished, phase, Point(mode=Mode.POWER, at=BEHIND_THE_LAST, seed=1))
    assert not whole.faults, (str(whole), whole.told)
    dice = Random(f"{phase.name} 20261123")
    mode, last = dice.choice(CUTS), whole.calls
    crashed = crash(
        furnished, phase, Point(mode=mode, at=dice.randint(1, last), seed=1 + 4 * dice.randrange(9))
    )
    assert not crashed.faults, (str(crashed), crashed.told)
    assert crashed.ended.status == -9


@pytest.mark.parametrize(
    ("phase", "mode"),
    list(zip(PHASES[1:5], ERRORS, strict=True)),
    ids=lambda each: each.name.lower(),
)
def test_a_disk_that_fails_is_told_and_loses_nothing(
    furnished: Furnished, phase: Phase, mode: Mode
) -> None:
    lasts = mode in (Mode.NO_SPACE, Mode.READ_ONLY)
    crashed = crash(furnished, phase, Point(mode=mode, at=20, seed=1, lasting=lasts))
    assert not crashed.faults, (str(crashed), crashed.told)
    assert crashed.ended.status == 0 or WORDS[mode] in crashed.told


def test_a_recovery_may_crash_as_well(furnished: Furnished) -> None:
    phase = PHASES[1]
    first = Point(mode=Mode.POWER_SOME, at=70, seed=1)
    crashed = crash(furnished, phase, first, Point(mode=Mode.POWER, at=90, seed=2))
    assert not crashed.faults, (str(crashed), crashed.told)
    assert crashed.again is not None
    assert (crashed.ended.status, crashed.again.status) == (-9, -9)


@pytest.mark.parametrize("name", ON_POSTGRES)
def test_so_it_is_on_postgresql(on_postgres: Furnished, name: str) -> None:
    phase = next(each for each in PHASES if each.name == name)
    dice = Random(f"{name} 20261123")
    mode = dice.choice((Mode.KILL, Mode.KILL_AFTER, Mode.TORN, Mode.IO_ERROR))
    crashed = crash(on_postgres, phase, Point(mode=mode, at=dice.randint(1, 50), seed=1))
    assert not crashed.faults, (str(crashed), crashed.told)
    assert crashed.ended.status in ((0, 1) if mode is Mode.IO_ERROR else (-9,))


def test_a_damaged_database_file_is_named_and_publishes_nothing_by_halves(
    furnished: Furnished,
) -> None:
    whole = whole_files(furnished)
    for mode, place in ((CUT_OFF, 400_000), (FLIP, 10), (FLIP, 3_000)):
        spoilt = damage(furnished, mode, place, 3, whole)
        assert not spoilt.faults, spoilt
        assert not spoilt.unseen
        assert mode is FLIP or "restore" in spoilt.told
