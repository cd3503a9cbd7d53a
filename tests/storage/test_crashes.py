"""A process killed in the middle of storing documents leaves each of them whole or nothing of it.

Run as a program, this file is the process that gets killed: it forks a child for every moment.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text

from db import Connection, Database, fetches, leases, open_database
from db.tables import article_revisions, articles, entries, matches, stories
from db.tables import fetches as fetch_rows
from pipeline.model import Approval, Delivery, FeedState, FetchReport, Outcome, Validators
from pipeline.store import store_documents
from tests.making import NOON, a_conflict, a_feed, an_article, rules, take_in, watch

ROOT = Path(__file__).parents[2]
HEADLINES = [f"Convoy {number} attacked near Kidal in northern Mali" for number in range(6)]
TRACKED = a_conflict(approve=Approval.AUTOMATIC)
WHOLE = {
    "articles": 6,
    "entries": 12,
    "article_revisions": 0,
    "matches": 6,
    "stories": 6,
    "fetches": 2,
}


def store_documents_with_validators(url: str, killed_before: int | None) -> int:
    """Do what ingest does with two documents, up to a moment; gives how many moments there were."""
    database = open_database(url)
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        if seen == killed_before:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    event.listen(database.engine, "before_cursor_execute", count)
    event.listen(database.engine, "after_cursor_execute", count)
    event.listen(database.engine, "commit", count)
    with database.transaction() as connection:
        _store(connection)
    database.close()
    return seen


def _store(connection: Connection) -> None:
    document = tuple(an_article(each) for each in HEADLINES)
    deliveries = [
        Delivery(feed=a_feed(name), articles=document, at=NOON)
        for name in ("sahel-wire", "delta-post")
    ]
    store_documents(connection, deliveries, rules(TRACKED), NOON)
    fetches.record(connection, *map(_report, deliveries))


def _report(delivery: Delivery) -> FetchReport:
    return FetchReport(
        feed_id=delivery.feed.id,
        started_at=NOON,
        seconds=1,
        outcome=Outcome.UPDATED,
        next_fetch_at=NOON + timedelta(minutes=30),
        next_fetch_reason="every 30 min",
        state=FeedState.WORKING,
        failures=0,
        body_hash="abc",
        validators=Validators(etag='"1"', url=delivery.feed.url),
    )


def stored(url: str) -> tuple[dict[str, int], str | None]:
    """How many rows each table holds, and the feed's ETag."""
    database = open_database(url)
    with database.reading() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (articles, entries, article_revisions, matches, stories, fetch_rows)
        }
    with database.transaction() as connection:
        [due] = leases.claim(
            connection,
            NOON,
            holder="",
            lease=timedelta(0),
            only=["sahel-wire"],
            even_if_not_due=True,
        )
    database.close()
    return counts, due.validators.etag


def crash_at_every_moment(url: str) -> int:
    """Kill children at one moment after the other until one comes through; gives the last moment.

    A moment lies before or after a statement. After a death nothing of the document may be there.
    """
    for moment in range(0, 1_000, 3):
        child = os.fork()
        if child == 0:
            store_documents_with_validators(url, moment)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return moment
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        counts, etag = stored(url)
        assert set(counts.values()) == {0}, (moment, counts)
        assert etag is None, moment
    raise AssertionError("it never came through")


def test_documents_are_stored_whole_or_not_at_all(sqlite: Database, sqlite_url: str) -> None:
    watch(sqlite, tracked=[TRACKED])
    sqlite.close()

    process = subprocess.run(
        [sys.executable, __file__, sqlite_url],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    assert int(process.stdout) > 40
    assert stored(sqlite_url) == (WHOLE, '"1"')


def test_storing_again_after_a_crash_that_came_too_late_adds_nothing(
    sqlite: Database, sqlite_url: str
) -> None:
    watch(sqlite, tracked=[TRACKED])
    sqlite.close()
    store_documents_with_validators(sqlite_url, None)
    again = take_in(sqlite, *map(an_article, HEADLINES), tracked=[TRACKED])
    assert (again.articles_new, again.articles_revised, again.matches_new) == (0, 0, 0)
    assert stored(sqlite_url) == (WHOLE, '"1"')


if __name__ == "__main__":
    print(crash_at_every_moment(sys.argv[1]))
