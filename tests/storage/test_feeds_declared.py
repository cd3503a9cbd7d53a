"""Feeds follow sources.yaml: added, changed, retired, taken back, and never deleted."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from db import Database, feeds, fetches, leases
from db.tables import feeds as table
from pipeline.model import Feed, FeedHealth, FeedState, FetchReport, Outcome, Unverified, Validators
from tests.making import NOON, a_feed, an_article, take_in, watch
from tests.racing import at_once

LATER = NOON + timedelta(days=1)


def declare(database: Database, *declared: Feed, owner: str = "file") -> None:
    with database.transaction() as connection:
        feeds.declare(connection, declared, LATER, owner)


def stands(database: Database, feed_id: str = "sahel-wire") -> FeedHealth:
    with database.reading() as connection:
        found = {each.feed.id: each for each in feeds.health(connection, retired=True)}
    return found[feed_id]


def due(database: Database, *ids: str) -> list[str]:
    with database.transaction() as connection:
        taken = leases.claim(connection, LATER, holder="test", lease=timedelta(0), only=ids or None)
    return [each.feed.id for each in taken]


def record_success(database: Database) -> None:
    with database.transaction() as connection:
        fetches.record(
            connection,
            FetchReport(
                feed_id="sahel-wire",
                started_at=NOON,
                seconds=1,
                outcome=Outcome.UPDATED,
                next_fetch_at=LATER + timedelta(hours=1),
                next_fetch_reason="every 25 h",
                state=FeedState.WORKING,
                failures=0,
                validators=Validators(etag='"1"', last_modified="then", url=a_feed().url),
                body_hash="abc",
            ),
        )


def test_a_declared_feed_is_due_at_once(watching: Database) -> None:
    assert stands(watching).state is FeedState.NEW
    assert stands(watching).next_fetch_reason == "never fetched yet"
    assert due(watching) == ["delta-post", "sahel-wire"]


def test_a_feed_comes_back_as_it_was_declared(database: Database) -> None:
    feed = a_feed(
        publisher="Sahel Wire — عربي",
        language="fr",
        country="ML",
        every=timedelta(minutes=7),
        tags=("africa", "wire"),
    )
    declare(database, feed)
    assert stands(database).feed == feed
    assert stands(database).owner == "file"


def test_a_feed_that_leaves_the_file_is_retired_and_its_articles_stay(watching: Database) -> None:
    take_in(watching, an_article())
    declare(watching, a_feed("delta-post"))

    assert stands(watching).state is FeedState.RETIRED
    assert stands(watching).articles == 1
    assert due(watching) == ["delta-post"]
    with watching.reading() as connection:
        assert [each.feed.id for each in feeds.health(connection)] == ["delta-post"]
        assert feeds.unlisted(connection, ["sahel-wire", "delta-post", "none"]) == {
            "sahel-wire",
            "none",
        }


def test_a_retired_feed_that_comes_back_is_due_and_keeps_its_articles(watching: Database) -> None:
    take_in(watching, an_article())
    record_success(watching)
    declare(watching, a_feed("delta-post"))
    declare(watching, a_feed("delta-post"), a_feed())

    assert stands(watching).state is FeedState.WORKING
    assert stands(watching).articles == 1
    assert stands(watching).next_fetch_reason == "it came back to sources.yaml"
    assert "sahel-wire" in due(watching)


def test_declaring_the_same_again_leaves_the_schedule_alone(watching: Database) -> None:
    record_success(watching)
    declare(watching, a_feed(), a_feed("delta-post"))
    assert stands(watching).next_fetch_reason == "every 25 h"


def test_a_new_address_starts_without_the_old_ones_validators(watching: Database) -> None:
    record_success(watching)
    declare(watching, a_feed(url="https://elsewhere.example/feed"), a_feed("delta-post"))

    with watching.transaction() as connection:
        [taken] = leases.claim(
            connection, LATER, holder="test", lease=timedelta(0), only=["sahel-wire"]
        )
    assert taken.feed.url == "https://elsewhere.example/feed"
    assert taken.validators == Validators()
    assert taken.body_hash is None
    assert stands(watching).next_fetch_reason == "its address changed"


def test_a_feed_keeps_its_validators_while_its_address_stays(watching: Database) -> None:
    record_success(watching)
    declare(watching, a_feed(publisher="Sahel Wire Agency"), a_feed("delta-post"))
    with watching.transaction() as connection:
        [taken] = leases.claim(
            connection,
            LATER,
            holder="test",
            lease=timedelta(0),
            only=["sahel-wire"],
            even_if_not_due=True,
        )
    assert taken.feed.publisher == "Sahel Wire Agency"
    assert taken.validators == Validators(etag='"1"', last_modified="then", url=a_feed().url)
    assert taken.body_hash == "abc"


def test_a_disabled_feed_is_not_fetched_until_it_is_enabled(watching: Database) -> None:
    record_success(watching)
    declare(watching, a_feed(enabled=False))
    assert stands(watching).state is FeedState.DISABLED
    assert due(watching) == []

    declare(watching, a_feed())
    assert due(watching) == ["sahel-wire"]


def test_a_feed_of_the_desk_does_not_follow_the_file(watching: Database) -> None:
    with watching.transaction() as connection:
        assert feeds.set_owner(connection, "sahel-wire", "desk")
        assert not feeds.set_owner(connection, "nobody", "desk")

    declare(watching, a_feed(url="https://elsewhere.example/feed"))
    assert stands(watching).feed.url == a_feed().url
    declare(watching, a_feed("delta-post"))
    assert stands(watching).state is FeedState.NEW


def test_what_the_desk_declares_leaves_the_files_feeds_alone(watching: Database) -> None:
    declare(watching, a_feed("desk-find"), owner="desk")
    assert stands(watching, "desk-find").owner == "desk"
    assert stands(watching).state is FeedState.NEW


def test_two_processes_that_start_at_once_declare_without_an_error(database: Database) -> None:
    many = tuple(a_feed(f"feed-{number}") for number in range(40))

    assert at_once(*[lambda: watch(database, polled=many)] * 3) == [database] * 3
    with database.reading() as connection:
        assert feeds.states(connection) == {FeedState.NEW: 40}
        assert len(list(connection.scalars(select(table.c.id)))) == 40


@pytest.mark.parametrize("id", ["sahel-wire", "x" * 64])
def test_ids_are_kept_whole(database: Database, id: str) -> None:
    declare(database, a_feed(id))
    assert due(database) == [id]


def test_a_thousand_feeds_added_at_once_start_one_after_another(database: Database) -> None:
    many = [a_feed(f"n{n}", url=f"https://host{n // 500}.example/{n}") for n in range(1000)]
    watch(database, polled=many)
    with database.reading() as connection:
        starts = {each.feed.id: each.next_fetch_at for each in feeds.health(connection)}
    minutes = Counter((start - NOON) // timedelta(minutes=1) for start in starts.values())
    assert max(minutes.values()) <= 30, "no minute holds more than 3 % of the starts"
    assert max(minutes) < 35
    first = sorted(starts, key=starts.__getitem__)[:100]
    assert 30 < sum(int(name[1:]) < 500 for name in first) < 70, "hosts are mixed"


def test_a_few_feeds_added_at_once_start_at_once(database: Database) -> None:
    watch(database, polled=[a_feed(f"n{n}") for n in range(60)])
    assert len(due(database)) == 60


def test_what_the_owner_says_of_a_feeds_pace_and_size_is_kept(database: Database) -> None:
    leave = Unverified(because="they know", until=date(2027, 1, 31))
    said = a_feed(adaptive=False, max_bytes=30_000_000, full_text=True, unverified_tls=leave)
    watch(database, polled=[said])
    with database.reading() as connection:
        assert feeds.watched(connection) == (said,)
    watch(database, polled=[a_feed()])
    with database.reading() as connection:
        assert feeds.watched(connection) == (a_feed(),)
