"""Ears: the desk hears from other processes that something arrived, where the database tells it."""

import asyncio
import threading
import time
from contextlib import suppress

import structlog
from fastapi import Request

from db import Database, notices
from pipeline.errors import StoreError

# A look that waits longer would be cut by proxies.
LONGEST_WAIT = 25.0
_LISTENS_ON = 120.0
_AGAIN = 5.0
_log = structlog.get_logger()


class Ears:
    """Wakes those who wait for arrivals; listens, on PostgreSQL, only while somebody asks.

    One connection and one thread serve all of them. For one event loop.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[asyncio.Event] = set()
        self._lock = threading.Lock()
        self._listens_until = 0.0
        self._listening = False

    @property
    def hears(self) -> bool:
        """Whether the database tells of arrivals at all."""
        return not self._database.is_sqlite

    async def wait(self, seconds: float) -> None:
        """Return when something arrived, or after so many seconds; at once where none is told."""
        if not self.hears:
            return
        told = asyncio.Event()
        with self._lock:
            self._waiting.add(told)
            self._listen(asyncio.get_running_loop())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LONGEST_WAIT)):
                    await told.wait()
        finally:
            with self._lock:
                self._waiting.discard(told)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        self._listens_until = time.monotonic() + _LISTENS_ON
        if not self._listening:
            self._listening = True
            threading.Thread(target=self._hear, args=[loop], name="ears", daemon=True).start()

    def _is_over(self, loop: asyncio.AbstractEventLoop) -> bool:
        with self._lock:
            wanted = bool(self._waiting) or time.monotonic() < self._listens_until
            if wanted and not loop.is_closed():
                return False
            self._listening = False
            return True

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                for what in notices.hear(self._database, lambda: self._is_over(loop)):
                    if what == notices.ARRIVALS:
                        loop.call_soon_threadsafe(self._wake)
                return
            except StoreError as error:
                _log.info(f"arrivals are found at the next look: {error}")
                if self._is_over(loop):
                    return
                time.sleep(_AGAIN)
            except RuntimeError:
                self._listening = False  # the loop was closed: the service ends
                return

    def _wake(self) -> None:
        with self._lock:
            for told in self._waiting:
                told.set()


def ears(request: Request) -> Ears:
    """Give the ears of the application."""
    found = request.app.state.ears
    assert isinstance(found, Ears)
    return found
