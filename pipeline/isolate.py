"""Run pure functions in worker processes that can be killed.

Any parser can be made to burn CPU or memory by a small document, and a thread cannot be stopped. So
documents are read in a child process with hard limits: it dies, the feed gets a `ParseError`, and
the service goes on. The workers are warm and used again; each speaks length-prefixed pickles over
its own pair of pipes (`isolated` is the other end) and ends by itself when its standard input
closes, even after a `kill -9` of the parent.

Small jobs that come together travel together: waking a process up costs more than a plain document
does. When such a batch does not come back, its jobs are done again one by one, so that only the
guilty one fails.
"""

import asyncio
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar, cast

from pipeline.errors import ParseError
from pipeline.isolated_process import MOST_BYTES_TOGETHER, WorkerProcess, too_slow, unpacked

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_GATHER_SECONDS = 0.02
# To start a process costs as much as seventy plain documents: it is worth it where one of them
# holds up the others, not where a few came at once.
_PATIENCE = 1.0
_MOST_TOGETHER = 16
_LARGE = 1 << 18  # bytes; a larger job travels alone
_BATCH_SECONDS = 2.0  # then one of the batch is suspect, and each is done alone


class ParserPool:
    """A few worker processes that run pure functions under limits.

    `cpu_seconds`, `wall_seconds` and `memory_bytes` (of address space) hold for one call. Belongs
    to one event loop. Use as `async with ParserPool() as pool`, or call `close()` when done.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        cpu_seconds: int = 10,
        wall_seconds: float = 15.0,
        memory_bytes: int = 1 << 30,
    ) -> None:
        self._limits = (cpu_seconds, memory_bytes)
        self._wall_seconds = wall_seconds
        self._most_crews = workers
        self._waiting: deque[_Job] = deque()
        self._crews: set[asyncio.Task[None]] = set()
        self._is_gathering = False
        self._alarm: asyncio.TimerHandle | None = None
        self._idle: list[WorkerProcess] = []
        self._started: set[WorkerProcess] = set()
        self._closed = False

    async def run(self, function: Callable[[Argument], Result], argument: Argument) -> Result:
        """Call a top-level function with one argument in a worker; all travel pickled.

        A `FeedError` raised inside comes back as itself. Raises `ParseError` of kind
        `parser_timeout` when a limit of time is reached, `parser_crashed` when the worker dies,
        runs out of memory or the function raises anything else. A cancelled call kills its
        worker, unless others wait for the same one.
        """
        if self._closed:
            raise RuntimeError("the pool is closed")
        job = _Job(question=pickle.dumps((function, argument)))
        self._waiting.append(job)
        self._call_crew()
        try:
            answer = await job.answer
        except asyncio.CancelledError:
            await self._abandon(job)
            raise
        finally:
            # A batch and its jobs hold each other, and large documents would stay with them.
            job.question, job.batch = b"", ()
        outcome, value = unpacked(answer)
        if outcome == "result":
            return cast(Result, value)
        if outcome == "error":
            raise value
        raise ParseError("parser_crashed", f"The document could not be read: {value}.")

    async def close(self) -> None:
        """End all workers; a call still running fails. Safe to call twice."""
        self._closed = True
        if self._alarm is not None:
            self._alarm.cancel()
        for crew in self._crews:
            crew.cancel()
        await asyncio.gather(*self._crews, return_exceptions=True)
        _fail(self._waiting, RuntimeError("the pool is closed"))
        self._waiting.clear()
        # Not only the idle ones: who was broken off while ending a worker did not see it gone.
        for worker in self._started:
            await worker.end()
        self._idle.clear()
        self._started.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _call_crew(self) -> None:
        """See to it that somebody takes what waits: whoever is at work, if he soon can."""
        if not self._waiting or self._is_gathering or len(self._crews) >= self._most_crews:
            return
        loop = asyncio.get_running_loop()
        begins_at = self._waiting[0].since + _PATIENCE
        if self._crews and not self._idle and loop.time() < begins_at:
            if self._alarm is None:
                self._alarm = loop.call_at(begins_at, self._call_crew_again)
            return
        self._is_gathering = True
        crew = asyncio.create_task(self._work_off())
        self._crews.add(crew)
        crew.add_done_callback(self._dismiss)

    def _call_crew_again(self) -> None:
        self._alarm = None
        self._call_crew()

    def _dismiss(self, crew: asyncio.Task[None]) -> None:
        self._crews.discard(crew)
        if not self._closed:
            self._call_crew()

    async def _work_off(self) -> None:
        """Take batches to a worker until nothing waits, the first one after a moment."""
        try:
            if len(self._waiting) < _MOST_TOGETHER:
                await asyncio.sleep(_GATHER_SECONDS)
        finally:
            self._is_gathering = False
        while batch := self._next_batch():
            self._call_crew()
            await self._hand_over(batch)

    def _next_batch(self) -> "list[_Job]":
        batch: list[_Job] = []
        size = 0
        while self._waiting and len(batch) < _MOST_TOGETHER:
            first = self._waiting[0]
            size += len(first.question)
            if batch and (first.is_alone or size > MOST_BYTES_TOGETHER):
                break
            batch.append(self._waiting.popleft())
            if first.is_alone:
                break
        return batch

    async def _hand_over(self, batch: "Sequence[_Job]") -> None:
        """Have a batch done: every job of it gets its answer, or waits again to be done alone."""
        worker: WorkerProcess | None = None
        try:
            worker = await self._worker_for(batch)
            if await self._get_done(batch, worker):
                self._idle.append(worker)
        except TimeoutError:
            self._give_up(batch, too_slow(f"{self._wall_seconds:g} seconds"))
        except (EOFError, ConnectionError):
            assert worker is not None
            self._give_up(batch, await worker.cause_of_death())
        except asyncio.CancelledError:
            _fail(batch, ParseError("parser_crashed", "Reading the document was broken off."))
            raise
        except Exception as error:  # noqa: BLE001 (no worker starts: whoever waits must hear of it)
            _fail(batch, error)
        finally:
            if worker is not None and worker not in self._idle:
                await worker.end()

    async def _get_done(self, batch: "Sequence[_Job]", worker: WorkerProcess) -> bool:
        """Get a batch's answers from a worker; whether the worker is of further use."""
        if all(job.answer.done() for job in batch):  # all were cancelled meanwhile
            return True
        seconds = self._wall_seconds
        if len(batch) > 1:
            seconds = min(seconds, _BATCH_SECONDS)
        async with asyncio.timeout(seconds):
            answers, is_sound = await worker.ask([job.question for job in batch])
        for job, answer in zip(batch, answers, strict=False):
            job.settle(answer)
        self._waiting.extendleft(reversed(batch[len(answers) :]))
        return is_sound and not worker.is_worn()

    async def _worker_for(self, batch: "Sequence[_Job]") -> WorkerProcess:
        self._idle = [worker for worker in self._idle if worker.is_alive()]
        worker = self._idle.pop() if self._idle else await self._new_worker()
        for job in batch:
            job.batch, job.worker = batch, worker
        return worker

    async def _new_worker(self) -> WorkerProcess:
        self._started = {worker for worker in self._started if not worker.is_gone()}
        starting = asyncio.create_task(WorkerProcess.start(self._limits))
        try:
            worker = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # A process broken off while it starts would leave its pipes open.
            with suppress(ParseError, OSError):
                await (await starting).end()
            raise
        self._started.add(worker)
        return worker

    def _give_up(self, batch: "Sequence[_Job]", error: ParseError) -> None:
        if len(batch) == 1:
            _fail(batch, error)
            return
        for job in batch:
            job.is_alone = True
        self._waiting.extendleft(job for job in reversed(batch) if not job.answer.done())

    async def _abandon(self, job: "_Job") -> None:
        if job in self._waiting:
            self._waiting.remove(job)
        elif job.worker is not None and all(other.answer.done() for other in job.batch):
            await job.worker.end()


@dataclass(slots=True, eq=False)
class _Job:
    """One call: its pickled question, the promise of an answer, and who is at work on it."""

    question: bytes
    answer: asyncio.Future[bytes] = field(default_factory=asyncio.Future)
    is_alone: bool = False
    since: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    batch: "Sequence[_Job]" = ()
    worker: WorkerProcess | None = None

    def __post_init__(self) -> None:
        self.is_alone = len(self.question) > _LARGE

    def settle(self, answer: bytes) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


def _fail(jobs: "Iterable[_Job]", error: Exception) -> None:
    for job in jobs:
        if not job.answer.done():
            job.answer.set_exception(error)
