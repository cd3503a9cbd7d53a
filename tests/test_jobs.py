"""The clock: it asks who is due, publishes what changed, survives its jobs, and hides no miss."""

import asyncio
import gc
import json
import re
import socket
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from apscheduler.events import EVENT_JOB_MISSED, JobEvent
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from db import Database, articles, feeds, host_turns, instance, leases, pages, runs, search
from db.tables import host_turns as turns_taken
from db.tables import hub_pings, job_runs
from pipeline.edit_keywords import check, declared, edited, save
from pipeline.errors import StoreError
from pipeline.fetch import Fetcher, FetchPolicy, Poster
from pipeline.ingest import AT_ONCE, Ingest
from pipeline.isolate import ParserPool
from pipeline.jobs import Clock
from pipeline.jobs.tell import Tell
from pipeline.jobs.tidy import share_arenas, tidy
from pipeline.jobs.triggers import Every
from pipeline.model import Decision, DuePage, PageState, StoredPage, Verdict
from pipeline.now import utc_now
from pipeline.publish import SWEEP_EVERY, found_installation
from pipeline.review import review
from pipeline.settings import Settings
from pipeline.sweep import KEEP_BODIES, KEEP_FETCHES, KEEP_RUNS, sweep
from pipeline.watch import Watch
from tests.making import NOON, a_feed, an_article, take_in, watch
from tests.replay import Page, Publisher

SOURCES = """\
version: 1
defaults: {keep_unmatched: 30d}
feeds:
  - {id: sahel-wire, url: "URL/wire", publisher: Sahel Wire}
conflicts:
  - {slug: mali, title: Instability in Mali, keywords: {decisive: [JNIM]}}
"""
FEED = b"""<rss version='2.0'><channel><title>Wire</title><item><guid>1</guid>
<link>https://wire.example/1</link><title>JNIM statement</title></item></channel></rss>"""


class House:
    """A service's database, sources and public folder, and the clock that drives them."""

    def __init__(self, database: Database, folder: Path, publisher: Publisher) -> None:
        self.database = database
        self.publisher = publisher
        self.sources = folder / "sources.yaml"
        self.write(SOURCES)
        self.settings = Settings(
            sources=self.sources, public_dir=folder / "public", base_url="https://tracker.example"
        )
        self.publisher.pages["/wire"] = Page(body=FEED)

    def write(self, content: str) -> None:
        self.sources.write_text(content.replace("URL", self.publisher.url), encoding="utf-8")

    @asynccontextmanager
    async def clock(self) -> AsyncIterator[Clock]:
        """A clock that is not started; what it began is ended with it."""
        found_installation(self.database, self.settings.base_url, utc_now())
        watch = Watch(self.sources, self.database)
        watch.start(utc_now())
        policy = FetchPolicy(
            user_agent="Dateline/test",
            allow_private=(ip_network("127.0.0.0/8"),),
            host_interval=0,
            host_concurrency=8,
            deadline=20,
        )
        async with (
            Fetcher(policy) as fetcher,
            Poster(policy) as poster,
            ParserPool(workers=1) as parsers,
        ):
            ingest = Ingest(
                database=self.database,
                fetcher=fetcher,
                parsers=parsers,
                rules=lambda: watch.rules,
                clock=utc_now,
            )
            clock = Clock(
                database=self.database,
                settings=self.settings,
                watch=watch,
                ingest=ingest,
                poster=poster,
            )
            try:
                yield clock
            finally:
                await clock.stop(within=5)

    def drive(self, work: Callable[[Clock], Awaitable[None]]) -> None:
        """Do something with a clock."""

        async def go() -> None:
            async with self.clock() as clock:
                await work(clock)

        asyncio.run(go())

    def latest(self) -> dict[str, tuple[str, str]]:
        """Outcome and detail of each job's last run."""
        with self.database.reading() as connection:
            return {run.job: (run.outcome, run.detail) for run in runs.latest(connection)}

    def titles(self) -> list[str]:
        with self.database.reading() as connection:
            return [each.title for each in search.find(connection, unmatched=True)]

    def approve(self, match_id: int) -> None:
        decision = Decision(match_id=match_id, verdict=Verdict.APPROVE, editor="ada")
        review(self.database, [decision], utc_now())

    def published(self) -> list[str]:
        file = self.settings.public_dir / "latest-news.json"
        return [item["title"] for item in json.loads(file.read_text(encoding="utf-8"))["items"]]


