"""Decide: where a verdict leads, and when it comes too late."""

import pytest

from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.stages.decide import decide

PENDING, APPROVED, REJECTED, WITHDRAWN = MatchStatus


def decision(verdict: Verdict, seen_as: MatchStatus | None = None) -> Decision:
    return Decision(match_id=5, verdict=verdict, editor="ada", seen_as=seen_as)


@pytest.mark.parametrize(
    ("current", "verdict", "after"),
    [
        (PENDING, Verdict.APPROVE, APPROVED),
        (PENDING, Verdict.REJECT, REJECTED),
        (PENDING, Verdict.REOPEN, PENDING),
        (APPROVED, Verdict.APPROVE, APPROVED),
        (APPROVED, Verdict.REJECT, REJECTED),
        (APPROVED, Verdict.REOPEN, PENDING),
        (REJECTED, Verdict.APPROVE, APPROVED),
        (REJECTED, Verdict.REJECT, REJECTED),
        (REJECTED, Verdict.REOPEN, PENDING),
        (WITHDRAWN, Verdict.APPROVE, APPROVED),
        (WITHDRAWN, Verdict.REJECT, REJECTED),
    ],
)
def test_where_a_verdict_leads(current: MatchStatus, verdict: Verdict, after: MatchStatus) -> None:
    assert decide(current, decision(verdict)) is after
    assert decide(current, decision(verdict, seen_as=current)) is after


def test_a_withdrawn_match_cannot_be_reopened() -> None:
    with pytest.raises(ReviewError, match=r"match 5 was withdrawn.*approve or reject it"):
        decide(WITHDRAWN, decision(Verdict.REOPEN))


def test_a_match_that_moved_since_it_was_seen_is_not_overwritten() -> None:
    with pytest.raises(AlreadyDecided, match="match 5 is rejected by now; you saw it as pending"):
        decide(REJECTED, decision(Verdict.APPROVE, seen_as=PENDING))
    with pytest.raises(AlreadyDecided):
        decide(PENDING, decision(Verdict.REJECT, seen_as=APPROVED))


def test_a_verdict_somebody_else_took_just_so_is_no_conflict() -> None:
    assert decide(APPROVED, decision(Verdict.APPROVE, seen_as=PENDING)) is APPROVED
    assert decide(REJECTED, decision(Verdict.REJECT, seen_as=PENDING)) is REJECTED
