"""Approved articles are counted by conflict and day."""

from datetime import UTC, date, datetime, timedelta

from db import Database, approved_days, matches
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.review import review
from tests.making import NOON, a_conflict, an_article, take_in, watch

MALI = a_conflict()
NIGER = a_conflict("niger", "Unrest in Niger", places=("Niger", "Kidal"))
BOTH = ["mali", "niger"]


def test_approved_articles_count_on_their_utc_day_for_each_conflict(database: Database) -> None:
    watch(database, tracked=(MALI, NIGER))
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    for title, at in (
        ("Army attacked near Kidal", midnight),
        ("Army attacked in Bamako", midnight - timedelta(seconds=1)),
        ("Junta of Mali reshuffled", midnight),
        ("Army attacked long ago in Mali", midnight - timedelta(days=3)),
        ("Army attacked in Mali, says a report to be rejected", midnight),
    ):
        take_in(database, an_article(title, published_at=at), tracked=(MALI, NIGER))
    with database.reading() as connection:
        waiting = matches.queue(connection, status=MatchStatus.PENDING)
    decisions = [
        Decision(match_id=match.id, verdict=Verdict.APPROVE, editor="Awa")
        for match in waiting
        if "rejected" not in match.title
    ]
    review(database, decisions, NOON)
    with database.reading() as connection:
        assert approved_days.since(connection, date(2026, 11, 19), BOTH) == {
            "mali": {date(2026, 11, 20): 2, date(2026, 11, 19): 1},
            "niger": {date(2026, 11, 20): 1},
        }
        assert approved_days.since(connection, date(2026, 11, 21), BOTH) == {}
        assert approved_days.since(connection, date(2026, 11, 20), ["niger"]) == {
            "niger": {date(2026, 11, 20): 1}
        }