async def until(true: Callable[[], object], seconds: float = 15) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        await asyncio.sleep(0.02)


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> Iterator[House]:
    with Publisher() as publisher:
        yield House(sqlite, tmp_path, publisher)


def test_the_time_is_aware_and_utc() -> None:
    assert utc_now().tzinfo is UTC


def test_a_started_clock_fetches_what_is_due_and_publishes_at_once(house: House) -> None:
    async def work(clock: Clock) -> None:
        clock.start()
        await until(lambda: house.titles() and "publish" in house.latest())

    house.drive(work)
    assert house.titles() == ["JNIM statement"]
    assert house.latest()["ingest"] == ("done", "1 feeds due")
    outcome, detail = house.latest()["publish"]
    assert (outcome, detail.endswith("files changed")) == ("done", True)
    assert house.published() == []


def test_a_tick_takes_up_an_edit_of_the_sources(house: House) -> None:
    async def work(clock: Clock) -> None:
        await clock._tick()
        await until(lambda: house.titles() and not clock.in_hand)
        house.publisher.pages["/post"] = Page(
            body=FEED.replace(b"/1<", b"/2<").replace(b"JNIM", b"GSIM")
        )
        house.write(
            SOURCES.replace("conflicts:", '  - {id: post, url: "URL/post"}\nconflicts:').replace(
                "[JNIM]", "[JNIM, GSIM]"
            )
        )
        assert await clock._tick() == "1 feeds due"
        await until(lambda: len(house.titles()) == 2)

    house.drive(work)
    with house.database.reading() as connection:
        assert len(search.find(connection, conflict="mali")) == 2


def test_idle_ticks_are_noted_once_a_minute(house: House) -> None:
    async def work(clock: Clock) -> None:
        assert await clock._tick() == "1 feeds due"
        await until(lambda: not clock.in_hand)
        assert await clock._tick() is None
        clock.beat_at -= timedelta(seconds=61)
        assert await clock._tick() == "nothing due"
        assert await clock._tick() is None

    house.drive(work)


def test_a_clock_with_its_hands_full_claims_nothing_more(house: House) -> None:
    async def work(clock: Clock) -> None:
        clock.feeds_in_hand = AT_ONCE * 2
        assert await clock._tick() == "nothing due"
        assert house.publisher.requests == []
        clock.feeds_in_hand = 0
        assert await clock._tick() == "1 feeds due"

    house.drive(work)


def test_a_verdict_is_published_and_nothing_is_written_without_one(house: House) -> None:
    async def work(clock: Clock) -> None:
        await clock._tick()
        await until(lambda: house.titles() and not clock.in_hand)
        assert "files changed" in (await clock.publish_if_changed() or "")
        assert await clock.publish_if_changed() is None
        house.approve(1)
        assert "files changed" in (await clock.publish_if_changed() or "")
        assert house.published() == ["JNIM statement"]

    house.drive(work)


def test_a_file_that_was_lost_is_made_again_within_the_hour(house: House) -> None:
    async def work(clock: Clock) -> None:
        await clock.publish_if_changed()
        lost = house.settings.public_dir / "feeds.opml"
        lost.unlink()
        assert await clock.publish_if_changed() is None
        later = utc_now() + SWEEP_EVERY
        clock.tell_time = lambda: later
        assert (await clock.publish_if_changed() or "").startswith("1 of ")
        assert lost.exists()
        later += SWEEP_EVERY
        assert await clock.publish_if_changed() is None  # looked, and all was well

    house.drive(work)


def test_publishing_is_tried_again_after_a_failure(house: House) -> None:
    house.settings.public_dir.touch()

    async def work(clock: Clock) -> None:
        clock.start()
        await until(lambda: "publish" in house.latest())
        outcome, detail = house.latest()["publish"]
        assert outcome == "failed"
        assert "cannot be written" in detail
        house.settings.public_dir.unlink()
        assert "files changed" in (await clock.publish_if_changed() or "")

    house.drive(work)


