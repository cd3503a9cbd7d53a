"""Jobs that workers do: what waits, what runs, what was set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """One job of the queue; `status` is `waiting`, `running` or `set aside`, and `since` then.

    `fault` says how its last failed attempt ended; empty where none failed.
    """

    id: int
    task: str
    status: str
    about: str
    attempts: int
    since: datetime
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFigures:
    """How many jobs of one kind there are; the oldest of those waiting could run since."""

    task: str
    waiting: int
    running: int
    set_aside: int
    oldest_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """How the queue stands, and how many workers gave a sign of life lately."""

    workers: int
    tasks: Sequence[TaskFigures]

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return sum(each.waiting for each in self.tasks)

    @property
    def set_aside(self) -> int:
        """How many jobs were given up until somebody looks at them."""
        return sum(each.set_aside for each in self.tasks)
