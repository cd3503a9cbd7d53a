"""Simulated time: the hands of a clock that are moved, and a scheduler that follows them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class Hands:
    """A clock that shows what it was set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now


@dataclass(slots=True, kw_only=True)
class _Job:
    work: Callable[..., Awaitable[None]]
    args: Sequence[Any]
    trigger: Any
    next_run_time: datetime

    def modify(self, next_run_time: datetime) -> None:
        """Give it another turn."""
        self.next_run_time = next_run_time


class SimulatedScheduler:
    """Takes jobs and triggers as APScheduler does, and runs what is due when told that time went
    on.

    Runs that would have come between two steps become one, as `coalesce` makes them.
    """

    timezone = UTC

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._jobs: list[_Job] = []
        self.running = False

    def add_job(
        self,
        work: Callable[..., Awaitable[None]],
        trigger: Any,
        args: Sequence[Any] = (),
        next_run_time: datetime | None = None,
        **_: Any,
    ) -> None:
        """Take a job; without `next_run_time` its trigger says when it comes first."""
        first = next_run_time or trigger.get_next_fire_time(None, self._hands())
        self._jobs.append(_Job(work=work, args=args, trigger=trigger, next_run_time=first))

    def get_jobs(self) -> Sequence[_Job]:
        """Give the jobs, in no order."""
        return tuple(self._jobs)

    def add_listener(self, *_: Any) -> None:
        """Nothing is missed here."""

    def start(self) -> None:
        """From now on steps count."""
        self.running = True

    def shutdown(self, *, wait: bool = True) -> None:
        """Forget the jobs."""
        self.running = False
        self._jobs.clear()

    async def run_due(self) -> int:
        """Run every job that is due, together, and wait for them; gives how many there were."""
        now = self._hands()
        due = [job for job in self._jobs if job.next_run_time <= now]
        await asyncio.gather(*(job.work(*job.args) for job in due))
        for job in due:
            while job.next_run_time <= now:
                job.next_run_time = job.trigger.get_next_fire_time(job.next_run_time, now)
        return len(due)
