"""Workers: real processes on a real PostgreSQL. Each due feed is fetched once; a killed worker's
jobs are taken up; nothing is lost and nothing is stored twice."""

import random
import signal
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

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


def test_with_three_clocks_and_workers_each_feed_is_fetched_once_per_due_time(
    postgres: Database, tmp_path: Path
) -> None:
    with Hosts(24) as hosts, ExitStack() as fleet:
        for _ in range(3):
            fleet.enter_context(worker(postgres, tmp_path))
        declare(postgres, hosts.feeds())
        for turn in (1, 2):
            all_due(postgres)
            handed = hand_over(postgres, clocks=3)
            handed += hand_over(postgres, clocks=3)
            assert handed >= 24
            until(lambda turn=turn: sum(attempts(postgres).values()) == 24 * turn)  # type: ignore[misc]
            assert set(hosts.requests.values()) == {turn}
        # Asked twice, by two clocks: one of the workers publishes.
        for asked in (HandOver(database=postgres), HandOver(database=postgres)):
            asked.chore("publish")
        until((tmp_path / "public" / "latest-news.atom").exists)
        until(lambda: not asked.stands("publish"))
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


def test_what_a_killed_or_frozen_worker_had_in_hand_is_done_once_by_another(
    postgres: Database, tmp_path: Path
) -> None:
    log = tmp_path / "workers.log"
    with Hosts(1, latency=1.0) as hosts:
        declare(postgres, hosts.feeds())
        with worker(postgres, tmp_path) as killed:
            hand_over(postgres)
            until(lambda: hosts.requests[0] == 1)
            killed.kill()
            killed.wait()
        with worker(postgres, tmp_path) as frozen:
            until(lambda: attempts(postgres) == {"feed-000": 1})
            until(lambda: queue_figures(postgres).waiting == 0)  # type: ignore[union-attr]
            assert hosts.requests[0] == 2
            assert "is taken from a dead worker" in log.read_text()
            all_due(postgres)
            hand_over(postgres)
            until(lambda: hosts.requests[0] == 3)
            frozen.send_signal(signal.SIGSTOP)
            with worker(postgres, tmp_path):
                until(lambda: attempts(postgres) == {"feed-000": 2})
            frozen.send_signal(signal.SIGCONT)
            until(lambda: "feed-000: left to another process" in log.read_text())
        assert hosts.requests[0] == 4
    assert attempts(postgres) == {"feed-000": 2}


def test_one_host_is_asked_by_one_worker_at_a_time(postgres: Database, tmp_path: Path) -> None:
    with Hosts(1, latency=0.1) as few, Hosts(1, latency=0.1) as many:
        kept = [
            replace(one, url=f"{one.url}?{n}")
            for host, how_many in ((few, 2), (many, 5))
            for one in host.feeds()
            for n in range(how_many)
        ]
        kept = [replace(each, id=f"feed-{n}") for n, each in enumerate(kept)]
        declare(postgres, kept)
        with worker(postgres, tmp_path), worker(postgres, tmp_path):
            assert hand_over(postgres) == 7
            until(lambda: len(attempts(postgres)) == 7)
        assert (few.most_at_once, many.most_at_once) == (1, 1)
        assert (few.requests.total(), many.requests.total()) == (2, 5)
