"""Writers that want the same rows: one gives way and comes again; nobody sees an error of it."""

import threading
import time
from collections.abc import Callable
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text

from db import Database, instance, notices, open_database, retried
from db.upgrade import downgrade, require_current, upgrade
from pipeline.errors import StoreBusy, StoreConflict, StoreError
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


def test_who_gives_way_every_time_says_so(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.session._WAITS", (0.01,) * 4)
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


def test_an_upgrade_waits_for_readers_without_making_writers_wait(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.upgrade.LOCK_SECONDS", 0.2)
    monkeypatch.setattr("db.upgrade._WAITS", (0.1, 0.1))
    database = open_database(postgres_url)
    upgrade(database)
    downgrade(database, "0006")
    longest = 0.0
    with database.reading() as reader:
        reader.execute(text("SELECT count(*) FROM matches"))
        upgrading = threading.Thread(
            target=lambda: failed.extend(at_once(lambda: upgrade(database)))
        )
        failed: list[object] = []
        upgrading.start()
        while upgrading.is_alive():
            began = time.monotonic()
            with database.transaction() as connection:
                connection.execute(text("UPDATE matches SET score = score WHERE id = -1"))
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
    [told] = failed
    assert isinstance(told, StoreBusy)
    assert "a table is held by another process for long" in str(told)
    assert longest < 5, "who writes waits for one try, not for the reader"
    upgrade(database)
    require_current(database)
    database.close()


def test_whoever_stands_still_does_not_hold_others_for_ever(postgres: Database) -> None:
    with postgres.reading() as connection:
        limits = [
            connection.scalar(text(f"SHOW {name}"))
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "application_name")
        ]
    assert limits == ["1min", "5min", "dateline"]
    assert "connect_timeout=10" in postgres.conninfo
    other = open_database(postgres.conninfo)
    assert other.conninfo == postgres.conninfo
    other.close()


def test_more_questions_than_connections_are_a_clear_error(sqlite: Database) -> None:
    small = Database(create_engine(sqlite.engine.url, pool_size=1, max_overflow=0, pool_timeout=0))
    with small.reading():
        for also in (small.reading, small.transaction):
            with pytest.raises(StoreError, match="all connections of this process"), also():
                pass
    small.close()


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
