"""Read pages: from a real loopback site into real databases, politely, once, for matching only."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from db import Database, matches, pages
from pipeline import read_pages as module
from pipeline.errors import StoreError
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.isolate import ParserPool
from pipeline.model import (
    Approval,
    Article,
    Conflict,
    Decision,
    Field,
    MatchStatus,
    PageState,
    QueuedMatch,
    StoredPage,
    Verdict,
)
from pipeline.publish import found_installation, publish
from pipeline.read_pages import AGAIN_AFTER, MOST_PER_HOST, PageReader, PagesReport
from pipeline.rematch import rematch
from pipeline.review import review
from tests import warm
from tests.making import NOON, a_conflict, a_feed, an_article, rules, take_in, watch
from tests.replay import Page, Publisher

SECRET = "The convoy of JNIM men came down from Kidal before dawn and left again by noon"
TEXT = f"{SECRET}, said the village chief. The town was quiet the whole day. " * 4
HTML = (
    "<html><head><title>Story</title></head><body><nav>Sport</nav>"
    f"<article><h1>Story</h1><p>{TEXT}</p></article></body></html>"
)
WHOLE = a_feed(full_text=True)


def a_page(markup: str = HTML, content_type: str = "text/html; charset=utf-8", **more: object):
    return Page(body=markup.encode(), content_type=content_type, **more)  # type: ignore[arg-type]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        yield server


class Rig:
    """A database, a site with articles' pages, and passes over those that are due."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self.database = watch(database, polled=[WHOLE])
        self.publisher = publisher
        self.now = NOON
        self.deadline = 10.0
        self.host_interval = 0.0

    def article(self, name: str, title: str = "Grain prices fall", **changes: object) -> Article:
        item = replace(an_article(f"{title} {name}"), url=f"{self.publisher.url}/{name}")
        return replace(item, **changes)  # type: ignore[arg-type]

    def store(self, *names: str, tracked: tuple[Conflict, ...] = ()) -> None:
        take_in(self.database, *map(self.article, names), feed=WHOLE, tracked=tracked, now=self.now)

    def put(self, **served: Page) -> None:
        """Serve pages by name, and store an article for each."""
        self.publisher.pages |= {f"/{name}": page for name, page in served.items()}
        self.store(*served)

    def run(
        self,
        *passes: timedelta,
        tracked: tuple[Conflict, ...] = (),
        meanwhile: Callable[[PageReader], None] = lambda reader: None,
    ) -> PagesReport:
        """Make a pass now and one after each of these waits, all by one reader; gives the last."""

        async def go(parsers: ParserPool) -> PagesReport:
            policy = FetchPolicy(
                user_agent="Dateline/test",
                allow_private=(ip_network("127.0.0.1/32"),),
                host_interval=self.host_interval,
                deadline=self.deadline,
                max_bytes=2_000_000,
            )
            async with Fetcher(policy) as fetcher:
                reader = PageReader(
                    database=self.database,
                    fetcher=fetcher,
                    parsers=parsers,
                    rules=lambda: rules(*tracked),
                    clock=lambda: self.now,
                )
                for wait in (timedelta(0), *passes):
                    self.now += wait
                    due = reader.claim()
                    meanwhile(reader)
                    report = await reader.run(due)
                return report

        return warm.run(go)

    def page(self, article_id: int = 1) -> StoredPage:
        with self.database.reading() as connection:
            found = pages.find(connection, article_id)
        assert found is not None
        return found

    def outcome(self, article_id: int = 1) -> tuple[str, str | None]:
        return self.page(article_id).state, self.page(article_id).error_kind

    def queue(self, status: MatchStatus | None = None) -> tuple[QueuedMatch, ...]:
        with self.database.reading() as connection:
            return matches.queue(connection, status=status)

    def asked(self, name: str) -> int:
        return len(self.publisher.statuses(f"/{name}"))


@pytest.fixture
def rig(database: Database, publisher: Publisher) -> Rig:
    return Rig(database, publisher)


@pytest.fixture
def small(sqlite: Database, publisher: Publisher) -> Rig:
    return Rig(sqlite, publisher)


def test_an_article_may_match_by_its_page_alone(rig: Rig) -> None:
    rig.put(a=a_page())
    assert rig.queue() == ()
    assert rig.run() == PagesReport(read=1, matches_new=1)
    stored = rig.page()
    assert (stored.state, stored.read_at, stored.error_kind) == (PageState.READ, NOON, None)
    assert stored.body.startswith("Story")
    assert "Sport" not in stored.body
    [match] = rig.queue()
    assert match.status is MatchStatus.PENDING
    assert {hit.field for hit in match.hits} == {Field.BODY}
    assert [stored.body[hit.start : hit.end] for hit in match.hits] == [
        hit.text for hit in match.hits
    ]


