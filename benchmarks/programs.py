"""Peers that are programs of the system: newsboat and sfeed, as their packages ship them.

`python -m benchmarks.programs newsboat FOLDER SITE FEEDS` speaks as `benchmarks.ours` does. Every
round is a run of its own, as their users run them; sfeed asks for whole documents each time.
"""

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Figure

COMMANDS = {"newsboat": "newsboat", "sfeed": "sfeed_update"}


def main(name: str, path: str, site: str, count: int) -> None:
    """Write the program's settings, then make rounds."""
    folder = Path(path)
    folder.mkdir()
    addresses = [f"{site}/feed/{number}" for number in range(count)]
    command, stored = _PEERS[name](folder, addresses)
    print("ready", flush=True)
    before = 0
    for _ in sys.stdin:
        used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        unit = 1 if sys.platform == "darwin" else 1024
        items = stored()
        print(
            json.dumps(
                {
                    "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime,
                    "wall": time.monotonic() - began,
                    "peak": now.ru_maxrss * unit / 1e6,
                    "feeds": count,
                    "entries": items - before,  # it says nothing of those it knew
                    "failed": done.returncode,
                    "new": items - before,
                }
            ),
            flush=True,
        )
        before = items


def version(name: str) -> str:
    """The version of an installed program, as its package says; empty where there is none."""
    if shutil.which("dpkg-query") is None:
        return ""
    asked = ["dpkg-query", "--show", "--showformat=${Version}", name]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.partition("-")[0]


def missing(name: str) -> Figure:
    """A row that says how to have a program that is not installed measured too."""
    return Figure(what="ingest", dateline="", peer=f"{name} is missing: apt-get install {name}")


def _newsboat(folder: Path, addresses: Sequence[str]) -> tuple[list[str], Callable[[], int]]:
    (folder / "urls").write_text("\n".join(addresses) + "\n")
    (folder / "config").write_text("reload-threads 4\n")
    cache = folder / "cache.db"

    def stored() -> int:
        connection = sqlite3.connect(cache)
        (number,) = connection.execute("SELECT count(*) FROM rss_item").fetchone()
        connection.close()
        return int(number)

    given = ("-u", "urls", "-C", "config", "-c", "cache.db")
    files = [each if each.startswith("-") else str(folder / each) for each in given]
    return [COMMANDS["newsboat"], *files, "-x", "reload"], stored


def _sfeed(folder: Path, addresses: Sequence[str]) -> tuple[list[str], Callable[[], int]]:
    feeds = folder / "feeds"
    listed = "".join(f"\tfeed 'outlet-{n}' '{each}'\n" for n, each in enumerate(addresses))
    settings = folder / "sfeedrc"
    settings.write_text(f"sfeedpath='{feeds}'\nfeeds() {{\n{listed}}}\n")

    def stored() -> int:
        return sum(each.read_bytes().count(b"\n") for each in feeds.iterdir())

    return [COMMANDS["sfeed"], str(settings)], stored


_PEERS = {"newsboat": _newsboat, "sfeed": _sfeed}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
