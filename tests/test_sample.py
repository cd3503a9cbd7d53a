"""The blind sample: fair, small, and what an editor finds in it is published like anything else."""

from datetime import timedelta

import pytest

from db import Database, matches, samples
from pipeline import sample
from pipeline.errors import ReviewError
from pipeline.model import MatchStatus
from tests.making import NOON, an_article, take_in, watch

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
        samples.place(connection, drawn.article_id, "mali", NOON)
    assert sample.waiting(archive) == ()
