"""Review: take verdicts on matches, all of a batch or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db import Connection, Database, digests, reviews
from pipeline.errors import ReviewError
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.stages.decide import decide

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one verdict did. `review_id` is None when the match already stood there."""

    match_id: int
    before: MatchStatus
    after: MatchStatus
    review_id: int | None


def review(database: Database, decisions: Sequence[Decision], now: datetime) -> tuple[Decided, ...]:
    """Take several verdicts as one transaction: every one is logged, or none is.

    Raises ReviewError for an unknown match or a reason that is too long, AlreadyDecided when
    somebody else was faster; then nothing was changed.
    """
    for decision in decisions:
        if len(decision.reason) > LONGEST_REASON:
            raise ReviewError(f"a reason has at most {LONGEST_REASON} characters")
        if not decision.editor.strip():
            raise ReviewError("a verdict needs an editor's name")
    with database.transaction() as connection:
        standing = reviews.standing(connection, [item.match_id for item in decisions])
        unknown = sorted({item.match_id for item in decisions} - set(standing))
        if unknown:
            raise ReviewError(f"there is no match {', '.join(map(str, unknown))}")
        results = []
        for decision in decisions:
            status, revision = standing[decision.match_id]
            done = _take(connection, decision, status, revision, now)
            standing[decision.match_id] = (done.after, revision)
            results.append(done)
        return tuple(results)


def _take(
    connection: Connection, decision: Decision, before: MatchStatus, revision: int, now: datetime
) -> Decided:
    after = decide(before, decision)
    if after is before:
        return Decided(match_id=decision.match_id, before=before, after=after, review_id=None)
    review_id = reviews.record(
        connection,
        match_id=decision.match_id,
        verdict=decision.verdict,
        before=before,
        after=after,
        editor=decision.editor,
        reason=decision.reason,
        revision=revision,
        now=now,
    )
    if decision.verdict is Verdict.APPROVE:
        digests.place(connection, decision.match_id, now)
    elif before is MatchStatus.APPROVED:
        digests.withdraw(connection, decision.match_id, decision.reason, now)
    return Decided(match_id=decision.match_id, before=before, after=after, review_id=review_id)
