"""`dateline worker`: what it needs, and what it shows and settles of the queue."""

import json

import pytest

from db import Database
from pipeline.dispatch import HandOver, require_engine
from tests.cli.conftest import Shell
from tests.fleet import clock_side, declare
from tests.making import a_feed


@pytest.fixture
def queued(postgres: Database, shell: Shell) -> Database:
    """A queue with one job that was set aside, on the database the shell works with."""
    declare(postgres, [a_feed()])
    require_engine(postgres)
    with clock_side(postgres) as ingest:
        assert HandOver(database=postgres).feeds(ingest) == 1
    with postgres.transaction() as connection:
        connection.exec_driver_sql("SET LOCAL search_path TO procrastinate, public")
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing'")
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'failed', attempts = 5")
    shell.patch.setenv("DATELINE_DATABASE_URL", postgres.conninfo)
    return postgres


def test_without_postgresql_it_says_what_to_do(shell: Shell) -> None:
    answer = shell.run("worker", status=1)
    assert "workers need PostgreSQL: set DATELINE_DATABASE_URL" in answer.err
    shell.patch.setenv("DATELINE_WORKERS", "queue")
    assert "workers need PostgreSQL" in shell.run("jobs", status=1).err


def test_where_there_are_no_workers_the_list_says_what_they_need(shell: Shell) -> None:
    told = shell.run("worker", "--list").out
    assert "does all work itself" in told
    assert "workers need PostgreSQL: set DATELINE_DATABASE_URL" in " ".join(told.split())
    assert shell.json("worker", "--list") == {"queue": None, "set_aside": []}


def test_what_was_set_aside_is_listed_and_handed_out_again(queued: Database, shell: Shell) -> None:
    listed = shell.json("worker", "--list")
    [task] = listed["queue"]["tasks"]
    assert (task["task"], task["waiting"], task["set_aside"]) == ("fetch", 0, 1)
    [job] = listed["set_aside"]
    assert (job["task"], job["about"], job["attempts"]) == ("fetch", "sahel-wire", 5)
    assert "sahel-wire" in shell.run("worker", "--list").out
    shell.run("worker", "--retry", str(job["id"]))
    again = json.loads(shell.run("worker", "--list", "--json").out)
    assert again["set_aside"] == []
    assert again["queue"]["tasks"][0]["waiting"] == 1


def test_what_was_set_aside_is_dropped_once(queued: Database, shell: Shell) -> None:
    [job] = shell.json("worker", "--list")["set_aside"]
    shell.run("worker", "--drop", str(job["id"]))
    answer = shell.run("worker", "--drop", str(job["id"]), status=1)
    assert f"no job {job['id']} was set aside" in answer.err
