"""Runs of scheduled jobs: begun, ended, missed, cut short."""

from datetime import timedelta

from db import Database, runs
from pipeline.model import JobRun
from tests.making import NOON

MINUTE = timedelta(minutes=1)


def latest(database: Database) -> dict[str, JobRun]:
    with database.reading() as connection:
        return {run.job: run for run in runs.latest(connection)}


def test_a_run_is_seen_while_it_runs_and_when_it_is_done(database: Database) -> None:
    with database.transaction() as connection:
        run_id = runs.begin(connection, "ingest", NOON)
    assert latest(database)["ingest"].outcome == "running"
    assert latest(database)["ingest"].finished_at is None
    with database.transaction() as connection:
        runs.finish(connection, run_id, "done", "3 feeds", NOON + MINUTE)
    assert latest(database)["ingest"] == JobRun(
        job="ingest",
        started_at=NOON,
        finished_at=NOON + MINUTE,
        outcome="done",
        detail="3 feeds",
    )


def test_only_the_newest_run_of_each_job_is_the_latest(database: Database) -> None:
    with database.transaction() as connection:
        for minutes, job in enumerate(["ingest", "publish", "ingest"]):
            runs.begin(connection, job, NOON + minutes * MINUTE)
    assert {job: run.started_at - NOON for job, run in latest(database).items()} == {
        "ingest": 2 * MINUTE,
        "publish": MINUTE,
    }


def test_a_missed_run_is_visible(database: Database) -> None:
    with database.transaction() as connection:
        runs.miss(connection, "ingest", NOON, NOON + 30 * MINUTE)
        assert runs.missed_since(connection, NOON) == 1
        assert runs.missed_since(connection, NOON + MINUTE) == 0
    assert latest(database)["ingest"].outcome == "missed"
    assert latest(database)["ingest"].started_at == NOON


def test_runs_cut_short_by_a_killed_process_are_closed(database: Database) -> None:
    with database.transaction() as connection:
        runs.finish(connection, runs.begin(connection, "publish", NOON), "done", "", NOON)
        runs.begin(connection, "ingest", NOON)
        assert runs.interrupted(connection, NOON + MINUTE) == 1
        assert runs.interrupted(connection, NOON + MINUTE) == 0
    assert latest(database)["ingest"].outcome == "failed"
    assert latest(database)["ingest"].finished_at == NOON + MINUTE
    assert latest(database)["publish"].outcome == "done"


def test_old_runs_are_pruned(database: Database) -> None:
    with database.transaction() as connection:
        runs.begin(connection, "ingest", NOON - MINUTE)
        runs.begin(connection, "publish", NOON)
        assert runs.prune(connection, NOON) == 1
    assert list(latest(database)) == ["publish"]