def test_a_defect_in_one_job_is_noted_and_the_clock_lives_on(house: House) -> None:
    async def broken() -> str:
        raise ZeroDivisionError

    async def work(clock: Clock) -> None:
        await clock._run("broken", broken)
        clock.start()
        await until(lambda: "ingest" in house.latest())

    house.drive(work)
    assert house.latest()["broken"] == ("failed", "a defect in Dateline: ZeroDivisionError()")
    assert house.latest()["ingest"][0] == "done"


def test_a_run_that_cannot_be_noted_does_not_end_the_clock(house: House) -> None:
    async def work(clock: Clock) -> None:
        with house.database.transaction() as connection:
            connection.execute(text("ALTER TABLE job_runs RENAME TO aside"))
        await clock._run("ingest", clock._tick)
        with house.database.transaction() as connection:
            connection.execute(text("ALTER TABLE aside RENAME TO job_runs"))

    with capture_logs() as logged:
        house.drive(work)
    assert any("its run could not be noted" in line["event"] for line in logged)


def test_a_missed_run_that_cannot_be_noted_is_told(house: House) -> None:
    async def work(clock: Clock) -> None:
        with house.database.transaction() as connection:
            connection.execute(text("ALTER TABLE job_runs RENAME TO aside"))
        clock._missed(JobEvent(EVENT_JOB_MISSED, "ingest", "default"))
        await until(lambda: clock.complaints.standing)
        with house.database.transaction() as connection:
            connection.execute(text("ALTER TABLE aside RENAME TO job_runs"))

    with capture_logs() as logged:
        house.drive(work)
    assert any("its missed run could not be noted: the" in line["event"] for line in logged)


def test_a_job_that_failed_is_noted_as_well_again_when_it_has_nothing_to_do(house: House) -> None:
    async def refused() -> str:
        raise StoreError("the database is locked")

    async def idle() -> None:
        return None

    async def fail(clock: Clock) -> None:
        await clock._run("webhooks", refused)
        await clock._run("index", refused)
        await clock._run("index", idle)
        await clock._run("index", idle)

    async def restart(clock: Clock) -> None:
        clock.start()
        await clock._run("webhooks", idle)

    house.drive(fail)
    assert house.latest()["webhooks"] == ("failed", "the database is locked")
    assert house.latest()["index"] == ("done", "works again")
    house.drive(restart)
    assert house.latest()["webhooks"] == ("done", "works again")
    with house.database.reading() as connection:
        noted = select(func.count()).where(job_runs.c.job == "index")
        assert connection.scalar(noted) == 2, "what is well and idle leaves no rows"


def test_runs_skipped_behind_one_that_lasts_are_told_once(house: House) -> None:
    async def idle() -> None:
        return None

    async def work(clock: Clock) -> None:
        for _ in range(2):
            for _ in range(3):
                clock._missed(JobEvent(EVENT_JOB_MISSED, "index", "default"))
            await clock._run("index", idle)

    with capture_logs() as logged:
        house.drive(work)
    assert [line["event"] for line in logged if "skipped" in line["event"]] == [
        "index: runs are skipped while the one before is still busy"
    ] * 2


def test_a_run_that_is_being_noted_when_the_clock_stops_ends_quietly(house: House) -> None:
    async def quick() -> str:
        return "done"

    async def work(clock: Clock) -> None:
        with house.database.transaction():  # the note has to wait
            run = asyncio.create_task(clock._run("quick", quick))
            for _ in range(3):
                await asyncio.sleep(0)
            assert not run.done()
            run.cancel()
            await run

    house.drive(work)


def test_a_run_skipped_because_the_one_before_is_busy_is_visible(house: House) -> None:
    async def slow() -> str:
        await asyncio.sleep(0.5)
        return "slept"

    def missed() -> int:
        with house.database.reading() as connection:
            return runs.missed_since(connection, NOON - timedelta(days=10_000))

    async def work(clock: Clock) -> None:
        clock.start()
        clock._add("slow", slow, Every(seconds=0.2), utc_now())
        await until(lambda: missed() >= 1)

    house.drive(work)
    with house.database.reading() as connection:
        rows = connection.execute(select(job_runs).where(job_runs.c.outcome == "missed")).all()
    assert {row.job for row in rows} == {"slow"}


