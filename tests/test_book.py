"""Attempts are entered many to a transaction, and each stands for itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import event, select

from db import Database, articles, leases, search
from db.tables import entries as entry_table
from db.tables import feeds as feed_table
from db.tables import fetches
from pipeline.book import MOST_FEEDS, Attempt, Book, LeaseLost
from pipeline.errors import StoreError
from pipeline.model import Article, Delivery, FeedState, FetchReport, Outcome
from pipeline.store import Stored
from tests.making import NOON, a_conflict, a_feed, an_article, rules, watch
from tests.racing import at_once

T = TypeVar("T")
FEEDS = [a_feed(f"feed-{number:02}", publisher=f"Outlet {number}") for number in range(40)]
ATTACK = "Convoy attacked near Kidal in northern Mali"


@pytest.fixture
def claimed(database: Database) -> Database:
    """A database whose forty feeds this process holds."""
    watch(database, polled=FEEDS, tracked=[a_conflict()])
    claim(database, "me")
    return database


def claim(database: Database, holder: str) -> None:
    with database.transaction() as connection:
        leases.claim(connection, NOON, holder=holder, lease=timedelta(days=9), even_if_not_due=True)


def attempt(number: int, *items: Article) -> Attempt:
    """An attempt at a feed that brought a document of these articles, or none."""
    feed = FEEDS[number]

    def report(stored: Stored) -> FetchReport:
        return FetchReport(
            feed_id=feed.id,
            started_at=NOON,
            seconds=1,
            outcome=Outcome.UPDATED if items else Outcome.NOT_MODIFIED,
            next_fetch_at=NOON + timedelta(minutes=30),
            next_fetch_reason="every 30 min",
            state=FeedState.WORKING,
            failures=0,
            articles_new=stored.articles_new,
            articles_revised=stored.articles_revised,
            matches_new=stored.matches_new,
        )

    delivery = Delivery(feed=feed, articles=items, at=NOON) if items else None
    return Attempt(feed_id=feed.id, report=report, delivery=delivery)


def enter(
    database: Database,
    *attempts: Attempt,
    patience: float = 30,
) -> list[FetchReport | Exception]:
    """Enter attempts at the same time; gives the report of each, or what it raised."""

    async def one(book: Book, each: Attempt) -> FetchReport:
        with book.expecting():
            return await book.enter(each)

    async def go() -> list[Any]:
        with ThreadPoolExecutor(1) as writer:
            book = Book(
                database=database, holder="me", rules=rules, writer=writer, patience=patience
            )
            works = [one(book, each) for each in attempts]
            async with asyncio.timeout(20):
                return await asyncio.gather(*works, return_exceptions=True)

    return asyncio.run(go())


@contextmanager
def counted(database: Database, what: str) -> Iterator[list[object]]:
    """Note every event of a kind, such as `commit`, that the database sees."""
    seen: list[object] = []

    def note(*given: object) -> None:
        seen.append(given)

    event.listen(database.engine, what, note)
    yield seen
    event.remove(database.engine, what, note)


def rows(database: Database, table: Any) -> Sequence[Any]:
    with database.reading() as connection:
        return connection.execute(select(table).order_by(table.c.feed_id)).all()


def reported(outcomes: Sequence[FetchReport | Exception]) -> list[tuple[int, int]]:
    """New articles and new matches of each attempt that went well."""
    return [
        (each.articles_new, each.matches_new) for each in outcomes if isinstance(each, FetchReport)
    ]


def test_attempts_that_are_ready_together_share_a_transaction(claimed: Database) -> None:
    works = [attempt(n, an_article(f"Report {n} from Kidal", path=f"{n}")) for n in range(20)]
    with counted(claimed, "commit") as commits:
        outcomes = enter(claimed, *works, attempt(20))
    assert len(commits) == 1
    assert reported(outcomes) == [(1, 0)] * 20 + [(0, 0)]
    assert [row.articles_new for row in rows(claimed, fetches)] == [1] * 20 + [0]
    with claimed.reading() as connection:
        assert articles.count(connection) == 20
        left = connection.scalars(select(feed_table.c.id).where(feed_table.c.lease_by == "me"))
        assert set(left) == {feed.id for feed in FEEDS[21:]}


def test_a_lone_attempt_waits_for_nobody(claimed: Database) -> None:
    assert reported(enter(claimed, attempt(0, an_article(ATTACK)), patience=3_600)) == [(1, 1)]


def test_an_attempt_waits_for_company_only_for_a_moment(claimed: Database) -> None:
    async def go() -> FetchReport:
        with ThreadPoolExecutor(1) as writer:
            book = Book(database=claimed, holder="me", rules=rules, writer=writer, patience=0.05)
            with book.expecting(), book.expecting():  # the other never comes
                async with asyncio.timeout(20):
                    return await book.enter(attempt(0))

    assert asyncio.run(go()).feed_id == FEEDS[0].id


def test_who_is_the_last_one_left_waits_no_longer(claimed: Database) -> None:
    async def go() -> FetchReport:
        with ThreadPoolExecutor(1) as writer:
            book = Book(database=claimed, holder="me", rules=rules, writer=writer, patience=3_600)

            async def other() -> None:
                with book.expecting():
                    await asyncio.sleep(0.05)

            async with asyncio.timeout(20):
                leaving = asyncio.create_task(other())
                await asyncio.sleep(0)
                with book.expecting():
                    report = await book.enter(attempt(0))
                await leaving
                return report

    assert asyncio.run(go()).feed_id == FEEDS[0].id


def test_a_transaction_holds_no_more_than_its_share(claimed: Database) -> None:
    with counted(claimed, "commit") as commits:
        outcomes = enter(claimed, *map(attempt, range(40)))
    assert len(reported(outcomes)) == 40
    assert len(commits) == -(-40 // MOST_FEEDS)


def test_one_article_in_several_documents_is_stored_once_and_matched_once(
    claimed: Database,
) -> None:
    outcomes = enter(claimed, *[attempt(n, an_article(ATTACK, path="x")) for n in range(3)])
    assert reported(outcomes) == [(1, 1), (0, 0), (0, 0)]
    assert [row.article_id for row in rows(claimed, entry_table)] == [1, 1, 1]


def test_a_headline_two_feeds_of_one_publisher_bring_at_once_is_one_article(
    database: Database,
) -> None:
    watch(database, polled=[a_feed(each.id, publisher="One") for each in FEEDS])
    claim(database, "me")
    works = []
    for number in range(2):
        item = an_article(ATTACK, path=f"address-{number}", publisher="One")
        feed = a_feed(FEEDS[number].id, publisher="One")
        delivery = Delivery(feed=feed, articles=(item,), at=NOON)
        plain = attempt(number, item)
        works.append(Attempt(feed_id=feed.id, report=plain.report, delivery=delivery))
    assert reported(enter(database, *works)) == [(1, 1), (0, 0)]
    assert [row.article_id for row in rows(database, entry_table)] == [1, 1]


def test_edits_of_one_article_by_two_feeds_are_two_revisions(claimed: Database) -> None:
    first = an_article("Something happened in the north", path="x")
    enter(claimed, attempt(0, first), attempt(1, first))
    claim(claimed, "me")
    edits = [an_article(f"Something happened, {n} dead", path="x") for n in (3, 5)]
    enter(claimed, attempt(0, edits[0]), attempt(1, edits[1]))
    with claimed.reading() as connection:
        texts = [(each.number, each.title) for each in articles.revisions(connection, 1)]
    assert texts == [(1, first.title), (2, edits[0].title), (3, edits[1].title)]


def test_a_document_that_cannot_be_stored_spoils_no_other(claimed: Database) -> None:
    bad = an_article("No zone", path="b", published_at=NOON.replace(tzinfo=None))
    outcomes = enter(
        claimed,
        attempt(0, an_article(ATTACK, path="a")),
        attempt(1, bad, an_article("In bad company", path="d")),
        attempt(2, an_article("Grain prices fall", path="c")),
    )
    assert reported(outcomes) == [(1, 1), (1, 0)]
    assert isinstance(outcomes[1], ValueError)
    with claimed.reading() as connection:
        titles = {each.title for each in search.find(connection, unmatched=True)}
    assert titles == {ATTACK, "Grain prices fall"}
    assert [row.feed_id for row in rows(claimed, fetches)] == [FEEDS[0].id, FEEDS[2].id]


def test_a_feed_that_was_lost_is_left_out_alone(claimed: Database) -> None:
    with claimed.transaction() as connection:
        lost = feed_table.update().where(feed_table.c.id == FEEDS[1].id)
        connection.execute(lost.values(lease_by="another"))
    works = [attempt(n, an_article(f"Report {n} from Kidal", path=f"{n}")) for n in range(3)]
    outcomes = enter(claimed, *works)
    assert isinstance(outcomes[1], LeaseLost)
    assert reported(outcomes) == [(1, 0), (1, 0)]
    assert [row.feed_id for row in rows(claimed, fetches)] == [FEEDS[0].id, FEEDS[2].id]


def test_a_database_that_is_gone_is_everybodys_error(sqlite: Database) -> None:
    watch(sqlite, polled=FEEDS)
    claim(sqlite, "me")
    with sqlite.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE fetches")
    outcomes = enter(sqlite, *map(attempt, range(3)))
    assert [type(each) for each in outcomes] == [StoreError] * 3


def test_processes_that_book_the_same_articles_at_once_agree(database: Database) -> None:
    watch(database, polled=FEEDS, tracked=[a_conflict()])
    for name in ("me", "other"):
        with database.transaction() as connection:
            own = [feed.id for feed in FEEDS[name == "me" :: 2]]
            leases.claim(
                connection, NOON, holder=name, lease=timedelta(days=9), only=own,
                even_if_not_due=True,
            )  # fmt: skip
    wire = [an_article(f"Convoy {n} attacked near Kidal in Mali", path=f"{n}") for n in range(12)]

    def process(name: str) -> Callable[[], list[Any]]:
        mine = range(1, 40, 2) if name == "me" else range(0, 40, 2)
        works = [attempt(n, *(wire[:: 1 if n % 3 else -1])) for n in mine]
        return lambda: _as(database, name, works)

    shares = at_once(process("me"), process("other"))
    outcomes = [each for share in shares if isinstance(share, list) for each in share]
    assert [each for each in [*shares, *outcomes] if isinstance(each, Exception)] == []
    assert sum(new for new, _ in reported(outcomes)) == 12
    assert sum(matched for _, matched in reported(outcomes)) == 12
    assert len(rows(database, entry_table)) == 12 * 40


def _as(database: Database, holder: str, works: Sequence[Attempt]) -> list[Any]:
    async def go() -> list[Any]:
        with ThreadPoolExecutor(1) as writer:
            book = Book(database=database, holder=holder, rules=rules, writer=writer)

            async def one(each: Attempt) -> FetchReport:
                with book.expecting():
                    return await book.enter(each)

            return await asyncio.gather(*map(one, works), return_exceptions=True)

    return asyncio.run(go())


def test_who_stops_waiting_is_left_out(claimed: Database) -> None:
    async def go() -> None:
        with ThreadPoolExecutor(1) as writer:
            book = Book(database=claimed, holder="me", rules=rules, writer=writer, patience=3_600)
            with book.expecting(), book.expecting():
                waiting = asyncio.create_task(book.enter(attempt(0)))
                await asyncio.sleep(0)
                waiting.cancel()
                await book.enter(attempt(1))

    asyncio.run(_within(go))
    assert [row.feed_id for row in rows(claimed, fetches)] == [FEEDS[1].id]


async def _within(work: Callable[[], Awaitable[T]]) -> T:
    async with asyncio.timeout(20):
        return await work()