def test_what_is_found_live_is_found_by_matching_again(rig: Rig) -> None:
    rig.put(a=a_page())
    rig.run()
    before = rig.queue()
    assert rematch(rig.database, rules(), NOON).matches_new == 0
    assert rig.queue() == before


def test_a_waiting_match_takes_up_what_the_page_adds(rig: Rig) -> None:
    rig.publisher.pages["/a"] = a_page()
    take_in(rig.database, rig.article("a", "Army in Kidal"), feed=WHOLE)
    [before] = rig.queue()
    assert rig.run() == PagesReport(read=1, matches_new=0)
    [after] = rig.queue()
    assert after.score > before.score
    assert {hit.field for hit in after.hits} == {Field.TITLE, Field.BODY}


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.REJECT])
def test_a_verdict_is_never_touched(rig: Rig, verdict: Verdict) -> None:
    rig.publisher.pages["/a"] = a_page()
    take_in(rig.database, rig.article("a", "Army in Kidal"), feed=WHOLE)
    [match] = rig.queue()
    review(rig.database, [Decision(match_id=match.id, verdict=verdict, editor="ada")], NOON)
    before = rig.queue()
    assert rig.run() == PagesReport(read=1, matches_new=0)
    assert rig.queue() == before


def test_automatic_approval_counts_what_the_page_says(rig: Rig) -> None:
    tracked = (a_conflict(approve=Approval.AUTOMATIC, approve_at=5),)
    rig.put(a=a_page())
    rig.run(tracked=tracked)
    assert [match.status for match in rig.queue()] == [MatchStatus.APPROVED]


def test_a_page_is_read_once(rig: Rig) -> None:
    rig.put(a=a_page())
    rig.run(timedelta(minutes=1), timedelta(days=1))
    assert (rig.asked("a"), rig.asked("robots.txt")) == (1, 1)


def test_nothing_due_asks_nobody(small: Rig) -> None:
    assert small.run() == PagesReport()
    assert small.publisher.requests == []


def test_what_robots_txt_forbids_is_not_asked_for(rig: Rig) -> None:
    rules_of_site = b"User-agent: *\nDisallow: /b\n"
    rig.publisher.pages["/robots.txt"] = Page(body=rules_of_site, content_type="text/plain")
    rig.put(a=a_page(), b=a_page())
    assert rig.run() == PagesReport(read=1, refused=1, matches_new=1)
    assert (rig.asked("a"), rig.asked("b"), rig.asked("robots.txt")) == (1, 0, 1)
    refused = [page for page in (rig.page(1), rig.page(2)) if page.state is PageState.REFUSED]
    assert refused[0].error_kind == "robots"
    assert "robots.txt asks not to" in (refused[0].error_message or "")


def test_what_a_redirect_leads_to_must_be_allowed_too(rig: Rig) -> None:
    rules_of_site = b"User-agent: Dateline\nDisallow: /members\n"
    rig.publisher.pages["/robots.txt"] = Page(body=rules_of_site, content_type="text/plain")
    rig.publisher.pages["/members"] = a_page()
    rig.publisher.pages["/open"] = a_page()
    rig.put(
        a=Page(status=302, headers={"Location": "/members"}),
        b=Page(status=301, headers={"Location": "/open"}),
    )
    assert rig.run() == PagesReport(read=1, refused=1, matches_new=1)


def test_where_robots_txt_cannot_be_had_nothing_is_read_now(rig: Rig) -> None:
    rig.publisher.pages["/robots.txt"] = Page(status=503)
    rig.put(a=a_page())
    assert rig.run() == PagesReport()
    assert rig.outcome() == ("waiting", "robots_unreachable")
    rig.publisher.pages["/robots.txt"] = Page(status=404)
    rig.now += AGAIN_AFTER[0]
    assert rig.run() == PagesReport(read=1, matches_new=1)


