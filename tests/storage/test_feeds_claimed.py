"""Whose turn it is: leases that no two processes share, fairly among hosts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from db import Database, feeds
from pipeline.model import DueFeed
from tests.making import NOON, a_feed, watch
from tests.racing import at_once

LEASE = timedelta(minutes=10)


def claim(
    database: Database,
    holder: str = "one",
    now: datetime = NOON,
    *,
    limit: int | None = None,
    only: list[str] | None = None,
    all: bool = False,
) -> list[str]:
    with database.transaction() as connection:
        taken = feeds.claim(
            connection,
            now,
            holder=holder,
            lease=LEASE,
            limit=limit,
            only=only,
            even_if_not_due=all,
        )
    return [each.feed.id for each in taken]


@pytest.fixture
def crowded(database: Database) -> Database:
    """One host with forty feeds, two hosts with one each, all due, the crowd's first."""
    crowd = [a_feed(f"crowd-{n:02}", url=f"https://crowd.example/{n}") for n in range(40)]
    watch(database, polled=crowd, now=NOON - timedelta(hours=2))
    return watch(database, polled=[*crowd, a_feed("one"), a_feed("two")], now=NOON)


def test_every_hosts_first_feed_comes_before_any_hosts_second(crowded: Database) -> None:
    assert claim(crowded, limit=4) == ["crowd-00", "one", "two", "crowd-01"]


def test_hosts_are_told_apart_whatever_their_case(database: Database) -> None:
    shouting = [
        a_feed("a", url="https://CROWD.example/a"),
        a_feed("b", url="https://crowd.example"),
    ]
    watch(database, polled=[*shouting, a_feed("c")])
    assert claim(database, limit=2) == ["a", "c"]


def test_a_claimed_feed_is_nobody_elses(crowded: Database) -> None:
    assert len(claim(crowded, "one", limit=5)) == 5
    assert len(claim(crowded, "two")) == 37
    assert claim(crowded, "three") == []
    assert claim(crowded, "three", all=True) == []


def test_a_lease_that_ran_out_is_free(crowded: Database) -> None:
    taken = claim(crowded, "dead", limit=3)
    just_before = NOON + LEASE - timedelta(seconds=1)
    assert claim(crowded, "two", just_before, only=taken) == []
    assert set(claim(crowded, "two", NOON + LEASE, only=taken)) == set(taken)
    with crowded.transaction() as connection:
        assert feeds.holds(connection, "two", taken[0])
        assert not feeds.holds(connection, "dead", taken[0])
        assert not feeds.holds(connection, "two", "no such feed")


def test_what_is_given_back_is_due_for_anybody(crowded: Database) -> None:
    claim(crowded, "one")
    with crowded.transaction() as connection:
        assert feeds.holders(connection) == {"one"}
        feeds.release(connection, "one", ["two"])
    assert claim(crowded, "two") == ["two"]
    with crowded.transaction() as connection:
        feeds.release(connection, "one")
        assert feeds.holders(connection) == {"two"}
    assert len(claim(crowded, "three")) == 41


def test_only_named_feeds_are_taken_and_not_before_their_turn(crowded: Database) -> None:
    early = NOON - timedelta(hours=1)
    assert claim(crowded, now=early, only=["one", "crowd-07"]) == ["crowd-07"]
    assert claim(crowded, now=early, only=["one"], all=True) == ["one"]
    assert claim(crowded, now=early, only=[]) == []


def test_the_next_turn_is_the_earliest_of_feeds_that_are_fetched(database: Database) -> None:
    with database.reading() as connection:
        assert feeds.next_turn(connection) is None
    watch(database, polled=[a_feed("off", enabled=False)], now=NOON - timedelta(days=1))
    with database.reading() as connection:
        assert feeds.next_turn(connection) is None
    watch(database, polled=[a_feed("off", enabled=False), a_feed()], now=NOON)
    with database.reading() as connection:
        assert feeds.next_turn(connection) == NOON


def test_claimers_at_once_never_share_a_feed_and_leave_none(crowded: Database) -> None:
    def claimer(name: str) -> Callable[[], list[str]]:
        def work() -> list[str]:
            taken = []
            for _ in range(6):
                taken += claim(crowded, name, limit=3)
            return taken

        return work

    shares = at_once(*[claimer(f"process {number}") for number in range(4)])

    taken = [feed_id for share in shares if isinstance(share, list) for feed_id in share]
    assert [share for share in shares if isinstance(share, Exception)] == []
    assert len(taken) == len(set(taken))
    assert set(taken) | set(claim(crowded, "last")) == {
        each.feed.id for each in _all_feeds(crowded)
    }


def _all_feeds(database: Database) -> tuple[DueFeed, ...]:
    with database.transaction() as connection:
        return feeds.claim(connection, NOON + LEASE, holder="", lease=LEASE, even_if_not_due=True)
