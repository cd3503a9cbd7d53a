"""The command `dateline`: everything the service does, from the shell.

Exit codes: 0 done, 1 failed, 2 usage or configuration.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module

import typer

from pipeline import __version__
from pipeline.cli.screen import harmless
from pipeline.errors import PipelineError, SettingsError, SourcesError

# Which room holds a command, by its first word: to load the web server takes longer than most
# commands do, so what was not asked for is not loaded. In the order in which help lists them.
ROOMS = {
    "run": ("service",),
    "web": ("service",),
    "jobs": ("service",),
    "worker": ("working",),
    "ingest": ("news",),
    "articles": ("news",),
    "rematch": ("rematching",),
    "backtest": ("rematching",),
    "try": ("trying",),
    "evaluate": ("trying",),
    "review": ("editing",),
    "background": ("editing",),
    "editor": ("accounts",),
    "check": ("watching",),
    "feeds": ("watching", "overseeing", "adding"),
    "sources": ("watching",),
    "publish": ("upkeep",),
    "settings": ("upkeep",),
    "doctor": ("upkeep",),
    "db": ("upkeep",),
    "demo": ("showing",),
    "subscribers": ("subscribing",),
    "webhooks": ("hooking",),
}


def command_line(words: Sequence[str] = ()) -> typer.Typer:
    """Make the command line: what these words ask for, or the whole where they do not say it."""
    found = typer.Typer(
        name="dateline",
        help="Keeps the Latest News of a conflict tracker alive.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        callback=_options,
    )
    for room in ROOMS.get(words[0] if words else "", _all_rooms()):
        import_module(f"pipeline.cli.{room}").register(found)
    return found


def _all_rooms() -> Iterable[str]:
    return dict.fromkeys(room for rooms in ROOMS.values() for room in rooms)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dateline {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version and exit.",
    ),
) -> None:
    """Take the options that come before the command."""


def main() -> None:
    """Run the command line; errors become one clear message and an exit code."""
    _keep_streams()
    try:
        command_line(sys.argv[1:])()
    except (SettingsError, SourcesError) as error:
        for fault in error.faults:
            typer.echo(harmless(f"error: {fault}"), err=True)
        sys.exit(2)
    except PipelineError as error:
        typer.echo(harmless(f"error: {error}"), err=True)
        sys.exit(1)


def _keep_streams() -> None:
    """Let what is said on a stream that was closed before the start go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
