"""Politeness: how often and how many at a time one host is asked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pipeline.errors import FetchError, Severity

# A feed keeps to the whole of its own Retry-After; its neighbours on the host only this long, or
# one answer could silence every publisher of a shared host for a week.
LONGEST_PAUSE = 3600.0
HOSTS_REMEMBERED = 1000
STOPPING = "stopping"


class HostBudget:
    """Gives out turns: at most `concurrency` at a time and `interval` seconds apart for one host.

    Turns are given in the order they were asked for. Time is the monotonic clock's, so a clock that
    is set back or forward changes nothing. One budget belongs to one event loop at a time.
    """

    def __init__(self, *, interval: float, concurrency: int) -> None:
        self._interval = interval
        self._concurrency = concurrency
        self._hosts: dict[str, _Host] = {}
        self._stopped = False
        self._sleepers: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the host's next turn and hold it.

        Raises `FetchError` (`host_paused`) if the host asked to be left alone, and (`stopping`)
        after `stop`, also when that came while this turn was waited for.
        """
        queue = self._queue(host)
        queue.users += 1
        try:
            self._refuse(queue, host)
            async with queue.places:
                async with queue.starts:
                    wait = queue.next_start - time.monotonic()
                    if wait > 0:
                        await self._sleep(wait)
                    self._refuse(queue, host)
                    queue.next_start = time.monotonic() + self._interval
                yield
        finally:
            queue.users -= 1

    def is_busy(self, host: str) -> bool:
        """Whether anybody holds a turn of this host or waits for one."""
        queue = self._hosts.get(host)
        return queue is not None and queue.users > 0

    def pause(self, host: str, seconds: float) -> None:
        """Give out no turns for a host for so many seconds, an hour at most."""
        queue = self._queue(host)
        until = time.monotonic() + min(max(seconds, 0.0), LONGEST_PAUSE)
        queue.paused_until = max(queue.paused_until, until)

    def stop(self) -> None:
        """Give out no more turns; turns that are held may be used to their end."""
        self._stopped = True
        for sleeper in self._sleepers:
            _wake(sleeper)

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[None] = loop.create_future()
        alarm = loop.call_later(seconds, _wake, sleeper)
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            self._sleepers.discard(sleeper)
            alarm.cancel()

    def _refuse(self, queue: "_Host", host: str) -> None:
        if self._stopped:
            raise FetchError(
                STOPPING,
                f"{host} is not asked any more: Dateline stops.",
                severity=Severity.PASSING,
            )
        queue.refuse_if_paused(host)

    def _queue(self, host: str) -> "_Host":
        loop = asyncio.get_running_loop()
        if host not in self._hosts and len(self._hosts) >= HOSTS_REMEMBERED:
            self._forget_idle()
        queue = self._hosts.setdefault(host, _Host())
        if queue.loop is not loop:
            # asyncio's locks belong to one loop; the times outlive it.
            queue.loop = loop
            queue.places = asyncio.Semaphore(self._concurrency)
            queue.starts = asyncio.Lock()
            queue.users = 0
        return queue

    def _forget_idle(self) -> None:
        now = time.monotonic()
        self._hosts = {
            host: queue
            for host, queue in self._hosts.items()
            if queue.users or queue.next_start > now or queue.paused_until > now
        }


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


@dataclass(slots=True, kw_only=True)
class _Host:
    places: asyncio.Semaphore = field(default_factory=asyncio.Semaphore)
    starts: asyncio.Lock = field(default_factory=asyncio.Lock)
    loop: asyncio.AbstractEventLoop | None = None
    users: int = 0
    next_start: float = 0.0
    paused_until: float = 0.0

    def refuse_if_paused(self, host: str) -> None:
        left = self.paused_until - time.monotonic()
        if left > 0:
            raise FetchError(
                "host_paused",
                f"{host} asked for fewer requests; it is left alone for {left:.0f} more seconds.",
                severity=Severity.PASSING,
                retry_after=left,
            )
