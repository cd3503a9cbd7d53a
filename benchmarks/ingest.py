"""Taking feeds in, from the network to the database, beside other readers in the same run.

Three rounds over the same made-up feeds: all new, nothing changed (304), a tenth changed. Every
program runs in a process of its own and is measured by its processor seconds; the publisher runs in
another one and does not count. Dateline runs with all its guards, and its parser workers count.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import programs
from benchmarks.figures import Figure, at_most, beside, give, name_version
from benchmarks.publisher import ENTRIES
from benchmarks.table import machine, show

_PEER = "reader==3.26"
# The same library, whose word index is brought up to date in every round, as ours is.
_INDEXING = "reader with its word index"
_PEERS = ("reader", *programs.COMMANDS)
_WITH_IT = "sgmllib3k==1.0.0"  # what its own copy of feedparser imports and its metadata forgot
_ROUNDS = ("first pass", "304", "10 % changed")
_WANTED = (8.0, 1.0, 2.0)  # at least so many times cheaper than the library
_WANTED_OF_PROGRAMS = (5.0, None, None)
_MOST_MEMORY = 300.0
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one round cost a program: processor and wall seconds, the most memory in MB so far."""

    cpu: float
    wall: float
    peak: float
    feeds: int
    entries: int
    failed: int
    new: int
    parts: Mapping[str, float] = field(default_factory=dict)  # processor seconds by what for


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = _options(arguments)
    print(f"{options.feeds} feeds × {ENTRIES} entries from loopback; {machine()}")
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder:
        ours = _measure(
            [sys.executable, "-m", "benchmarks.ours"], Path(folder, "ours.db"), options.feeds
        )
        _report("Dateline", ours)
        _split(ours)
        peak = max(each.peak for each in ours)
        give(at_most("ingest, most memory with its workers", peak, _MOST_MEMORY, "MB", digits=0))
        for name, command in _peers(
            Path(folder), _PEERS if options.peers is None else options.peers
        ):
            theirs = _measure(command, Path(folder, f"{name.replace(' ', '-')}.db"), options.feeds)
            _report(name, theirs)
            _compare(name, ours, theirs)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ingest", description=__doc__)
    parser.add_argument("--feeds", type=int, default=400, help="how many feeds (default 400)")
    parser.add_argument(
        "--no-peer", dest="peers", action="store_const", const=(), help="alone: needs no network"
    )
    parser.add_argument(
        "--peer", dest="peers", action="append", choices=_PEERS, help="beside this one; else all"
    )
    return parser.parse_args(arguments)


def _measure(program: Sequence[str], database: Path, feeds: int) -> list[Cost]:
    """Run a program through the three rounds, against a fresh publisher."""
    publisher = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.publisher", str(feeds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert publisher.stdout is not None
    site = publisher.stdout.readline().strip()
    child = subprocess.Popen(
        [*program, str(database), site, str(feeds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        return _rounds(child, site)
    finally:
        for process in (child, publisher):
            process.kill()
            process.communicate()


def _rounds(child: "subprocess.Popen[str]", site: str) -> list[Cost]:
    assert child.stdin is not None
    assert child.stdout is not None
    costs = []
    child.stdout.readline()
    for number in range(len(_ROUNDS)):
        if number == 2:
            urllib.request.urlopen(f"{site}/turn").close()
        child.stdin.write("\n")
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            raise SystemExit("the program ended in the middle of a round; see its message above")
        costs.append(Cost(**json.loads(line)))
    return costs


def _peers(folder: Path, wanted: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Name the peers that are there or can be installed, with their commands."""
    interpreter = _library(folder) if "reader" in wanted else None
    if interpreter is not None:
        library = [str(interpreter), str(_HERE / "peer.py")]
        yield _PEER, [*library, "--plain"]
        yield _INDEXING, [*library, "--search"]
    for name, command in programs.COMMANDS.items():
        if name not in wanted:
            continue
        if shutil.which(command):
            yield name, [sys.executable, "-m", "benchmarks.programs", name]
        else:
            print(f"\n{name} is not installed here, so there is no comparison with it.")
            give(programs.missing(name))


def _library(folder: Path) -> Path | None:
    """Install the peer that is a library into an environment of its own; None where that does not
    work."""
    environment = folder / "peer"
    interpreter = environment / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for command in (
        (sys.executable, "-m", "venv", str(environment)),
        (str(interpreter), *install, _PEER, _WITH_IT),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"\n{_PEER} cannot be installed here, so there is no comparison: {last}")
            give(Figure(what="ingest", dateline="", peer=f"{_PEER} cannot be installed: {last}"))
            return None
    return interpreter


def _report(name: str, costs: Sequence[Cost]) -> None:
    rows = [
        (
            round_,
            f"{cost.cpu:.2f}",
            f"{cost.wall:.2f}",
            f"{cost.cpu / cost.feeds * 1000:.2f}",
            f"{cost.feeds / cost.cpu:,.0f}",
            f"{cost.entries / cost.cpu:,.0f}" if cost.entries else "–",
            f"{cost.peak:.0f}",
            str(cost.new),
            str(cost.failed),
        )
        for round_, cost in zip(_ROUNDS, costs, strict=True)
    ]
    heads = "round|CPU s|wall s|CPU ms/feed|feeds/CPU s|entries/CPU s|peak MB|new|failed"
    show(name, heads.split("|"), rows)


def _split(costs: Sequence[Cost]) -> None:
    heads = list(costs[0].parts)
    rows = [
        (
            round_,
            *(f"{cost.parts[head] / cost.feeds * 1000:.2f}" for head in heads),
            f"{cost.cpu / cost.feeds * 1000:.2f}",
        )
        for round_, cost in zip(_ROUNDS, costs, strict=True)
    ]
    show("Where the time goes, CPU ms a feed", ("round", *heads, "in all"), rows)


def _compare(name: str, ours: Sequence[Cost], theirs: Sequence[Cost]) -> None:
    wanted = _WANTED if name in (_PEER, _INDEXING) else _WANTED_OF_PROGRAMS
    rows = [
        (round_, f"{theirs_.cpu / ours_.cpu:.1f} ×", f"{least:.0f} ×" if least else "–")
        for round_, ours_, theirs_, least in zip(_ROUNDS, ours, theirs, wanted, strict=True)
    ]
    show(f"Cheaper than {name}, by processor time", ("round", "measured", "wanted"), rows)
    program, _, version = name.partition("==")
    if name != _INDEXING:
        name_version(program, version or programs.version(name))
    for round_, our, their, least in zip(_ROUNDS, ours, theirs, wanted, strict=True):
        values = [f"{each.cpu / each.feeds * 1000:.2f} ms CPU" for each in (our, their)]
        what = f"ingest, {round_}, a feed of {our.feeds:,}"
        times = their.cpu / our.cpu
        give(beside(what, program, values=(values[0], values[1]), times=times, least=least))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
