"""Bring a database to the present schema, and tell where it stands."""

import logging
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from db.session import Database
from pipeline.errors import StoreBusy, StoreError

# How long a migration may wait for a table, and others for it; then all of it is called off.
LOCK_SECONDS = 5
_WAITS = (5.0, 10.0, 20.0)
_MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_version() -> str:
    """Name the schema version this program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current_version(database: Database) -> str | None:
    """Name the schema version the database has, or None for an empty one."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, to: str = "head") -> str:
    """Apply missing migrations in one transaction; gives the version reached.

    Two processes upgrading at once wait for each other. A table that others hold is asked for a few
    times, a while apart, so that they work on meanwhile. Raises StoreBusy when it stays held, and
    StoreError when the database was made by a newer program.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for wait in _WAITS:
        try:
            return _upgrade(database, to)
        except StoreBusy:
            time.sleep(wait)
    return _upgrade(database, to)


def _upgrade(database: Database, to: str) -> str:
    with database.transaction() as connection:
        if not database.is_sqlite:
            # Another upgrade may take long, and is waited for.
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            # One number, known only here: PostgreSQL lets one upgrade at a time past it.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7302646563)")
            # A table that a long question holds is not worth making everybody else wait for.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        stands = MigrationContext.configure(connection).get_current_revision()
        _refuse_newer(stands)
        command.upgrade(_config(connection), to)
        reached = MigrationContext.configure(connection).get_current_revision()
    return reached or "base"


def downgrade(database: Database, to: str) -> None:
    """Undo migrations down to a version (`base` removes every table)."""
    with database.transaction() as connection:
        command.downgrade(_config(connection), to)


def require_current(database: Database) -> None:
    """Raise StoreError, saying what to do, unless the database has the schema this program works
    with."""
    stands = current_version(database)
    if stands == newest_version():
        return
    _refuse_newer(stands)
    raise StoreError("the database is not set up or out of date: run `dateline db upgrade`")


def _refuse_newer(stands: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if stands is not None and stands not in known:
        raise StoreError(
            f"the database has schema {stands}, which this version of Dateline does not know: "
            "run the newer version that made it"
        )
