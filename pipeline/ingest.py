"""Ingest: take feeds in, each from the network to the database, whole or not at all."""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from types import MappingProxyType
from typing import ParamSpec, Protocol, TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from pipeline.book import Attempt, Book, LeaseLost
from pipeline.document import read_document
from pipeline.errors import OUT_OF_FILES, FeedError, Severity, StoreError, is_out_of_files
from pipeline.fetch import STOPPING, Fetcher, Place
from pipeline.heed import heed
from pipeline.hold import Hold
from pipeline.isolate import ParserPool
from pipeline.model import (
    Delivery,
    DueFeed,
    Fetched,
    FetchReport,
    NotModified,
)
from pipeline.outages import REASON, Held
from pipeline.pacing import Pacing, entries_a_day
from pipeline.stages.confirm import wants_whole
from pipeline.stages.pause import FIRST_PAUSE, host_of, is_shared
from pipeline.tally import IngestReport, failed, nothing_new, say, sum_up, updated
from pipeline.watch import Rules

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 48
_log = structlog.get_logger()


class Progress(Protocol):
    """Told of every feed that is done."""

    def __call__(self, report: FetchReport, /) -> None:
        """Take note of one feed's outcome."""


@dataclass(slots=True, kw_only=True)
class Ingest(Hold):
    """What taking feeds in needs: the database, the network, worker processes, the rules in force.

    `stopping` is set when feeds not begun yet are to be left for later. With `heeds_hubs` what hubs
    announced counts for when feeds are asked next.
    """

    fetcher: Fetcher
    parsers: ParserPool
    rules: Callable[[], Rules]
    heeds_hubs: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    pacing: Pacing = field(default_factory=Pacing)
    # One writer at a time: on SQLite others would only wait for its lock.
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))
    # Seconds that what is in flight gets after `stop`.
    grace: float = 5.0
    # How long the law of pacing that was read serves.
    refresh_every: timedelta = timedelta(minutes=1)
    refreshed_at: datetime | None = None
    book: Book = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(
            database=self.database,
            holder=self.holder,
            rules=self.rules,
            writer=self.writer,
            amend=heed if self.heeds_hubs else None,
        )

    async def run(
        self,
        due: Sequence[DueFeed],
        progress: Progress | None = None,
        *,
        waits: Mapping[str, float] = MappingProxyType({}),
    ) -> IngestReport:
        """Take claimed feeds in, several at a time, and sum up. A failing feed never stops
        another.

        Those in `waits`, by id, begin only after so many seconds. After `stop` it ends within
        `grace` seconds, with a report of what was done until then.
        """
        began = time.monotonic()
        reports: list[FetchReport] = []
        held: list[Held] = []

        async def one(each: DueFeed) -> None:
            if (wait := waits.get(each.feed.id, 0.0)) > 0:
                await self._wait(wait)
            async with self.slots:
                if self.stopping.is_set():
                    return
                with self.book.expecting(), bound_contextvars(fetch=token_hex(4)):
                    report = await self.take_in(each)
            tell(report)

        def tell(report: FetchReport | Held | None) -> None:
            if isinstance(report, Held):
                held.append(report)
            elif report is not None:
                reports.append(report)
                if progress is not None:
                    progress(report)

        tasks: list[asyncio.Task[None]] = []
        ending = asyncio.create_task(self._break_off(tasks))
        try:
            await self._refresh(self.clock())
            async with asyncio.TaskGroup() as group:
                tasks.extend(group.create_task(one(each)) for each in due)
            for report in await self._settle(held, reached_anybody=bool(reports)):
                tell(report)
        except* StoreError as gone:
            # The database is gone for all of them alike: one error says it.
            raise gone.exceptions[0] from None
        finally:
            ending.cancel()
            done = {report.feed_id for report in reports}
            left = [each.feed.id for each in due if each.feed.id not in done]
            if left:
                await self._write(self.release, left)
        return sum_up(reports, time.monotonic() - began)

    def stop(self) -> None:
        """End passes soon: no request is begun, those in flight get `grace` seconds; what is left
        is due as before."""
        self.stopping.set()
        self.fetcher.stop()

    async def _break_off(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        await self.stopping.wait()
        await asyncio.sleep(self.grace)
        for task in tasks:
            task.cancel()

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()

    async def _refresh(self, now: datetime) -> None:
        known = self.refreshed_at
        if known is None or not timedelta(0) <= now - known < self.refresh_every:
            await self._write(self.pacing.refresh, self.database, now)
            self.refreshed_at = now

    async def take_in(self, due: DueFeed) -> FetchReport | Held | None:
        """Take one claimed feed through every stage and store what is new, whole or not at all.

        A failure is recorded and reported, not raised: one bad publisher must not stop the rest.
        None when another process took the feed over meanwhile, or its host asked to be left alone.
        A feed out of reach is held back: whose fault that is shows when all have been tried.
        """
        now = self.clock()
        began = time.monotonic()
        until = self.paused.get(host_of(due.feed.url))
        if until is not None and now < until:
            await self._write(self.put_off, due, until)
            return None
        try:
            report = await self._attempt(due, now)
        except FeedError as error:
            seconds = time.monotonic() - began
            if error.kind == STOPPING:
                return None
            if self.outages.tried(due.feed.url, error, now):
                return Held(due=due, error=error, at=now, seconds=seconds, context=copy_context())
            if error.kind == "host_paused":
                pause = timedelta(seconds=error.retry_after or 0.0)
                await self._write(self.put_off, due, now + pause)
                return None
            return await self._blame(due, now, seconds, error)
        except LeaseLost:
            _log.info(f"{due.feed.id}: left to another process")
            return None
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 a defect in one feed's way must not stop the others
            what = f"Dateline failed: {error!r}"
            if is_out_of_files(error):
                what = OUT_OF_FILES
            else:
                _log.exception(f"{due.feed.id}: failed in Dateline itself")
            told = FeedError("internal", what, severity=Severity.PASSING)
            return await self._blame(due, now, time.monotonic() - began, told)
        say(report)
        return report

    async def _blame(
        self, due: DueFeed, now: datetime, seconds: float, error: FeedError
    ) -> FetchReport | None:
        """Record a failure as the feed's own; None when another process took the feed over."""
        try:
            report = await self._failed(due, now, seconds, error)
        except LeaseLost:
            _log.info(f"{due.feed.id}: left to another process")
            return None
        say(report)
        return report

    async def _attempt(self, due: DueFeed, now: datetime) -> FetchReport:
        with self.fetcher.room.place() as place:
            return await self._attempt_in(place, due, now)

    async def _attempt_in(self, place: Place, due: DueFeed, now: datetime) -> FetchReport:
        checking = wants_whole(due, now, entries_a_day)
        result = await self.fetcher.fetch(
            due.feed.url,
            due.validators,
            unconditional=checking,
            max_bytes=due.feed.max_bytes,
            place=place,
            unverified=_may_go_unverified(due, now),
        )
        self.outages.tried(due.feed.url, None, now)
        if isinstance(result, NotModified):
            return await self._nothing_new(due, now, result)
        body_hash = sha256(result.body).hexdigest()
        if body_hash == due.body_hash:
            return await self._nothing_new(due, now, result)
        document = await self.parsers.run(read_document, (result, due.feed, now))
        lies = checking and bool(document.articles) and await self._still_denied(due, now, place)
        context = copy_context()  # the writer's thread logs under the same mark
        return await self.book.enter(
            Attempt(
                feed_id=due.feed.id,
                delivery=Delivery(feed=due.feed, articles=document.articles, at=now),
                report=lambda stored: context.run(
                    updated, self.pacing, due, now, result, body_hash, document, stored, lies=lies
                ),
            )
        )

    async def _still_denied(self, due: DueFeed, now: datetime, place: Place) -> bool:
        """Whether a server says 304 to what we had, although it just gave another document."""
        try:
            again = await self.fetcher.fetch(
                due.feed.url,
                due.validators,
                max_bytes=due.feed.max_bytes,
                place=place,
                unverified=_may_go_unverified(due, now),
            )
        except FeedError:
            return False
        return isinstance(again, NotModified)

    async def _nothing_new(
        self, due: DueFeed, now: datetime, result: Fetched | NotModified
    ) -> FetchReport:
        report = nothing_new(self.pacing, due, now, result)
        return await self.book.enter(Attempt(feed_id=due.feed.id, report=lambda _: report))

    async def _failed(
        self, due: DueFeed, now: datetime, seconds: float, error: FeedError
    ) -> FetchReport:
        if error.status == 429:
            host = host_of(due.feed.url)
            if not is_shared(host):
                # At once, for those that wait in line for this host.
                self.fetcher.pause(host, FIRST_PAUSE.total_seconds())
            await self._write(self.pause, due, now, error)
        report = failed(self.pacing, due, now, seconds, error)
        return await self.book.enter(Attempt(feed_id=due.feed.id, report=lambda _: report))

    async def _settle(self, held: Sequence[Held], *, reached_anybody: bool) -> list[FetchReport]:
        """Decide whose fault it is that feeds are out of reach, and note it: ours, or theirs."""
        now = self.clock()
        if reached_anybody and self.outages.since is not None:
            await self._write(self.end_outage, now)
        if not held:
            return []
        if not self.outages.prevails(now, reached_anybody=reached_anybody):
            loop = asyncio.get_running_loop()
            blamed = [
                await loop.create_task(
                    self._blame(each.due, each.at, each.seconds, each.error), context=each.context
                )
                for each in held
            ]
            return [report for report in blamed if report is not None]
        await self._write(self.sit_out, held, now)
        return [
            replace(
                failed(self.pacing, each.due, each.at, each.seconds, each.error),
                status=None,
                error_message=f"{each.error} It may be that {REASON}.",
            )
            for each in held
        ]

    async def _write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        context = copy_context()
        return await loop.run_in_executor(self.writer, lambda: context.run(work, *args, **kwargs))


def _may_go_unverified(due: DueFeed, now: datetime) -> bool:
    leave = due.feed.unverified_tls
    return leave is not None and leave.holds(now)


def collect_seldom() -> None:
    """Let the garbage collector look seldom in a process that takes feeds in.

    A pass makes thousands of values that live a moment and hold no circles; to look through all
    that a process holds again and again cost a tenth of its processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
