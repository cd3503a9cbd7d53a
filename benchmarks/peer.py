"""The peer's side of the ingest benchmark: `reader`, in an environment of its own.

Runs under the peer's interpreter and imports nothing of Dateline. Speaks as `benchmarks.ours` does.
With `--search` it brings its word index up to date in every round, with `--plain` it keeps none.
"""

import importlib
import json
import resource
import sys
import time
from typing import Any


def main(kind: str, path: str, site: str, count: int) -> None:
    """Add the feeds, then make rounds."""
    library: Any = importlib.import_module("reader")
    reader = library.make_reader(path)
    for number in range(count):
        reader.add_feed(f"{site}/feed/{number}")
    if kind == "--search":
        reader.enable_search()
    print("ready", flush=True)
    for _ in sys.stdin:
        before, began = _processor(), time.monotonic()
        results = list(reader.update_feeds_iter(scheduled=False))
        if kind == "--search":
            reader.update_search()
        done = [each.value for each in results if not isinstance(each.value, Exception)]
        unit = 1 if sys.platform == "darwin" else 1024
        print(
            json.dumps(
                {
                    "cpu": _processor() - before,
                    "wall": time.monotonic() - began,
                    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
                    "feeds": count,  # it says nothing of those that did not change
                    "entries": sum(
                        each.new + each.modified + each.unmodified for each in done if each
                    ),
                    "failed": len(results) - len(done),
                    "new": sum(each.new for each in done if each),
                }
            ),
            flush=True,
        )


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
