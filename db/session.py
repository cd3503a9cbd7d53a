"""Connections and transactions: SQLite in WAL mode by default, PostgreSQL by setting."""

import logging
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import StoreBusy, StoreConflict, StoreError

# How long a writer waits for another process's transaction; a whole feed is stored in milliseconds.
BUSY_SECONDS = 30
# PostgreSQL, unless the address says otherwise: a server that is gone is noticed within a minute,
# even when nobody hung up.
LIFE_SIGNS = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
    "application_name": "dateline",
}
# Nobody waits for ever: whoever holds a row too long, or stands still in a transaction, gives way.
_LIMITS = (
    f"SET lock_timeout = '{2 * BUSY_SECONDS}s'; SET idle_in_transaction_session_timeout = '5min'"
)
_RENEWED_AFTER = 30 * 60
DAMAGED = (
    "the database file is damaged or is something else: put a backup in its place with "
    "`dateline db restore FILE`"
)
_ALL_BUSY = "all connections of this process to the database are in use; try again in a moment"
# PostgreSQL: a deadlock was broken here, or a snapshot overtaken.
_GAVE_WAY = {"40P01", "40001"}
_WAITS = (0.02, 0.1, 0.4, 1.5)
P = ParamSpec("P")
T = TypeVar("T")


def retried(work: Callable[P, T]) -> Callable[P, T]:
    """Do work again that gave way to another process (StoreConflict), a few times, a moment apart.

    For work whose last act is its one commit: what gave way left nothing behind.
    """

    @wraps(work)
    def worked(*args: P.args, **kwargs: P.kwargs) -> T:
        for wait in _WAITS:
            try:
                return work(*args, **kwargs)
            except StoreConflict:
                # Both that wanted the same rows come again: not at the same moment.
                time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 no secret
        return work(*args, **kwargs)

    return worked


# A lost connection is told by the exception that comes of it; the pool would add a traceback for
# the cursor it could not close.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


class Database:
    """The database behind one engine; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @property
    def conninfo(self) -> str:
        """The address as libpq takes it, password included; for PostgreSQL only."""
        url = self.engine.url
        missing = {key: str(each) for key, each in LIFE_SIGNS.items() if key not in url.query}
        whole = url.set(drivername="postgresql").update_query_dict(missing)
        return whole.render_as_string(hide_password=False)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that writes: commits at the end, undoes everything on an exception.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that what was read inside it
        cannot have changed when it is written. Raises StoreError when the database does not answer.
        """
        try:
            with self.engine.connect() as connection:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
        except PoolTimeout as error:
            raise StoreError(_ALL_BUSY) from error
        except DatabaseError as error:
            if isinstance(error, OperationalError) or _is_damaged(error):
                raise _explained(error) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, from one consistent snapshot."""
        try:
            with self.engine.connect() as connection:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                else:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection
                connection.rollback()
        except PoolTimeout as error:
            raise StoreError(_ALL_BUSY) from error
        except DatabaseError as error:
            if isinstance(error, OperationalError) or _is_damaged(error):
                raise _explained(error) from error
            raise

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open (and for SQLite make the folder of) the database at a SQLAlchemy address.

    Raises StoreError when the address cannot be used or a driver is missing.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"DATELINE_DATABASE_URL cannot be read: {error}") from None
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite(parsed.database or ""))
    try:
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=10,
            pool_recycle=_RENEWED_AFTER,
            connect_args={
                key: value for key, value in LIFE_SIGNS.items() if key not in parsed.query
            },
        )
    except ModuleNotFoundError:
        raise StoreError(
            "PostgreSQL needs its driver: install Dateline with the extra 'postgres'"
        ) from None
    event.listen(engine, "connect", _prepare_postgresql)
    return Database(engine)


def _sqlite(path: str) -> Engine:
    if not path or path == ":memory:":
        raise StoreError("SQLite needs a file: use an address such as sqlite:///var/dateline.db")
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder} for the database: {error.strerror}"
        ) from None
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
        pool_size=10,
        max_overflow=20,
    )
    event.listen(engine, "do_connect", lambda *_: make_private(Path(path)))
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def make_private(path: Path) -> None:
    """Let a new database be its owner's alone, as SQLite then makes its journal, too: it holds
    password hashes and sessions."""
    with suppress(OSError):  # it is there, or SQLite says what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _prepare_sqlite(connection: Any, record: Any) -> None:
    assert isinstance(connection, sqlite3.Connection)
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except UnicodeDecodeError:  # SQLite's own words on what it cannot read hold that very text
        raise sqlite3.DatabaseError("malformed database schema") from None
    # NORMAL may lose acknowledged verdicts at power loss; FULL waits for the disk at each commit.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Sorting needs no scratch file: the only writable folder may be the database's own.
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _prepare_postgresql(connection: Any, record: Any) -> None:
    # Not as options of the connection, which poolers between us and the server refuse.
    connection.execute(_LIMITS)
    connection.commit()


def _is_damaged(error: DatabaseError) -> bool:
    signs = ("not a database", "malformed", "Could not decode to UTF-8")
    return any(sign in str(error.orig) for sign in signs)


def _explained(error: DatabaseError) -> StoreError:
    text = str(error.orig)
    if getattr(error.orig, "sqlstate", None) in _GAVE_WAY:
        return StoreConflict("another process changed the same rows at the same moment; try again")
    if _is_damaged(error):  # in whatever words: a schema that is malformed also misses tables
        advice = DAMAGED
    elif "database is locked" in text:
        advice = f"the database was locked for {BUSY_SECONDS} seconds by another process; try again"
    elif "no such table" in text:
        advice = (
            "the database is not set up: run `dateline db upgrade`; or its file is damaged "
            f"({text}): ask `dateline doctor`"
        )
    elif "no such column" in text:
        advice = (
            f"the database's tables are not those of this program, or it is damaged ({text}): ask "
            "`dateline doctor`"
        )
    elif getattr(error.orig, "sqlstate", None) == "55P03":
        return StoreBusy(
            "a table is held by another process for long; nothing was changed, try again"
        )
    elif "readonly" in text or "read-only" in text:
        advice = "the database cannot be written: check the owner and the mount of its folder"
    elif "disk I/O error" in text:
        advice = (
            "the disk under the database fails or has become read-only: look into the system's log "
            "and at the mount; nothing was lost"
        )
    elif "disk is full" in text:
        advice = "the disk is full: free some space; nothing was lost"
    elif "unable to open database file" in text:
        advice = (
            "the database file cannot be opened: check the folder, its owner, that it is not "
            "mounted read-only, and the limit of open files"
        )
    else:
        reason = text.strip().splitlines() or [str(error)]
        advice = f"the database does not answer: {reason[0]}"
    return StoreError(advice)
