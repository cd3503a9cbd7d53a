"""Trust: whether a feed may be polled less because a hub announces what is new in it.

Trust is earned by a push that led to new articles, and lost by articles that nobody announced.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.model import Trust

# A poll may find an article seconds after it appeared. Hubs tell within a minute or two of that,
# publishers' caches hold some of them back for five: who is not told after ten was not told.
GRACE = timedelta(minutes=10)
MOST_MISSES = 3
DISTRUSTED_FOR = timedelta(days=30)


def weigh(trust: Trust, asked_at: datetime, *, new: bool, changed: bool) -> Trust:
    """What a hub's trust is after the feed was asked at `asked_at`.

    `new`: articles never seen before came; `changed`: those, or edited ones. Articles that were not
    announced are a miss unless a push follows within ten minutes; a miss takes the proof away, and
    three in a row the chance of another one for thirty days.
    """
    late = _is_late_push(trust)
    if late or (trust.found_at is not None and trust.found_at > asked_at):
        trust = replace(trust, found_at=None)
    elif trust.found_at is not None and asked_at - trust.found_at >= GRACE:
        trust = _missed(trust, asked_at)
    if trust.announced_at is not None:
        if changed:
            return _answered(trust, asked_at, new=new)
        # What the push announced was found before it came.
        return replace(trust, announced_at=None) if late else trust
    return replace(trust, found_at=trust.found_at or asked_at) if new else trust


def is_trusted(trust: Trust, now: datetime) -> bool:
    """Whether a hub's silence means that nothing is new: proven, and nothing left unexplained."""
    settled = trust.announced_at is None and trust.found_at is None
    return trust.proven_at is not None and settled and not is_distrusted(trust, now)


def is_distrusted(trust: Trust, now: datetime) -> bool:
    """Whether no push proves anything at present. A time further ahead than thirty days was
    written by a wrong clock."""
    until = trust.distrusted_until
    return until is not None and now < until <= now + DISTRUSTED_FOR


def _is_late_push(trust: Trust) -> bool:
    if trust.found_at is None or trust.pushed_at is None:
        return False
    return timedelta(0) <= trust.pushed_at - trust.found_at <= GRACE


def _missed(trust: Trust, now: datetime) -> Trust:
    lost = replace(trust, found_at=None, proven_at=None, misses=trust.misses + 1)
    if lost.misses < MOST_MISSES:
        return lost
    return replace(lost, misses=0, distrusted_until=now + DISTRUSTED_FOR)


def _answered(trust: Trust, asked_at: datetime, *, new: bool) -> Trust:
    """A fetch brought what was announced; a push that came during it may announce more."""
    since = None if trust.pushed_at is None else asked_at - trust.pushed_at
    trust = replace(trust, announced_at=None)
    if since is not None and -GRACE <= since < timedelta(0):
        return replace(trust, announced_at=trust.pushed_at)
    if not new or since is None or not timedelta(0) <= since <= GRACE:
        return trust
    proven_at = trust.proven_at if is_distrusted(trust, asked_at) else trust.proven_at or asked_at
    return replace(trust, misses=0, proven_at=proven_at)
