"""Feeds that the desk added live beside those of sources.yaml."""

from datetime import timedelta

from db import Database, feeds, fetches, leases
from pipeline.model import Feed, FeedState, FetchReport, Outcome, Validators
from tests.making import NOON, a_feed, watch

LATER = NOON + timedelta(hours=1)


def add(database: Database, feed: Feed, owner: str = "desk") -> bool:
    with database.transaction() as connection:
        return feeds.add(connection, feed, NOON, owner=owner, first_at=LATER, why="added")


def watched(database: Database, **which: object) -> list[str]:
    with database.reading() as connection:
        return [feed.id for feed in feeds.watched(connection, **which)]  # type: ignore[arg-type]


def test_an_added_feed_has_its_turn_when_it_was_told(database: Database) -> None:
    assert add(database, a_feed("extra", tags=("mali",)))
    with database.reading() as connection:
        (health,) = feeds.health(connection)
    assert (health.feed, health.owner) == (a_feed("extra", tags=("mali",)), "desk")
    assert (health.state, health.next_fetch_at) == (FeedState.NEW, LATER)
    assert health.next_fetch_reason == "added"


def test_an_id_in_use_is_not_taken_over(watching: Database) -> None:
    assert not add(watching, a_feed("sahel-wire", url="https://other.example/"))
    with watching.reading() as connection:
        assert a_feed("sahel-wire") in feeds.watched(connection)
    assert watched(watching, owner="desk") == []


def test_the_file_neither_changes_nor_retires_a_feed_of_the_desk(watching: Database) -> None:
    add(watching, a_feed("extra"))
    watch(watching, polled=[a_feed("sahel-wire")])
    watch(watching, polled=[a_feed("extra", url="https://other.example/")])

    assert watched(watching) == ["extra"]
    assert watched(watching, owner="desk") == ["extra"]
    assert watched(watching, retired=True) == ["delta-post", "sahel-wire"]
    with watching.reading() as connection:
        assert feeds.watched(connection) == (a_feed("extra"),)


def test_a_retired_feed_that_is_added_again_starts_anew(watching: Database) -> None:
    with watching.transaction() as connection:
        fetches.record(
            connection,
            FetchReport(
                feed_id="sahel-wire",
                started_at=NOON,
                seconds=1,
                outcome=Outcome.FAILED,
                next_fetch_at=LATER,
                next_fetch_reason="failing",
                state=FeedState.FAILING,
                failures=3,
                validators=Validators(etag='"1"', url=a_feed().url),
                body_hash="abc",
                error_kind="http_404",
                error_message="nothing here",
            ),
        )
    watch(watching, polled=[a_feed("delta-post")])
    assert add(watching, a_feed("sahel-wire", publisher="New name"))

    with watching.transaction() as connection:
        health = {each.feed.id: each for each in feeds.health(connection)}["sahel-wire"]
        (due,) = leases.claim(
            connection, LATER, holder="test", lease=timedelta(0), only=["sahel-wire"]
        )
    assert (health.state, health.failures, health.error_kind) == (FeedState.NEW, 0, None)
    assert (health.owner, health.feed.publisher) == ("desk", "New name")
    assert (due.validators, due.body_hash) == (Validators(), None)
