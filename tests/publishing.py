"""A house that publishes, for tests: a database with news, and the folder it is written to."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from db import Database, matches
from pipeline.lay_out import Snapshot, lay_out
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.publish import PublishReport, found_installation, publish
from pipeline.review import review
from pipeline.stages.pack import SUFFIXES
from tests.making import NOON, a_conflict, an_article, take_in, watch

BASE = "https://tracker.example"
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
# How often every file is looked for.
EACH_TIME, SELDOM = timedelta(0), timedelta(days=1000)
MALI = a_conflict(region="The Sahel")
NIGER = a_conflict("niger", "Unrest in Niger", places=("Niger", "Niamey"), region="The Sahel")
ATTACK = "Convoy attacked near Kidal in northern Mali"


class House:
    """A database with news of two conflicts, and the folder it is published to."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.base_url = BASE
        self.sweep_every = EACH_TIME
        self.ids: dict[str, int] = {}
        found_installation(database, BASE, NOON)
        watch(database, tracked=(MALI, NIGER))

    def publish(self, now: datetime = NOON) -> PublishReport:
        return publish(self.database, self.folder, self.base_url, now, sweep_every=self.sweep_every)

    def as_if_anew(self, now: datetime) -> dict[str, bytes]:
        """What every public file would be if all was made from scratch."""
        with self.database.reading() as connection:
            snapshot = Snapshot(
                connection=connection,
                base_url=self.base_url,
                now=now,
                public_dir=self.folder,
                anew=True,
            )
            return lay_out(snapshot)

    def store(self, *headlines: str, now: datetime = NOON) -> list[int]:
        """Store articles; gives the ids of their pending matches, in the same order."""
        published_at = now - timedelta(hours=1)
        found = [an_article(headline, published_at=published_at) for headline in headlines]
        take_in(self.database, *found, tracked=(MALI, NIGER), now=now)
        with self.database.reading() as connection:
            waiting = matches.queue(connection, status=MatchStatus.PENDING)
        return [each.id for headline in headlines for each in waiting if each.title == headline]

    def say(self, verdict: Verdict, *ids: int, now: datetime = NOON, reason: str = "") -> None:
        review(
            self.database,
            [Decision(match_id=id, verdict=verdict, editor="ada", reason=reason) for id in ids],
            now,
        )

    def approve(self, *headlines: str, now: datetime = NOON) -> list[int]:
        """Store articles and approve them, the last one last; gives the matches' ids."""
        ids = self.store(*headlines, now=now)
        self.say(Verdict.APPROVE, *ids, now=now)
        return ids

    def many(self, how_many: int, *, now: datetime = NOON, first: int = 0) -> list[str]:
        """Publish so many entries, one after another; gives their headlines, the oldest first."""
        headlines = [f"Attack number {first + number} near Kidal" for number in range(how_many)]
        ids = self.approve(*headlines, now=now)
        self.ids |= dict(zip(headlines, ids, strict=True))
        return headlines

    def both(self, headline: str, *, now: datetime = NOON) -> tuple[int, int]:
        """Store an article that matches both conflicts; gives its matches for Mali and Niger."""
        self.store(headline, now=now)
        with self.database.reading() as connection:
            waiting = matches.queue(connection, status=MatchStatus.PENDING)
        found = {each.conflict: each.id for each in waiting if each.title == headline}
        return found["mali"], found["niger"]

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def items(self, path: str = "latest-news.json") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.text(path))["items"]
        return found

    def files(self) -> dict[str, tuple[bytes, float]]:
        """Content and time of every public file."""
        return {
            str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mtime)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
            and not path.name.startswith(".")
            and path.suffix not in SUFFIXES.values()
        }

    def news_pages(self) -> list[str]:
        return [path for path in self.files() if path.startswith("news/")]
