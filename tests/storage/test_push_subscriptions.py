"""Subscriptions at hubs, on both databases: one process asks, and no answer is overwritten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db import Database, feeds, push_subscriptions
from db.tables import feeds as table
from pipeline.model import Following, Subscription, Trust
from pipeline.push_tokens import new_nonce
from tests.making import NOON, a_feed
from tests.racing import at_once

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HUB = "https://hub.example/"


@pytest.fixture
def naming(watching: Database) -> Database:
    """A database whose two feeds name a hub."""
    with watching.transaction() as connection:
        connection.execute(table.update().values(hub_url=HUB, topic_url=table.c.url))
    return watching


def begin(database: Database) -> int:
    with database.transaction() as connection:
        return push_subscriptions.begin(connection, new_nonce, NOON)


def claim(database: Database, after: timedelta = timedelta(0)) -> tuple[Subscription, ...]:
    with database.transaction() as connection:
        return push_subscriptions.claim(connection, NOON + after, 10 * MINUTE, 100)


def leave(database: Database, after: timedelta) -> int:
    with database.transaction() as connection:
        return push_subscriptions.leave(connection, NOON + after)


def test_each_feed_that_names_a_hub_is_subscribed_once_however_many_processes_look(
    naming: Database,
) -> None:
    assert not [each for each in at_once(*[lambda: begin(naming)] * 3) if not isinstance(each, int)]
    assert {each.feed_id for each in claim(naming)} == {"sahel-wire", "delta-post"}


def test_no_two_processes_ask_for_the_same_and_what_one_leaves_undone_falls_to_another(
    naming: Database,
) -> None:
    begin(naming)
    taken = [each for each in at_once(*[lambda: claim(naming)] * 3) if isinstance(each, tuple)]
    assert sorted(each.feed_id for some in taken for each in some) == ["delta-post", "sahel-wire"]
    assert claim(naming, 9 * MINUTE) == ()
    assert len(claim(naming, 10 * MINUTE)) == 2


def test_a_hub_that_confirmed_before_it_answered_stays_confirmed(naming: Database) -> None:
    begin(naming)
    early, late = claim(naming)
    with naming.transaction() as connection:
        push_subscriptions.confirmed(connection, early, NOON + MINUTE, NOON + MINUTE + 2 * DAY)
        for each in (early, late):
            push_subscriptions.unanswered(connection, each, "timed out", NOON + HOUR)
        found = push_subscriptions.health(connection)
        counted = push_subscriptions.counts(connection)
    assert found[early.feed_id].runs(NOON + DAY)
    assert (found[early.feed_id].failures, found[early.feed_id].error) == (0, None)
    assert (found[late.feed_id].failures, found[late.feed_id].error) == (1, "timed out")
    assert counted == {"active": 1, "waiting": 1, "denied": 0, "proven": 0, "failing": 0}
    assert [each.feed_id for each in claim(naming, DAY)] == [late.feed_id]
    assert early.feed_id in {each.feed_id for each in claim(naming, DAY + MINUTE)}


def test_what_was_earned_is_kept_with_the_feed_that_earned_it(naming: Database) -> None:
    begin(naming)
    one, other = claim(naming)
    trust = Trust(pushed_at=NOON, proven_at=NOON, misses=2, distrusted_until=NOON + DAY)
    with naming.transaction() as connection:
        push_subscriptions.keep(connection, one.feed_id, trust)
        found = push_subscriptions.followed(connection, [one.feed_id, other.feed_id])
        assert push_subscriptions.followed(connection, []) == {}
    assert (found[one.feed_id][0].id, found[one.feed_id][1].trust) == (one.feed_id, trust)
    assert found[other.feed_id][1].trust == Trust()


def test_a_feed_that_goes_is_left_and_begins_anew_when_it_comes_back(naming: Database) -> None:
    begin(naming)
    claim(naming)
    gone = replace(a_feed(), enabled=False)
    with naming.transaction() as connection:
        feeds.declare(connection, [gone, a_feed("delta-post")], NOON)
    assert leave(naming, MINUTE) == 1
    [leaving] = claim(naming, MINUTE)
    assert (leaving.feed_id, leaving.leaving) == ("sahel-wire", True)
    with naming.transaction() as connection:
        push_subscriptions.left(connection, leaving)
        feeds.declare(connection, [a_feed(), a_feed("delta-post")], NOON)
        assert push_subscriptions.begin(connection, lambda: "another", NOON + HOUR) == 1
        assert push_subscriptions.health(connection, ["sahel-wire"])["sahel-wire"].hub == HUB
        assert push_subscriptions.prune(connection, NOON + MINUTE) == 0
        assert push_subscriptions.prune(connection, NOON + 2 * MINUTE) == 1
        assert push_subscriptions.of_nonce(connection, leaving.nonce) is None


def test_a_refusal_ends_what_was_proven_and_is_asked_about_again(naming: Database) -> None:
    begin(naming)
    which, _ = claim(naming)
    with naming.transaction() as connection:
        push_subscriptions.keep(connection, which.feed_id, Trust(proven_at=NOON))
        push_subscriptions.denied(connection, which, "not yours", NOON + 7 * DAY)
        found = push_subscriptions.health(connection)[which.feed_id]
        assert push_subscriptions.counts(connection)["denied"] == 1
    assert (found.state, found.error, found.trust.proven_at) == (
        Following.DENIED,
        "not yours",
        None,
    )
    assert which.feed_id in {each.feed_id for each in claim(naming, 7 * DAY)}
    with naming.transaction() as connection:
        assert push_subscriptions.forget(connection) == 2
        assert push_subscriptions.health(connection) == {}
