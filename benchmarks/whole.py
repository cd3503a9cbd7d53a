"""All benchmarks in one run: each section in a process of its own, one table at the end.

A section that fails is a row that says so, and the rest goes on.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import EllipsisType

from benchmarks import figures
from benchmarks.figures import Figure
from benchmarks.table import machine, processor, render, versions

BEGIN = "<!-- figures: written by `make bench` -->"
END = "<!-- figures: end -->"
SIZES = ("quick", "usual", "large", "whole")
_HEADS = ("what", "Dateline", "beside", "ratio", "wanted", "met")
_MET = {True: "yes", False: "**no**", None: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A benchmark and its options in a quick run, a usual, a large and a whole one; None leaves it
    out, and a run that is not named goes as the one before it."""

    name: str
    quick: Sequence[str] | None
    usual: Sequence[str] | None
    large: Sequence[str] | EllipsisType | None = ...
    whole: Sequence[str] | EllipsisType | None = ...
    minutes: float = 60

    def options(self, size: str) -> Sequence[str] | None:
        """The options of a run of this size."""
        named = [self.quick, self.usual, self.large, self.whole][: SIZES.index(size) + 1]
        [*_, last] = [each for each in named if not isinstance(each, EllipsisType)]
        return last


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of one section; `failure` is empty where it went well."""

    name: str
    figures: Sequence[Figure]
    versions: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


def run(sections: Sequence[Section], size: str, *, verbose: bool = False) -> list[Done]:
    """Run the sections of this size, one after the other; says on standard error how far it is."""
    asked = [(each, each.options(size)) for each in sections]
    chosen = [(each, options) for each, options in asked if options is not None]
    done = []
    for number, (section, options) in enumerate(chosen, start=1):
        _say(f"{number} of {len(chosen)}: {' '.join((section.name, *options))} …", end="")
        began = time.monotonic()
        done.append(_run(section, options, verbose=verbose))
        failed = f" FAILED: {done[-1].failure}" if done[-1].failure else ""
        _say(f" {time.monotonic() - began:.0f} s{failed}")
    return done


def table(done: Sequence[Done]) -> str:
    """Write the one table, in Markdown; a section that failed has a row that says so."""
    rows = [
        (row.what, row.dateline, row.peer, row.ratio, row.wanted, _MET[row.met])
        for section in done
        for row in (*section.figures, *_failed(section))
    ]
    return render(_HEADS, [[cell.replace("|", "\\|") for cell in row] for row in rows])


def account(done: Sequence[Done], size: str, now: datetime, load: tuple[float, float]) -> str:
    """Say when and where this was measured, with what, and give the table."""
    peers = {name: version for each in done for name, version in each.versions.items()}
    ours = ", ".join(f"{name} {version}" for name, version in versions().items())
    theirs = ", ".join(f"{name} {version}" for name, version in sorted(peers.items()))
    run_ = "A run" if size == "usual" else f"A {size} run"
    lines = [
        f"{run_} on {now.day} {now:%B %Y}: {processor()}, load {load[0]:.1f} at its beginning and "
        f"{load[1]:.1f} at its end. {ours}.",
        *([f"Beside {theirs}."] if theirs else []),
    ]
    return "\n".join((*lines, "", table(done)))


def write(path: Path, text: str) -> None:
    """Put the text between the marks of a document, and leave what stands around them.

    Raises ValueError where the document has no marks.
    """
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no lines {BEGIN!r} and {END!r} to write between")
    new = path.with_name(f"{path.name}.new")
    new.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    new.replace(path)


def report(
    sections: Sequence[Section], size: str, into: Path | None, *, verbose: bool = False
) -> int:
    """Run, print the table, write it into a document; 1 where a section failed.

    What was wished for and not reached is no failure: the table says it.
    """
    before, began = os.getloadavg()[0], time.monotonic()
    _say(f"{machine()}")
    done = run(sections, size, verbose=verbose)
    text = account(done, size, datetime.now(UTC), (before, os.getloadavg()[0]))
    print(text)
    if into is not None:
        write(into, text)
    failed = [each.name for each in done if each.failure]
    missed = sum(row.met is False for each in done for row in each.figures)
    _say(
        f"{time.monotonic() - began:.0f} s; {missed} figures are not what is wanted; "
        + (f"failed: {', '.join(failed)}" if failed else "no section failed")
    )
    return 1 if failed else 0


def _run(section: Section, options: Sequence[str], *, verbose: bool) -> Done:
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder:
        place, said = Path(folder, "figures"), Path(folder, "said")
        command = [sys.executable, "-m", "benchmarks", section.name, *options]
        with said.open("w+b") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {figures.PLACE: str(place)},
                start_new_session=True,
            )
            failure = _wait(child, section)
        told = said.read_text(encoding="utf-8", errors="replace")
        if verbose or failure:
            _say("\n" + told)
        if failure == "status":
            last = [line for line in told.splitlines() if line.strip()] or ["it said nothing"]
            failure = f"status {child.returncode}: {last[-1].strip()}"
        rows, peers = figures.read(place)
    if not rows and not failure:
        failure = "it gave no figures"
    return Done(name=section.name, figures=rows, versions=peers, failure=failure)


def _wait(child: "subprocess.Popen[bytes]", section: Section) -> str:
    """Wait for a section, and end all it started where it takes too long or we are stopped."""
    try:
        return "status" if child.wait(section.minutes * 60) else ""
    except subprocess.TimeoutExpired:
        return f"not done after {section.minutes:g} minutes"
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _failed(section: Done) -> list[Figure]:
    if not section.failure:
        return []
    return [Figure(what=f"{section.name} **failed**", dateline=section.failure[:120], met=False)]


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
