"""Figures: what a benchmark hands to the one table of them all.

A section prints its own tables for whoever runs it by name; run as part of the whole it also
writes its figures, a JSON object a line, into the file that `BENCHMARK_FIGURES` names.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PLACE = "BENCHMARK_FIGURES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table: what was measured, ours, a peer's, their ratio, what is wanted.

    Values are written with their units. `met` is None where nothing is wanted.
    """

    what: str
    dateline: str
    peer: str = ""
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


def give(*figures: Figure) -> None:
    """Hand figures to the table; without one, nothing happens."""
    _write([asdict(each) for each in figures])


def name_version(program: str, version: str) -> None:
    """Say which version of a peer was measured."""
    _write([{"program": program, "version": version}])


def at_most(
    what: str, value: float, most: float, unit: str, *, digits: int = 1, **more: str
) -> Figure:
    """Make a figure that is met when the value does not exceed a bound."""
    shown = f"{value:,.{digits}f} {unit}"
    return Figure(what=what, dateline=shown, wanted=f"≤ {most:g} {unit}", met=value <= most, **more)


def beside(
    what: str,
    peer: str,
    *,
    values: tuple[str, str],
    times: float,
    least: float | None,
    digits: int = 1,
) -> Figure:
    """Make a figure beside a peer: its value and ours, written; how many times better ours is."""
    return Figure(
        what=what,
        dateline=values[0],
        peer=f"{peer}: {values[1]}",
        ratio=f"{times:,.{digits}f} ×",
        wanted="" if least is None else f"≥ {least:g} ×",
        met=None if least is None else times >= least,
    )


def read(path: Path) -> tuple[list[Figure], dict[str, str]]:
    """Read what a section handed over: its figures, and the versions of its peers by name."""
    figures, versions = list[Figure](), dict[str, str]()
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            found = json.loads(line)
            if "program" in found:
                versions[found["program"]] = found["version"]
            else:
                figures.append(Figure(**found))
    return figures, versions


def _write(records: Sequence[dict[str, object]]) -> None:
    place = os.environ.get(PLACE)
    if place:
        with Path(place).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
