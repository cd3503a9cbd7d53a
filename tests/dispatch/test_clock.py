"""The clock that hands over: it fetches nothing itself, and publishes when no worker does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from db import Database, instance, queued_jobs
from pipeline.dispatch import PATIENCE, HandOver, queue_figures, require_engine
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.ingest import Ingest
from pipeline.isolate import ParserPool
from pipeline.jobs import Clock
from pipeline.model import Decision, Verdict
from pipeline.publish import found_installation
from pipeline.review import review
from pipeline.settings import Settings
from pipeline.watch import Watch
from tests.fleet import utc_now
from tests.making import an_article, take_in

SOURCES = """\
version: 1
feeds: [{id: sahel-wire, url: "http://127.0.0.1:9/wire"}]
conflicts:
  - {slug: mali, title: Instability in Mali, keywords: {decisive: [Kidal]}}
"""


@asynccontextmanager
async def a_clock(database: Database, folder: Path, *, hands_over: bool) -> AsyncIterator[Clock]:
    (folder / "sources.yaml").write_text(SOURCES)
    found_installation(database, "https://tracker.example", utc_now())
    watch = Watch(folder / "sources.yaml", database)
    watch.start(utc_now())
    settings = Settings(
        sources=folder / "sources.yaml",
        public_dir=folder / "public",
        base_url="https://tracker.example",
    )
    policy = FetchPolicy(user_agent="Dateline/test")
    async with Fetcher(policy) as fetcher, ParserPool(workers=1) as parsers:
        ingest = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: watch.rules,
            clock=utc_now,
        )
        clock = Clock(database=database, settings=settings, watch=watch, ingest=ingest)
        if hands_over:
            require_engine(database)
            clock.hand_over = HandOver(database=database)
        yield clock
        await clock.stop(within=5)


def waiting(database: Database) -> dict[str, int]:
    found = queue_figures(database)
    assert found is not None
    return {each.task: each.waiting for each in found.tasks}


def test_a_tick_hands_over_what_is_due(postgres: Database, tmp_path: Path) -> None:
    async def go() -> None:
        async with a_clock(postgres, tmp_path, hands_over=True) as clock:
            assert await clock._tick() == "1 feeds handed over"
            assert await clock._tick() is None
            with postgres.transaction() as connection:
                instance.note(connection, instance.REMATCH_WANTED, "now")
            assert await clock._rematch() is None
            assert await clock._read_pages() is None
            assert clock.in_hand == set()

    asyncio.run(go())
    assert waiting(postgres) == {"fetch": 1, "rematch": 1}


def test_publishing_is_the_workers_or_after_a_while_the_clocks(
    postgres: Database, tmp_path: Path
) -> None:
    async def go() -> None:
        async with a_clock(postgres, tmp_path, hands_over=True) as clock:
            assert await clock.publish_if_changed() is None
            assert await clock.publish_if_changed() is None
            assert waiting(postgres) == {"publish": 1}
            assert not (tmp_path / "public").exists()
            clock.handed_at -= PATIENCE
            assert "files changed" in (await clock.publish_if_changed() or "")
            with postgres.transaction() as connection:
                queued_jobs.look_there(connection)
                connection.execute(text("DELETE FROM procrastinate_jobs"))
            clock.published = ()
            assert await clock.publish_if_changed() is None
            assert clock.published, "a worker took it up"

    asyncio.run(go())


def test_a_verdict_of_another_process_is_published_at_once(
    postgres: Database, tmp_path: Path
) -> None:
    async def go() -> None:
        async with a_clock(postgres, tmp_path, hands_over=False) as clock:
            await clock.publish_if_changed()
            await asyncio.to_thread(take_in, postgres, an_article(), now=utc_now())
            clock.hearing = asyncio.create_task(clock._hear())
            await asyncio.sleep(0.3)
            decision = Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada")
            await asyncio.to_thread(review, postgres, [decision], utc_now())
            news = tmp_path / "public" / "latest-news.atom"
            async with asyncio.timeout(5):
                while "Convoy" not in await asyncio.to_thread(news.read_text):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    asyncio.run(go())
