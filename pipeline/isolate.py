"""Run pure functions in worker processes that can be killed.

Any parser can be made to burn CPU or memory by a small document, and a thread cannot be stopped. So
documents are read in a child process with hard limits: it dies, the feed gets a `ParseError`, and
the service goes on. The workers are warm and used again; each speaks length-prefixed pickles over
its own pair of pipes and ends by itself when its standard input closes, even after a `kill -9` of
the parent.
"""

import asyncio
import json
import logging
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar, cast

from pipeline.errors import FeedError, ParseError

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_LENGTH = struct.Struct(">Q")
_JOBS_PER_WORKER = 500  # then a fresh one: what a job leaves behind never adds up
_START_SECONDS = 30.0
# Not multiprocessing: it would import the parent's main module (the whole web server) as well.
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from pipeline.isolate import work; work(*map(int, sys.argv[2:]))"
)


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
        self._free = asyncio.Semaphore(workers)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False

    async def run(self, function: Callable[[Argument], Result], argument: Argument) -> Result:
        """Call a top-level function with one argument in a worker; all travel pickled.

        A `FeedError` raised inside comes back as itself. Raises `ParseError` of kind
        `parser_timeout` when a limit of time is reached, `parser_crashed` when the worker dies,
        runs out of memory or the function raises anything else. A cancelled call kills its
        worker.
        """
        async with self._free:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._idle = [worker for worker in self._idle if worker.is_alive()]
            worker = self._idle.pop() if self._idle else await _Worker.start(self._limits)
            self._busy.add(worker)
            try:
                async with asyncio.timeout(self._wall_seconds):
                    answer = await worker.ask(pickle.dumps((function, argument)))
            except TimeoutError:
                raise _too_slow(f"{self._wall_seconds:g} seconds") from None
            except (EOFError, ConnectionError):
                raise await worker.cause_of_death() from None
            else:
                if worker.is_reusable(answer) and not self._closed:
                    self._idle.append(worker)
                result: Result = _result_of(answer)
                return result
            finally:
                self._busy.discard(worker)
                if worker not in self._idle:
                    await worker.end()

    async def close(self) -> None:
        """End all workers; a call still running fails. Safe to call twice."""
        self._closed = True
        workers = [*self._idle, *self._busy]
        self._idle.clear()
        for worker in workers:
            await worker.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._to = cast(asyncio.StreamWriter, process.stdin)
        self._from = cast(asyncio.StreamReader, process.stdout)
        self._jobs = 0

    @classmethod
    async def start(cls, limits: tuple[int, int]) -> Self:
        """Start a process and wait until it has imported what it needs."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", _BOOT, json.dumps(sys.path), *map(str, limits)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker.ask(pickle.dumps((bool, None)))
        except (EOFError, ConnectionError, TimeoutError):
            await worker.end()
            raise ParseError(
                "parser_crashed", "The process that reads documents does not start."
            ) from None
        except asyncio.CancelledError:
            await worker.end()
            raise
        return worker

    async def ask(self, question: bytes) -> tuple[str, Any]:
        """Send a job, wait for the answer; EOFError or ConnectionError when the worker died."""
        self._jobs += 1
        self._to.write(_LENGTH.pack(len(question)) + question)
        await self._to.drain()
        length = _LENGTH.unpack(await self._from.readexactly(_LENGTH.size))[0]
        answer: tuple[str, Any] = pickle.loads(await self._from.readexactly(length))  # noqa: S301 (our child)
        return answer

    def is_alive(self) -> bool:
        return self._process.returncode is None

    def is_reusable(self, answer: tuple[str, Any]) -> bool:
        return answer[0] != "broken" and self._jobs <= _JOBS_PER_WORKER

    async def cause_of_death(self) -> ParseError:
        code = await self._process.wait()
        if code == -signal.SIGXCPU:
            return _too_slow("the allowed processor time")
        return ParseError("parser_crashed", f"The document crashed its reader (exit code {code}).")

    async def end(self) -> None:
        """Kill the process and reap it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        # Shielded: a caller that is being cancelled must not leave a zombie behind.
        await asyncio.shield(self._process.wait())
        self._to.close()


def work(cpu_seconds: int, memory_bytes: int) -> None:
    """Be a worker: answer jobs from standard input until it closes."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the parent decides; without it the pipe closes
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that prints may garble the answers
    logging.disable()  # what a library thinks of a document is in the answer
    _limit_once(memory_bytes)
    serve(questions, answers, before_each=lambda: _limit_processor(cpu_seconds))


def serve(questions: BinaryIO, answers: BinaryIO, before_each: Callable[[], None]) -> None:
    """Answer pickled jobs from one stream on another until the first one ends."""
    while len(head := questions.read(_LENGTH.size)) == _LENGTH.size:
        question = questions.read(_LENGTH.unpack(head)[0])
        before_each()
        answer = _answer_to(question)
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _answer_to(question: bytes) -> bytes:
    try:
        function, argument = pickle.loads(question)  # noqa: S301 (from our own parent)
        return pickle.dumps(("result", function(argument)))
    except FeedError as error:
        return pickle.dumps(("error", error))
    except MemoryError:
        return pickle.dumps(("broken", "it needs more memory than a document may"))
    except Exception as error:  # noqa: BLE001 (whatever a parser lets out concerns one document)
        return pickle.dumps(("failed", f"{type(error).__name__}: {error}"[:300]))


def _result_of(answer: tuple[str, Any]) -> Any:
    outcome, value = answer
    if outcome == "result":
        return value
    if outcome == "error":
        raise value
    raise ParseError("parser_crashed", f"The document could not be read: {value}.")


def _too_slow(limit: str) -> ParseError:
    return ParseError(
        "parser_timeout", f"Reading the document took longer than {limit}; it was given up."
    )


def _limit_once(memory_bytes: int) -> None:
    _set_limit(resource.RLIMIT_AS, memory_bytes)
    _set_limit(resource.RLIMIT_CORE, 0)


def _limit_processor(seconds: int) -> None:
    """Allow this process `seconds` more of processor time; the limit counts from its start."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _set_limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + seconds)


def _set_limit(kind: int, limit: int) -> None:
    """Set a limit where the system lets us (macOS refuses some); the wall clock remains."""
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(kind)[1]
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (allowed, hard))
