"""Take feeds in for jobs: jobs that begin together are claimed together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db import host_turns, retried
from pipeline.ingest import Ingest, Progress
from pipeline.model import DueFeed, FetchReport
from pipeline.stages.pause import host_of

_TOGETHER = 0.03


@dataclass(kw_only=True)
class Taker:
    """Takes feeds in, each when no other worker asks its host; for one event loop.

    `interval` lies between two requests to one host, whichever workers make them.
    """

    ingest: Ingest
    interval: timedelta
    _waiting: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)
    _passes: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, feed: str) -> None:
        """Take one feed in if it is still due and nobody else holds it; else do nothing.

        Raises StoreError when the database does not answer: the feed is then due as before.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_later(_TOGETHER, self._begin)
        self._waiting.setdefault(feed, []).append(done)
        await done

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, {}
        work = asyncio.get_running_loop().create_task(self._pass(waiting))
        self._passes.add(work)
        work.add_done_callback(self._passes.discard)

    async def _pass(self, waiting: dict[str, list[asyncio.Future[None]]]) -> None:
        failed: Exception | None = None

        def tell(report: FetchReport) -> None:
            _settle(waiting.pop(report.feed_id, []), None)

        try:
            due = await asyncio.to_thread(self.ingest.claim, only=list(waiting))
            claimed = {each.feed.id for each in due}
            for feed in [feed for feed in waiting if feed not in claimed]:
                _settle(waiting.pop(feed), None)
            await self._wait_and_run(due, tell)
        except Exception as error:  # noqa: BLE001 whoever waits is told
            failed = error
        for futures in waiting.values():
            _settle(futures, failed)

    async def _wait_and_run(self, due: Sequence[DueFeed], tell: Progress) -> None:
        if not due:
            return
        turns = await asyncio.to_thread(self._turns, due) if self.interval else {}
        now = self.ingest.clock()
        await self.ingest.run(
            due,
            tell,
            waits={
                each.feed.id: (turns[host] - now).total_seconds()
                for each in due
                if (host := host_of(each.feed.url)) in turns
            },
        )

    @retried
    def _turns(self, due: Sequence[DueFeed]) -> dict[str, datetime]:
        hosts = {host_of(each.feed.url) for each in due}
        with self.ingest.database.transaction() as connection:
            return host_turns.take(connection, hosts, self.ingest.clock(), self.interval)


def _settle(futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
