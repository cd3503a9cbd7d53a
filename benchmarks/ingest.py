"""Taking feeds in, from the network to the database, beside `reader` in the same run.

Three rounds over the same made-up feeds: all new, nothing changed (304), a tenth changed. Every
program runs in a process of its own and is measured by its processor seconds; the publisher runs in
another one and does not count. Dateline runs with all its guards, and its parser workers count.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.publisher import ENTRIES
from benchmarks.table import machine, show

_PEER = "reader==3.26"
_WITH_IT = "sgmllib3k==1.0.0"  # what its own copy of feedparser imports and its metadata forgot
_ROUNDS = ("first pass", "304", "10 % changed")
_WANTED = (8.0, 1.0, 2.0)  # at least so many times cheaper than the peer
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


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = _options(arguments)
    print(f"{options.feeds} feeds × {ENTRIES} entries from loopback; {machine()}")
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder:
        ours = _measure(
            [sys.executable, "-m", "benchmarks.ours"], Path(folder, "ours.db"), options.feeds
        )
        _report("Dateline", ours)
        if options.peer:
            interpreter = _peer(Path(folder))
            if interpreter is not None:
                theirs = _measure(
                    [str(interpreter), str(_HERE / "peer.py")],
                    Path(folder, "peer.db"),
                    options.feeds,
                )
                _report(_PEER, theirs)
                _compare(ours, theirs)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ingest", description=__doc__)
    parser.add_argument("--feeds", type=int, default=400, help="how many feeds (default 400)")
    parser.add_argument(
        "--no-peer", dest="peer", action="store_false", help="leave the peer out: needs no network"
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


def _peer(folder: Path) -> Path | None:
    """Install the peer into an environment of its own; None where that does not work."""
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


def _compare(ours: Sequence[Cost], theirs: Sequence[Cost]) -> None:
    rows = [
        (round_, f"{theirs_.cpu / ours_.cpu:.1f} ×", f"{wanted:.0f} ×")
        for round_, ours_, theirs_, wanted in zip(_ROUNDS, ours, theirs, _WANTED, strict=True)
    ]
    show("Cheaper than the peer, by processor time", ("round", "measured", "wanted"), rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
