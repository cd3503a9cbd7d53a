"""When a feed's next turn comes, and why then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import inf, isfinite

from pipeline.stages.pace.closed import skip
from pipeline.stages.pace.rates import Pace, hour_of

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=24)
DEAD_AFTER_DAYS = 180.0
DEAD_PROBE = timedelta(days=7)
# Publishers may ask for patience, but tracked news is not left alone for long on their word.
LONGEST_WISH = timedelta(hours=6)
LONGEST_SKIP = timedelta(hours=24)
LONGEST_RETRY_AFTER = timedelta(days=7)
# The next turn comes before this share of a document is new, at a rate somewhat above the estimate.
WINDOW_SHARE = 0.6
RATE_MARGIN = 1.3
# Where there are requests to spare, bursts are met by looking sooner: what is lost grows with the
# square of how full the document is by then, which makes that share go with the cube root of what a
# request is worth.
CAUTION = 2.0
# One half would be least for the mean. Both lie below it, so that the slowest twentieth waits less:
# 0.4 is between least mean (1/2) and least mean square (1/3), and the share of relevant articles is
# known less well than the rate.
EXPONENT = 0.4
WORTH_EXPONENT = 0.3

_PHASE = 0.05
_GOLDEN = 0.6180339887498949
_BURSTING = 2.0
_MOST_BOOST = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTurn:
    """A feed's next turn and the reason for it, in words."""

    at: datetime
    reason: str


def plan(
    pace: Pace,
    *,
    k: float,
    now: datetime,
    key: str,
    boost: float = 1.0,
    retry_after: timedelta | None = None,
) -> NextTurn:
    """Say when a feed is asked next: `interval` from now, outside the hours and days it wants to be
    left alone at.

    A feed that bursts or lost entries is asked all the same; no wish moves a turn by more than a
    day.
    """
    wait, reason = _weigh(pace, k, now, key, boost, retry_after)
    at, wishes = now + wait, pace.wishes
    if not pace.overflowed and pace.burst < _BURSTING:
        allowed = skip(at, wishes.skip_hours, wishes.skip_days)
        if allowed > at:
            # Not all at the stroke of the hour.
            allowed += timedelta(minutes=10) * phase_of(pace, key)
            return NextTurn(
                at=min(allowed, at + LONGEST_SKIP), reason="the feed skips hours or days"
            )
    return NextTurn(at=at, reason=reason)


def interval(
    pace: Pace,
    *,
    k: float,
    now: datetime,
    key: str,
    boost: float = 1.0,
    retry_after: timedelta | None = None,
) -> timedelta:
    """How long to leave a feed alone: k · (cost / relevance)^0.3 / rate^0.4, within guards.

    The rate is followed hour by hour: the turn comes when the reciprocal of that, summed over time,
    reaches 1. `k` is the interval in days of a feed with one relevant article a day. Guards,
    the later the stronger: before the document overflows; half of that after it did; 5 minutes to
    24 hours (a week for a feed silent for 180 days); what the publisher asks for, up to 6 hours;
    Retry-After, up to 7 days. `boost` multiplies the relevance. `key` (the feed's id) gives the
    phase: ±5 %, never against a publisher's wish. Raises ValueError for a k that is not a positive
    number.
    """
    return _weigh(pace, k, now, key, boost, retry_after)[0]


def urgency(pace: Pace, now: datetime) -> float:
    """How much of a feed's document may have been replaced since the last answer: those with most
    go first when many are due."""
    days = max((now - pace.learned_at) / timedelta(days=1), 0.0)
    return pace.rate * pace.burst * days / max(pace.window, 1.0)


def _weigh(
    pace: Pace, k: float, now: datetime, key: str, boost: float, retry_after: timedelta | None
) -> tuple[timedelta, str]:
    if not (isfinite(k) and k > 0):
        raise ValueError(f"k must be a positive number, not {k}")
    phase = phase_of(pace, key)
    days, reason = _by_law(pace, k, now, boost)
    if pace.overflowed:
        days, reason = days / 2, "entries were lost between two looks; looking sooner"
    wait = timedelta(days=days)
    longest = LONGEST
    if pace.silent_days > DEAD_AFTER_DAYS:
        wait = longest = DEAD_PROBE
        reason = "silent for half a year; asking once a week"
    # Room for the phase at the upper bound, so that quiet feeds do not fall into step. None at the
    # lower: where five minutes lose entries, every second counts.
    wait = min(wait, longest / (1 + _PHASE))
    wait = wait * (1 + _PHASE * (2 * phase - 1)) if wait > SHORTEST else SHORTEST
    wait = max(wait, SHORTEST)
    for wish, longest, who in (
        (_wish(pace), LONGEST_WISH, "the feed asks for it"),
        (pace.fresh_for, LONGEST_WISH, "the server's caching headers ask for it"),
        (retry_after, LONGEST_RETRY_AFTER, "the server asked to be left alone"),
    ):
        if wish is not None and min(wish, longest) > wait:
            wait, reason = min(wish, longest) * (1 + _PHASE * phase), who
    return wait, reason


def _by_law(pace: Pace, k: float, now: datetime, boost: float) -> tuple[float, str]:
    """Days until the square-root law, or the window guard, wants the feed asked."""
    rate = pace.rate * pace.burst
    worth = worth_of(pace, boost)
    room = room_for(pace.window, k)
    longest = LONGEST / timedelta(days=1)
    shape, hour = pace.shape, hour_of(now)
    days, step = 0.0, (1 - hour % 1) / 24
    while days < longest:
        expected = rate * shape[int(hour) % 24]
        worry = urge(worth, expected)
        if worry * step >= k or expected * step >= room:
            by_law, by_window = k / worry, room / expected
            if by_window < by_law:
                return days + by_window, "before its list of entries overflows"
            return days + by_law, "by its rate and relevance"
        k, room = k - worry * step, room - expected * step
        days, step, hour = days + step, 1 / 24, hour + 1
    return longest, "it publishes seldom"


def worth_of(pace: Pace, boost: float) -> float:
    """What an article of a feed is worth for each request: relevance, weighed, over cost."""
    return pace.relevance * min(max(boost, 1 / _MOST_BOOST), _MOST_BOOST) / pace.cost


def urge(worth: float, rate: float) -> float:
    """How much a day of not asking weighs: what the turns of a feed are proportional to."""
    weighed: float = worth**WORTH_EXPONENT * rate**EXPONENT
    return weighed


def room_for(window: float, k: float) -> float:
    """How many new entries may be expected before the next turn: less than the window holds, and
    the fewer the more requests there are to spend."""
    if not window:
        return inf
    cautious: float = CAUTION * (k * window) ** (2 / 3)
    return min(WINDOW_SHARE / RATE_MARGIN * window, cautious)


def _wish(pace: Pace) -> timedelta | None:
    """The interval the document asks for; halved while it is so long that entries are lost."""
    every = pace.wishes.every
    return every / 2 if every is not None and pace.overflowed else every


def phase_of(pace: Pace, key: str) -> float:
    """A share of 1 that differs from feed to feed and from turn to turn, evenly spread."""
    start = int.from_bytes(sha256(key.encode()).digest()[:4], "big") / 2**32
    return (start + pace.turns * _GOLDEN) % 1
