from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from db import Database, open_database
from db.tables import metadata
from db.upgrade import current_version, downgrade, newest_version, require_current, upgrade
from pipeline.errors import StoreError


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of its own for each test: these change the schema."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.close()


def test_migrations_make_exactly_the_tables_the_program_knows(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, parents: (
                    kind != "table" or not str(name).startswith("article_search")
                ),
            },
        )
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert upgrade(database) == newest_version()
    require_current(database)


def test_migrations_go_down_to_nothing_and_up_again(database: Database) -> None:
    downgrade(database, "base")
    with database.reading() as connection:
        left = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert left == set()
    assert current_version(database) is None
    upgrade(database)
    require_current(database)


def test_an_empty_database_says_what_to_do(database_url: str) -> None:
    database = open_database(database_url)
    with pytest.raises(StoreError, match="dateline db upgrade"):
        require_current(database)
    database.close()


def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        upgrade(database)
    with pytest.raises(StoreError, match="newer version"):
        require_current(database)


def test_postgresql_without_a_server_is_a_clear_error() -> None:
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="does not answer"), database.reading() as connection:
        connection.execute(text("SELECT 1"))
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "nonsense"])
def test_an_address_that_is_no_database_is_a_clear_error(url: str) -> None:
    with pytest.raises(StoreError):
        open_database(url)


def test_acknowledged_writes_survive_power_loss_on_sqlite(sqlite: Database) -> None:
    with sqlite.reading() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
