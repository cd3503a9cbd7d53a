"""Faults while the service runs: told once in words that say what to do, and over without hands."""

import json
import os
import signal
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.crash.furnished import Furnished
from tests.crash.house import House
from tests.crash.invariants import i5_each_public_file_is_whole
from tests.crash.library import Mode
from tests.crash.running import assert_well, fault, next_round, running, told, until
from tests.crash.servers import Postgres

pytestmark = pytest.mark.xdist_group("crash")
TEN_YEARS = 3_653 * 86_400
UNTOLD = 120  # how the interpreter ends whose last words went nowhere


def complaints(house: House, words: str) -> list[str]:
    """What was logged with these words, without the moment."""
    logged = [json.loads(line) for line in house.log().splitlines() if line.startswith("{")]
    return [each["event"] for each in logged if words in each["event"]]


def furthest_turn(house: House) -> str:
    """The day of the feed that has to wait longest."""
    with house.database() as database, database.reading() as connection:
        return str(connection.scalar(text("SELECT max(next_fetch_at) FROM feeds")))[:10]


def test_a_disk_that_is_full_then_read_only_then_locked_is_told_once_and_got_over(
    furnished: Furnished,
) -> None:
    house = furnished.again()
    house.warm.move_clock(100)
    with running(house):
        until(lambda: told(house, "ingest: 2 feeds"))
        for turn, (mode, words) in enumerate(
            ((Mode.NO_SPACE, "the disk is full: free some space"), (Mode.READ_ONLY, "read-only")), 2
        ):
            fault(house, mode)
            house.warm.move_clock(100 * turn)
            until(lambda words=words: told(house, words))  # type: ignore[misc]
            time.sleep(0.6)  # two more ticks
            assert i5_each_public_file_is_whole(house) == []
            found = complaints(house, words)
            assert len(found) == len(set(found))
            over = told(house, ": over, after")
            with next_round(house):
                fault(house, None)
            until(lambda over=over: told(house, ": over, after") > over)  # type: ignore[misc]
        path = house.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            later = threading.Timer(0.8, lambda: other.execute("ROLLBACK"))
            with next_round(house):
                house.warm.move_clock(400)
                later.start()
            later.join()
    house.warm.move_clock(0)
    assert_well(house)


def test_a_clock_that_jumps_by_ten_years_and_back_stops_nothing(furnished: Furnished) -> None:
    house = furnished.again()
    house.warm.move_clock(100)
    with running(house):
        until(lambda: told(house, "ingest: 2 feeds"))
        for jump in (TEN_YEARS, 200, -TEN_YEARS, 400):
            house.warm.move_clock(jump)
            day = str(datetime.now(UTC) + timedelta(seconds=jump))[:10]
            until(lambda day=day: furthest_turn(house) == day)  # type: ignore[misc]
            with next_round(house):
                house.warm.move_clock(jump + 100)
        assert max(each.busiest for each in house.wires.wires.values()) == 1
        assert told(house, "the clock was set back")
    house.warm.move_clock(0)
    assert_well(house)


def test_a_log_on_a_full_disk_stops_no_work(furnished: Furnished) -> None:
    house = furnished.again()
    house.warm.move_clock(100)
    pid = house.warm.start(replace(house.life("run", hurries=True), log="/dev/full"))
    try:
        for turn, wire in enumerate(house.wires.wires.values(), 2):
            asked = wire.requests
            until(lambda wire=wire, asked=asked: wire.requests > asked)  # type: ignore[misc]
            house.warm.move_clock(100 * turn)
    finally:
        os.kill(pid, signal.SIGTERM)
        status = house.warm.wait(pid).status
    assert status in (0, UNTOLD)
    house.warm.move_clock(0)
    assert_well(house)


def test_after_a_long_downtime_each_feed_is_asked_once(furnished: Furnished) -> None:
    house = furnished.again()
    house.warm.move_clock(90 * 86_400)
    with running(house):
        until(lambda: told(house, "ingest: 2 feeds"))
        time.sleep(0.6)  # two more ticks
        assert [each.requests for each in house.wires.wires.values()] == [1, 1]
    house.warm.move_clock(0)
    assert_well(house)


AWAY = "the database does not answer: connection is bad"
REFUSALS = {
    "ALLOW_CONNECTIONS false": "is not currently accepting connections",
    "SET statement_timeout = 1": "statement timeout",
}


def test_a_postgresql_that_restarts_refuses_or_stays_away_is_met_again(
    on_postgres: Furnished, server: Postgres
) -> None:
    house = on_postgres.again()
    # Copied databases share the numbers of sequences that were logged ahead: make that durable.
    server.do("CHECKPOINT")
    house.warm.move_clock(100)
    with running(house):
        until(lambda: told(house, "ingest: 2 feeds"))
        with next_round(house):
            server.restart("immediate")
            house.warm.move_clock(200)
        with next_round(house):
            server.end_connections()
            house.warm.move_clock(300)
        for turn, (limit, words) in enumerate(REFUSALS.items(), 4):
            server.do(f"ALTER DATABASE house {limit}")
            server.end_connections()
            house.warm.move_clock(100 * turn)
            until(lambda words=words: told(house, words))  # type: ignore[misc]
            with next_round(house):
                server.do("ALTER DATABASE house ALLOW_CONNECTIONS true")
                server.do("ALTER DATABASE house RESET ALL")
                server.end_connections()
        before = len(complaints(house, AWAY))
        server.stop()
        house.warm.move_clock(900)  # five minutes pass
        until(lambda: len(complaints(house, AWAY)) > before)
        time.sleep(0.6)  # two more ticks
        found = complaints(house, AWAY)[before:]
        assert len(found) == len(set(found))
        assert i5_each_public_file_is_whole(house) == []
        with next_round(house):
            server.start()
    house.warm.move_clock(0)
    assert_well(house)
