"""Room: how many large documents are in memory at a time, however many are asked for at once."""

import asyncio
from types import TracebackType
from typing import Self

LARGE = 512 * 1024  # bytes; any number of smaller ones may be at hand
MOST_LARGE = 4


class Room:
    """Gives out the few places that there are for large documents, in the order they are wanted.

    Belongs to one event loop at a time.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = asyncio.Semaphore(MOST_LARGE)

    def place(self) -> "Place":
        """Make what one document holds from its first bytes until nobody needs it any more."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._places = loop, asyncio.Semaphore(MOST_LARGE)
        return Place(self._places)


class Place:
    """One document's claim to memory; use as `with room.place() as place`.

    `waited` counts the seconds it waited for room.
    """

    def __init__(self, places: asyncio.Semaphore) -> None:
        self.waited = 0.0
        self._places = places
        self._is_held = False

    async def make_room(self, size: int, deadline: asyncio.Timeout) -> None:
        """Wait until a document that has grown to `size` bytes may grow on; the deadline waits."""
        if self._is_held or size < LARGE:
            return
        clock = asyncio.get_running_loop().time
        until, since = deadline.when(), clock()
        deadline.reschedule(None)
        await self._places.acquire()
        self._is_held = True
        self.waited = clock() - since
        deadline.reschedule(None if until is None else until + self.waited)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_held:
            self._is_held = False
            self._places.release()
