"""Writers that want the same rows: one gives way and comes again; nobody sees an error of it."""

import threading
from collections.abc import Callable
from threading import Barrier

import pytest
from sqlalchemy import text

from db import Database, instance, notices, open_database, retried
from db.upgrade import downgrade, upgrade
from pipeline.errors import StoreConflict, StoreError
from tests.racing import at_once


def both_wanting(
    database: Database, first: str, second: str, met: Barrier
) -> Callable[[], list[str]]:
    tries: list[str] = []

    @retried
    def work() -> list[str]:
        tries.append(first)
        with database.transaction() as connection:
            instance.note(connection, first, "mine")
            if len(tries) == 1:
                met.wait()  # each holds what the other wants
            instance.note(connection, second, f"of {first}")
        return tries

    return work


def test_a_deadlock_is_tried_again(postgres: Database) -> None:
    with postgres.transaction() as connection:
        instance.note(connection, "a", "")
        instance.note(connection, "b", "")
    met = Barrier(2, timeout=20)
    found = at_once(both_wanting(postgres, "a", "b", met), both_wanting(postgres, "b", "a", met))
    assert sorted(len(each) for each in found if isinstance(each, list)) == [1, 2]


def test_who_gives_way_every_time_says_so(postgres: Database) -> None:
    tries: list[int] = []

    @retried
    def overtaken() -> None:
        tries.append(1)
        with postgres.transaction() as connection:
            connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(StoreConflict, match="another process changed the same rows"):
        overtaken()
    assert len(tries) == 5


def test_other_failures_are_not_tried_again(database: Database) -> None:
    tries: list[int] = []

    @retried
    def failing() -> None:
        tries.append(1)
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        failing()
    assert len(tries) == 1


def test_a_connection_the_server_cut_is_made_anew(postgres: Database) -> None:
    with postgres.reading() as connection:
        connection.execute(text("SELECT 1"))
    other = open_database(postgres.conninfo)
    with other.transaction() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE datname = current_database() AND pid <> pg_backend_pid()")
        )  # fmt: skip
    other.close()
    with postgres.transaction() as connection:
        instance.note(connection, "after", "the cut")
    with postgres.reading() as connection:
        assert instance.recall(connection, "after") == "the cut"


def test_an_upgrade_that_would_make_others_wait_is_called_off(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.upgrade.LOCK_SECONDS", 1)
    database = open_database(postgres_url)
    upgrade(database)
    downgrade(database, "0006")
    with database.reading() as reader:
        reader.execute(text("SELECT count(*) FROM matches"))
        with pytest.raises(StoreError, match="a table is held by another process for long"):
            upgrade(database)
    upgrade(database)
    database.close()


def test_what_one_process_tells_another_hears_once_it_is_stored(postgres: Database) -> None:
    heard: list[str] = []
    stop = threading.Event()
    listening = threading.Thread(
        target=lambda: heard.extend(notices.hear(postgres, stop.is_set)), daemon=True
    )
    listening.start()
    ear = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND datname = current_database()"
    for _ in range(200):
        with postgres.reading() as connection:
            if connection.scalar(text(ear)):
                break
    with pytest.raises(RuntimeError), postgres.transaction() as connection:
        notices.tell(connection, "undone")
        raise RuntimeError
    with postgres.transaction() as connection:
        notices.tell(connection, notices.PUBLIC)
        notices.tell(connection, notices.PUBLIC)
    stop_later = threading.Timer(0.5, stop.set)
    stop_later.start()
    listening.join(10)
    assert heard == [notices.PUBLIC]


def test_on_sqlite_there_is_nobody_to_tell(sqlite: Database) -> None:
    with sqlite.transaction() as connection:
        notices.tell(connection, notices.PUBLIC)
