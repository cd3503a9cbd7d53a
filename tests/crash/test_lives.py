"""The whole service, cut at random moments, with editors and readers at work."""

from random import Random

import pytest

from tests.crash.furnished import Furnished
from tests.crash.library import Mode
from tests.crash.lives import Lives

pytestmark = pytest.mark.xdist_group("crash")


def test_a_service_that_dies_again_and_again_loses_nothing(furnished: Furnished) -> None:
    lives = Lives(house=furnished.again(), dice=Random(20261122))
    for mode in (Mode.KILL, Mode.POWER, Mode.KILL, Mode.POWER_SOME):
        lives.live(mode)
    lives.settle()
    assert not lives.faults
    assert lives.acknowledged
    assert lives.reads > 20


def test_so_does_one_on_postgresql(on_postgres: Furnished) -> None:
    lives = Lives(house=on_postgres.again(), dice=Random(20261122))
    for _ in range(3):
        lives.live(Mode.KILL)
    lives.settle()
    assert not lives.faults
