"""The clock: when each duty is due, and how its runs are noted.

It only asks who is due; the schedule itself is a column of the database.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from db import Connection, notices, runs, set_back
from pipeline.errors import PipelineError, StoreError
from pipeline.fetch import Poster
from pipeline.jobs.duties import BEAT, Duties
from pipeline.jobs.tell import Tell
from pipeline.jobs.triggers import At, Every

TICK = timedelta(seconds=5)
PUBLISH_EVERY = timedelta(seconds=5)
PAGES_EVERY = timedelta(seconds=15)
REMATCH_EVERY = timedelta(seconds=5)
ALERT_EVERY = timedelta(minutes=5)
INDEX_EVERY = timedelta(seconds=10)
EDITIONS_EVERY = timedelta(seconds=20)
TELL_EVERY = timedelta(seconds=10)
FOLLOW_EVERY = timedelta(seconds=30)
TIDY_EVERY = timedelta(minutes=10)
_log = structlog.get_logger()


@dataclass(kw_only=True)
class Clock(Duties):
    """The scheduled jobs of one process.

    `start()` sets them going on the running event loop; `stop()` lets the feeds in hand finish.
    """

    scheduler: AsyncIOScheduler = field(
        default_factory=lambda: AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
    )

    failed: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    hearing: asyncio.Task[None] | None = None
    looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Schedule every job; the first tick comes at once."""
        now = self.tell_time()
        with self.database.transaction() as connection:
            closed = runs.interrupted(connection, now)
            set_back.put_right(connection, now)
            self._note_downtime(connection, now)
            self.failed = {run.job for run in runs.latest(connection) if run.outcome == "failed"}
        if closed:
            _log.warning(f"the process before this one ended in the middle of {closed} runs")
        self._every(TICK, "ingest", self._tick, now)
        self._every(PUBLISH_EVERY, "publish", self.publish_if_changed, now)
        self._every(EDITIONS_EVERY, "editions", self._editions, now)
        self._every(PAGES_EVERY, "pages", self._read_pages, now)
        self._every(ALERT_EVERY, "alert", self._alert, now + BEAT)
        self._every(INDEX_EVERY, "index", self._index, now)
        self._every(REMATCH_EVERY, "rematch", self._rematch, now)
        if self.poster is not None:
            self._tell_others(self.poster, now)
        self._every(TIDY_EVERY, "tidy", self._tidy, now + TIDY_EVERY)
        self._add("sweep", self._sweep, At(hour=3, minute=30))
        self._add("sample", self._sample, At(minute=17))
        self.scheduler.add_listener(self._missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        self.scheduler.start()
        self.looking = asyncio.create_task(self._look_at_the_time())
        if not self.database.is_sqlite:
            self.hearing = asyncio.create_task(self._hear())

    async def stop(self, within: float) -> None:
        """Stop the clock and let the feeds in hand finish, up to `within` seconds."""
        self.ingest.stop()
        for ending in filter(None, (self.hearing, self.looking)):
            await ending
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        if self.in_hand:
            _log.info(f"finishing {len(self.in_hand)} passes in hand")
            _, late = await asyncio.wait(self.in_hand, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _tell_others(self, poster: Poster, now: datetime) -> None:
        tell = Tell(
            database=self.database,
            settings=self.settings,
            poster=poster,
            tell_time=self.tell_time,
        )
        if self.settings.hub_url:
            self._every(TELL_EVERY, "ping", tell.hubs, now)
        if self.settings.websub == "on":
            self._every(FOLLOW_EVERY, "websub", tell.followed, now)
        self._every(TELL_EVERY, "webhooks", tell.webhooks, now)
        if self.settings.mail_server is not None:
            self._every(TELL_EVERY, "letters", tell.subscribers, now)

    async def _look_at_the_time(self) -> None:
        """Bring near again what was written while the clock was ahead, until this one stops."""
        while not await self._stops_within(TICK):
            now = self.tell_time()
            ahead = [
                job
                for job in self.scheduler.get_jobs()
                if job.next_run_time and job.next_run_time > job.trigger.furthest(now)
            ]
            for job in ahead:
                job.modify(next_run_time=job.trigger.anew(now))
            if ahead:
                _log.warning(f"the clock was set back: {len(ahead)} jobs have their turns anew")
                await asyncio.to_thread(self._put_right, now)

    def _put_right(self, now: datetime) -> None:
        try:
            with self.database.transaction() as connection:
                set_back.put_right(connection, now)
        except StoreError as error:  # a restart does it as well
            self.complaints.tell("the clock was set back", str(error), now)

    async def _stops_within(self, time: timedelta) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(time.total_seconds()):
                await self.ingest.stopping.wait()
        return self.ingest.stopping.is_set()

    async def _hear(self) -> None:
        """Publish at once what another process says was decided, until this one stops."""
        loop, stopping = asyncio.get_running_loop(), self.ingest.stopping

        def publish() -> None:
            coroutine = self._run("publish", self.publish_if_changed)
            asyncio.run_coroutine_threadsafe(coroutine, loop)

        def hear() -> None:
            for what in notices.hear(self.database, stopping.is_set):
                if what == notices.PUBLIC:
                    publish()

        while not stopping.is_set():
            try:
                await asyncio.to_thread(hear)
            except StoreError as error:
                # Whatever is said meanwhile is found at the next look, seconds later.
                self.complaints.tell("notices", f"{error}; listening again soon", self.tell_time())
                await self._stops_within(TICK)

    def _note_downtime(self, connection: Connection, now: datetime) -> None:
        for run in runs.latest(connection):
            if run.job == "ingest" and now - run.started_at > 3 * BEAT:
                _log.warning(f"no tick between {run.started_at:%Y-%m-%d %H:%M} UTC and now")
                runs.miss(connection, "ingest", run.started_at + BEAT, now)

    def _every(
        self,
        often: timedelta,
        name: str,
        work: Callable[[], Awaitable[str | None]],
        first: datetime,
    ) -> None:
        self._add(name, work, Every(seconds=often.total_seconds()), first)

    def _add(
        self,
        name: str,
        work: Callable[[], Awaitable[str | None]],
        trigger: Every | At,
        first: datetime | None = None,
    ) -> None:
        more = {} if first is None else {"next_run_time": first}
        self.scheduler.add_job(self._run, trigger, args=[name, work], id=name, name=name, **more)

    async def _run(self, name: str, work: Callable[[], Awaitable[str | None]]) -> None:
        """Run one job, unless the clock is stopped meanwhile."""
        self.late.discard(name)
        with suppress(asyncio.CancelledError):
            await self._do(name, work)

    async def _do(self, name: str, work: Callable[[], Awaitable[str | None]]) -> None:
        """Do a job and note how it went; the one place that catches everything, and lives on."""
        began = self.tell_time()
        outcome = "done"
        try:
            detail = await work()
        except PipelineError as error:
            outcome, detail = "failed", str(error)
            self.complaints.tell(name, detail, began)
        except Exception as error:
            outcome, detail = "failed", f"a defect in Dateline: {error!r}"
            _log.exception(f"{name}: failed in Dateline itself")
        else:
            self.complaints.is_over(name)
        if detail is None and name in self.failed:
            detail = "works again"
        if detail is None:
            return
        noting = f"{name}: its run could not be noted"
        try:
            await asyncio.to_thread(self._note, name, began, outcome, detail)
        except PipelineError as error:
            self.complaints.tell(noting, str(error), began)
        else:
            self.complaints.is_over(noting)
            (self.failed.add if outcome == "failed" else self.failed.discard)(name)

    def _note(self, name: str, began: datetime, outcome: str, detail: str) -> None:
        with self.database.transaction() as connection:
            runs.finish(
                connection, runs.begin(connection, name, began), outcome, detail, self.tell_time()
            )

    def _missed(self, event: JobEvent) -> None:
        """Make a run that did not start visible (APScheduler calls this on the event loop)."""
        now = self.tell_time()

        noting = f"{event.job_id}: its missed run could not be noted"

        def note() -> None:
            try:
                with self.database.transaction() as connection:
                    runs.miss(connection, event.job_id, now, now)
            except StoreError as error:
                self.complaints.tell(noting, str(error), now)
            else:
                self.complaints.is_over(noting)

        if event.job_id not in self.late:
            self.late.add(event.job_id)
            _log.warning(f"{event.job_id}: runs are skipped while the one before is still busy")
        asyncio.get_running_loop().run_in_executor(None, note)
