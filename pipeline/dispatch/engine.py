"""Engine: Procrastinate, the queue in PostgreSQL. The one module that knows it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import procrastinate
import psycopg_pool
import structlog
from procrastinate import exceptions
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager

from db import Connection, queued_jobs
from pipeline.dispatch.look import Pulse

# The first try and four more, 3 to 81 seconds apart; then a job is set aside.
MOST_ATTEMPTS = 5
_TEND_EVERY = 5.0
_AGAIN = 2.0
_LOST = (exceptions.ConnectorException, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, OSError)
_log = structlog.get_logger()
Work = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be done: no two with the same `once` wait, no two with the same `alone` run.

    Those with more `priority` go first.
    """

    task: str
    queue: str
    once: str
    alone: str
    args: Mapping[str, Any]
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A queue a worker serves, with the work for each task of it, and room for so many jobs."""

    queue: str
    at_once: int
    works: Mapping[str, Work]


def schema_sql() -> str:
    """The statements that make the engine's tables and functions."""
    return SchemaManager.get_schema()


def defer(connection: Connection, new: Sequence[NewJob]) -> None:
    """Put jobs into the queue within the caller's transaction."""
    if not new:
        return
    queued_jobs.look_there(connection)
    jobs = [
        Job(
            queue=each.queue,
            task_name=each.task,
            lock=each.alone,
            queueing_lock=each.once,
            priority=each.priority,
            task_kwargs=dict(each.args),
        )
        for each in new
    ]
    manager = JobManager(procrastinate.SyncPsycopgConnector())
    manager.batch_defer_jobs(jobs, connection=connection.connection.driver_connection)


async def serve(
    conninfo: str,
    lines: Sequence[Line],
    pulse: Pulse,
    stopping: asyncio.Event,
    within: float,
) -> None:
    """Do jobs until `stopping`, then let those in hand finish within so many seconds.

    A lost connection is made anew, as often as it takes.
    """
    while not stopping.is_set():
        try:
            tending = _Tending(pulse=pulse)
            await _serve_once(_app(conninfo, lines), lines, tending, stopping, within)
        except _LOST as error:
            _log.warning(f"the queue does not answer: {error.__cause__ or error}; trying again")
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN):
                await stopping.wait()


def _app(conninfo: str, lines: Sequence[Line]) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(
        conninfo=conninfo,
        kwargs={"options": f"-c search_path={queued_jobs.SCHEMA},public"},
        min_size=1,
        max_size=6,
        timeout=10,
    )
    app = procrastinate.App(connector=connector)
    for line in lines:
        for name, work in line.works.items():
            again = procrastinate.RetryStrategy(max_attempts=MOST_ATTEMPTS - 1, exponential_wait=3)
            app.task(name=name, queue=line.queue, retry=again, pass_context=True)(_telling(work))
    return app


def _telling(work: Work) -> Work:
    """Let work that fails leave a reason for whoever looks at the queue."""

    async def done(context: JobContext, **args: Any) -> None:
        try:
            await work(**args)
        except Exception as error:
            await _note_fault(context.app.job_manager, context.job.id, repr(error))
            raise

    return done


async def _note_fault(manager: JobManager, job_id: int | None, fault: str) -> None:
    told = fault.replace("\0", "")[: queued_jobs.LONGEST_FAULT]
    with suppress(exceptions.ConnectorException):
        await manager.connector.execute_query_async(
            queued_jobs.NOTE_FAULT, job_id=job_id, fault=told
        )


async def _serve_once(
    app: procrastinate.App,
    lines: Sequence[Line],
    tending: "_Tending",
    stopping: asyncio.Event,
    within: float,
) -> None:
    pulse = tending.pulse
    async with app.open_async():
        running = asyncio.create_task(
            app.run_worker_async(
                queues=[line.queue for line in lines],
                concurrency=sum(line.at_once for line in lines),
                install_signal_handlers=False,
                shutdown_graceful_timeout=within,
                update_heartbeat_interval=pulse.beat.total_seconds(),
                # A dead worker's row goes when its jobs are taken up, not before.
                stalled_worker_timeout=10 * pulse.silence.total_seconds(),
                # A job that waits for its host's place is announced by nothing.
                fetch_job_polling_interval=1.0,
            )
        )
        caring = asyncio.create_task(tending.go_on(app.job_manager))
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait([running, caring, waiting], return_when=asyncio.FIRST_COMPLETED)
        caring.cancel()
        waiting.cancel()
        running.cancel()
        ended = await asyncio.gather(running, caring, waiting, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tending:
    """Takes up the jobs of dead workers, and clears away those that are done."""

    pulse: Pulse

    async def go_on(self, manager: JobManager) -> None:
        """Tend for ever."""
        while True:
            try:
                await self._take_up(manager)
                await manager.connector.execute_query_async(queued_jobs.HASTEN)
                await manager.delete_old_jobs(0, include_cancelled=True, include_aborted=True)
            except exceptions.ConnectorException as error:
                # Others tend as well: two may want the same row, and one of them comes again.
                _log.info(f"the queue was not tended: {error.__cause__ or error}")
            await asyncio.sleep(min(_TEND_EVERY, self.pulse.beat.total_seconds()))

    async def _take_up(self, manager: JobManager) -> None:
        silence = self.pulse.silence.total_seconds()
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silence):
            assert job.id is not None
            taken = {"job_id": job.id, "rest": self.pulse.rest.total_seconds()}
            try:
                if job.attempts + 1 >= MOST_ATTEMPTS:
                    await _note_fault(manager, job.id, "its workers died, the last one silently")
                    await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
                    _log.error(f"job {job.id} ({job.call_string}) is set aside: its workers died")
                else:
                    await manager.connector.execute_query_async(queued_jobs.TAKE_UP, **taken)
                    _log.warning(f"job {job.id} ({job.call_string}) is taken from a dead worker")
            except exceptions.UniqueViolation:
                await manager.connector.execute_query_async(queued_jobs.TAKE_OVER, **taken)
            except exceptions.ConnectorException as error:
                _log.info(f"job {job.id} is taken up by another: {error.__cause__ or error}")
