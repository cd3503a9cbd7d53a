"""Copies: back a running SQLite database up to a file, and put such a file back."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from traceback import walk_tb

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, StatementError

from db.session import DAMAGED, Database, make_private
from db.tables.columns import metadata
from pipeline.errors import StoreError

# A database file and what may stand beside it.
_BESIDE = ("", "-wal", "-shm", "-journal")

# What rows that are none of their kind, and indexes that lead nowhere, end in.
_SUSPECT = (ValueError, LookupError, TypeError, DatabaseError, StatementError)
_UNKNOWN = (
    "the database file is damaged, or was written by a newer program: a row holds a word that this "
    "one does not know; put a backup in its place with `dateline db restore FILE`"
)
_SUSPECT_BYTES = 1 << 28  # to look at more takes longer than anybody waits for a message


def backup(database: Database, target: Path) -> int:
    """Copy the database, whole and consistent, while others go on writing; gives the copy's bytes.

    The copy is checked before it gets its name, so a file that is there is a good one. Raises
    StoreError for PostgreSQL, which has its own tools, and when the target exists or cannot be
    written.
    """
    if not database.is_sqlite:
        raise StoreError("PostgreSQL has its own tools for this: use pg_dump and pg_restore")
    path = Path(str(database.engine.url.database))
    if not path.is_file():
        raise StoreError(f"there is no database at {path} yet")
    try:
        with _unfinished(target) as fresh:
            if target.exists():
                raise StoreError(f"{target} exists already; choose another name")
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(fresh)) as copy:
                source.backup(copy)
                # One file, without a journal beside it that could get lost.
                copy.execute("PRAGMA journal_mode=DELETE")
            _require_sound(fresh)
            fresh.replace(target)
            _sync_folder(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the backup could not be written to {target}: {error}") from error
    return target.stat().st_size


def restore(database_path: Path, source: Path) -> None:
    """Put a backup in the place of the database; what stood there is kept beside it as
    `.before-restore`.

    The service must be stopped. Raises StoreError when the backup is not a sound Dateline database,
    and when the database is in use or its folder cannot be written.
    """
    if not source.is_file():
        raise StoreError(f"there is no backup at {source}")
    _require_sound(source)
    try:
        database_path.parent.mkdir(parents=True, exist_ok=True)
        if database_path.exists():
            _finish_journal(database_path)
        with _unfinished(database_path) as fresh:
            with (
                closing(sqlite3.connect(source)) as backed_up,
                closing(sqlite3.connect(fresh)) as target,
            ):
                backed_up.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")
            _set_aside(database_path)
            fresh.replace(database_path)
            _sync_folder(database_path.parent)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the backup could not be put at {database_path}: {error}") from error


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A file beside the target to write into, removed in the end.

    It has the same name each time, so that what a killed process left there is cleared away by the
    next; two at once take turns.
    """
    fresh = target.with_name(f".{target.name}.unfinished")
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        _clear(fresh)
        make_private(fresh)
        try:
            yield fresh
        finally:
            _clear(fresh)
    finally:
        os.close(folder)


def _clear(path: Path) -> None:
    for suffix in _BESIDE:
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink()


def damage(database: Database, *, up_to: int, thoroughly: bool = False) -> str | None:
    """Tell what is wrong with the file of a SQLite database of up to so many bytes, in SQLite's own
    words; None when nothing is, when it is larger, and for PostgreSQL, which checks its pages
    itself. `thoroughly` looks into indexes and at the value of every row as well."""
    path = Path(str(database.engine.url.database))
    if not database.is_sqlite or path.stat().st_size > up_to:
        return None
    check = "integrity_check" if thoroughly else "quick_check"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            verdict = str(opened.execute(f"PRAGMA {check}(1)").fetchone()[0])
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)
    if verdict != "ok":
        return verdict
    return _unreadable(database) if thoroughly else None


@contextmanager
def suspecting(database: Database) -> Iterator[None]:
    """Turn a failure that nobody foresaw into a StoreError where the database file turns out to be
    damaged; any other goes on as it is."""
    try:
        yield
    except _SUSPECT as error:
        if database.is_sqlite and _is_unknown(error):
            raise StoreError(f"{_UNKNOWN} ({error})") from error
        if found := damage(database, up_to=_SUSPECT_BYTES, thoroughly=True):
            raise StoreError(f"{DAMAGED} ({found})") from error
        raise


def _is_unknown(error: BaseException) -> bool:
    """Whether a row held a word that is none of a list of ours."""
    rooms = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    ours = [room for room in rooms if room.partition(".")[0] in ("db", "pipeline")]
    return "is not a valid " in str(error) and bool(ours) and ours[-1].startswith("db.")


def _unreadable(database: Database) -> str | None:
    """Name a table one of whose values is none of its kind, as a changed bit may leave a date."""
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            try:
                for _ in connection.execute(select(table)):
                    pass
            except _SUSPECT as error:
                return f"a row of the table {table.name} cannot be read: {error}"
    return None


def _require_sound(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
            copy.execute("SELECT uid FROM digest_items LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} is not a Dateline database: {error}") from None
    if verdict != "ok":
        raise StoreError(f"{path} is damaged: {verdict}")


def _finish_journal(path: Path) -> None:
    """Bring what the journal holds into the database; refuse while another process has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as old:
            old.execute("PRAGMA locking_mode=EXCLUSIVE")
            old.execute("BEGIN EXCLUSIVE")
            old.rollback()
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            old.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise StoreError("the database is in use: stop the service first") from None
        # Too damaged to be opened, which is why there is a backup: it is kept as it is.


def _set_aside(path: Path) -> None:
    """Keep the database under another name as well, and move its journals there: they would be read
    into the restored one.

    The database itself keeps its name until the restored one takes it: at no moment is there none.
    """
    for beside in _BESIDE:
        old = path.with_name(path.name + beside)
        kept = path.with_name(f"{path.name}.before-restore{beside}")
        kept.unlink(missing_ok=True)
        if not old.exists():
            continue
        if beside:
            old.replace(kept)
            continue
        try:
            kept.hardlink_to(old)
        except OSError:  # not every file system knows links
            shutil.copy2(old, kept)
