"""`python -m benchmarks`: all of them, quickly; or one by name with options of its own.

`python -m benchmarks ingest --feeds 2000` measures one in full; `--help` after a name says more.
"""

import sys
from collections.abc import Sequence

from benchmarks import (
    backtest,
    desk,
    digest,
    fetch,
    ingest,
    match,
    quality,
    read,
    schedule,
    serve,
    stories,
    workers,
)
from benchmarks.polling.__main__ import main as polling

_ALL = {
    "fetch": fetch.main,
    "ingest": ingest.main,
    "match": match.main,
    "backtest": backtest.main,
    "polling": polling,
    "read": read.main,
    "serve": serve.main,
    "schedule": schedule.main,
}
_BY_NAME = {
    **_ALL,
    "desk": desk.main,
    "digest": digest.main,
    "quality": quality.main,
    "stories": stories.main,
    "workers": workers.main,
}
_QUICKLY = {
    "fetch": ("--requests", "500"),
    "ingest": ("--feeds", "200"),
    "match": ("--articles", "2000", "--most", "10000", "--no-peers"),
    "backtest": ("--articles", "20000"),
    "polling": ("--quick",),
    "read": ("--documents", "500"),
    "serve": ("--seconds", "2"),
    "schedule": ("--feeds", "5000"),
}


def main(arguments: Sequence[str]) -> int:
    """Run one benchmark, or all of them quickly."""
    if not arguments:
        outcomes = [_run(name, _QUICKLY[name]) for name in _ALL]
        return max(outcomes)
    name, *options = arguments
    if name not in _BY_NAME:
        print(f"There is no benchmark {name!r}; there are {', '.join(_BY_NAME)}.", file=sys.stderr)
        return 2
    return _run(name, options)


def _run(name: str, options: Sequence[str]) -> int:
    print(f"\n# {name}\n", flush=True)
    outcome: int | None = _BY_NAME[name](options)
    return outcome or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
