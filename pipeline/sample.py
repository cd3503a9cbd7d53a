"""Sample: put a few unmatched articles before editors, so that recall is known, not hoped for."""

from datetime import datetime, timedelta
from hashlib import sha256

from db import Connection, Database, digests, retried, reviews, samples
from pipeline.errors import ReviewError
from pipeline.gather import group_into_stories
from pipeline.model import MatchStatus, Sampled, Verdict

A_DAY = 5
FOUND_BLINDLY = "found in the blind sample"
_DAY = timedelta(days=1)


def draw(database: Database, now: datetime, *, a_day: int = A_DAY) -> int:
    """Draw unmatched articles of the last day, up to `a_day` of them a day; gives how many.

    Every article has the same chance: they are taken in the order of a hash of their number.
    """
    with database.transaction() as connection:
        left = a_day - samples.drawn_since(connection, now - _DAY)
        if left <= 0:
            return 0
        chosen = sorted(samples.unmatched(connection, now - _DAY), key=_lot)[:left]
        samples.draw(connection, chosen, now)
        return len(chosen)


def _lot(article_id: int) -> bytes:
    return sha256(str(article_id).encode()).digest()


def waiting(database: Database) -> tuple[Sampled, ...]:
    """List the drawn articles that wait for a verdict, oldest first."""
    with database.reading() as connection:
        return samples.waiting(connection)


@retried
def judge(
    database: Database, article_id: int, conflict: str, editor: str, now: datetime
) -> int | None:
    """Take a blind verdict: the article belongs to `conflict`, or to none where that is empty.

    One that belongs to a conflict is approved there and published like any other; its match's id
    is given. Raises ReviewError when it was judged already or never drawn, and nothing changes.
    """
    with database.transaction() as connection:
        revision = samples.hold(connection, article_id)
        if revision is None or not samples.judge(connection, article_id, conflict, editor, now):
            raise ReviewError("this article was judged already, or was never drawn")
        if not conflict:
            return None
        return _approve(connection, article_id, conflict, revision, editor, now)


def _approve(
    connection: Connection,
    article_id: int,
    conflict: str,
    revision: int,
    editor: str,
    now: datetime,
) -> int:
    match_id = samples.place(connection, article_id, conflict, revision, now)
    group_into_stories(connection, [article_id], now)
    before, revision = reviews.standing(connection, [match_id])[match_id]
    if before is not MatchStatus.APPROVED:
        reviews.record(
            connection,
            match_id=match_id,
            verdict=Verdict.APPROVE,
            before=before,
            after=MatchStatus.APPROVED,
            editor=editor,
            reason=FOUND_BLINDLY,
            revision=revision,
            now=now,
        )
        digests.place(connection, match_id, now)
    return match_id
