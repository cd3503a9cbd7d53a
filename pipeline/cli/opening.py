"""Open what a command needs: settings, logs, the database, the watched sources."""

import asyncio
import difflib
import getpass
import json
import logging
import signal
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TextIO, cast

import structlog
import typer
from rich.table import Table

from db import Database, copies, open_database
from db.transfers import refuse_unfinished
from db.upgrade import require_current, upgrade
from pipeline import __version__, browse
from pipeline.cli.screen import Screen
from pipeline.fetch import FetchPolicy, user_agent
from pipeline.now import utc_now
from pipeline.publish import found_installation
from pipeline.settings import Settings, load_settings
from pipeline.watch import Watch

# Where there is no terminal nobody looks at a width: wide enough that tables are not cut.
out = Screen(width=None if sys.stdout.isatty() else 220)
err = Screen(stderr=True)

# Columns of a terminal from which a table of eight columns or more can be read.
_WIDE = 150

# SIGTERM promises an end within ten seconds: feeds in hand get most of them.
GRACE = 7.0

AsJson = typer.Option(False, "--json", help="Print JSON instead of a table.")


def table_that_fits(columns: Mapping[str, Sequence[str]], *, narrow: Collection[str]) -> Table:
    """Make a table of named columns; a terminal too narrow for all shows the `narrow` ones."""
    names = [name for name in columns if out.width >= _WIDE or name in narrow]
    table = Table(*names)
    for row in zip(*(columns[name] for name in names), strict=True):
        table.add_row(*row)
    return table


class _Log:
    """Standard error that may be full or closed: what it does not take is lost, and no work is."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class LibraryLines(logging.Handler):
    """What libraries log, as lines of the form that ours have."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a record that cannot be written is told as any other handler would."""
        try:
            structlog.get_logger().log(
                record.levelno, record.getMessage(), by=record.name, exc_info=record.exc_info
            )
        except Exception:  # noqa: BLE001 (logging must not end what is logged)
            self.handleError(record)


def start_logging(settings: Settings) -> None:
    """Send log lines to standard error: readable on a terminal, JSON otherwise."""
    wanted = settings.log_format or ("console" if sys.stderr.isatty() else "json")
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if wanted == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    # Programs that read the log join the lines of one fetch by its mark; people see them together.
    marks = [structlog.contextvars.merge_contextvars] if wanted == "json" else []
    structlog.configure(
        processors=[
            *marks,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Log())),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[LibraryLines()], level=logging.WARNING)
    # The clock itself says when a run was skipped, and why.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


@contextmanager
def opened(settings: Settings, *, upgrading: bool = True) -> Iterator[Database]:
    """Open the database, upgraded to this program's schema (or checked, with `upgrading` off)."""
    database = open_database(settings.database_url)
    try:
        if upgrading:
            upgrade(database)
            refuse_unfinished(database)
            found_installation(database, settings.base_url, utc_now())
        else:
            require_current(database)
        with copies.suspecting(database):
            yield database
    finally:
        database.close()


@contextmanager
def watching(settings: Settings, since: datetime | None = None) -> Iterator[tuple[Database, Watch]]:
    """Open the database with the sources declared to it, as new ones `since` then or now; raises
    SourcesError when they are wrong."""
    with opened(settings) as database:
        watch = Watch(settings.sources, database)
        watch.start(since or utc_now())
        yield database, watch


def ready() -> Settings:
    """Read the settings and start logging: the first step of every command."""
    settings = load_settings()
    start_logging(settings)
    return settings


def fetch_policy(settings: Settings) -> FetchPolicy:
    """How fetching behaves under these settings."""
    return FetchPolicy(
        user_agent=user_agent(__version__, settings.contact_url),
        allow_private=settings.allow_private,
        max_bytes=settings.max_feed_bytes,
        deadline=settings.fetch_deadline,
        host_interval=settings.host_interval,
        host_concurrency=settings.host_concurrency,
    )


def require_conflict(database: Database, slug: str) -> None:
    """Explain an empty list: raise BadParameter when its conflict is none that is tracked."""
    known = browse.conflict_titles(database)
    if not slug or not known or slug in known:
        return
    near = difflib.get_close_matches(slug, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    raise typer.BadParameter(f"there is no conflict {slug!r}; {hint}")


def shell_user() -> str:
    """The operating system's user, who answers for what is done in the shell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "shell"


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print a value as JSON: dataclasses as objects, times in RFC 3339, ready for other
    programs."""
    written = json.dumps(value, default=_plain, ensure_ascii=False, indent=indent)
    # Half a character (a lone surrogate) cannot be encoded; its escape is JSON as well.
    typer.echo(written.encode("utf-8", "backslashreplace").decode())


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    return str(value)


def short_time(moment: datetime | None) -> str:
    """A time for tables, in UTC."""
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def stop_on_signals() -> asyncio.Event:
    """Give an event of the running loop that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
