"""The command `dateline`: everything the service does, from the shell.

Exit codes: 0 done, 1 failed, 2 usage or configuration.
"""

import sys

import typer

from pipeline import __version__
from pipeline.cli import (
    adding,
    editing,
    hooking,
    news,
    overseeing,
    rematching,
    service,
    showing,
    subscribing,
    trying,
    upkeep,
    watching,
    working,
)
from pipeline.errors import PipelineError, SettingsError, SourcesError

app = typer.Typer(
    name="dateline",
    help="Keeps the Latest News of a conflict tracker alive.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (
    service, working, news, rematching, trying, editing, watching, overseeing, adding, upkeep,
    showing, subscribing, hooking,
):  # fmt: skip
    room.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dateline {__version__}")
        raise typer.Exit


@app.callback()
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
    try:
        app()
    except (SettingsError, SourcesError) as error:
        for fault in error.faults:
            typer.echo(f"error: {fault}", err=True)
        sys.exit(2)
    except PipelineError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
