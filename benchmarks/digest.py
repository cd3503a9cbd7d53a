"""What the digest costs as the archive grows: `python -m benchmarks digest`.

Installations with 1,000 and 100,000 stored articles, with `--large` 1,000,000, under 30 conflicts:
publishing all for the first time, one verdict, a look when nothing changed, and the queue's page.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import func, insert, select, update
from starlette.testclient import TestClient

from benchmarks.desk import fill
from benchmarks.figures import Figure, give
from benchmarks.table import machine, show
from db import Connection, Database, conflicts, feeds, open_database
from db.tables import articles, digest_items, digest_placements, matches
from db.upgrade import newest_version, upgrade
from pipeline import login
from pipeline.fetch import FetchPolicy
from pipeline.model import Conflict, Decision, Feed, Keywords, Role, Verdict
from pipeline.publish import SWEEP_EVERY, found_installation, publish
from pipeline.review import review
from pipeline.settings import Settings
from pipeline.web import create_app

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_BASE = "http://127.0.0.1:8000"
_PASSWORD = "four quiet garden gates"
_SLUGS = [f"conflict-{number}" for number in range(30)]
_SIZES = (1_000, 100_000, 1_000_000)
_FLAT = 2.0  # at most so many times what it costs with the fewest articles
_FILE = "dateline.db"
_WAITING = 10  # one article in so many is matched
# What is published and shown is bounded: only what is full in every archive tells whether a larger
# one costs more. So of the smallest all articles are matched, and 166 stories are published.
_LEAST_MATCHED = 1_000
_LEAST_ENTRIES = 200
_MOST_ENTRIES = 10_000
_ROUNDS = 9
_HEADS = (
    "stored articles",
    "entries",
    "first publication, CPU s",
    "one verdict, CPU ms",
    "nothing changed, CPU ms",
    "every file looked for, CPU ms",
    "queue page, CPU ms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an archive of one size costs: processor seconds for the first publication, else
    processor milliseconds, medians; a `sweep` looks for every file."""

    stored: int
    entries: int
    first: float
    verdict: float
    look: float
    sweep: float
    queue: float

    def cells(self) -> list[str]:
        """A row of the table."""
        times = (self.verdict, self.look, self.sweep, self.queue)
        counts = (f"{self.stored:,}", f"{self.entries:,}", f"{self.first:.1f}")
        return [*counts, *(f"{each:.0f}" for each in times)]

    def hand_over(self, least: "Measured") -> None:
        """Give the figures, beside those of the smallest archive."""
        for name, ours, theirs in (
            ("one verdict published", self.verdict, least.verdict),
            ("a look when nothing changed", self.look, least.look),
            ("a page of the queue", self.queue, least.queue),
        ):
            what, shown = f"{name}, {self.stored:,} articles stored", f"{ours:.0f} ms CPU"
            if self is least:
                give(Figure(what=what, dateline=shown))
                continue
            give(
                Figure(
                    what=what,
                    dateline=shown,
                    peer=f"with {least.stored:,}: {theirs:.0f} ms CPU",
                    ratio=f"{ours / theirs:.1f} ×",
                    wanted=f"≤ {_FLAT:g} ×",
                    met=ours <= _FLAT * theirs,
                )
            )


