"""The parent's end of one worker process that runs pure functions; `isolated` is the other end."""

import asyncio
import io
import pickle
import signal
import sys
from contextlib import suppress
from typing import Any, Self, cast

from pipeline.errors import ParseError
from pipeline.isolated import LENGTH

MOST_BYTES_TOGETHER = 1 << 20
_JOBS_PER_WORKER = 5_000  # then a fresh one: what a job leaves behind never adds up
_START_SECONDS = 30.0
_HARMLESS = {
    ("builtins", "frozenset"),
    ("builtins", "set"),
    ("pipeline.document", "_arrive"),
    ("pipeline.errors", "_rebuild"),
}
# Not multiprocessing: it would import the parent's main module (the whole web server) as well.
_BOOT = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from pipeline.isolated import work; work(*map(int, sys.argv[1:3]))"
)


class WorkerProcess:
    """The parent's end of one worker process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._to = cast(asyncio.StreamWriter, process.stdin)
        self._from = cast(asyncio.StreamReader, process.stdout)
        self._jobs = 0
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, limits: tuple[int, int]) -> Self:
        """Start a process and wait until it has imported what it needs."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _BOOT, *map(str, limits), *sys.path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=MOST_BYTES_TOGETHER,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker.ask([])
        except (EOFError, ConnectionError, TimeoutError):
            await worker.end()
            raise ParseError(
                "parser_crashed", "The process that reads documents does not start."
            ) from None
        except asyncio.CancelledError:
            await worker.end()
            raise
        return worker

    async def ask(self, questions: list[bytes]) -> tuple[list[bytes], bool]:
        """Send jobs, wait for the answers, and whether the worker can be asked again.

        Raises EOFError or ConnectionError when it died.
        """
        self._jobs += len(questions)
        message = pickle.dumps(questions)
        self._to.write(LENGTH.pack(len(message)) + message)
        await self._to.drain()
        length = LENGTH.unpack(await self._from.readexactly(LENGTH.size))[0]
        answer = await self._from.readexactly(length)
        answers: tuple[list[bytes], bool] = unpacked(answer)
        return answers

    def is_alive(self) -> bool:
        """Tell whether it can still be asked."""
        return self._process.returncode is None

    def is_worn(self) -> bool:
        """Tell whether it did so many jobs that another should take its place."""
        return self._jobs >= _JOBS_PER_WORKER

    async def cause_of_death(self) -> ParseError:
        """Wait for its end and say why it came."""
        code = await self._process.wait()
        if code == -signal.SIGXCPU:
            return too_slow("the allowed processor time")
        return ParseError("parser_crashed", f"The document crashed its reader (exit code {code}).")

    async def end(self) -> None:
        """Kill the process and reap it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._to.close()
        if self._ending is None:
            self._ending = asyncio.create_task(self._gone())
        # Shielded: a caller that is being cancelled must not leave a zombie behind.
        await asyncio.shield(self._ending)

    def is_gone(self) -> bool:
        """Tell whether it ended and was reaped."""
        return self._ending is not None and self._ending.done()

    async def _gone(self) -> None:
        await self._process.wait()
        # The transport is closed by the end of the pipe, and that may come after the end of the
        # process. Whoever still waits for an answer reads that end himself.
        with suppress(RuntimeError):
            await self._from.read()


class _Answer(pickle.Unpickler):
    """Unpacks values of ours and nothing else: a document that took its reader over may answer
    with a pickle that would run what it likes over here."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" or (module, name) in _HARMLESS:
            return super().find_class(module, name)
        if module.partition(".")[0] == "pipeline" and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")


def unpacked(answer: bytes) -> Any:
    """Unpack what a worker sent; raises ParseError for what no worker of ours would send."""
    try:
        return _Answer(io.BytesIO(answer)).load()
    except Exception as error:
        raise ParseError(
            "parser_crashed", "What came back from reading the document cannot be its content."
        ) from error


def too_slow(limit: str) -> ParseError:
    """Say which limit a document met that took too long."""
    return ParseError(
        "parser_timeout", f"Reading the document took longer than {limit}; it was given up."
    )
