"""Ingest from a real loopback publisher into real databases."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from sqlalchemy import func, select

from db import Database, conflicts, feeds, instance, search
from db.tables import article_revisions, articles, entries, fetches
from db.tables import feeds as feeds_table
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.ingest import Ingest
from pipeline.isolate import ParserPool
from pipeline.model import Approval, FeedState, FetchReport, MatchStatus
from pipeline.tally import IngestReport
from tests import warm
from tests.making import NOON, a_conflict, a_feed, rules
from tests.replay import Page, Publisher


def rss(*items: tuple[str, str], title: str = "Sahel Wire") -> bytes:
    """An RSS document of (name, headline) items; the name makes guid and link."""
    body = "".join(
        f"<item><guid>{name}</guid><link>https://wire.example/{name}</link><title>{headline}</title>"
        f"<pubDate>Sun, 22 Nov 2026 10:0{number % 10}:00 GMT</pubDate></item>"
        for number, (name, headline) in enumerate(items)
    )
    document = f"<rss version='2.0'><channel><title>{title}</title>{body}</channel></rss>"
    return document.encode()


ATTACK = ("a1", "Convoy attacked near Kidal in northern Mali")
MARKET = ("a2", "Grain prices fall at the coast market again")


def eventually(check: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not check() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        yield server


class Rig:
    """A database that watches pages of the loopback publisher, and passes over them."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self.database = database
        self.publisher = publisher
        self.now = NOON

    def watch(self, **pages: Page | bytes) -> None:
        declared = []
        for name, page in pages.items():
            path = f"/{name}"
            self.publisher.pages[path] = Page(body=page) if isinstance(page, bytes) else page
            declared.append(a_feed(name, url=self.publisher.url + path))
        with self.database.transaction() as connection:
            instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
            feeds.declare(connection, declared, self.now)
            conflicts.declare(connection, [a_conflict()], self.now)

    def run(
        self,
        *,
        only: Sequence[str] | None = None,
        every: bool = True,
        progress: Callable[[FetchReport], None] | None = None,
        stop_first: bool = False,
        stop_when: Callable[[], bool] | None = None,
        host_interval: float = 0,
    ) -> IngestReport:
        async def go(parsers: ParserPool) -> IngestReport:
            policy = FetchPolicy(
                user_agent="Dateline/test",
                allow_private=(ip_network("127.0.0.0/8"),),
                host_interval=host_interval,
                host_concurrency=8,
                deadline=3,
            )
            async with Fetcher(policy) as fetcher:
                work = Ingest(
                    database=self.database,
                    fetcher=fetcher,
                    parsers=parsers,
                    rules=lambda: rules(),
                    clock=lambda: self.now,
                    grace=0.2,
                )
                due = work.claim(only=only, even_if_not_due=every)
                if stop_first:
                    work.stopping.set()
                running = asyncio.create_task(work.run(due, progress))
                if stop_when is not None:
                    await asyncio.to_thread(eventually, stop_when)
                    work.stop()
                return await running

        return warm.run(go)

    def count(self, table: object) -> int:
        with self.database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]

    def feed(self, name: str) -> object:
        with self.database.reading() as connection:
            return connection.execute(select(feeds_table).where(feeds_table.c.id == name)).one()


@pytest.fixture
def rig(sqlite: Database, publisher: Publisher) -> Rig:
    return Rig(sqlite, publisher)


@pytest.fixture
def either(database: Database, publisher: Publisher) -> Rig:
    return Rig(database, publisher)


def test_a_pass_stores_articles_with_their_matches_and_leaves_a_row(either: Rig) -> None:
    either.watch(wire=rss(ATTACK, MARKET))
    report = either.run()
    assert (report.feeds, report.updated, report.articles_new, report.matches_new) == (1, 1, 2, 1)
    with either.database.reading() as connection:
        found = search.find(connection, unmatched=True)
        row = connection.execute(select(fetches)).one()
    assert {each.title for each in found} == {ATTACK[1], MARKET[1]}
    matched = next(each for each in found if each.matches)
    assert matched.url == "https://wire.example/a1"
    assert matched.feeds == ("wire",)
    assert matched.matches[0].status is MatchStatus.PENDING
    assert {hit.text for hit in matched.matches[0].hits} == {"Kidal", "Mali", "attacked"}
    assert matched.story_id is not None
    assert (row.outcome, row.status, row.entries, row.articles_new) == ("updated", 200, 2, 2)


def test_a_second_pass_asks_conditionally_and_stores_nothing(either: Rig) -> None:
    either.watch(wire=rss(ATTACK, MARKET))
    either.run()
    report = either.run()
    assert (report.not_modified, report.updated, report.articles_new) == (1, 0, 0)
    assert either.publisher.statuses("/wire") == [200, 304]
    assert either.count(articles) == 2
    assert either.count(fetches) == 2