def main(arguments: Sequence[str]) -> None:
    """Measure each installation and print one row of medians for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks digest")
    parser.add_argument("--large", action="store_true", help="also with 1,000,000 articles")
    parser.add_argument("--most", type=int, default=100_000, help="leave out larger archives")
    parser.add_argument(
        "--stores", type=Path, help="a folder that keeps the archives made, for the next run"
    )
    asked = parser.parse_args(arguments)
    most = _SIZES[-1] if asked.large else asked.most
    sizes = [size for size in _SIZES if size <= most]
    measured = []
    for how_many in sizes:
        with tempfile.TemporaryDirectory() as folder:
            _lay_in(Path(folder, _FILE), how_many, asked.stores)
            measured.append(_measure(Path(folder), how_many))
        print(f"{how_many:,} articles are measured.", flush=True)
    show(f"Digest; {machine()}", _HEADS, [each.cells() for each in measured])
    for each in measured:
        each.hand_over(measured[0])


def _lay_in(target: Path, how_many: int, stores: Path | None) -> None:
    """Put an archive of so many articles where it is measured: one that is kept, or a new one."""
    kept = stores / f"archive-{how_many}-{newest_version()}.db" if stores else None
    if kept is not None and kept.exists():
        shutil.copyfile(kept, target)
        return
    _make(target, how_many)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Under its name only when it is whole.
        unfinished = kept.with_suffix(".unfinished")
        shutil.copyfile(target, unfinished)
        unfinished.replace(kept)


def _make(target: Path, how_many: int) -> None:
    database = open_database(f"sqlite:///{target}")
    upgrade(database)
    entries = min(max(how_many // 50, _LEAST_ENTRIES), _MOST_ENTRIES)
    waiting = min(_WAITING, how_many // _LEAST_MATCHED)
    with database.transaction() as connection:
        feed = Feed(id="wire", url="https://wire.example/", publisher="Wire")
        feeds.declare(connection, [feed], _NOW)
        declared = [Conflict(slug=slug, title=slug.title(), keywords=Keywords()) for slug in _SLUGS]
        conflicts.declare(connection, declared, _NOW)
        fill(connection, how_many, waiting, _SLUGS)
        _approve(connection, min(entries, how_many // waiting // 3 // 2))
    database.close()


def _measure(folder: Path, how_many: int) -> Measured:
    database = open_database(f"sqlite:///{folder / _FILE}")
    found_installation(database, _BASE, _NOW)
    public = folder / "public"
    began = time.process_time()
    publish(database, public, _BASE, _NOW)
    first = time.process_time() - began
    verdicts, looks, sweeps = [], [], []
    for round_ in range(1, _ROUNDS + 1):
        now = _NOW + timedelta(minutes=round_)
        with database.reading() as connection:
            pending = connection.scalar(
                select(func.min(matches.c.id)).where(matches.c.status == "pending")
            )
        assert pending is not None
        decision = Decision(match_id=pending, verdict=Verdict.APPROVE, editor="Awa")
        verdicts.append(_spent(partial(_decide, database, public, decision, now))[1])
        look = partial(publish, database, public, _BASE, now)
        looks.append(_spent(partial(look, sweep_every=SWEEP_EVERY))[1])
        sweeps.append(_spent(look)[1])
    with database.reading() as connection:
        published = connection.scalar(select(func.count()).select_from(digest_items))
    queue = _queue_page(database, folder)
    database.close()
    return Measured(
        stored=how_many,
        entries=published or 0,
        first=first,
        verdict=statistics.median(verdicts) * 1000,
        look=statistics.median(looks) * 1000,
        sweep=statistics.median(sweeps) * 1000,
        queue=queue * 1000,
    )


def _approve(connection: Connection, entries: int) -> None:
    """Publish every second story, the newest first, as many as wanted."""
    told = range(2, 2 * entries + 1, 2)
    connection.execute(
        update(matches)
        .where(matches.c.story_id % 2 == 0, matches.c.story_id <= 2 * entries)
        .values(status="approved", decided_at=_NOW, decided_by="Awa", decided_revision=1)
    )
    leads = {
        row.story_id: row
        for row in connection.execute(
            select(articles).where(articles.c.story_id.is_not(None)).order_by(articles.c.id.desc())
        )
    }
    items, placements = [], []
    for number, story in enumerate(told, start=1):
        lead = leads[story]
        moment = lead.ordered_at
        items.append(
            {
                "id": number,
                "uid": f"tag:127.0.0.1,2026-11-22:news/{story}",
                "slug": f"{story:x}",
                "story_id": story,
                "article_id": lead.id,
                "title": lead.title,
                "summary": lead.summary,
                "published_at": moment,
                "updated_at": moment,
                "article_revision": 1,
                "revision": number,
            }
        )
        conflict = _SLUGS[story % len(_SLUGS)]
        placements.append({"item_id": number, "conflict": conflict, "placed_at": moment})
    connection.execute(insert(digest_items), items)
    connection.execute(insert(digest_placements), placements)


def _decide(database: Database, public: Path, decision: Decision, now: datetime) -> None:
    review(database, [decision], now)
    report = publish(database, public, _BASE, now, sweep_every=SWEEP_EVERY)
    assert report.changed


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _queue_page(database: Database, folder: Path) -> float:
    settings = Settings(
        database_url=f"sqlite:///{folder}/dateline.db",
        public_dir=folder / "public",
        secret_key="for measuring",
        base_url=_BASE,
    )
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
    client = TestClient(app, base_url=_BASE, headers={"Origin": _BASE})
    client.post("/login", data={"name": "Awa", "password": _PASSWORD})
    spent = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        assert client.get("/desk").status_code == 200
        spent.append(time.process_time() - began)
    return statistics.median(spent)
