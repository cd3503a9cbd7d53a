"""Pages of articles: expected with the article, held by one reader, forgotten in time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from db import Database, articles, conflicts, feeds, instance, matches, pages
from db.pages import MOST_ATTEMPTS, NEWS_WITHIN
from db.tables import article_pages
from pipeline.model import (
    Article,
    ArticleText,
    DuePage,
    Feed,
    Field,
    MatchStatus,
    PageState,
    StoredPage,
)
from tests.making import NOON, a_conflict, a_feed, an_article, rules, take_in
from tests.racing import at_once

WHOLE = a_feed(full_text=True)
LEASE = timedelta(minutes=15)
MARKET = an_article("Grain prices fall at the coast market again")


@pytest.fixture
def reading(database: Database) -> Database:
    """A database that watches Sahel Wire with its pages, and Delta Post without."""
    declare(database, WHOLE)
    return database


def declare(database: Database, *watched: Feed) -> None:
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
        feeds.declare(connection, [*watched, a_feed("delta-post")], NOON)
        conflicts.declare(connection, [a_conflict()], NOON)


def claim(
    database: Database, now: datetime = NOON, *, per_host: int = 9, limit: int = 99
) -> tuple[DuePage, ...]:
    with database.transaction() as connection:
        return pages.claim(connection, now, lease=LEASE, per_host=per_host, limit=limit)


def any_due(database: Database, now: datetime = NOON) -> bool:
    with database.reading() as connection:
        return pages.any_due(connection, now)


def page_of(database: Database, article_id: int = 1) -> StoredPage | None:
    with database.reading() as connection:
        return pages.find(connection, article_id)


def read(database: Database, body: str, at: datetime = NOON) -> None:
    """Read the one page that is due."""
    [page] = claim(database, at)
    with database.transaction() as connection:
        stored = StoredPage(
            state=PageState.READ, due_at=at, attempts=page.attempts, read_at=at, body=body
        )
        pages.record(connection, page, stored)


def expected(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(article_pages)) or 0


def test_a_new_article_of_such_a_feed_waits_to_be_read(reading: Database) -> None:
    take_in(reading, MARKET, an_article(), feed=WHOLE)
    stored = page_of(reading)
    assert stored == StoredPage(state=PageState.WAITING, due_at=NOON, attempts=0)
    assert any_due(reading)
    assert {page.url for page in claim(reading)} == {MARKET.url, an_article().url}


def test_other_feeds_have_no_pages_read(reading: Database) -> None:
    take_in(reading, MARKET, feed=a_feed("delta-post"))
    take_in(reading, MARKET, feed=WHOLE)  # known by then
    assert expected(reading) == 0
    assert page_of(reading) is None


def test_an_article_that_is_listed_again_is_not_read_again(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    read(reading, "Grain.")
    take_in(reading, replace(MARKET, title="Grain, edited", content_hash="x"), feed=WHOLE)
    assert not any_due(reading, NOON + timedelta(days=2))


@pytest.mark.parametrize(
    "left_out",
    [
        replace(MARKET, url=None),
        replace(MARKET, url="ftp://wire.example/a"),
        replace(MARKET, published_at=NOON - NEWS_WITHIN - timedelta(hours=1)),
    ],
    ids=["no address", "not on the web", "old"],
)
def test_what_cannot_or_need_not_be_read_is_not_expected(
    reading: Database, left_out: Article
) -> None:
    take_in(reading, left_out, feed=WHOLE)
    assert expected(reading) == 0


def test_an_article_that_was_not_stored_leaves_no_page(reading: Database) -> None:
    with pytest.raises(ZeroDivisionError), reading.transaction() as connection:
        added = articles.add(connection, [MARKET], WHOLE, NOON)
        pages.expect(connection, WHOLE, added.values(), NOON)
        raise ZeroDivisionError
    assert expected(reading) == 0


def test_a_held_page_is_nobody_elses_until_the_lease_ends(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    [first] = claim(reading)
    assert not any_due(reading)
    assert claim(reading, NOON + LEASE - timedelta(seconds=1)) == ()
    [second] = claim(reading, NOON + LEASE)
    assert (first.attempts, second.attempts) == (1, 2)
    with reading.transaction() as connection:
        assert not pages.holds(connection, first)
        assert pages.holds(connection, second)


def test_readers_at_the_same_moment_share_the_pages(reading: Database) -> None:
    take_in(reading, *[an_article(f"Convoy {number}") for number in range(20)], feed=WHOLE)
    shares = at_once(*[lambda: claim(reading, limit=5, per_host=5)] * 4)
    assert [share for share in shares if isinstance(share, Exception)] == []
    ids = [page.article_id for share in shares if isinstance(share, tuple) for page in share]
    assert len(ids) == len(set(ids)) >= 5


def test_a_busy_host_leaves_the_others_their_turn(reading: Database) -> None:
    others = [
        replace(an_article(f"Other {n}"), url=f"https://other-{n}.example/a") for n in range(3)
    ]
    busy = [an_article(f"Convoy {number}") for number in range(30)]
    declare(reading, WHOLE, a_feed("third", full_text=True))
    take_in(reading, *busy, feed=WHOLE)
    take_in(reading, *others, feed=a_feed("third", full_text=True))
    hosts = [page.url.split("/")[2] for page in claim(reading, per_host=2)]
    assert hosts.count("sahel-wire.example") == 2
    assert len(hosts) == 4
    assert len(claim(reading, limit=3)) == 3


@pytest.mark.parametrize("change", ["off", "retired"])
def test_a_feed_that_no_longer_asks_for_it_has_no_pages_read(
    reading: Database, change: str
) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    declare(reading, *([a_feed()] if change == "off" else []))
    assert not any_due(reading)
    assert claim(reading) == ()


def test_a_page_that_ends_its_process_each_time_is_given_up(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    now = NOON
    for _ in range(MOST_ATTEMPTS):
        assert len(claim(reading, now)) == 1
        now += LEASE
    assert claim(reading, now) == ()
    with reading.transaction() as connection:
        assert pages.abandon(connection, now) == 1
    stored = page_of(reading)
    assert stored is not None
    assert (stored.state, stored.error_kind) == (PageState.FAILED, "crashed")


def test_a_page_nobody_came_to_read_in_time_is_given_up(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    later = NOON + NEWS_WITHIN + timedelta(minutes=1)
    assert not any_due(reading, later)
    with reading.transaction() as connection:
        assert pages.abandon(connection, NOON) == 0
        assert pages.abandon(connection, later) == 1
    stored = page_of(reading)
    assert stored is not None
    assert (stored.state, stored.error_kind) == (PageState.FAILED, "too_old")


def test_texts_for_matching_hold_the_page(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    take_in(reading, an_article(), feed=a_feed("delta-post"))
    read(reading, "JNIM was there.")
    with reading.transaction() as connection:
        assert [text.body for _, _, text in articles.texts(connection)] == ["JNIM was there.", ""]
        [(_, _, text)] = articles.texts(connection, only=[1], hold=True)
    assert text == ArticleText(title=MARKET.title, body="JNIM was there.", language="en")


def test_an_edited_headline_is_matched_with_the_page(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE)
    read(reading, "Men of JNIM were there.")
    edited = replace(MARKET, title="Grain prices, edited", title_key="e", content_hash="e")
    assert take_in(reading, edited, feed=WHOLE).matches_new == 1
    with reading.reading() as connection:
        [queued] = matches.queue(connection)
    assert [(hit.field, hit.text) for hit in queued.hits] == [(Field.BODY, "JNIM")]


def test_a_pruned_article_takes_its_page_along(reading: Database) -> None:
    take_in(reading, MARKET, feed=WHOLE, now=NOON)
    with reading.transaction() as connection:
        assert articles.prune_unmatched(connection, [1], NOON + timedelta(seconds=1), NOON) == 1
    assert expected(reading) == 0


def test_old_texts_are_forgotten_unless_a_match_waits(reading: Database) -> None:
    take_in(reading, an_article(), feed=WHOLE)
    read(reading, "Kidal, an attack.")
    take_in(reading, MARKET, feed=WHOLE)
    read(reading, "Grain.")
    with reading.transaction() as connection:
        assert pages.forget_bodies(connection, NOON) == 0
        assert pages.forget_bodies(connection, NOON + timedelta(seconds=1)) == 1
        assert pages.bodies(connection, [1, 2]) == {1: "Kidal, an attack."}
    stored = page_of(reading, 2)
    assert stored is not None
    assert (stored.state, stored.body) == (PageState.READ, "")


def test_no_articles_have_no_texts(reading: Database) -> None:
    with reading.reading() as connection:
        assert pages.with_bodies(connection, {}) == {}


def test_matching_again_keeps_what_the_page_alone_shows(reading: Database) -> None:
    from pipeline.rematch import rematch

    take_in(reading, MARKET, feed=WHOLE)
    read(reading, "Men of JNIM were there.")
    assert rematch(reading, rules(), NOON).matches_new == 1
    with reading.reading() as connection:
        [before] = matches.queue(connection)
    assert rematch(reading, rules(), NOON).matches_new == 0
    with reading.reading() as connection:
        assert matches.queue(connection) == (before,)
    assert before.status is MatchStatus.PENDING