def test_jobs_have_their_turns_soon_when_a_clock_that_was_ahead_is_set_right(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.jobs.clock.TICK", timedelta(seconds=0.05))
    ahead = timedelta(days=3_653)

    async def work(clock: Clock) -> None:
        clock.tell_time = lambda: utc_now() + ahead
        clock.start()
        jobs = clock.scheduler.get_jobs()
        assert any(job.next_run_time > utc_now() + ahead / 2 for job in jobs)
        clock.tell_time = utc_now
        await until(lambda: all(job.next_run_time < utc_now() + timedelta(days=2) for job in jobs))

    with capture_logs() as logged:
        house.drive(work)
    assert any(line["event"].startswith("the clock was set back: ") for line in logged)


def test_the_time_the_service_stood_still_is_noted_at_the_start(house: House) -> None:
    now = utc_now()
    with house.database.transaction() as connection:
        began = now - timedelta(hours=2)
        runs.finish(connection, runs.begin(connection, "ingest", began), "done", "", began)
        runs.begin(connection, "publish", now - timedelta(hours=2))

    async def work(clock: Clock) -> None:
        clock.start()
        assert house.latest()["ingest"][0] == "missed"
        assert house.latest()["publish"] == ("failed", "the process ended in the middle")

    house.drive(work)


def test_a_restart_within_a_minute_missed_nothing(house: House) -> None:
    now = utc_now() - timedelta(seconds=40)
    with house.database.transaction() as connection:
        runs.finish(connection, runs.begin(connection, "ingest", now), "done", "", now)

    async def work(clock: Clock) -> None:
        clock.start()
        with house.database.reading() as connection:
            assert runs.missed_since(connection, now - timedelta(days=1)) == 0

    house.drive(work)


def test_stopping_finishes_the_feed_in_hand(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        house.write(SOURCES.replace("URL/wire", f"http://127.0.0.1:{slow.getsockname()[1]}/wire"))

        async def work(clock: Clock) -> None:
            await clock._tick()
            loop = asyncio.get_running_loop()
            slow.settimeout(10)
            connection, _ = await asyncio.to_thread(slow.accept)
            with connection:
                stopping = loop.create_task(clock.stop(within=10))
                await asyncio.sleep(0.3)
                assert not stopping.done()
                head = (
                    f"HTTP/1.1 200 OK\r\nContent-Length: {len(FEED)}\r\nConnection: close\r\n\r\n"
                )
                connection.sendall(head.encode() + FEED)
                await stopping

        house.drive(work)
    assert house.titles() == ["JNIM statement"]


def test_a_feed_that_takes_too_long_is_left_for_the_next_start(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        house.write(SOURCES.replace("URL/wire", f"http://127.0.0.1:{slow.getsockname()[1]}/wire"))

        async def work(clock: Clock) -> None:
            await clock._tick()
            slow.settimeout(10)
            connection, _ = await asyncio.to_thread(slow.accept)
            with connection:
                async with asyncio.timeout(5):
                    await clock.stop(within=0.2)
            assert clock.in_hand == set()
            assert clock.feeds_in_hand == 0

        house.drive(work)
    with house.database.transaction() as connection:
        due = leases.claim(
            connection, utc_now(), holder="next", lease=timedelta(minutes=1), limit=None,
            only=None, even_if_not_due=False,
        )  # fmt: skip
    assert [each.feed.id for each in due] == ["sahel-wire"]


@pytest.mark.parametrize("gone", ["fetches", "feeds"])
def test_a_pass_the_database_refused_is_logged_and_its_feeds_come_again(
    house: House, gone: str
) -> None:
    async def work(clock: Clock) -> None:
        due = clock.ingest.claim()
        with house.database.transaction() as connection:
            connection.execute(text(f"ALTER TABLE {gone} RENAME TO aside"))
        await clock._take_in(due)
        with house.database.transaction() as connection:
            connection.execute(text(f"ALTER TABLE aside RENAME TO {gone}"))
        assert clock.feeds_in_hand == 0
        assert await clock._tick() == "1 feeds due"
        await until(lambda: not clock.in_hand)

    with capture_logs() as logged:
        house.drive(work)
    assert any(line["event"].startswith("feeds in hand: the database") for line in logged)
    assert house.titles() == ["JNIM statement"]


def test_the_clock_has_the_pages_of_new_articles_read(house: House) -> None:
    page = "<article><p>" + "JNIM men came at dawn and left at noon. " * 9 + "</p></article>"
    house.publisher.pages["/story"] = Page(body=page.encode(), content_type="text/html")
    item = replace(an_article("Grain prices fall"), url=f"{house.publisher.url}/story")
    whole = a_feed(url=f"{house.publisher.url}/wire", publisher="Sahel Wire", full_text=True)

    def expecting(clock: Clock) -> None:
        with house.database.transaction() as connection:
            feeds.declare(connection, [whole], utc_now())
        take_in(house.database, replace(item, published_at=utc_now()), feed=whole, now=utc_now())

    async def work(clock: Clock) -> None:
        assert await clock._read_pages() is None
        await asyncio.to_thread(expecting, clock)
        assert await clock._read_pages() == "1 pages due"
        assert await clock._read_pages() is None  # the pass before is still busy
        await until(lambda: not clock.in_hand)
        assert await clock._read_pages() is None

    with capture_logs() as logged:
        house.drive(work)
    assert "pages: 1 read, 0 refused, 0 failed, 1 matches" in [line["event"] for line in logged]
    with house.database.reading() as connection:
        [article] = search.find(connection, conflict="mali")
    assert article.title == "Grain prices fall"


def test_the_clock_matches_again_after_keywords_were_saved(house: House) -> None:
    def saved(clock: Clock) -> None:
        take_in(house.database, an_article("Calm in Kidal"), now=utc_now())
        found = edited(house.database, house.sources, "mali")
        assert found is not None
        draft = check(found.conflict, "decisive: [Kidal]\n", declared(house.sources))
        now = utc_now()
        save(house.database, draft, state=found.state, author="ada", note="wider", now=now)

    async def work(clock: Clock) -> None:
        await asyncio.to_thread(saved, clock)
        await clock._rematch()
        await clock._rematch()  # the one before is still busy
        await until(lambda: not clock.in_hand)
        await clock._rematch()
        await until(lambda: not clock.in_hand)

    with capture_logs() as logged:
        house.drive(work)
    said = [line["event"] for line in logged if line["event"].startswith("rematch")]
    assert said == ["rematch: 1 articles, 1 new matches, 0 withdrawn, 0 returned"]


def test_a_rematch_the_database_refused_is_logged(house: House) -> None:
    async def work(clock: Clock) -> None:
        with house.database.transaction() as connection:
            instance.note(connection, instance.REMATCH_WANTED, "now")
            articles.add(connection, [an_article()], a_feed(), utc_now())
            connection.execute(text("ALTER TABLE article_pages RENAME TO aside"))
        await clock._match_again()

    with capture_logs() as logged:
        house.drive(work)
    assert any(line["event"].startswith("rematch in hand: the database") for line in logged)


def test_a_hub_that_takes_no_pings_is_noted_and_holds_up_nothing(house: House) -> None:
    house.settings = house.settings.model_copy(update={"hub_url": (f"{house.publisher.url}/hub",)})

    def due() -> bool:
        with house.database.transaction() as connection:
            noted = connection.execute(hub_pings.update().values(due_at=utc_now())).rowcount
        return noted > 0

    async def work(clock: Clock) -> None:
        clock.start()
        await until(lambda: "publish" in house.latest())
        tell = Tell(database=house.database, settings=house.settings, poster=clock.poster)
        await tell.hubs()
        await until(due)
        await clock._run("ping", tell.hubs)
        assert await clock.publish_if_changed() is None

    house.drive(work)
    outcome, detail = house.latest()["ping"]
    assert outcome == "done"
    assert re.match(r"0 pings sent, [1-9]\d* failed: ", detail)
    assert "answered 501" in detail


def test_pages_the_database_refused_are_logged(house: House) -> None:
    async def work(clock: Clock) -> None:
        page = DuePage(article_id=1, url="http://127.0.0.1:9/", attempts=1, held_until=NOON)
        with house.database.transaction() as connection:
            connection.execute(text("ALTER TABLE article_pages RENAME TO aside"))
        await clock._read([page])

    with capture_logs() as logged:
        house.drive(work)
    assert any(line["event"].startswith("pages in hand: the database") for line in logged)


def test_sweeping_forgets_texts_of_pages_and_gives_up_old_ones(house: House) -> None:
    whole = a_feed(full_text=True)
    with watch(house.database, polled=[whole]).transaction() as connection:
        feeds.declare(connection, [whole], NOON)
    take_in(house.database, an_article(), an_article("Mali army"), feed=whole)
    with house.database.transaction() as connection:
        first, _ = pages.claim(connection, NOON, lease=timedelta(1), per_host=9, limit=9)
        read = StoredPage(
            state=PageState.READ, due_at=NOON, attempts=1, read_at=NOON, body="Quiet."
        )
        pages.record(connection, first, read)
    house.approve(1)
    house.approve(2)
    service = Watch(house.sources, house.database)
    service.start(NOON)
    sweep(house.database, service, NOON + KEEP_BODIES)
    with house.database.reading() as connection:
        assert pages.bodies(connection, [1, 2]) == {first.article_id: "Quiet."}
    sweep(house.database, service, NOON + KEEP_BODIES + timedelta(seconds=1))
    with house.database.reading() as connection:
        assert pages.bodies(connection, [1, 2]) == {}
        kinds = {pages.find(connection, number).error_kind for number in (1, 2)}  # type: ignore[union-attr]
    assert kinds == {None, "too_old"}


def test_sweeping_forgets_what_is_kept_for_a_time_only(house: House) -> None:
    take_in(watch(house.database), an_article("Grain prices fall"), an_article())
    service = Watch(house.sources, house.database)
    service.start(NOON)
    with house.database.transaction() as connection:
        for age in (KEEP_RUNS + timedelta(days=1), KEEP_RUNS - timedelta(days=1)):
            runs.begin(connection, "ingest", NOON - age)
        host_turns.take(connection, ["wire.example"], NOON - timedelta(days=1), timedelta(hours=1))
    assert sweep(house.database, service, NOON) == (
        "0 unmatched articles and 0 old attempts removed"
    )
    assert len(house.titles()) == 2
    later = NOON + timedelta(days=31)
    assert sweep(house.database, service, later).startswith("1 unmatched articles and 0 old")
    assert house.titles() == ["Convoy attacked near Kidal in northern Mali"]
    with house.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(job_runs)) == 0
        assert connection.scalar(select(func.count()).select_from(turns_taken)) == 0


def test_a_sweep_lets_others_write_and_goes_on_where_it_was_cut_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = [an_article(f"Grain prices fall in month {number}") for number in range(3)]
    take_in(watch(house.database), *quiet)
    service = Watch(house.sources, house.database)
    service.start(NOON)
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        with house.database.transaction() as connection:
            instance.keep(connection, "written", "between")
        if len(rests) == 2:
            raise KeyboardInterrupt

    later = NOON + timedelta(days=31)
    monkeypatch.setattr("pipeline.sweep._PIECE", 1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipeline.sweep.time.sleep", rest)
        sweep(house.database, service, later)
    assert sweep(house.database, service, later, stopping=lambda: True).startswith("0 unmatched")
    assert len(house.titles()) == 1
    assert sweep(house.database, service, later).startswith("1 unmatched articles")
    assert house.titles() == []


def test_old_attempts_are_forgotten_by_the_nightly_sweep(house: House) -> None:
    async def work(clock: Clock) -> None:
        await clock._tick()
        await until(lambda: house.titles() and not clock.in_hand)
        with house.database.transaction() as connection:
            connection.execute(text("UPDATE fetches SET started_at = '2016-01-01 00:00:00.000000'"))
        assert await clock._sweep() == "0 unmatched articles and 1 old attempts removed"

    house.drive(work)
    assert timedelta(days=30) < KEEP_FETCHES


def test_a_refused_edit_is_known_to_other_processes(house: House) -> None:
    async def work(clock: Clock) -> None:
        house.write(SOURCES.replace("[JNIM]", '["@nowhere"]'))
        await clock._tick()

    house.drive(work)
    with house.database.reading() as connection:
        assert "@nowhere" in (instance.recall(connection, "sources_fault") or "")


def test_what_runs_in_circles_is_collected_when_tidying():
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    gc.disable()
    try:
        circle = weakref.ref(Circle())
        assert circle() is not None
        share_arenas()
        tidy()
        assert circle() is None
    finally:
        gc.enable()
