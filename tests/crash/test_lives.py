"""The service and several processes, cut at random moments, with editors and readers at work."""

from random import Random

import pytest

from tests.crash.crew import Crew
from tests.crash.furnished import Furnished
from tests.crash.library import Mode
from tests.crash.lives import Lives

pytestmark = pytest.mark.xdist_group("crash")


def test_a_service_that_dies_again_and_again_loses_nothing(furnished: Furnished) -> None:
    lives = Lives(house=furnished.again(), dice=Random(5), longest=1_800)
    for mode in (Mode.KILL, Mode.POWER, Mode.POWER_SOME):
        lives.live(mode)
    # On a busy machine a life may end before it began.
    while not lives.people.acknowledged and lives.longest < 60_000:
        lives.longest *= 2
        lives.live(Mode.KILL)
    lives.settle()
    assert not lives.faults
    assert lives.people.acknowledged
    assert lives.people.reads > 20


def test_desk_clocks_and_workers_that_are_killed_one_by_one_lose_nothing_and_double_nothing(
    on_postgres: Furnished,
) -> None:
    with Crew(house=on_postgres.again(), dice=Random(3), longest=0.8) as crew:
        for role in ("worker", "clock", "desk"):
            crew.lose(role, approvals=1)
        crew.settle()
    assert not crew.faults
    assert crew.office.box.taken
