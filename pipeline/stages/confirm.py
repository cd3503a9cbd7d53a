"""Confirm: answers that are not taken at their word, 304s and permanent redirects."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pipeline.model import DueFeed, Redirected

# A server that says 304 to all comers is found out within three days, at the price of a whole
# document a day at most.
SOONEST_CHECK = timedelta(days=1)
LATEST_CHECK = timedelta(days=3)
LEAST_SPARED = 3
DISTRUSTED_FOR = timedelta(days=7)
_GAPS = 5.0

LEAST_SIGHTINGS = 5
SETTLED_AFTER = timedelta(days=7)


def wants_whole(due: DueFeed, now: datetime, entries_a_day: Callable[[DueFeed], float]) -> bool:
    """Whether a feed is to be asked for its whole document, whatever we have of it.

    So it is while its 304s are not believed, and once they went on for five times the usual gap
    between entries: one to three days.
    """
    if due.distrusted_until is not None and now < due.distrusted_until <= now + DISTRUSTED_FOR:
        return True
    if due.spared < LEAST_SPARED or due.whole_at is None:
        return False
    gap = LATEST_CHECK
    rate = entries_a_day(due)
    if rate > 0:
        gap = min(timedelta(days=min(_GAPS / rate, 3.0)), LATEST_CHECK)
    since = now - due.whole_at
    # A document from the future was seen before the clock was set back.
    return since >= max(gap, SOONEST_CHECK) or since < timedelta(0)


def is_settled(redirected: Redirected, now: datetime) -> bool:
    """Whether redirects went on so long that the feed moved for good: five or more over a week."""
    if redirected.since is None or redirected.seen < LEAST_SIGHTINGS:
        return False
    return now - redirected.since >= SETTLED_AFTER


def sighted(known: Redirected, target: str | None, now: datetime) -> Redirected:
    """Count one more answer that came by permanent redirects only from `target`; None: it did
    not."""
    if target is None:
        return Redirected()
    if target != known.to or known.since is None or known.since > now:
        return Redirected(to=target, since=now, seen=1)
    return Redirected(to=target, since=known.since, seen=known.seen + 1)