def test_the_same_bytes_without_validators_are_not_parsed_again(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK))
    rig.run()
    rig.publisher.pages["/wire"] = Renamed(body=rss(ATTACK))
    report = rig.run()
    assert (report.unchanged, report.entries) == (1, 0)
    assert rig.feed("wire").etag == '"another"'  # type: ignore[attr-defined]


class Renamed(Page):
    """A page whose validator changed although its bytes did not."""

    @property
    def etag(self) -> str:
        return '"another"'


def test_only_what_is_new_in_a_changed_document_is_stored(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK))
    rig.run()
    rig.publisher.pages["/wire"] = Page(body=rss(ATTACK, MARKET))
    report = rig.run()
    assert (report.updated, report.entries, report.articles_new) == (1, 2, 1)


def test_an_edited_headline_becomes_a_revision_and_matches_anew(rig: Rig) -> None:
    rig.watch(wire=rss(("a1", "Convoy attacked in the north of the country")))
    assert rig.run().matches_new == 0
    rig.publisher.pages["/wire"] = Page(body=rss(ATTACK))
    report = rig.run()
    assert (report.articles_new, report.articles_revised, report.matches_new) == (0, 1, 1)
    assert rig.count(articles) == 1
    assert rig.count(article_revisions) == 2


def test_one_article_in_two_feeds_is_stored_once_with_both_feeds(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK), post=rss(ATTACK))
    report = rig.run()
    assert report.articles_new == 1
    assert rig.count(entries) == 2
    with rig.database.reading() as connection:
        assert search.find(connection)[0].feeds == ("post", "wire")


def test_the_same_headline_under_a_new_guid_and_address_is_the_same_article(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK))
    rig.run()
    rig.publisher.pages["/wire"] = Page(body=rss(("moved", ATTACK[1])))
    assert rig.run().articles_new == 0
    assert rig.count(articles) == 1


def test_one_failing_feed_is_named_and_stops_no_other(rig: Rig) -> None:
    rig.watch(
        good=rss(ATTACK),
        missing=Page(status=404),
        broken=Page(status=500),
        page=Page(body=b"<!doctype html><html><body>Down</body></html>", content_type="text/html"),
        garbage=b"\x00\x01 not a feed",
        also_good=rss(MARKET),
    )
    seen: list[str] = []
    report = rig.run(progress=lambda each: seen.append(each.feed_id))
    assert (report.updated, report.failed, report.articles_new) == (2, 4, 2)
    assert {failure.feed: failure.kind for failure in report.failures} == {
        "broken": "http_500",
        "garbage": "not_a_feed",
        "missing": "http_404",
        "page": "html",
    }
    assert all(failure.message for failure in report.failures)
    assert sorted(seen) == sorted(["good", "missing", "broken", "page", "garbage", "also_good"])
    broken = rig.feed("broken")
    assert broken.state == FeedState.FAILING  # type: ignore[attr-defined]
    assert broken.next_fetch_at > NOON  # type: ignore[attr-defined]
    assert rig.count(fetches) == 6


def test_a_document_that_breaks_off_is_asked_for_again_without_validators(rig: Rig) -> None:
    whole = rss(ATTACK, MARKET)
    rig.watch(wire=whole[: whole.index(b"</title><pubDate>", whole.index(b"a2"))])
    report = rig.run()
    assert report.articles_new == 1
    rig.publisher.pages["/wire"] = Page(body=whole)
    assert rig.run().articles_new == 1
    asked = [headers for path, _, headers in rig.publisher.requests if path == "/wire"]
    assert "If-None-Match" not in asked[1]


def test_a_failure_keeps_validators_and_a_success_clears_the_failure(rig: Rig) -> None:
    good = Page(body=rss(ATTACK))
    rig.watch(wire=good)
    rig.run()
    rig.publisher.pages["/wire"] = Page(status=503)
    rig.run()
    assert rig.feed("wire").etag == good.etag  # type: ignore[attr-defined]
    assert rig.feed("wire").error_kind == "http_503"  # type: ignore[attr-defined]
    rig.publisher.pages["/wire"] = good
    assert rig.run().not_modified == 1
    after = rig.feed("wire")
    assert (after.state, after.failures, after.error_kind) == ("working", 0, None)  # type: ignore[attr-defined]


