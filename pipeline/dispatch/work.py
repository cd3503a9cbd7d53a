"""Work: be a worker. The same functions as in one process, called by jobs instead of the clock."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from db import Database, conflicts
from pipeline.dispatch.engine import Line, Work, serve
from pipeline.dispatch.hand_over import (
    CHORES_QUEUE,
    FEEDS_QUEUE,
    FETCH,
    PAGES,
    PUBLISH,
    PUBLISH_QUEUE,
    REMATCH,
)
from pipeline.dispatch.look import Pulse
from pipeline.dispatch.take import Taker
from pipeline.errors import StoreError
from pipeline.ingest import Ingest
from pipeline.publish import SWEEP_EVERY, publish
from pipeline.read_pages import PageReader
from pipeline.rematch import rematch_if_wanted
from pipeline.settings import Settings
from pipeline.watch import Rules, running_rules

# A rematch gives way after this, so that a worker that is asked to stop need not be killed.
REMATCH_FOR = timedelta(seconds=20)
_RULES_EVERY = 5.0
_log = structlog.get_logger()


class RunningRules:
    """The keywords in force by the database alone: a worker needs no sources.yaml."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rules: Rules = running_rules(database)

    def refresh(self) -> None:
        """Take up keywords that were changed by another process."""
        in_force = {each.slug: each.keywords.version for each in self.rules.conflicts}
        with self._database.reading() as connection:
            if conflicts.versions(connection) == in_force:
                return
        self.rules = running_rules(self._database)
        _log.info("keywords changed in the database and are in force")


@dataclass(kw_only=True)
class Worker:
    """One process that does jobs; `publishes` where the public folder is at hand.

    `ingest` must not belong to a clock as well: its leases are kept alive here.
    """

    database: Database
    settings: Settings
    ingest: Ingest
    rules: RunningRules
    at_once: int
    publishes: bool = True
    pulse: Pulse = field(default_factory=Pulse)
    taker: Taker = field(init=False)
    reader: PageReader = field(init=False)

    def __post_init__(self) -> None:
        shared = self.ingest
        shared.lease = self.pulse.lease
        shared.refresh_every = timedelta(seconds=30)
        shared.slots = asyncio.Semaphore(self.at_once)
        interval = timedelta(seconds=self.settings.host_interval)
        self.taker = Taker(ingest=shared, interval=interval)
        self.reader = PageReader(
            database=self.database,
            fetcher=shared.fetcher,
            parsers=shared.parsers,
            rules=shared.rules,
            clock=shared.clock,
            stopping=shared.stopping,
            writer=shared.writer,
        )

    async def run(self, stop: asyncio.Event, within: float) -> None:
        """Do jobs until `stop`, then let those in hand finish within so many seconds."""
        loops = [
            asyncio.create_task(_every(self.pulse.beat.total_seconds(), self.ingest.keep_alive)),
            asyncio.create_task(_every(_RULES_EVERY, self.rules.refresh)),
            asyncio.create_task(self._stop_with(stop)),
        ]
        try:
            await serve(self.database.conninfo, self._lines(), self.pulse, stop, within)
        finally:
            for each in loops:
                each.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    def _lines(self) -> list[Line]:
        chores: dict[str, Work] = {PAGES: self._read_pages, REMATCH: self._rematch}
        lines = [
            Line(queue=FEEDS_QUEUE, at_once=self.at_once, works={FETCH: self._fetch}),
            Line(queue=CHORES_QUEUE, at_once=len(chores), works=chores),
        ]
        if self.publishes:
            lines.append(Line(queue=PUBLISH_QUEUE, at_once=1, works={PUBLISH: self._publish}))
        return lines

    async def _stop_with(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.ingest.stop()

    async def _fetch(self, feed: str) -> None:
        await self._as_long_as_stored(self.taker.take(feed), feed)

    async def _read_pages(self) -> None:
        async def read() -> None:
            while due := await asyncio.to_thread(self.reader.claim):
                _log.info(f"pages: {await self.reader.run(due)}")
                if self.ingest.stopping.is_set():
                    return

        await self._as_long_as_stored(read(), PAGES)

    async def _rematch(self) -> None:
        until = self.ingest.clock() + REMATCH_FOR

        def stops() -> bool:
            return self.ingest.stopping.is_set() or self.ingest.clock() >= until

        async def match() -> None:
            now = self.ingest.clock()
            report = await asyncio.to_thread(rematch_if_wanted, self.database, now, stops)
            if report is not None:
                _log.info(
                    f"rematch: {report.articles} articles, {report.matches_new} new matches, "
                    f"{report.withdrawn} withdrawn, {report.returned} returned"
                )

        await self._as_long_as_stored(match(), REMATCH)

    async def _publish(self) -> None:
        report = await asyncio.to_thread(
            publish,
            self.database,
            self.settings.public_dir,
            self.settings.base_url,
            self.ingest.clock(),
            hubs=self.settings.hub_url,
            letters=self.settings.mail_server is not None,
            sweep_every=SWEEP_EVERY,
        )
        if report.elsewhere:
            _log.warning(f"publish: {report.elsewhere}; or start workers here with --no-publish")
        if report.changed:
            _log.info(f"publish: {len(report.changed)} of {report.files} files changed")

    async def _as_long_as_stored(self, work: Coroutine[Any, Any, None], about: str) -> None:
        """Do what is handed over again anyway: without the database, that is no fault of the job's,
        and counts as no attempt."""
        try:
            await work
        except StoreError as error:
            _log.error(f"{about}: {error}")


async def _every(seconds: float, work: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        with suppress(StoreError):
            await asyncio.to_thread(work)
