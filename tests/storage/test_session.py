"""Transactions: all or nothing, readers see one moment, and trouble is told in words."""

import gc
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import db.session
from db import Database, instance, open_database
from pipeline.errors import StoreError
from tests.racing import at_once


def facts(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(text("SELECT key FROM instance")))


def note(database: Database, key: str) -> None:
    with database.transaction() as connection:
        instance.note(connection, key, "1")


def test_what_a_transaction_wrote_is_there_at_its_end(database: Database) -> None:
    note(database, "kept")
    assert facts(database) == {"kept"}


def test_an_exception_undoes_everything_a_transaction_wrote(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        instance.note(connection, "lost", "1")
        raise ZeroDivisionError
    assert facts(database) == set()
    note(database, "next")
    assert facts(database) == {"next"}


def test_reading_never_writes(database: Database) -> None:
    with database.reading() as connection:
        instance.note(connection, "lost", "1")
    assert facts(database) == set()


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.reading() as connection:
        before = connection.scalar(text("SELECT count(*) FROM instance"))
        note(database, "meanwhile")
        assert connection.scalar(text("SELECT count(*) FROM instance")) == before == 0
    assert facts(database) == {"meanwhile"}


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO article_revisions (article_id, number, title, summary, feed_id,"
                " seen_at) VALUES (404, 1, '', '', '', '2026-11-22')"
            )
        )


def test_writers_wait_for_each_other_and_none_is_lost(database: Database) -> None:
    def count_up() -> None:
        for _ in range(5):
            with database.transaction() as connection:
                stands = instance.recall(connection, "counter", hold=True)
                instance.note(connection, "counter", str(int(stands or 0) + 1))

    with database.transaction() as connection:
        instance.note(connection, "counter", "0")

    assert at_once(*[count_up] * 4) == [None] * 4
    with database.reading() as connection:
        assert instance.recall(connection, "counter") == "20"


def test_a_database_without_tables_says_what_to_do(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    with pytest.raises(StoreError, match="run `dateline db upgrade`"):
        facts(database)
    database.close()


def test_a_lock_that_is_not_given_back_is_told_as_one(
    sqlite_url: str, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.session, "BUSY_SECONDS", 0)
    impatient = open_database(sqlite_url)
    with (
        sqlite.transaction(),
        pytest.raises(StoreError, match="locked"),
        impatient.transaction(),
    ):
        pass
    impatient.close()


@pytest.mark.parametrize(
    ("pragma", "told"),
    [("query_only=ON", "cannot be written"), ("max_page_count=1", "the disk is full")],
)
def test_a_disk_that_takes_nothing_is_told_as_one(sqlite: Database, pragma: str, told: str) -> None:
    with pytest.raises(StoreError, match=told), sqlite.transaction() as connection:
        connection.execute(text(f"PRAGMA {pragma}"))
        for number in range(2_000):
            instance.keep(connection, f"fact {number}", "x" * 500)
    assert facts(sqlite) == set()


def test_a_file_that_cannot_be_opened_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = open_database(f"sqlite:///{tmp_path}/folder")
    with pytest.raises(StoreError, match="cannot be opened"):
        facts(database)
    database.close()


def test_a_folder_that_cannot_be_made_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot make the folder"):
        open_database(f"sqlite:///{tmp_path}/file/dateline.db")


def test_postgresql_without_its_driver_says_which_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match="with the extra 'postgres'"):
        open_database("postgresql://nobody@127.0.0.1:1/none")


def test_a_file_that_is_no_database_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"These are my notes, not a database. " * 200)
    opened = open_database(f"sqlite:///{tmp_path}/notes.db")
    with pytest.raises(StoreError, match="dateline db restore"), opened.reading():
        pass
    opened.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("SELECT CAST(x'80' AS TEXT)", "damaged or is something else"),
        ("SELECT nonsense FROM feeds", "it is damaged .no such column: nonsense"),
        ("SELECT 1 FROM gone", "not set up.*or its file is damaged .no such table: gone.*doctor"),
    ],
)
def test_what_a_changed_bit_makes_of_text_or_tables_is_told_as_damage(
    sqlite: Database, asked: str, told: str
) -> None:
    with pytest.raises(StoreError, match=told), sqlite.reading() as connection:
        connection.execute(text(asked)).all()


# The driver complains of the cursor that could not be closed; the server is gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_lost_while_rows_come_is_one_error_without_a_traceback(
    postgres: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreError, match="does not answer"), postgres.reading() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        rows = connection.execution_options(stream_results=True).execute(
            text("SELECT generate_series(1, 200000)")
        )
        assert rows.fetchone() == (1,)
        with postgres.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
        rows.close()
    del rows
    gc.collect()  # here it complains, not in another test
    assert caplog.records == []
    with postgres.reading() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
