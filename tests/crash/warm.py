"""A warm process: the program is imported once, then forked for each of its lives.

A thousand starts of the interpreter would take half an hour. Run as a program, this file reads one
JSON object a line, forks, and answers with the child's number; a line `{"wait": pid}` gives how that
child ended. The child is the real command line: its own process group, folder, environment, output.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from tests.crash.library import Mode, library

HUNG = 124
_MOST_SECONDS = 120.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where harm is done: what, at which call (from 1; -1 is behind the last), with which dice.

    With `lasting` an error goes on; `by` is the file whose number a SWITCHED one follows; `within`
    cuts after milliseconds.
    """

    mode: Mode
    at: int = 0
    seed: int = 0
    lasting: bool = False
    by: str = ""
    within: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One run of the command: its words, its folder, its environment, and the point it ends at.

    `descriptors` limits open files; `silent` closes standard output before the start; with `hurries`
    the clock's jobs come four times a second, and workers are missed within two.
    """

    words: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    log: str
    point: Point | None = None
    calls: str = ""
    descriptors: int = 0
    silent: bool = False
    hurries: bool = False
    stdin: str = field(default="/dev/null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a life ended: its status (minus the signal), and how many calls were counted."""

    status: int
    calls: int


class Warm:
    """The warm process, seen from the test."""

    def __init__(self, clock: Path) -> None:
        clock.write_bytes(bytes(8))
        self._clock = clock
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.warm"],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={
                **{name: value for name, value in os.environ.items() if _is_kept(name)},
                "LD_PRELOAD": str(library()),
                "CRASHPOINT_CLOCK": str(clock),
                "COVERAGE_PROCESS_START": "",
                "PYTHONPYCACHEPREFIX": str(library().parent / "bytecode"),
            },
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def move_clock(self, seconds: int) -> None:
        """Let every life see a time that is so many seconds ahead, from now on."""
        with self._clock.open("r+b", buffering=0) as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    def start(self, life: Life) -> int:
        """Begin a life; gives its process number, which is its group's as well."""
        return int(self._ask(asdict(life))["pid"])

    def wait(self, pid: int) -> Ended:
        """Wait for the end of a life."""
        return Ended(**self._ask({"wait": pid}))

    def live(self, life: Life) -> Ended:
        """A whole life."""
        return self.wait(self.start(life))

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))


def _is_kept(name: str) -> bool:
    return "DATELINE" not in name and name != "PYTHONDONTWRITEBYTECODE"


def main() -> None:
    """Fork a life for each line."""
    command = _preheat()
    answers = os.fdopen(os.dup(1), "w")
    counts: dict[int, int] = {}
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            pid = question["wait"]
            answer = {"status": _end_of(pid), "calls": _counted(counts.pop(pid))}
        else:
            ours, theirs = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(ours)
                _live(question, theirs, command)
            os.close(theirs)
            counts[pid] = ours
            answer = {"pid": pid}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _preheat() -> Callable[[], object]:
    """Do once, before the first fork, what each life would begin with; gives the command."""
    from pipeline import cli
    from pipeline.stages.render.environment import _ENVIRONMENT

    cli.command_line()  # imports the whole program
    for name in _ENVIRONMENT.list_templates(extensions=["html", "xml"]):
        _ENVIRONMENT.get_template(name)
    gc.collect()
    gc.freeze()
    return cli.main


def _end_of(pid: int) -> int:
    """Wait for a child to end; one that hangs is ended, and told by the status HUNG."""
    end = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return HUNG


def _counted(pipe: int) -> int:
    with os.fdopen(pipe, "rb") as file:
        return int(file.read() or 0)


def _hurry() -> None:
    from pipeline.dispatch import Pulse
    from pipeline.jobs import clock

    for name in ("TICK", "PUBLISH_EVERY", "REMATCH_EVERY", "EDITIONS_EVERY", "TELL_EVERY"):
        setattr(clock, name, timedelta(seconds=0.25))
    beats = {"beat": 0.4, "silence": 1.6, "lease": 2}
    quick = {name: timedelta(seconds=seconds) for name, seconds in beats.items()}
    Pulse.__init__.__kwdefaults__.update(quick)


def _live(life: Mapping[str, Any], told: int, command: Callable[[], object]) -> None:
    """Be the command, in a fork of the warm process; does not return."""
    os.setpgid(0, 0)
    os.chdir(life["folder"])
    os.environ.update(life["environment"])
    log = os.open(life["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(life["stdin"], os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if life["silent"]:
        os.close(1)
    if life["descriptors"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (life["descriptors"], life["descriptors"]))
    if life["hurries"]:
        _hurry()
    sys.argv = ["dateline", *life["words"]]
    ours = ctypes.CDLL(None)
    point = life["point"]
    if point is not None:
        folder = str(Path(life["folder"]) / "var")
        texts = [folder, life["folder"] + "/shadow", life["calls"], point["by"]]
        ours.crashpoint_arm(
            *(each.encode() for each in texts),
            point["mode"], ctypes.c_long(point["at"]), point["seed"], int(point["lasting"]),
        )  # fmt: skip
        if point["within"]:
            ours.crashpoint_cut_within(ctypes.c_long(point["within"]))
    status = 0
    try:
        command()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 as the interpreter does at its end
        sys.excepthook(*sys.exc_info())
        status = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                status = status or 120
        ours.crashpoint_finish()
        os.write(told, str(ours.crashpoint_count()).encode())
        os._exit(status)


if __name__ == "__main__":
    main()