def test_two_passes_at_the_same_time_fetch_each_feed_once(either: Rig) -> None:
    either.watch(**{f"feed{number}": rss((f"n{number}", ATTACK[1])) for number in range(12)})

    async def go(parsers: ParserPool) -> list[IngestReport]:
        policy = FetchPolicy(
            user_agent="t",
            allow_private=(ip_network("127.0.0.0/8"),),
            host_interval=0,
            host_concurrency=8,
        )
        async with Fetcher(policy) as fetcher:

            async def one() -> IngestReport:
                work = Ingest(
                    database=either.database,
                    fetcher=fetcher,
                    parsers=parsers,
                    rules=lambda: rules(),
                    clock=lambda: NOON,
                )
                return await work.run(await asyncio.to_thread(work.claim))

            return list(await asyncio.gather(one(), one(), one()))

    reports = warm.run(go)
    assert sum(report.feeds for report in reports) == 12
    assert sum(report.failed for report in reports) == 0
    assert all(len(either.publisher.statuses(f"/feed{number}")) == 1 for number in range(12))
    assert either.count(entries) == 12


def test_what_is_not_begun_when_the_service_stops_is_due_for_anybody(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK), post=rss(MARKET))
    assert rig.run(stop_first=True).feeds == 0
    assert rig.run(every=False).feeds == 2


def test_a_pass_that_is_stopped_asks_a_slow_host_for_nothing_more(rig: Rig) -> None:
    rig.watch(**{f"feed{number}": rss((f"n{number}", ATTACK[1])) for number in range(8)})
    began = time.monotonic()
    report = rig.run(host_interval=30, stop_when=lambda: rig.count(fetches) == 1)
    assert time.monotonic() - began < 3
    assert report.feeds == len(rig.publisher.requests) == 1
    assert rig.run(every=False).feeds == 7


def test_a_request_in_flight_is_broken_off_when_a_stopped_pass_must_end(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rig.watch(wire=rss(ATTACK))
        late = a_feed("late", url=f"http://127.0.0.1:{silent.getsockname()[1]}/feed")
        with rig.database.transaction() as connection:
            feeds.declare(connection, [*feeds.watched(connection), late], rig.now)
        began = time.monotonic()
        report = rig.run(stop_when=lambda: rig.count(fetches) == 1)
    assert time.monotonic() - began < 3
    assert (report.feeds, report.failed) == (1, 0)
    assert rig.feed("late").lease_by is None  # type: ignore[attr-defined]


def test_a_feed_is_not_due_again_before_its_turn(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK))
    rig.run(every=False)
    assert rig.run(every=False).feeds == 0
    rig.now = rig.feed("wire").next_fetch_at  # type: ignore[attr-defined]
    assert rig.run(every=False).feeds == 1


def test_a_feed_taken_over_by_another_process_is_left_to_it(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK))

    async def go(parsers: ParserPool) -> IngestReport:
        policy = FetchPolicy(user_agent="t", allow_private=(ip_network("127.0.0.0/8"),))
        async with Fetcher(policy) as fetcher:
            work = Ingest(
                database=rig.database,
                fetcher=fetcher,
                parsers=parsers,
                rules=lambda: rules(),
                clock=lambda: NOON,
            )
            due = work.claim()
            with rig.database.transaction() as connection:
                connection.execute(feeds_table.update().values(lease_by="elsewhere|1||x"))
            return await work.run(due)

    assert warm.run(go).feeds == 0
    assert rig.count(articles) == 0
    assert rig.feed("wire").lease_by == "elsewhere|1||x"  # type: ignore[attr-defined]


def test_a_dead_process_of_this_machine_holds_nothing(rig: Rig) -> None:
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    rig.watch(wire=rss(ATTACK))
    with rig.database.transaction() as connection:
        connection.execute(
            feeds_table.update().values(
                lease_by=f"{socket.gethostname()[:60]}|{int(child.stdout)}|1|x",
                lease_until=datetime(2027, 1, 1, tzinfo=UTC),
            )
        )
    assert rig.run().feeds == 1


def test_a_conflict_may_ask_for_automatic_approval(rig: Rig) -> None:
    rig.watch(wire=rss(ATTACK, ("a3", "Kidal army parade")))
    automatic = a_conflict(approve=Approval.AUTOMATIC, approve_at=8)

    async def go(parsers: ParserPool) -> None:
        policy = FetchPolicy(user_agent="t", allow_private=(ip_network("127.0.0.0/8"),))
        async with Fetcher(policy) as fetcher:
            work = Ingest(
                database=rig.database,
                fetcher=fetcher,
                parsers=parsers,
                rules=lambda: rules(automatic),
                clock=lambda: NOON,
            )
            await work.run(work.claim())

    warm.run(go)
    with rig.database.reading() as connection:
        by_title = {each.title: each.matches[0] for each in search.find(connection)}
    assert by_title[ATTACK[1]].status is MatchStatus.APPROVED
    assert by_title["Kidal army parade"].status is MatchStatus.PENDING
