"""Book: write finished attempts at feeds into the database, many of them in one transaction.

What is waiting when the writer is free goes in together: to commit costs as much for one feed as
for thirty. A feed is stored whole or not at all, and what cannot be stored spoils no other.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from db import Connection, Database, fetches, leases, retried
from pipeline.errors import StoreError
from pipeline.model import Delivery, FetchReport
from pipeline.store import NOTHING, Stored, store_documents
from pipeline.watch import Rules

MOST_FEEDS = 32
_MOST_ARTICLES = 3_000
# Who is not alone waits so long for others to share a transaction with.
_PATIENCE = 0.1


class LeaseLost(Exception):
    """Another process took the feed over while this one was busy with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A finished attempt at one feed, with its document if a new one came.

    `report` makes the report of what the document brought.
    """

    feed_id: str
    report: Callable[[Stored], FetchReport]
    delivery: Delivery | None = None


class Amend(Protocol):
    """Asked about finished attempts before they are written."""

    def __call__(
        self, connection: Connection, reports: Sequence[FetchReport], /
    ) -> Sequence[FetchReport]:
        """Give the reports as they are to be written, in their order."""


@dataclass(kw_only=True)
class Book:
    """Where attempts are entered; for one event loop, with one writer at a time.

    `holder` names the process in leases; `patience` is in seconds. `amend`, where there is one, has
    the last word on when feeds are asked next.
    """

    database: Database
    holder: str
    rules: Callable[[], Rules]
    writer: Executor
    patience: float = _PATIENCE
    amend: Amend | None = None
    _waiting: list[tuple[Attempt, asyncio.Future[FetchReport]]] = field(default_factory=list)
    _expected: int = 0
    _writing: asyncio.Task[None] | None = None
    _alarm: asyncio.Handle | None = None

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Let it be known that an attempt is on its way: others may wait a moment for it."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._look()

    async def enter(self, attempt: Attempt) -> FetchReport:
        """Store one attempt; when this returns, it is committed.

        Raises LeaseLost when another process took the feed over, StoreError when the database is
        gone, and whatever storing this very document raised: then nothing of it is stored.
        """
        future: asyncio.Future[FetchReport] = asyncio.get_running_loop().create_future()
        self._waiting.append((attempt, future))
        self._look()
        return await future

    def _look(self) -> None:
        """See when to write: at once when nobody else is on the way, else in a moment."""
        if self._writing is not None or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= min(self._expected, MOST_FEEDS):
            self._set_alarm(loop.call_soon(self._begin))  # after others that are ready now
        elif self._alarm is None:
            self._set_alarm(loop.call_later(self.patience, self._begin))

    def _set_alarm(self, alarm: asyncio.Handle | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = alarm

    def _begin(self) -> None:
        self._set_alarm(None)
        if self._writing is None and (taken := self._next()):
            self._writing = asyncio.get_running_loop().create_task(self._write(taken))

    def _next(self) -> list[tuple[Attempt, asyncio.Future[FetchReport]]]:
        """Take as many of those waiting as one transaction may hold, each feed once."""
        taken: list[tuple[Attempt, asyncio.Future[FetchReport]]] = []
        left: list[tuple[Attempt, asyncio.Future[FetchReport]]] = []
        ids: set[str] = set()
        articles = 0
        for attempt, future in self._waiting:
            if future.done():  # whoever waited was cancelled
                continue
            articles += len(attempt.delivery.articles) if attempt.delivery else 0
            full = len(taken) >= MOST_FEEDS or (taken and articles > _MOST_ARTICLES)
            if full or attempt.feed_id in ids:
                left.append((attempt, future))
                continue
            ids.add(attempt.feed_id)
            taken.append((attempt, future))
        self._waiting = left
        return taken

    async def _write(self, taken: Sequence[tuple[Attempt, asyncio.Future[FetchReport]]]) -> None:
        loop = asyncio.get_running_loop()
        attempts = [attempt for attempt, _ in taken]
        outcomes: Sequence[FetchReport | Exception]
        try:
            outcomes = await loop.run_in_executor(self.writer, self._book, attempts)
        except RuntimeError as error:  # the writer was shut down
            outcomes = [error] * len(attempts)
        finally:
            self._writing = None
        for (_, future), outcome in zip(taken, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._look()

    def _book(self, attempts: Sequence[Attempt]) -> Sequence[FetchReport | Exception]:
        """Store attempts together or, where that fails, one by one; gives the outcome of each."""
        try:
            return self._together(attempts)
        except StoreError as error:
            return [error] * len(attempts)
        except Exception as error:  # noqa: BLE001 one bad document must not cost the others
            if len(attempts) == 1:
                return [error]
            return [outcome for attempt in attempts for outcome in self._book([attempt])]

    @retried
    def _together(self, attempts: Sequence[Attempt]) -> Sequence[FetchReport | Exception]:
        with self.database.transaction() as connection:
            held = leases.held(connection, self.holder, [each.feed_id for each in attempts])
            deliveries = [
                each.delivery for each in attempts if each.delivery and each.feed_id in held
            ]
            stored: dict[str, Stored] = {}
            if deliveries:
                now = max(each.at for each in deliveries)
                brought = store_documents(connection, deliveries, self.rules(), now)
                stored = {
                    each.feed.id: what for each, what in zip(deliveries, brought, strict=True)
                }
            reports = {
                each.feed_id: each.report(stored.get(each.feed_id, NOTHING))
                for each in attempts
                if each.feed_id in held
            }
            if self.amend is not None:
                amended = self.amend(connection, tuple(reports.values()))
                reports = {report.feed_id: report for report in amended}
            fetches.record(connection, *reports.values())
        return [reports.get(each.feed_id) or LeaseLost() for each in attempts]
