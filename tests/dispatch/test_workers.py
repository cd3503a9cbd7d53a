"""Workers: real processes on a real PostgreSQL. Each due feed is fetched once; a killed worker's
jobs are taken up; nothing is lost and nothing is stored twice."""

import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from db import Database
from pipeline.dispatch import HandOver, queue_figures, require_engine
from tests.fleet import Hosts, all_due, clock_side, declare, start_worker, until, worker
from tests.racing import at_once


def counted(database: Database, question: str) -> dict[str, int]:
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(text(question))}


def attempts(database: Database) -> dict[str, int]:
    return counted(database, "SELECT feed_id, count(*) FROM fetches GROUP BY feed_id")


def hand_over(database: Database, *, clocks: int = 1) -> int:
    """Let some clocks hand over what is due, all at the same moment; how many jobs were made."""
    require_engine(database)
    with clock_side(database) as ingest:
        handed = at_once(*[lambda: HandOver(database=database).feeds(ingest)] * clocks)
    assert all(isinstance(each, int) for each in handed), handed
    return sum(each for each in handed if isinstance(each, int))


def test_with_several_clocks_and_workers_each_feed_is_fetched_once_per_due_time(
    postgres: Database, tmp_path: Path
) -> None:
    with Hosts(24) as hosts, worker(postgres, tmp_path), worker(postgres, tmp_path):
        declare(postgres, hosts.feeds())
        for turn in (1, 2):
            handed = hand_over(postgres, clocks=3)
            handed += hand_over(postgres, clocks=3)
            assert handed >= 24
            until(lambda turn=turn: sum(attempts(postgres).values()) == 24 * turn)  # type: ignore[misc]
            assert set(hosts.requests.values()) == {turn}
            all_due(postgres)
    assert set(attempts(postgres).values()) == {2}
    found = counted(postgres, "SELECT feed_id, count(*) FROM entries GROUP BY feed_id")
    assert set(found.values()) == {3}
    assert len(found) == 24


def test_workers_killed_at_random_moments_lose_nothing_and_store_nothing_twice(
    postgres: Database, tmp_path: Path
) -> None:
    chance = random.Random(7)
    with Hosts(40, latency=0.15) as hosts:
        declare(postgres, hosts.feeds())
        fleet = [start_worker(postgres, tmp_path, at_once=3) for _ in range(2)]
        try:
            hand_over(postgres)
            until(lambda: hosts.requests)
            for _ in range(4):
                time.sleep(chance.uniform(0.1, 0.9))
                victim = fleet.pop(chance.randrange(len(fleet)))
                victim.kill()
                victim.wait()
                fleet.append(start_worker(postgres, tmp_path, at_once=3))

            def all_stored() -> bool:
                hand_over(postgres)
                return len(attempts(postgres)) == 40

            until(all_stored, every=0.5)
            until(lambda: queue_figures(postgres).waiting == 0)  # type: ignore[union-attr]
        finally:
            for each in fleet:
                each.kill()
                each.wait()
    assert set(attempts(postgres).values()) == {1}
    assert min(hosts.requests[number] for number in range(40)) >= 1
    entries = counted(postgres, "SELECT feed_id, count(*) FROM entries GROUP BY feed_id")
    assert entries == dict.fromkeys(sorted(entries), 3)
    assert len(entries) == 40
    [articles] = counted(postgres, "SELECT 'all', count(*) FROM articles").values()
    assert articles == 120
    held = counted(postgres, "SELECT id, 1 FROM feeds WHERE lease_by IS NOT NULL")
    assert held == {}


def test_a_killed_workers_fetch_is_done_by_another(postgres: Database, tmp_path: Path) -> None:
    with Hosts(1, latency=1.5) as hosts:
        declare(postgres, hosts.feeds())
        with worker(postgres, tmp_path) as first:
            hand_over(postgres)
            until(lambda: hosts.requests[0] == 1)
            first.kill()
            first.wait()
            with worker(postgres, tmp_path):
                until(lambda: attempts(postgres) == {"feed-000": 1})
                until(lambda: queue_figures(postgres).waiting == 0)  # type: ignore[union-attr]
        assert hosts.requests[0] == 2
    assert "is taken from a dead worker" in (tmp_path / "workers.log").read_text()


def test_a_worker_that_stood_still_does_not_store_what_another_took_over(
    postgres: Database, tmp_path: Path
) -> None:
    with Hosts(1, latency=1.0) as hosts:
        declare(postgres, hosts.feeds())
        with worker(postgres, tmp_path) as paused:
            hand_over(postgres)
            until(lambda: hosts.requests[0] == 1)
            paused.send_signal(signal.SIGSTOP)
            with worker(postgres, tmp_path):
                until(lambda: attempts(postgres) == {"feed-000": 1})
            paused.send_signal(signal.SIGCONT)
            log = tmp_path / "workers.log"
            until(lambda: "feed-000: left to another process" in log.read_text())
        assert hosts.requests[0] == 2
    assert attempts(postgres) == {"feed-000": 1}


def test_a_worker_publishes_what_the_clock_asked_it_to(postgres: Database, tmp_path: Path) -> None:
    declare(postgres, [])
    require_engine(postgres)
    with worker(postgres, tmp_path):
        asked = HandOver(database=postgres)
        asked.chore("publish")
        asked.chore("publish")
        until((tmp_path / "public" / "latest-news.atom").exists)
        until(lambda: not asked.stands("publish"))


@pytest.mark.parametrize("kept", [2, 5])
def test_one_host_is_asked_by_one_worker_at_a_time(
    postgres: Database, tmp_path: Path, kept: int
) -> None:
    with Hosts(1, latency=0.1) as hosts:
        [one] = hosts.feeds()
        many = [replace(one, id=f"{one.id}-{n}", url=f"{one.url}?{n}") for n in range(kept)]
        declare(postgres, many)
        with worker(postgres, tmp_path), worker(postgres, tmp_path):
            assert hand_over(postgres) == kept
            until(lambda: len(attempts(postgres)) == kept)
        assert hosts.most_at_once == 1
