"""Decide where a match stands after a verdict."""

from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import Decision, MatchStatus, Verdict

_AFTER = {
    Verdict.APPROVE: MatchStatus.APPROVED,
    Verdict.REJECT: MatchStatus.REJECTED,
    Verdict.REOPEN: MatchStatus.PENDING,
}


def decide(current: MatchStatus, decision: Decision) -> MatchStatus:
    """Give the status a verdict leads to.

    Raises AlreadyDecided when the match no longer stands as the editor saw it, ReviewError when
    there is nothing to reopen. Repeating the verdict that stands changes nothing.
    """
    after = _AFTER[decision.verdict]
    if decision.seen_as is not None and current not in (decision.seen_as, after):
        raise AlreadyDecided(
            f"match {decision.match_id} is {current} by now; you saw it as {decision.seen_as}"
        )
    if decision.verdict is Verdict.REOPEN and current is MatchStatus.WITHDRAWN:
        raise ReviewError(
            f"match {decision.match_id} was withdrawn because the keywords no longer find it; "
            "approve or reject it instead"
        )
    return after
