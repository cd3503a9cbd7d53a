"""A newsroom for tests: one conflict, what editors approve, and what the clock brings out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from db import Database, matches
from pipeline.bring_out import bring_out
from pipeline.model import Conflict, Decision, Edition, MatchStatus, Verdict
from pipeline.publish import found_installation
from pipeline.review import review
from tests.making import a_conflict, an_article, take_in, watch

BASE = "https://tracker.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MALI = a_conflict()
# Declared the day before; the usual cut-off is six in the morning, UTC.
DECLARED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SIX = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
RAID = "Convoy attacked near Kidal in northern Mali"
TALKS = "Junta opens talks with the army in Bamako, Mali"


class Newsroom:
    """A database with one conflict, and what editors and the clock do to it."""

    def __init__(self, database: Database, tracked: Sequence[Conflict] = (MALI,)) -> None:
        self.database = database
        self.tracked = tracked
        found_installation(database, BASE, DECLARED)
        watch(database, tracked=tracked, now=DECLARED)

    def approve(self, *headlines: str, at: datetime) -> list[int]:
        found = [an_article(each, published_at=at - HOUR) for each in headlines]
        take_in(self.database, *found, tracked=self.tracked, now=at)
        with self.database.reading() as connection:
            waiting = matches.queue(connection, status=MatchStatus.PENDING)
        ids = [each.id for headline in headlines for each in waiting if each.title == headline]
        self.say(Verdict.APPROVE, *ids, at=at)
        return ids

    def say(self, verdict: Verdict, *ids: int, at: datetime, reason: str = "") -> None:
        review(
            self.database,
            [Decision(match_id=id, verdict=verdict, editor="ada", reason=reason) for id in ids],
            at,
        )

    def look(self, at: datetime) -> list[Edition]:
        """What one run of the job makes."""
        return list(bring_out(self.database, BASE, at).made)

    def headlines(self, edition: Edition) -> list[str]:
        return [story.title for story in edition.stories]
