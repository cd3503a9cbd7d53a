"""A service that runs while something is wrong: started, watched by its log, and stopped."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.crash.house import House
from tests.crash.invariants import AFTER_A_ROUND, broken, i5_each_public_file_is_whole
from tests.crash.library import Mode
from tests.crash.warm import Point


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def assert_well(house: House) -> None:
    """After one clean round everything holds."""
    house.recover()
    assert broken(house, AFTER_A_ROUND) + i5_each_public_file_is_whole(house) == []


@contextmanager
def running(house: House, *words: str) -> Iterator[int]:
    """The service (or another command of it) with a hurrying clock, until it is told to stop; it has
    to end well and without a traceback."""
    (house.folder / "log").write_text("")
    fault(house, None)
    point = Point(mode=Mode.SWITCHED, by=str(house.folder / "fault"))
    pid = house.warm.start(house.life(*(words or ("run",)), point=point, hurries=True))
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGTERM)
        ended = house.warm.wait(pid)
    assert ended.status == 0, house.log()
    assert "Traceback" not in house.log(), house.log()


def fault(house: House, mode: Mode | None) -> None:
    """Let the disk of a running service have a fault from now on, or none."""
    path = house.folder / "fault"
    if mode is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(str(int(mode)))


def told(house: House, words: str) -> int:
    """How often the log has these words."""
    return house.log().count(words)


@contextmanager
def next_round(house: House, seconds: float = 30) -> Iterator[None]:
    """Do something, then wait until each feed was taken in once more."""
    done = told(house, "ingest: 2 feeds")
    yield
    try:
        until(lambda: told(house, "ingest: 2 feeds") > done, seconds)
    except AssertionError:
        raise AssertionError(f"no feed is asked: {house.log()[-1500:]}") from None