def test_a_robots_txt_made_to_break_its_reader_lets_nothing_be_read(
    small: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = "".join(f"User-agent: a{number}\n" for number in range(6_000))
    heavy = agents + "".join(f"Disallow: /{number}\n" for number in range(6_000))
    small.publisher.pages["/robots.txt"] = Page(body=heavy.encode(), content_type="text/plain")
    monkeypatch.setattr(ParserPool.__init__, "__kwdefaults__", _SMALL_LIMITS)
    small.put(a=a_page())
    assert small.run() == PagesReport(failed=1)
    assert small.outcome()[1] in ("parser_crashed", "parser_timeout")
    assert small.asked("a") == 0


_SMALL_LIMITS = {"workers": 1, "cpu_seconds": 2, "wall_seconds": 20.0, "memory_bytes": 300 << 20}


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        (Page(body=b"%PDF-1.7 ...<<", content_type="application/pdf"), ("failed", "not_html")),
        (a_page("<html><body></body></html>"), ("failed", "no_text")),
        (Page(status=404), ("failed", "http_404")),
        (Page(status=403), ("refused", "http_403")),
        (Page(status=403, headers={"cf-mitigated": "challenge"}), ("refused", "blocked")),
        (a_page("<p>Checking your browser<script>__cf_chl_opt</script>"), ("refused", "challenge")),
        (
            Page(status=302, headers={"Location": "http://169.254.169.254/latest"}),
            ("refused", "refused_address"),
        ),
        (a_page(HTML + "x" * 2_100_000), ("failed", "bomb")),
        (a_page(HTML + Random(1).randbytes(1_100_000).hex()), ("failed", "too_large")),
        (
            a_page(HTML.replace("<head>", '<head><script>{"isAccessibleForFree":false}</script>')),
            ("read", "teaser"),
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_each_page_has_a_visible_outcome_and_is_not_asked_for_again(
    small: Rig, page: Page, outcome: tuple[str, str]
) -> None:
    small.put(a=page, good=a_page())
    small.run()
    by_kind = {small.outcome(1), small.outcome(2)}
    assert by_kind == {outcome, ("read", None)}
    for number in (1, 2):
        stored = small.page(number)
        assert (stored.error_message is None) == (stored.error_kind is None)
        assert "feed" not in (stored.error_message or "")
    small.now += timedelta(days=1)
    assert small.run() == PagesReport()


def test_a_passing_failure_is_tried_three_times_further_and_further_apart(rig: Rig) -> None:
    rig.put(a=Page(status=500))
    rig.run()
    for number, wait in enumerate(AGAIN_AFTER, 1):
        stored = rig.page()
        assert (stored.state, stored.error_kind) == (PageState.WAITING, "http_500")
        assert stored.error_message == "Its page answered 500."
        assert (stored.attempts, stored.due_at) == (number, rig.now + wait)
        rig.run(wait - timedelta(seconds=1))
        assert rig.asked("a") == number
        rig.run(timedelta(seconds=1))
    assert (rig.page().state, rig.page().attempts, rig.asked("a")) == (PageState.FAILED, 3, 3)


def test_a_page_comes_back_after_a_passing_failure(rig: Rig) -> None:
    rig.put(a=Page(status=502))
    rig.run()
    rig.publisher.pages["/a"] = a_page()
    assert rig.run(AGAIN_AFTER[0]) == PagesReport(read=1, matches_new=1)
    assert rig.outcome() == ("read", None)


def test_a_site_that_asks_for_a_pause_is_left_alone_and_no_attempt_is_lost(small: Rig) -> None:
    small.put(
        a=Page(status=429, headers={"Retry-After": "2700"}),
        b=Page(status=429, headers={"Retry-After": "2700"}),
    )
    assert small.run() == PagesReport()
    stored = sorted((small.page(1), small.page(2)), key=lambda page: page.attempts)
    assert [page.attempts for page in stored] == [0, 1]
    assert stored[1].error_kind == "http_429"
    for page in stored:
        assert timedelta(minutes=44) < page.due_at - NOON <= timedelta(minutes=46)
    assert small.asked("a") + small.asked("b") == 1


def test_a_page_too_slow_to_wait_for_is_tried_again(small: Rig) -> None:
    small.deadline = 0.3
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        take_in(small.database, small.article("a", url=f"{address}/a"), feed=WHOLE)
        small.run()
    assert small.outcome() == ("waiting", "robots_unreachable")


def test_one_host_is_asked_for_a_few_pages_in_a_pass(small: Rig) -> None:
    small.put(**{f"a{number}": a_page() for number in range(MOST_PER_HOST + 2)})
    assert small.run().read == MOST_PER_HOST
    assert small.run().read == 2


def test_pages_take_their_turns_of_the_host_with_the_feeds(small: Rig) -> None:
    small.host_interval = 0.2
    small.put(a=a_page(), b=a_page())
    began = time.monotonic()
    small.run()
    assert time.monotonic() - began >= 0.4  # robots.txt, a, b: two pauses
    assert len(small.publisher.requests) == 3


def test_a_crawl_delay_is_kept(small: Rig) -> None:
    delay = b"User-agent: *\nCrawl-delay: 1\n"
    small.publisher.pages["/robots.txt"] = Page(body=delay, content_type="text/plain")
    small.put(a=a_page(), b=a_page())
    began = time.monotonic()
    assert small.run().read == 2
    assert time.monotonic() - began >= 1


def test_a_long_crawl_delay_leaves_the_rest_for_later(rig: Rig) -> None:
    delay = b"User-agent: *\nCrawl-delay: 3600\n"
    rig.publisher.pages["/robots.txt"] = Page(body=delay, content_type="text/plain")
    rig.put(a=a_page(), b=a_page(), c=a_page())
    assert rig.run().read == 1
    waiting = [page for page in map(rig.page, (1, 2, 3)) if page.state is PageState.WAITING]
    assert [page.attempts for page in waiting] == [0, 0]
    for page in waiting:  # an hour is too much: two minutes
        assert timedelta(seconds=110) < page.due_at - NOON <= timedelta(seconds=120)


def test_hosts_asked_long_ago_are_forgotten(small: Rig) -> None:
    small.put(a=a_page())
    readers: list[PageReader] = []

    def asked_long_ago(reader: PageReader) -> None:
        reader.asked["old.example"] = time.monotonic() - 3_600
        readers.append(reader)

    small.run(meanwhile=asked_long_ago)
    assert set(readers[0].asked) == {small.publisher.url.removeprefix("http://")}


def test_stopping_gives_back_what_was_not_begun(small: Rig) -> None:
    small.put(a=a_page(), b=a_page())
    assert small.run(meanwhile=lambda reader: reader.stopping.set()) == PagesReport()
    assert small.asked("a") + small.asked("b") == 0
    assert [small.page(number).attempts for number in (1, 2)] == [0, 0]
    assert small.run().read == 2


def test_stopping_ends_the_wait_for_a_crawl_delay(small: Rig) -> None:
    delay = b"User-agent: *\nCrawl-delay: 8\n"
    small.publisher.pages["/robots.txt"] = Page(body=delay, content_type="text/plain")
    small.put(a=a_page(), b=a_page())

    def soon(reader: PageReader) -> None:
        loop = asyncio.get_running_loop()

        def when_asked() -> None:
            while not small.asked("a") + small.asked("b"):
                time.sleep(0.02)
            time.sleep(0.5)
            loop.call_soon_threadsafe(reader.stopping.set)

        threading.Thread(target=when_asked, daemon=True).start()

    began = time.monotonic()
    assert small.run(meanwhile=soon).read == 1
    assert time.monotonic() - began < 7


def test_a_page_another_process_took_over_is_left_to_it(rig: Rig) -> None:
    rig.put(a=a_page())

    def take_over(reader: PageReader) -> None:
        later = rig.now + timedelta(hours=1)
        with rig.database.transaction() as connection:
            pages.claim(connection, later, lease=timedelta(hours=1), per_host=1, limit=1)

    assert rig.run(meanwhile=take_over) == PagesReport()
    assert rig.page().body == ""
    assert rig.queue() == ()


def test_an_article_pruned_meanwhile_is_no_failure(small: Rig) -> None:
    from db import articles

    small.put(a=a_page())

    def prune(reader: PageReader) -> None:
        with small.database.transaction() as connection:
            articles.prune_unmatched(connection, range(9), NOON + timedelta(days=1), NOON)

    assert small.run(meanwhile=prune) == PagesReport()


def test_a_defect_of_ours_costs_one_page_an_attempt(
    small: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.put(a=a_page(), b=a_page())
    real = module.RawPage

    def fail_once(**values: object) -> object:
        monkeypatch.setattr(module, "RawPage", real)
        raise ZeroDivisionError

    monkeypatch.setattr(module, "RawPage", fail_once)
    assert small.run().read == 1
    assert {small.outcome(1), small.outcome(2)} == {("waiting", "internal"), ("read", None)}


def test_a_database_that_is_away_is_one_error_and_the_pages_come_again(small: Rig) -> None:
    small.put(a=a_page(), b=a_page())

    def take_away(reader: PageReader) -> None:
        with small.database.transaction() as connection:
            connection.execute(text("ALTER TABLE article_pages RENAME TO aside"))

    with pytest.raises(StoreError):
        small.run(meanwhile=take_away)
    with small.database.transaction() as connection:
        connection.execute(text("ALTER TABLE aside RENAME TO article_pages"))
    small.now += timedelta(hours=1)
    assert small.run().read == 2


def test_the_text_of_a_page_is_never_published(small: Rig, tmp_path: Path) -> None:
    found_installation(small.database, "https://tracker.example", NOON)
    small.put(a=a_page())
    small.run()
    [match] = small.queue()
    review(small.database, [Decision(match_id=match.id, verdict=Verdict.APPROVE, editor="a")], NOON)
    publish(small.database, tmp_path / "public", "https://tracker.example", NOON)
    written = [path for path in (tmp_path / "public").rglob("*") if path.is_file()]
    content = {str(path): path.read_bytes() for path in written}
    assert any(b"Grain prices fall a" in body for body in content.values())
    for name, body in content.items():
        assert b"convoy of JNIM" not in body, name
        assert b"village chief" not in body, name
