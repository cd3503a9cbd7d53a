"""Whose turn it is: leases that no two processes share, fairly among hosts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from db import Database, feeds, fetches, leases
from db.tables import feeds as table
from db.turns import set_back
from pipeline.model import DueFeed, FeedState, FetchReport, Outcome
from tests.making import NOON, a_feed, watch
from tests.racing import at_once

LEASE = timedelta(minutes=10)
DAY = timedelta(days=1)


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
        taken = leases.claim(
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
        assert leases.held(connection, "two", [*taken, "no such feed"]) == set(taken)
        assert leases.held(connection, "dead", taken) == frozenset()


def test_what_is_given_back_is_due_for_anybody(crowded: Database) -> None:
    claim(crowded, "one")
    with crowded.transaction() as connection:
        assert leases.holders(connection) == {"one"}
        leases.release(connection, "one", ["two"])
    assert claim(crowded, "two") == ["two"]
    with crowded.transaction() as connection:
        leases.release(connection, "one")
        assert leases.holders(connection) == {"two"}
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
        return leases.claim(connection, NOON + LEASE, holder="", lease=LEASE, even_if_not_due=True)


def test_within_a_host_the_most_urgent_go_first_and_waiting_makes_urgent(
    crowded: Database,
) -> None:
    with crowded.transaction() as connection:
        taken = leases.claim(
            connection,
            NOON,
            holder="one",
            lease=LEASE,
            limit=4,
            urgency=lambda due: 5.0 if due.feed.id == "crowd-33" else 0.0,
        )
    names = [each.feed.id for each in taken]
    assert names[0] == "crowd-33"
    assert {"one", "two"} < set(names)


def test_a_feed_nobody_needs_is_not_starved_by_busy_ones(database: Database) -> None:
    same_host = [a_feed(name, url=f"https://x.example/{name}") for name in ("busy", "quiet")]
    watch(database, polled=same_host, now=NOON)
    with database.transaction() as connection:
        connection.execute(
            table.update().where(table.c.id == "busy").values(next_fetch_at=NOON + 9 * DAY)
        )
        taken = leases.claim(
            connection,
            NOON + 9 * DAY,
            holder="one",
            lease=LEASE,
            limit=1,
            urgency=lambda due: 5.0 if due.feed.id == "busy" else 0.0,
        )
    assert [each.feed.id for each in taken] == ["quiet"]


def test_a_clock_that_was_years_ahead_leaves_no_feed_asleep_and_starts_no_rush(
    database: Database,
) -> None:
    ahead = NOON + 3650 * DAY
    watch(database, polled=[a_feed(f"feed-{n:02}") for n in range(40)], now=NOON - DAY)
    with database.transaction() as connection:
        taken = leases.claim(connection, ahead, holder="one", lease=LEASE, limit=30)
        for number, each in enumerate(taken):
            wait = timedelta(minutes=5 + number)
            fetches.record(connection, a_success(each.feed.id, ahead, ahead + wait))
        # Ten others are held by a process that ended while the clock was ahead.
        assert len(leases.claim(connection, ahead, holder="dead", lease=LEASE)) == 10
    with database.transaction() as connection:
        set_back(connection, NOON)
        assert len(leases.claim(connection, NOON, holder="one", lease=timedelta(0))) == 10
        turns = [each.next_fetch_at for each in feeds.health(connection)]
    planned = sorted(turn for turn in turns if turn > NOON)
    assert planned == [NOON + timedelta(minutes=5 + number) for number in range(30)]
    assert len(claim(database, now=NOON + timedelta(minutes=20))) == 26


def test_a_turn_years_away_comes_within_the_hour(database: Database) -> None:
    watch(database, polled=[a_feed(f"feed-{n:02}") for n in range(40)], now=NOON + 3650 * DAY)
    with database.transaction() as connection:
        set_back(connection, NOON)
    assert claim(database) == []
    with database.reading() as connection:
        turns = [each.next_fetch_at for each in feeds.health(connection)]
    assert all(NOON <= turn <= NOON + timedelta(hours=1) for turn in turns)
    assert len(set(turns)) == 40


def a_success(feed_id: str, at: datetime, then: datetime) -> FetchReport:
    return FetchReport(
        feed_id=feed_id,
        started_at=at,
        seconds=0.1,
        outcome=Outcome.NOT_MODIFIED,
        next_fetch_at=then,
        next_fetch_reason="every so often",
        state=FeedState.WORKING,
        failures=0.0,
    )


def test_of_a_million_due_feeds_a_claim_looks_at_some_and_still_lets_every_host_in(
    database: Database,
) -> None:
    crowd = [a_feed(f"crowd-{n:04}", url=f"https://crowd.example/{n}") for n in range(900)]
    others = [a_feed(f"other-{n}", url=f"https://other-{n}.example/") for n in range(3)]
    watch(database, polled=crowd, now=NOON - DAY)
    with database.transaction() as connection:
        for feed in others:
            feeds.add(
                connection, feed, NOON, owner="desk", first_at=NOON - timedelta(hours=1), why="new"
            )
    seen: list[str] = []
    with database.transaction() as connection:
        taken = leases.claim(
            connection, NOON, holder="one", lease=LEASE, limit=4,
            urgency=lambda due: seen.append(due.feed.id) or 0.0,  # type: ignore[func-returns-value]
        )  # fmt: skip
    assert {each.feed.id for each in taken} >= {feed.id for feed in others}
    seen.clear()
    spread = [a_feed(f"spread-{n:04}", url=f"https://spread-{n}.example/") for n in range(900)]
    watch(database, polled=spread, now=NOON - DAY)
    with database.transaction() as connection:
        leases.claim(
            connection, NOON, holder="one", lease=LEASE, limit=4,
            urgency=lambda due: seen.append(due.feed.id) or 0.0,  # type: ignore[func-returns-value]
        )  # fmt: skip
    assert len(seen) < 400
