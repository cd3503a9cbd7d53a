"""`python -m benchmarks`: all of them and one table; or one by name with options of its own.

`python -m benchmarks ingest --feeds 2000` measures one in full; `--help` after a name says more.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.whole import Section, report

_NAMES = (
    "fetch", "ingest", "read", "match", "backtest", "polling", "desk", "digest", "serve",
    "schedule", "workers", "soak", "quality", "stories",
)  # fmt: skip
_PLACES = {name: f"benchmarks.{name}.__main__" for name in ("polling", "soak")}
_HUNDRED_THOUSAND = ("--feeds", "100000", "--hours", "1")
SECTIONS = (
    Section(name="fetch", quick=("--requests", "300"), usual=("--requests", "1000"), whole=()),
    Section(
        name="ingest",
        quick=("--feeds", "50"),
        usual=("--feeds", "400"),
        large=("--feeds", "2000"),
    ),
    Section(name="read", quick=("--documents", "200"), usual=("--documents", "1000"), whole=()),
    Section(
        name="match",
        quick=("--articles", "1000", "--most", "1000", "--no-peers"),
        usual=("--articles", "2000", "--most", "10000", "--peer", "flashtext"),
        whole=(),
    ),
    Section(name="backtest", quick=("--articles", "5000"), usual=("--articles", "20000"), whole=()),
    Section(name="polling", quick=("--quick",), usual=("--quick",), whole=()),
    Section(name="digest", quick=("--most", "1000"), usual=(), large=("--large",)),
    Section(name="serve", quick=("--seconds", "1"), usual=("--seconds", "2"), whole=()),
    Section(name="schedule", quick=("--feeds", "5000", "--hours", "1"), usual=_HUNDRED_THOUSAND),
    Section(
        name="soak",
        quick=("--feeds", "50", "--warm", "4", "--hours", "8", "--step", "300"),
        usual=("--feeds", "150", "--step", "120"),
        whole=("--feeds", "400", "--step", "30"),
    ),
    Section(name="workers", quick=None, usual=None, large=()),
)


def main(arguments: Sequence[str]) -> int:
    """Run one benchmark, or all of them."""
    if arguments and not arguments[0].startswith("-"):
        name, *options = arguments
        if name not in _NAMES:
            print(
                f"There is no benchmark {name!r}; there are {', '.join(_NAMES)}.", file=sys.stderr
            )
            return 2
        return _run(name, options)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", dest="size", action="store_const", const="quick", help="small: about two minutes"
    )
    size.add_argument(
        "--large", dest="size", action="store_const", const="large",
        help="with a million articles and PostgreSQL: ten minutes",
    )  # fmt: skip
    size.add_argument(
        "--whole", dest="size", action="store_const", const="whole",
        help="every section in full: half an hour",
    )  # fmt: skip
    parser.add_argument("--only", default="", help="sections, comma separated")
    parser.add_argument("--write", type=Path, help="the document to write the table into")
    parser.add_argument("--verbose", action="store_true", help="show what each section prints")
    asked = parser.parse_args(arguments)
    wanted = [name for name in asked.only.split(",") if name]
    if unknown := set(wanted) - {each.name for each in SECTIONS}:
        parser.error(f"no section {', '.join(sorted(unknown))}")
    chosen = [each for each in SECTIONS if not wanted or each.name in wanted]
    return report(chosen, asked.size or "usual", asked.write, verbose=asked.verbose)


def _run(name: str, options: Sequence[str]) -> int:
    print(f"\n# {name}\n", flush=True)
    # Not before it is wanted: what one needs is no part of what another measures.
    measure: Callable[[Sequence[str]], int | None] = import_module(
        _PLACES.get(name, f"benchmarks.{name}")
    ).main
    return measure(options) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
