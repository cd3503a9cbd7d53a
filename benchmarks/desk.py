"""How long the server takes for a page of the queue: `python -m benchmarks desk`.

An installation with 1,000 and one with 100,000 stored articles, a tenth of which stand under a
conflict and wait in stories of one to four copies; `--all` lets every article wait.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from starlette.testclient import TestClient

from db import Connection, conflicts, feeds, open_database
from db.tables import articles, matches, stories
from db.upgrade import upgrade
from pipeline import login
from pipeline.fetch import FetchPolicy
from pipeline.model import Conflict, Feed, Keywords, Role
from pipeline.settings import Settings
from pipeline.web import create_app

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_PASSWORD = "four quiet garden gates"
_HIT = {"term": "Kidal", "kind": "place", "field": "title", "start": 12, "end": 17, "text": "Kidal"}
_PAGES = (
    "/desk",
    "/desk?conflict=mali",
    "/desk?conflict=chad",
    "/desk?order=oldest",
    "/desk?page=5",
    "/desk?score=3",
    "/desk?score=12",
    "/desk?age=3",
    "/desk?language=en",
    "/desk?language=fr",
    "/desk?publisher=Outlet+7",
    "/desk?publisher=Outlet+7&score=3&language=en",
    "/desk?publisher=Small",
    "/desk?held=yes",
    "/desk?status=rejected",
    "/desk?status=rejected&order=decided",
    "/desk?status=all",
    "/desk?q=report",
    "/desk?q=quarter+77",
)
_ROUNDS = 15
_AT_ONCE = 20_000


def main(arguments: Sequence[str]) -> int:
    """Measure both installations and print the medians."""
    asked = argparse.ArgumentParser(prog="benchmarks desk", description=__doc__)
    asked.add_argument("--all", action="store_true", help="let every stored article wait")
    waiting = 1 if asked.parse_args(arguments).all else 10
    for how_many in (1_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            for path, (clock, processor) in _measure(
                Path(folder), how_many, waiting, _PAGES
            ).items():
                print(
                    f"{how_many:>7} articles  {path:48} {clock * 1000:6.1f} ms,"
                    f" of the processor {processor * 1000:6.1f} ms"
                )
    return 0


def _measure(
    folder: Path, how_many: int, waiting: int, pages: tuple[str, ...]
) -> dict[str, tuple[float, float]]:
    settings = Settings(
        database_url=f"sqlite:///{folder}/dateline.db",
        public_dir=folder / "public",
        secret_key="a key for measuring",
        base_url="http://127.0.0.1:8000",
    )
    database = open_database(settings.database_url)
    upgrade(database)
    with database.transaction() as connection:
        feeds.declare(
            connection, [Feed(id="wire", url="https://wire.example/", publisher="Wire")], _NOW
        )
        conflicts.declare(
            connection,
            [
                Conflict(slug=slug, title=slug.title(), keywords=Keywords())
                for slug in ("mali", "sudan")
            ],
            _NOW,
        )
        fill(connection, how_many, waiting, ("sudan", "mali"))
    login.add_editor(
        database, name="Awa", password=_PASSWORD, role=Role.EDITOR, actor="benchmark", now=_NOW
    )
    app = create_app(
        database,
        settings,
        policy=FetchPolicy(user_agent="Dateline"),
        clock=lambda: _NOW,
        on_change=lambda: None,
    )
    client = TestClient(app, base_url=settings.base_url, headers={"Origin": settings.base_url})
    client.post("/login", data={"name": "Awa", "password": _PASSWORD})
    spent = {path: _median(client, path) for path in pages}
    database.close()
    return spent


def fill(connection: Connection, how_many: int, waiting: int, slugs: Sequence[str]) -> None:
    """Store this many articles, a minute apart; every `waiting`-th waits under one of the
    conflicts, three of them a story."""
    told = range(1, (how_many - 1) // waiting // 3 + 2)
    for some in batched(told):
        connection.execute(
            insert(stories),
            [
                {"id": each, "title": f"Story {each}", "first_seen_at": _NOW, "last_seen_at": _NOW}
                for each in some
            ],
        )
    for some in batched(range(how_many)):
        connection.execute(insert(articles), [_article(number, waiting) for number in some])
        proposed = [_match(number, waiting, slugs) for number in some if number % waiting == 0]
        connection.execute(insert(matches), proposed)


def batched(numbers: range) -> Iterator[range]:
    """Cut numbers into pieces that memory hardly notices."""
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]


def _article(number: int, waiting: int) -> dict[str, Any]:
    moment = _NOW - timedelta(minutes=number)
    return {
        "identity": f"article-{number}",
        "story_id": number // waiting // 3 + 1 if number % waiting == 0 else None,
        "feed_id": "wire",
        "url": f"https://wire.example/{number}",
        "title": f"Report {number} Kidal market reopens after {number % 97} days",
        "summary": f"Traders of quarter {number % 991} came back. " * 8,
        "publisher": f"Outlet {number % 40}",
        "language": "en",
        "author": "",
        "categories": [],
        "published_at": moment,
        "ordered_at": moment,
        "date_origin": "published",
        "first_seen_at": moment,
        "revised_at": moment,
        "revision": 1,
        "title_key": f"report {number}",
        "content_hash": f"{number:064}",
    }


def _match(number: int, waiting: int, slugs: Sequence[str]) -> dict[str, Any]:
    story = number // waiting // 3 + 1
    moment = _NOW - timedelta(minutes=number)
    return {
        "article_id": number + 1,
        "conflict": slugs[story % len(slugs)],
        "status": "pending",
        "score": 1 + story % 9,
        "hits": [_HIT],
        "rule_version": "r1",
        "article_revision": 1,
        "proposed_at": moment,
        "story_id": story,
        "publisher": f"Outlet {number % 40}",
        "language": "en",
        "ordered_at": moment,
    }


def _median(client: TestClient, path: str) -> tuple[float, float]:
    """Give seconds by the clock and of the processor, SQLite's among them."""
    clock, processor = [], []
    for _ in range(_ROUNDS):
        begun, busy = time.perf_counter(), time.process_time()
        assert client.get(path).status_code == 200
        clock.append(time.perf_counter() - begun)
        processor.append(time.process_time() - busy)
    return statistics.median(clock), statistics.median(processor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
