"""The worker's end of `isolate`: answer jobs from standard input until it closes.

A module of its own, and a light one: every worker that starts imports it, and a worker is started
whenever a document killed the last one. What a job needs beyond this is imported with its function.
"""

import gc
import logging
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from pipeline.errors import FeedError

LENGTH = struct.Struct(">Q")
_PIPE_BYTES = 1 << 20  # the most Linux gives without asking: an answer goes in one piece


def work(cpu_seconds: int, memory_bytes: int) -> None:
    """Be a worker: `cpu_seconds` for every job, `memory_bytes` of address space for all."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the parent decides; without it the pipe closes
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that prints may garble the answers
    logging.disable()  # what a library thinks of a document is in the answer
    _widen(answers)
    gc.set_threshold(50_000, 20, 20)  # a document is thousands of values and no circle
    _set_limit(resource.RLIMIT_AS, memory_bytes)
    _set_limit(resource.RLIMIT_CORE, 0)
    serve(questions, answers, before_each=lambda: _limit_processor(cpu_seconds))


def serve(questions: BinaryIO, answers: BinaryIO, before_each: Callable[[], None]) -> None:
    """Answer batches of pickled jobs from one stream on another until the first one ends.

    One message each way a batch; the answer also says whether this process is of further use.
    After a job that ran out of memory it is not, and the rest of the batch stays unanswered.
    """
    while len(head := questions.read(LENGTH.size)) == LENGTH.size:
        jobs = pickle.loads(questions.read(LENGTH.unpack(head)[0]))  # noqa: S301 (from our parent)
        outcomes: list[bytes] = []
        is_broken = False
        while jobs and not is_broken:
            before_each()
            outcome, is_broken = _answer_to(jobs.pop(0))
            outcomes.append(outcome)
        message = pickle.dumps((outcomes, not is_broken))
        answers.write(LENGTH.pack(len(message)) + message)
        answers.flush()


def _answer_to(question: bytes) -> tuple[bytes, bool]:
    """The pickled answer, and whether this process is of no more use."""
    try:
        function, argument = pickle.loads(question)  # noqa: S301 (from our own parent)
        return pickle.dumps(("result", function(argument))), False
    except FeedError as error:
        return pickle.dumps(("error", error)), False
    except MemoryError:
        return pickle.dumps(("broken", "it needs more memory than a document may")), True
    except Exception as error:  # noqa: BLE001 (whatever a parser lets out concerns one document)
        return pickle.dumps(("failed", f"{type(error).__name__}: {error}"[:300])), False


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


def _widen(pipe: BinaryIO) -> None:
    """Let a pipe hold a whole answer where the system can (Linux)."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
