"""How long a feed is left alone while a hub announces what is new in it."""

from datetime import datetime, timedelta

from pipeline.stages.pace.closed import skip
from pipeline.stages.pace.rates import Pace, hour_of
from pipeline.stages.pace.turns import LONGEST, RATE_MARGIN, WINDOW_SHARE, phase_of

TIMES = 4
LONGEST_PUSHED = timedelta(hours=6)


def stretch(pace: Pace, wait: timedelta, now: datetime, key: str) -> timedelta:
    """Lengthen a wait four times, up to six hours, but not beyond the moment the document may have
    overflowed by should no push come; never shorten it.

    It stays as it is where entries were lost before, or the later turn would come at an hour or day
    the publisher wants to be left alone at. `key` (the feed's id) keeps feeds out of step.
    """
    if pace.overflowed:
        return wait
    longest = LONGEST_PUSHED * (1 - 0.05 * phase_of(pace, key))
    longer = min(wait * TIMES, longest, _until_full(pace, now))
    at = now + longer
    if longer <= wait or skip(at, pace.wishes.skip_hours, pace.wishes.skip_days) != at:
        return wait
    return longer


def _until_full(pace: Pace, now: datetime) -> timedelta:
    """How long until more is new than the document is surely long enough for."""
    if not pace.window:
        return LONGEST
    room = WINDOW_SHARE / RATE_MARGIN * pace.window
    rate, shape, hour = pace.rate * pace.burst, pace.shape, hour_of(now)
    days, step = 0.0, (1 - hour % 1) / 24
    while days < LONGEST / timedelta(days=1):
        expected = rate * shape[int(hour) % 24]
        if expected * step >= room:
            return timedelta(days=days + room / expected)
        room -= expected * step
        days, step, hour = days + step, 1 / 24, hour + 1
    return LONGEST
