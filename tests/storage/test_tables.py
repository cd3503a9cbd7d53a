"""Times keep their zone in either database, and every column says what it holds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError

from db import Database
from db.tables import audit_log, metadata

NEPAL = timezone(timedelta(hours=5, minutes=45))


def store_moment(database: Database, moment: datetime) -> datetime:
    with database.transaction() as connection:
        connection.execute(
            insert(audit_log).values(at=moment, actor="", action="", subject="", detail={})
        )
        stored = connection.scalar(select(audit_log.c.at))
    assert isinstance(stored, datetime)
    return stored


def test_a_time_without_a_zone_cannot_be_stored(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        store_moment(database, datetime(2026, 11, 22, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        datetime(2026, 11, 22, 12, 0, 0, 1_000, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=NEPAL),
        datetime(1971, 1, 1, tzinfo=UTC),
        datetime(2400, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database, moment: datetime) -> None:
    stored = store_moment(database, moment)
    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_servers_own_zone_changes_no_time(database: Database) -> None:
    moment = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    store_moment(database, moment)
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET TIME ZONE 'Asia/Kathmandu'"))
        assert connection.scalar(select(audit_log.c.at)) == moment


def test_every_column_and_table_says_what_it_holds() -> None:
    silent = [
        str(column)
        for table in metadata.sorted_tables
        for column in (table, *table.columns)
        if not column.comment
    ]
    assert silent == []
