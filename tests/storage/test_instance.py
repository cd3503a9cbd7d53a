"""Facts about an installation: some set once for ever, some that change."""

from collections.abc import Callable

from db import Database, instance
from tests.racing import at_once


def keep(database: Database, value: str) -> str:
    with database.transaction() as connection:
        return instance.keep(connection, "authority", value)


def test_a_kept_fact_never_changes(database: Database) -> None:
    assert keep(database, "tracker.example") == "tracker.example"
    assert keep(database, "moved.example") == "tracker.example"
    with database.reading() as connection:
        assert instance.recall(connection, "authority") == "tracker.example"


def test_a_noted_fact_changes(database: Database) -> None:
    with database.transaction() as connection:
        assert instance.recall(connection, "fault") is None
        instance.note(connection, "fault", "line 3")
        instance.note(connection, "fault", "")
        assert instance.recall(connection, "fault", hold=True) == ""


def test_processes_that_start_at_once_agree_on_one_fact(database: Database) -> None:
    def keeper(value: str) -> Callable[[], str]:
        return lambda: keep(database, value)

    results = at_once(*map(keeper, "abcd"))
    assert len(set(map(str, results))) == 1
    assert results[0] in list("abcd")


def test_facts_noted_at_once_are_no_error(database: Database) -> None:
    def noter(value: str) -> Callable[[], None]:
        def work() -> None:
            with database.transaction() as connection:
                instance.note(connection, "fault", value)

        return work

    assert at_once(*map(noter, "abcd")) == [None] * 4
