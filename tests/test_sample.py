"""The blind sample: fair, small, and what an editor finds in it is published like anything else."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from db import Database, matches, samples, stories
from db.tables import articles as article_rows
from db.tables import matches as match_rows
from pipeline import sample
from pipeline.errors import ReviewError
from pipeline.model import MatchStatus
from tests.making import NOON, an_article, take_in, watch
from tests.racing import at_once

DAY = timedelta(days=1)


@pytest.fixture
def archive(database: Database) -> Database:
    """Twelve unmatched articles and one under Mali."""
    watch(database)
    take_in(database, *(an_article(f"Market report number {n}") for n in range(12)), an_article())
    return database


def test_a_few_unmatched_articles_are_drawn_a_day(archive: Database) -> None:
    assert sample.draw(archive, NOON) == 5
    assert sample.draw(archive, NOON + DAY / 2) == 0
    assert all("Market report" in each.title for each in sample.waiting(archive))


def test_no_article_is_drawn_twice(archive: Database) -> None:
    sample.draw(archive, NOON)
    first = {each.article_id for each in sample.waiting(archive)}
    sample.draw(archive, NOON + DAY - timedelta(minutes=1), a_day=10)
    assert len(sample.waiting(archive)) == 10 > len(first)


def test_an_article_that_belongs_nowhere_leaves_the_sample_and_nothing_else_happens(
    archive: Database,
) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    assert sample.judge(archive, drawn.article_id, "", "Awa", NOON) is None
    with archive.reading() as connection:
        assert samples.judged(connection, NOON - DAY) == {"": 1}
        assert len(matches.queue(connection, status=None)) == 1
    assert sample.waiting(archive) == ()


def test_an_article_that_belongs_to_a_conflict_is_approved_there(archive: Database) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    match_id = sample.judge(archive, drawn.article_id, "mali", "Awa", NOON)
    with archive.reading() as connection:
        [found] = matches.queue(connection, status=None, ids=[match_id or 0])
        assert samples.judged(connection, NOON - DAY) == {"mali": 1}
    assert (found.status, found.decided_by, found.hits) == (MatchStatus.APPROVED, "Awa", ())
    assert found.story_id is not None


def test_two_editors_cannot_judge_the_same_article(archive: Database) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    sample.judge(archive, drawn.article_id, "", "Awa", NOON)
    with pytest.raises(ReviewError, match="judged already"):
        sample.judge(archive, drawn.article_id, "mali", "Binta", NOON)


def test_an_article_that_was_never_drawn_cannot_be_judged(archive: Database) -> None:
    with pytest.raises(ReviewError):
        sample.judge(archive, 3, "mali", "Awa", NOON)


def test_what_the_keywords_find_by_now_needs_no_blind_verdict(archive: Database) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    with archive.transaction() as connection:
        samples.place(connection, drawn.article_id, "mali", 1, NOON)
    assert sample.waiting(archive) == ()


def wait_until_somebody_waits(database: Database) -> None:
    """On PostgreSQL for a lock of another transaction; SQLite lets nobody begin to write anyway."""
    blocked = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(0 if database.is_sqlite else 2_000):
        with database.reading() as connection:
            if connection.scalar(text(blocked)):
                return


def test_a_blind_verdict_waits_for_whoever_works_on_the_article(archive: Database) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    this = article_rows.c.id == drawn.article_id
    judged: list[object] = []
    judging = threading.Thread(
        target=lambda: judged.extend(
            at_once(lambda: sample.judge(archive, drawn.article_id, "mali", "Awa", NOON))
        )
    )
    with archive.transaction() as connection:
        connection.execute(article_rows.update().where(this).values(revision=2))
        judging.start()
        wait_until_somebody_waits(archive)
        # In the order in which the rules are applied again: the article first, then stories.
        stories.alone(connection)
    judging.join(20)
    [match_id] = judged
    with archive.reading() as connection:
        revisions = connection.execute(
            select(match_rows.c.article_revision, match_rows.c.decided_revision).where(
                match_rows.c.id == match_id
            )
        ).one()
    assert tuple(revisions) == (2, 2)


def test_of_two_blind_verdicts_at_the_same_moment_one_counts(archive: Database) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    found = at_once(
        lambda: sample.judge(archive, drawn.article_id, "mali", "Awa", NOON),
        lambda: sample.judge(archive, drawn.article_id, "mali", "Binta", NOON),
    )
    assert sum(isinstance(each, int) for each in found) == 1
    assert sum(isinstance(each, ReviewError) for each in found) == 1


def test_an_article_that_was_cleared_away_cannot_be_judged(archive: Database) -> None:
    sample.draw(archive, NOON, a_day=1)
    [drawn] = sample.waiting(archive)
    with archive.transaction() as connection:
        connection.execute(article_rows.delete().where(article_rows.c.id == drawn.article_id))
    with pytest.raises(ReviewError):
        sample.judge(archive, drawn.article_id, "mali", "Awa", NOON)
