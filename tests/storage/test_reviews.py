"""Verdicts are only ever added, and the newest tells whether the digest is old."""

from datetime import timedelta

import pytest

from db import Database, reviews
from pipeline.model import MatchStatus, Verdict
from tests.making import NOON, an_article, take_in


@pytest.fixture
def queued(watching: Database) -> Database:
    """A database with the pending matches 1 and 2."""
    take_in(watching, an_article())
    take_in(watching, an_article("Mali junta expels the envoy of its neighbour"))
    return watching


def record(database: Database, match_id: int, after: MatchStatus, editor: str = "ada") -> int:
    with database.transaction() as connection:
        before, revision = reviews.standing(connection, [match_id])[match_id]
        return reviews.record(
            connection,
            match_id=match_id,
            verdict=Verdict.REOPEN if after is MatchStatus.PENDING else Verdict.APPROVE,
            before=before,
            after=after,
            editor=editor,
            reason="",
            revision=revision,
            now=NOON + timedelta(minutes=match_id),
        )


def test_a_match_follows_its_verdict_and_forgets_a_reopened_one(queued: Database) -> None:
    record(queued, 1, MatchStatus.APPROVED)
    with queued.transaction() as connection:
        assert reviews.standing(connection, [1, 2, 99]) == {
            1: (MatchStatus.APPROVED, 1),
            2: (MatchStatus.PENDING, 1),
        }
        assert reviews.standing(connection, []) == {}
    record(queued, 1, MatchStatus.PENDING)
    with queued.transaction() as connection:
        assert reviews.standing(connection, [1])[1][0] is MatchStatus.PENDING


def test_the_log_is_newest_first_and_can_be_narrowed(queued: Database) -> None:
    record(queued, 1, MatchStatus.APPROVED)
    record(queued, 2, MatchStatus.APPROVED, "eve")
    record(queued, 1, MatchStatus.PENDING)
    with queued.reading() as connection:
        assert [each.match_id for each in reviews.log(connection)] == [1, 2, 1]
        assert [each.match_id for each in reviews.log(connection, editor="eve")] == [2]
        assert len(reviews.log(connection, match_ids=[1])) == 2
        assert reviews.log(connection, match_ids=[]) == ()
        assert len(reviews.log(connection, limit=1)) == 1


def test_the_newest_verdict_grows_with_every_one(queued: Database) -> None:
    with queued.reading() as connection:
        assert reviews.newest(connection) == 0
    ids = [
        record(queued, 1, MatchStatus.APPROVED),
        record(queued, 1, MatchStatus.PENDING),
        record(queued, 2, MatchStatus.APPROVED),
    ]
    assert ids == sorted(set(ids))
    with queued.reading() as connection:
        assert reviews.newest(connection) == ids[-1]
