"""A plain table for a terminal or a document, and what it was measured on."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("SQLAlchemy", "lxml", "feedparser", "httpx", "h11", "uvicorn", "pyahocorasick")


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads as a Markdown table, numbers to the right."""
    print(f"\n{title}\n\n{render(heads, rows)}")


def render(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write rows under their heads as a Markdown table, all but the first column to the right."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    rule = "|".join("-" * (width + 1) + ("-" if n == 0 else ":") for n, width in enumerate(widths))
    return "\n".join((_line(heads, widths), f"|{rule}|", *(_line(row, widths) for row in rows)))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join((first, *others)) + " |"


def machine() -> str:
    """The machine in one line: cores, system, Python, and how busy it was."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}{load}"
    )


def processor() -> str:
    """The machine without its load: cores, their kind and the memory, where the system tells."""
    kind, memory = "", ""
    told = Path("/proc/cpuinfo")
    if told.exists():
        _, found, rest = told.read_text().partition("model name")
        kind = f" ({rest.partition(':')[2].splitlines()[0].strip()})" if found else ""
    if "SC_PHYS_PAGES" in os.sysconf_names:
        held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        memory = f", {held:.0f} GiB"
    return f"{os.cpu_count()} cores{kind}{memory}, {platform.system()} {platform.machine()}"


def versions() -> dict[str, str]:
    """The versions of what Dateline stands on, by name."""
    return {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **{name: version(name) for name in _LIBRARIES},
    }
