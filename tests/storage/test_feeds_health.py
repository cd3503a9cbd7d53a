"""What an attempt leaves behind: a row, the feed's state, and how the operator sees it."""

from datetime import timedelta

from sqlalchemy import select

from db import Database, feeds, fetches, leases
from db.tables import fetches as fetch_rows
from db.tables import matches
from pipeline.model import (
    DueFeed,
    FeedHealth,
    FeedState,
    FetchReport,
    MatchStatus,
    Outcome,
    Validators,
)
from tests.making import NOON, a_feed, an_article, take_in, watch

VALIDATORS = Validators(etag='W/"é1"', last_modified="Sun, 22 Nov 2026", url=a_feed().url)


def record(
    database: Database,
    outcome: Outcome = Outcome.UPDATED,
    *,
    minutes: int = 0,
    feed_id: str = "sahel-wire",
    articles_new: int = 0,
    validators: Validators | None = None,
    body_hash: str | None = None,
    kind: str = "timeout",
) -> None:
    failed = outcome is Outcome.FAILED
    started = NOON + timedelta(minutes=minutes)
    report = FetchReport(
        feed_id=feed_id,
        started_at=started,
        seconds=1.23456,
        outcome=outcome,
        next_fetch_at=started + timedelta(minutes=30),
        next_fetch_reason="every 30 min",
        state=FeedState.FAILING if failed else FeedState.WORKING,
        failures=0.25 if failed else 0.0,
        articles_new=articles_new,
        validators=validators,
        body_hash=body_hash,
        title="Sahel Wire: all news",
        error_kind=kind if failed else None,
        error_message="It did not answer." if failed else None,
    )
    with database.transaction() as connection:
        fetches.record(connection, report)


def health(database: Database) -> dict[str, FeedHealth]:
    with database.reading() as connection:
        return {each.feed.id: each for each in feeds.health(connection)}


def claimed(database: Database) -> DueFeed:
    with database.transaction() as connection:
        [due] = leases.claim(
            connection,
            NOON,
            holder="one",
            lease=timedelta(minutes=10),
            only=["sahel-wire"],
            even_if_not_due=True,
        )
    return due


def test_every_attempt_leaves_a_row_and_sets_the_next_turn(watching: Database) -> None:
    record(watching, articles_new=2)
    record(watching, Outcome.FAILED, minutes=30)
    with watching.reading() as connection:
        rows = connection.execute(select(fetch_rows).order_by(fetch_rows.c.id)).all()
    assert [(row.outcome, row.articles_new, row.error_kind) for row in rows] == [
        ("updated", 2, None),
        ("failed", 0, "timeout"),
    ]
    assert rows[0].seconds == 1.235
    assert health(watching)["sahel-wire"].next_fetch_at == NOON + timedelta(hours=1)


def test_an_attempt_gives_the_lease_back(watching: Database) -> None:
    claimed(watching)
    record(watching)
    with watching.reading() as connection:
        assert leases.holders(connection) == frozenset()


def test_validators_are_kept_byte_for_byte_until_new_ones_come(watching: Database) -> None:
    record(watching, validators=VALIDATORS, body_hash="abc")
    record(watching, Outcome.FAILED, minutes=30)
    due = claimed(watching)
    assert (due.validators, due.body_hash) == (VALIDATORS, "abc")

    record(watching, validators=Validators(), body_hash="", minutes=60)
    due = claimed(watching)
    assert (due.validators, due.body_hash) == (Validators(), "")


def test_a_streak_of_failures_remembers_its_beginning_until_a_success(watching: Database) -> None:
    record(watching, Outcome.FAILED, minutes=0)
    record(watching, Outcome.FAILED, minutes=30, kind="http_500")
    failing = health(watching)["sahel-wire"]
    assert (failing.failing_since, failing.error_kind) == (NOON, "http_500")
    assert failing.last_success_at is None

    record(watching, Outcome.NOT_MODIFIED, minutes=60)
    working = health(watching)["sahel-wire"]
    assert (working.failing_since, working.error_kind, working.error_message) == (None, None, None)
    assert working.last_success_at == NOON + timedelta(minutes=60)


def test_news_are_dated_apart_from_successes(watching: Database) -> None:
    record(watching, articles_new=1)
    record(watching, Outcome.NOT_MODIFIED, minutes=30)
    seen = health(watching)["sahel-wire"]
    assert (seen.last_new_at, seen.last_success_at) == (NOON, NOON + timedelta(minutes=30))
    assert seen.title == "Sahel Wire: all news"


def test_health_counts_articles_and_approvals_of_every_feed_that_lists_them(
    watching: Database,
) -> None:
    take_in(watching, an_article(), an_article("Mali junta expels the envoy of its neighbour"))
    take_in(watching, an_article(), feed=a_feed("delta-post"))
    with watching.transaction() as connection:
        connection.execute(
            matches.update().where(matches.c.id == 1).values(status=MatchStatus.APPROVED)
        )
    seen = health(watching)
    assert (seen["sahel-wire"].articles, seen["sahel-wire"].approved) == (2, 1)
    assert (seen["delta-post"].articles, seen["delta-post"].approved) == (1, 1)


def test_failing_feeds_are_listed_first(database: Database) -> None:
    watch(database, polled=[a_feed(name) for name in "abcd"])
    record(database, Outcome.FAILED, feed_id="c", minutes=5)
    record(database, Outcome.FAILED, feed_id="d")
    record(database, feed_id="b")
    assert list(health(database)) == ["d", "c", "a", "b"]


def test_feeds_and_attempts_are_counted_by_how_they_stand(database: Database) -> None:
    watch(database, polled=[a_feed("old"), a_feed("off", enabled=False)])
    watch(database, polled=[a_feed("off", enabled=False), a_feed("a"), a_feed("b"), a_feed("c")])
    record(database, Outcome.FAILED, feed_id="a")
    record(database, feed_id="b", minutes=60)
    with database.reading() as connection:
        assert feeds.states(connection) == {
            FeedState.RETIRED: 1,
            FeedState.DISABLED: 1,
            FeedState.FAILING: 1,
            FeedState.WORKING: 1,
            FeedState.NEW: 1,
        }
        assert fetches.outcomes_since(connection, NOON) == {Outcome.FAILED: 1, Outcome.UPDATED: 1}
        assert fetches.outcomes_since(connection, NOON + timedelta(minutes=1)) == {
            Outcome.UPDATED: 1
        }


def test_old_attempts_are_pruned_and_health_stays(watching: Database) -> None:
    record(watching)
    record(watching, minutes=60)
    with watching.transaction() as connection:
        assert fetches.prune(connection, NOON + timedelta(minutes=1)) == 1
        assert len(connection.execute(select(fetch_rows)).all()) == 1
    assert health(watching)["sahel-wire"].last_success_at == NOON + timedelta(minutes=60)
