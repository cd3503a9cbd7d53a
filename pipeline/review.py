"""Review: take verdicts on matches, all of a batch or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db import Connection, Database, claims, digests, notices, retried, reviews
from pipeline.errors import ReviewError
from pipeline.model import Claim, Decision, MatchStatus, Review, Verdict
from pipeline.stages.decide import decide

LONGEST_REASON = 500
_BACK_TO = {
    MatchStatus.PENDING: Verdict.REOPEN,
    MatchStatus.WITHDRAWN: Verdict.REOPEN,
    MatchStatus.APPROVED: Verdict.APPROVE,
    MatchStatus.REJECTED: Verdict.REJECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one verdict did. `review_id` is None when the match already stood there."""

    match_id: int
    before: MatchStatus
    after: MatchStatus
    review_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What a form of verdicts did; `skipped` are the claims of others that were respected."""

    done: tuple[Decided, ...]
    skipped: tuple[Claim, ...] = ()

    @property
    def changed(self) -> tuple[Decided, ...]:
        """Verdicts that changed something."""
        return tuple(each for each in self.done if each.review_id is not None)


@retried
def review(database: Database, decisions: Sequence[Decision], now: datetime) -> tuple[Decided, ...]:
    """Take several verdicts as one transaction: every one is logged, or none is.

    Raises ReviewError for an unknown match or a reason that is too long, AlreadyDecided when
    somebody else was faster; then nothing was changed.
    """
    with database.transaction() as connection:
        return take(connection, decisions, now)


@retried
def clear(database: Database, decisions: Sequence[Decision], now: datetime) -> Cleared:
    """Take verdicts from the desk: as `review`, but what others claimed is skipped and listed.

    The editor's own claims and all holds on what was decided end with the verdict.
    """
    with database.transaction() as connection:
        claimed = claims.claimed(connection, [each.match_id for each in decisions], now)
        skipped = {
            each.match_id: claimed[each.match_id]
            for each in decisions
            if each.match_id in claimed and claimed[each.match_id].editor != each.editor
        }
        free = [each for each in decisions if each.match_id not in skipped]
        done = take(connection, free, now)
        ids = [each.match_id for each in free]
        for editor in {each.editor for each in free}:
            claims.release(connection, editor, ids)
        claims.unhold(connection, ids)
        return Cleared(done=done, skipped=tuple(skipped.values()))


@retried
def undo(
    database: Database, review_id: int, editor: str, now: datetime, *, whole: bool = True
) -> tuple[Decided, ...]:
    """Take a verdict back, with `whole` all that were taken together with it.

    Every match returns to where it stood. Raises ReviewError for an unknown verdict, AlreadyDecided
    when a match was decided again since; then nothing was changed.
    """
    with database.transaction() as connection:
        found = reviews.taken_with(connection, review_id, whole=whole)
        if not found:
            raise ReviewError(f"there is no verdict {review_id}")
        return take(connection, [backwards(each, editor) for each in found], now)


def backwards(taken: Review, editor: str) -> Decision:
    """Make the decision that takes a verdict back."""
    return Decision(
        match_id=taken.match_id,
        verdict=_BACK_TO[taken.status_before],
        editor=editor,
        reason="taken back",
        seen_as=taken.status_after,
    )


def take(
    connection: Connection, decisions: Sequence[Decision], now: datetime
) -> tuple[Decided, ...]:
    """Take verdicts inside the caller's transaction; raises as `review` does."""
    for decision in decisions:
        if len(decision.reason) > LONGEST_REASON:
            raise ReviewError(f"a reason has at most {LONGEST_REASON} characters")
        if not decision.editor.strip():
            raise ReviewError("a verdict needs an editor's name")
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
    taken = [each.review_id for each in results if each.review_id is not None]
    reviews.bind(connection, taken)
    if taken:
        notices.tell(connection, notices.PUBLIC)
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
