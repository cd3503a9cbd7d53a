"""Each attempt adds to its day, and a database that had attempts before has their sums."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from db import Database, feed_days, fetches, open_database
from db.upgrade import downgrade, upgrade
from pipeline.model import FeedDay, FeedState, FetchReport, Outcome
from tests.making import NOON, a_feed, watch

HOUR = timedelta(hours=1)


@pytest.fixture
def own(database_url: str) -> Iterator[Database]:
    """A database of its own: the test changes the schema."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.close()


def record(database: Database, *, hours: float = 0, failed: bool = False, new: int = 0) -> None:
    report = FetchReport(
        feed_id="sahel-wire",
        started_at=NOON + hours * HOUR,
        seconds=0.1,
        outcome=Outcome.FAILED if failed else Outcome.UPDATED,
        next_fetch_at=NOON,
        next_fetch_reason="",
        state=FeedState.WORKING,
        failures=0.0,
        articles_new=new,
    )
    with database.transaction() as connection:
        fetches.record(connection, report)


def days(database: Database, **more) -> dict[str, tuple[FeedDay, ...]]:
    with database.reading() as connection:
        return feed_days.since(connection, date(2026, 11, 1), **more)


TWO_DAYS = (
    FeedDay(day=date(2026, 11, 22), fetches=3, failed=1, articles_new=7),
    FeedDay(day=date(2026, 11, 23), fetches=1, failed=0, articles_new=2),
)


def make_two_days(database: Database) -> None:
    record(database, new=5)
    record(database, hours=11.9, new=2)
    record(database, hours=1, failed=True)
    record(database, hours=12, new=2)


def test_attempts_are_summed_up_by_day(watching: Database) -> None:
    make_two_days(watching)
    assert days(watching) == {"sahel-wire": TWO_DAYS}
    assert days(watching, only=["delta-post"]) == {}


def test_only_days_that_are_over_are_pruned(watching: Database) -> None:
    make_two_days(watching)
    with watching.transaction() as connection:
        assert feed_days.prune(connection, NOON + 13 * HOUR) == 1
    assert days(watching) == {"sahel-wire": TWO_DAYS[1:]}


def test_an_upgrade_sums_up_the_attempts_there_are(own: Database) -> None:
    watch(own, polled=[a_feed()])
    make_two_days(own)
    downgrade(own, "0002")
    with own.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM fetches")).scalar_one() == 4
    upgrade(own)
    assert days(own) == {"sahel-wire": TWO_DAYS}
