"""Races for tests: several pieces of work that start at the same moment, each in its own thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(*works: Callable[[], T]) -> list[T | Exception]:
    """Run all works at the same moment; gives what each returned or raised, in order."""
    start = Barrier(len(works), timeout=20)

    def run(work: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 an exception is a result of a race
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
