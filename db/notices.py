"""Notices: processes tell each other that something happened, on PostgreSQL (LISTEN, NOTIFY).

A notice only wakes who would have looked later anyway: one that is lost costs time, never truth.
"""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from db.session import Database
from pipeline.errors import StoreError

PUBLIC = "public"  # what the public may read changed
ARRIVALS = "arrivals"  # matches wait for editors
_CHANNEL = "dateline"
_PATIENCE = 1.0


def tell(connection: Connection, what: str) -> None:
    """Tell it once this transaction is committed, to whoever listens; elsewhere than on PostgreSQL
    there is nobody."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_notify('{_CHANNEL}', :what)"), {"what": what})


def hear(database: Database, stopping: Callable[[], bool]) -> Iterator[str]:
    """Give what is told, as it comes, until `stopping`, looked at every second.

    Holds a connection meanwhile. Raises StoreError when it is lost.
    """
    import psycopg

    try:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text(f"LISTEN {_CHANNEL}"))
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            while not stopping():
                for notice in raw.notifies(timeout=_PATIENCE):
                    yield notice.payload
                    if stopping():
                        break
            connection.execute(text("UNLISTEN *"))
    except (DBAPIError, psycopg.Error) as error:
        raise StoreError(f"the database is not heard any more: {error}") from error
