"""Decide when a feed's next turn comes, and where it stands, after one attempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pipeline.errors import FeedError, Severity
from pipeline.model import DueFeed, FeedState

LONGEST = timedelta(hours=24)
# Publishers may ask for patience, but tracked news is not left alone for days on their word.
LONGEST_WISH = timedelta(hours=6)
LONGEST_RETRY_AFTER = timedelta(days=7)
BLOCKED_PAUSE = timedelta(hours=4)
GONE_PROBE = timedelta(days=30)

WEIGHTS = {
    Severity.PASSING: 0.25,
    Severity.SOFT: 0.5,
    Severity.HARD: 1.0,
    Severity.FINAL: 1.0,
}
_GONE_AFTER = timedelta(days=3)
_BLOCKED_KINDS = {"blocked", "http_401", "http_403"}
_JITTER = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A feed's next turn: when, why then, and how the feed stands until then."""

    next_fetch_at: datetime
    reason: str
    state: FeedState
    failures: float


def after_success(
    due: DueFeed, now: datetime, *, fresh_for: timedelta | None = None, ttl: timedelta | None = None
) -> Turn:
    """Plan the turn after an answer: the configured interval, or later where the publisher asks for
    it.

    `fresh_for` is what HTTP caching headers say (RFC 9111), `ttl` what the document says; either
    counts up to six hours.
    """
    wait, reason = due.feed.every, f"every {in_words(due.feed.every)}"
    for wish, who in ((fresh_for, "the server's caching headers ask"), (ttl, "the feed asks")):
        if wish is not None and min(wish, LONGEST_WISH) > wait:
            wait = min(wish, LONGEST_WISH)
            reason = f"{who} for {in_words(wait)}"
    return Turn(
        next_fetch_at=now + _jittered(wait, due, now),
        reason=reason,
        state=FeedState.WORKING,
        failures=0.0,
    )


def after_failure(
    due: DueFeed, now: datetime, error: FeedError, *, usual: timedelta | None = None
) -> Turn:
    """Plan the turn after a failure: linear back-off up to a day, never giving up.

    It grows from `usual`, the interval while all is well, or from `every`.
    A passing failure weighs a quarter, a lasting one a whole. Retry-After is honoured up to a week.
    A publisher that still says 410 after three days is gone, and asked once a month.
    """
    failures = due.failures + WEIGHTS[error.severity]
    state = FeedState.FAILING
    usual = due.feed.every if usual is None else usual
    wait = max(usual, min(usual * max(1.0, failures * 2), LONGEST))
    reason = f"backing off after {error.kind}"
    if error.severity is Severity.FINAL:
        wait, reason = LONGEST, "the publisher says it is gone; asking again to be sure"
        if _confirmed(due, now, error):
            state, wait, reason = FeedState.GONE, GONE_PROBE, "gone; asking once a month"
    elif error.kind in _BLOCKED_KINDS:
        state, wait = FeedState.BLOCKED, max(wait, BLOCKED_PAUSE)
        reason = "the publisher refuses us; asking seldom"
    if error.retry_after is not None:
        most = LONGEST_RETRY_AFTER.total_seconds()
        asked = timedelta(seconds=min(max(error.retry_after, 0.0), most))
        if asked > wait:
            # How long is often our own choice then: a 429 need not name a time.
            who = (
                "after a 429 its host is" if error.kind == "http_429" else "the server asked to be"
            )
            wait, reason = asked, f"{who} left alone for {in_words(asked)}"
    return Turn(
        next_fetch_at=now + _jittered(wait, due, now), reason=reason, state=state, failures=failures
    )


def _confirmed(due: DueFeed, now: datetime, error: FeedError) -> bool:
    if due.error_kind != error.kind or due.failing_since is None:
        return False
    return now - due.failing_since >= _GONE_AFTER


def _jittered(wait: timedelta, due: DueFeed, now: datetime) -> timedelta:
    """Lengthen a wait by up to a twentieth, so that feeds do not fall into step.

    The share comes from a hash: the same feed at the same time always gets the same.
    """
    digest = sha256(f"{due.feed.id} {now.isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return wait * (1 + _JITTER * share)


def in_words(wait: timedelta) -> str:
    """Say a length of time as people do: `30 min`, `6 h`, `1 h 30 min`, `2 days`."""
    minutes = max(1, round(wait.total_seconds() / 60))
    if minutes >= 2880 and minutes % 1440 == 0:
        return f"{minutes // 1440} days"
    hours, rest = divmod(minutes, 60)
    parts = ([f"{hours} h"] if hours else []) + ([f"{rest} min"] if rest else [])
    return " ".join(parts)
