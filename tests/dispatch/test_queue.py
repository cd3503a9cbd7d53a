"""The queue: what is handed over when, what is set aside, and what becomes of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from db import Database, queued_jobs
from pipeline.dispatch import (
    HandOver,
    drop_job,
    hand_over,
    list_jobs,
    queue_figures,
    require_engine,
    retry_job,
)
from pipeline.dispatch.engine import Line, serve
from pipeline.errors import StoreError
from tests.fleet import QUICK, all_due, clock_side, declare, utc_now
from tests.fleet import until as wait_until
from tests.making import a_feed

JOBS = "procrastinate.procrastinate_jobs"


def watched(database: Database, how_many: int = 3) -> None:
    declare(database, [a_feed(f"feed-{number}") for number in range(how_many)])
    require_engine(database)


def hand_over_feeds(database: Database) -> int:
    with clock_side(database) as ingest:
        return HandOver(database=database).feeds(ingest)


def work(database: Database, fetch: Callable[[str], None], until: Callable[[], bool]) -> None:
    """Serve the queue of feeds in this process until something holds."""

    async def one(feed: str) -> None:
        fetch(feed)

    async def go() -> None:
        stop = asyncio.Event()
        line = Line(queue="feeds", at_once=2, works={"fetch": one})
        serving = asyncio.create_task(serve(database.conninfo, [line], QUICK, stop, 2))
        await asyncio.to_thread(wait_until, until)
        stop.set()
        await serving

    asyncio.run(go())


def change(database: Database, statement: str) -> None:
    with database.transaction() as connection:
        queued_jobs.look_there(connection)
        connection.execute(text(statement))


def test_workers_need_postgresql(sqlite: Database) -> None:
    with pytest.raises(StoreError, match="workers need PostgreSQL: set DATELINE_DATABASE_URL"):
        require_engine(sqlite)
    assert queue_figures(sqlite) is None
    assert list_jobs(sqlite) == ()
    assert not retry_job(sqlite, 1, utc_now(), "ada")
    assert not drop_job(sqlite, 1, utc_now(), "ada")


def test_the_queue_is_set_up_once_and_apart_from_our_tables(postgres: Database) -> None:
    with postgres.reading() as connection:
        assert not queued_jobs.is_set_up(connection)
    require_engine(postgres)
    require_engine(postgres)
    found = queue_figures(postgres)
    assert found is not None
    assert (found.workers, found.waiting, found.set_aside) == (0, 0, 0)
    with postgres.reading() as connection:
        schemas = connection.scalars(
            text("SELECT DISTINCT table_schema FROM information_schema.tables"
                 " WHERE table_name LIKE 'procrastinate%'")
        ).all()  # fmt: skip
    assert schemas == ["procrastinate"]


def test_a_due_feed_is_handed_over_once_until_it_was_fetched(postgres: Database) -> None:
    watched(postgres)
    assert hand_over_feeds(postgres) == 3
    assert hand_over_feeds(postgres) == 0
    fetched: list[str] = []
    work(postgres, fetched.append, lambda: len(fetched) == 3)
    all_due(postgres)
    assert hand_over_feeds(postgres) == 3


def test_feeds_that_a_process_holds_are_not_handed_over(postgres: Database) -> None:
    watched(postgres)
    with clock_side(postgres) as ingest:
        ingest.holder = "elsewhere|1|1|x"
        ingest.claim(only=["feed-0"])
    assert hand_over_feeds(postgres) == 2


def test_no_more_is_handed_over_than_workers_can_do_soon(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_over, "MOST_WAITING", 2)
    watched(postgres)
    assert hand_over_feeds(postgres) == 2
    assert hand_over_feeds(postgres) == 0


def test_depth_and_age_are_counted(postgres: Database) -> None:
    watched(postgres)
    before = utc_now()
    hand_over_feeds(postgres)
    found = queue_figures(postgres)
    assert found is not None
    [fetch] = found.tasks
    assert (fetch.task, fetch.waiting, fetch.running, fetch.set_aside) == ("fetch", 3, 0, 0)
    assert fetch.oldest_since is not None
    assert abs(fetch.oldest_since - before) < timedelta(seconds=20)


def test_a_job_that_fails_every_time_is_set_aside_and_can_be_tried_again(
    postgres: Database,
) -> None:
    watched(postgres, 1)
    hand_over_feeds(postgres)
    # Its last attempt: those before lie up to two minutes apart.
    change(postgres, f"UPDATE {JOBS} SET attempts = 4")

    def fail(feed: str) -> None:
        raise RuntimeError("a defect")

    work(postgres, fail, lambda: bool(list_jobs(postgres)))
    [job] = list_jobs(postgres)
    assert (job.task, job.about, job.status, job.attempts) == ("fetch", "feed-0", "set aside", 5)
    assert job.fault == "RuntimeError('a defect')"
    assert hand_over_feeds(postgres) == 0, "what was set aside stays aside"
    assert retry_job(postgres, job.id, utc_now(), "ada")
    assert not retry_job(postgres, job.id, utc_now(), "ada")
    assert list_jobs(postgres) == ()
    fetched: list[str] = []
    work(postgres, fetched.append, lambda: fetched == ["feed-0"])


def test_a_job_whose_workers_die_every_time_is_set_aside_and_can_be_dropped(
    postgres: Database,
) -> None:
    watched(postgres, 1)
    hand_over_feeds(postgres)
    change(postgres, "INSERT INTO procrastinate.procrastinate_workers (last_heartbeat)"
                     " VALUES (now() - interval '1 hour')")  # fmt: skip
    change(postgres, f"UPDATE {JOBS} SET status = 'doing', attempts = 4, worker_id ="
                     " (SELECT max(id) FROM procrastinate.procrastinate_workers)")  # fmt: skip
    work(postgres, lambda feed: None, lambda: bool(list_jobs(postgres)))
    [job] = list_jobs(postgres)
    assert "its workers died" in job.fault
    assert drop_job(postgres, job.id, utc_now(), "ada")
    assert not drop_job(postgres, job.id, utc_now(), "ada")
    assert hand_over_feeds(postgres) == 1, "it is due as ever"


DIED = (
    "INSERT INTO procrastinate.procrastinate_workers (last_heartbeat)"
    " VALUES (now() - interval '1 hour')",
    f"UPDATE {JOBS} SET status = 'doing', worker_id ="
    " (SELECT max(id) FROM procrastinate.procrastinate_workers)",
)


def test_a_feed_that_a_worker_died_over_is_its_jobs_until_that_is_taken_up(
    postgres: Database,
) -> None:
    watched(postgres, 1)
    hand_over_feeds(postgres)
    for statement in DIED:
        change(postgres, statement)
    assert hand_over_feeds(postgres) == 0


def test_deaths_are_counted_although_another_job_of_the_kind_waits_meanwhile(
    postgres: Database,
) -> None:
    watched(postgres, 1)
    HandOver(database=postgres).chore("publish")
    change(postgres, f"UPDATE {JOBS} SET attempts = 2")
    for statement in DIED:
        change(postgres, statement)
    HandOver(database=postgres).chore("publish")

    def waiting() -> list[int]:
        with postgres.reading() as connection:
            rows = connection.execute(text(f"SELECT status::text AS is_, attempts FROM {JOBS}"))
            return [row.attempts if row.is_ == "todo" else -1 for row in rows]

    assert sorted(waiting()) == [-1, 0]
    work(postgres, lambda feed: None, lambda: waiting() == [3])


def test_a_job_put_off_while_a_clock_was_years_ahead_is_done_now(postgres: Database) -> None:
    watched(postgres, 1)
    hand_over_feeds(postgres)
    change(postgres, f"UPDATE {JOBS} SET scheduled_at = now() + interval '10 years'")
    fetched: list[str] = []
    work(postgres, fetched.append, lambda: fetched == ["feed-0"])


def test_jobs_that_are_done_are_cleared_away(postgres: Database) -> None:
    watched(postgres)
    hand_over_feeds(postgres)

    def gone() -> bool:
        with postgres.reading() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {JOBS}")) == 0

    work(postgres, lambda feed: None, gone)


def test_a_lost_connection_is_made_anew(postgres: Database) -> None:
    watched(postgres, 1)
    fetched: list[str] = []
    cut: list[bool] = []

    def cut_and_wait() -> bool:
        found = queue_figures(postgres)
        if not cut and found is not None and found.workers:
            change(postgres, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                             " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
            cut.append(True)
            hand_over_feeds(postgres)
        return fetched == ["feed-0"]

    work(postgres, fetched.append, cut_and_wait)
