"""Copying a database into another: every row, restartable, compared, and only into an empty one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from db import Database, articles, feeds, instance, open_database, transfers
from db.tables import metadata
from db.transfers import copy_all, refuse_unfinished
from db.upgrade import upgrade
from pipeline.errors import StoreError
from pipeline.index import index_news
from pipeline.model import Decision, Verdict
from pipeline.review import review
from tests.making import NOON, a_feed, an_article, take_in, watch

ROOT = Path(__file__).parents[2]
HEADLINES = [
    "Convoy attacked near Kidal in northern Mali",
    "Accord à Bamako : l’armée « satisfaite » 😀",
    "هجوم على قافلة قرب كيدال في مالي",
    "Grain prices fall",
]


def fill(database: Database, many: int = 0) -> None:
    """Rows in many tables, with every kind of value."""
    watch(database)
    for title in HEADLINES:
        take_in(database, an_article(title))
    review(database, [Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada")], NOON)
    with database.transaction() as connection:
        instance.note(connection, "made_at", NOON.isoformat())
        articles.add(
            connection, [an_article(f"Article {each}") for each in range(many)], a_feed(), NOON
        )


def rows(database: Database) -> dict[str, set[str]]:
    with database.reading() as connection:
        return {
            table.name: {
                repr(tuple(row))
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            }
            for table in metadata.sorted_tables
            if table.name != "search_state"
        }


@pytest.fixture(params=["sqlite_to_postgres", "postgres_to_sqlite"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Database, Database]:
    sqlite, postgres = (request.getfixturevalue(each) for each in ("sqlite", "postgres"))
    return (sqlite, postgres) if request.param.startswith("sqlite") else (postgres, sqlite)


def test_every_row_is_copied_whole(pair: tuple[Database, Database]) -> None:
    source, target = pair
    fill(source, many=30)
    copied = copy_all(source, target)
    assert rows(target) == rows(source)
    assert copied.rows["articles"] == 34
    assert copied.resumed == 0
    refuse_unfinished(target)


def test_postgres_knows_what_it_was_given_when_it_plans(
    sqlite: Database, postgres: Database
) -> None:
    fill(sqlite, many=30)
    copy_all(sqlite, postgres)
    with postgres.reading() as connection:
        known = connection.scalar(
            text("SELECT reltuples FROM pg_class WHERE oid = to_regclass('articles')")
        )
    assert known == 34


def test_the_copy_goes_on_counting_and_finds_words(pair: tuple[Database, Database]) -> None:
    source, target = pair
    fill(source)
    copy_all(source, target)
    assert index_news(target) == len(HEADLINES)
    stored = take_in(target, an_article("Army leaves Kidal in Mali"))
    assert stored.articles_new == 1
    with target.reading() as connection:
        assert connection.scalar(select(func.max(metadata.tables["articles"].c.id))) == 5


def test_a_target_that_holds_anything_is_refused(pair: tuple[Database, Database]) -> None:
    source, target = pair
    fill(source)
    with target.transaction() as connection:
        feeds.declare(connection, [a_feed()], NOON)
    before = rows(target)
    with pytest.raises(StoreError, match=r"the target holds rows already \(feeds\)"):
        copy_all(source, target)
    assert rows(target) == before


def test_a_copy_that_is_whole_can_be_asked_for_again_until_it_is_worked_with(
    pair: tuple[Database, Database],
) -> None:
    source, target = pair
    fill(source)
    copied = copy_all(source, target)
    again = copy_all(source, target)
    assert again.rows == copied.rows
    assert again.resumed == sum(copied.rows.values())
    assert take_in(target, an_article("Army leaves Kidal in Mali")).articles_new == 1
    before = rows(target)
    with pytest.raises(StoreError, match="the target holds rows already"):
        copy_all(source, target)
    assert rows(target) == before


def test_broken_off_it_goes_on_and_nobody_works_with_half_of_it(
    pair: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "_AT_ONCE", 3)
    source, target = pair
    fill(source, many=20)

    def breaking_off(table: str, done: int, total: int) -> None:
        if table == "articles" and done >= 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_all(source, target, progress=breaking_off)
    with pytest.raises(StoreError, match="this database is an unfinished copy"):
        refuse_unfinished(target)
    copied = copy_all(source, target)
    assert copied.resumed > 9
    assert rows(target) == rows(source)


def test_a_source_that_went_on_is_noticed_and_copied_anew(
    sqlite: Database, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite)

    def breaking_off(table: str, done: int, total: int) -> None:
        if table == "matches":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_all(sqlite, postgres, progress=breaking_off)
    with sqlite.transaction() as connection:
        connection.exec_driver_sql("UPDATE articles SET title = 'Changed' WHERE id = 1")
    with pytest.raises(StoreError, match="the copy differs in articles"):
        copy_all(sqlite, postgres)
    copy_all(sqlite, postgres, anew=True)
    assert rows(postgres) == rows(sqlite)


def test_an_unfinished_copy_of_another_installation_is_refused(
    sqlite: Database, postgres: Database, tmp_path: Path
) -> None:
    fill(sqlite)

    def breaking_off(table: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_all(sqlite, postgres, progress=breaking_off)
    other = open_database(f"sqlite:///{tmp_path}/other.db")
    upgrade(other)
    with pytest.raises(StoreError, match="unfinished copy of another installation"):
        copy_all(other, postgres)
    other.close()


def test_killed_at_any_moment_it_goes_on(sqlite: Database, postgres: Database) -> None:
    fill(sqlite, many=9_000)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATELINE_DATABASE_URL": f"sqlite:///{sqlite.engine.url.database}",
        "DATELINE_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "pipeline", "db", "copy", postgres.conninfo]
    for wait in (0.05, 0.3):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        process.stderr.readline()  # the first rows are there
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "rows were there from before" in ended.stdout
    assert "all of them compared" in ended.stdout
    assert rows(postgres) == rows(sqlite)
