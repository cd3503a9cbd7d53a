"""The one k for all feeds: what spends the day's budget of requests, and no more."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import repeat
from math import sqrt

from pipeline.stages.pace.rates import Pace
from pipeline.stages.pace.turns import (
    DEAD_AFTER_DAYS,
    DEAD_PROBE,
    LONGEST,
    LONGEST_WISH,
    SHORTEST,
    room_for,
    urge,
    worth_of,
)

_DAY = timedelta(days=1)
_MOST = _DAY / SHORTEST
_LEAST_K, _MOST_K = 1e-6, 1e6
_CLOSE = 0.001


def solve_k(
    paces: Iterable[Pace], budget_per_day: float, *, boosts: Iterable[float] | None = None
) -> float:
    """Find the k at which these feeds take `budget_per_day` requests together, within 0.1 %.

    Least and longest intervals, window guards and publishers' wishes are counted in: where they
    leave no choice, the k nearest to the budget comes back. Bisection on log k: more k, fewer
    requests. `boosts` weigh the feeds one by one, as in `interval`.
    """
    weighed = repeat(1.0) if boosts is None else boosts
    # Feeds of which nothing is known yet are all alike.
    alike = Counter(zip(paces, weighed, strict=False))
    loads = [(_Load(pace, boost), many) for (pace, boost), many in alike.items()]
    low, high = _LEAST_K, _MOST_K
    while high / low > 1 + _CLOSE / 10:
        k = sqrt(low * high)
        total = sum([many * load.requests_per_day(k) for load, many in loads])
        if abs(total - budget_per_day) <= _CLOSE * budget_per_day:
            return k
        low, high = (k, high) if total > budget_per_day else (low, k)
    return sqrt(low * high)


def requests_per_day(pace: Pace, k: float, *, boost: float = 1.0) -> float:
    """How many requests a day a feed will take under k, if it goes on as it does."""
    return _Load(pace, boost).requests_per_day(k)


class _Load:
    """A feed's requests as a function of k, with what does not depend on k worked out."""

    def __init__(self, pace: Pace, boost: float) -> None:
        worth = worth_of(pace, boost)
        expected = [pace.rate * pace.burst * share for share in pace.shape]
        self._hours: Sequence[tuple[float, float]] = [
            (urge(worth, rate), rate) for rate in expected
        ]
        self._window = pace.window
        wish = max(pace.wishes.every or SHORTEST, pace.fresh_for or SHORTEST, SHORTEST)
        self._most = _DAY / min(wish, LONGEST_WISH)
        self._least = _DAY / LONGEST
        if pace.silent_days > DEAD_AFTER_DAYS:
            self._most = self._least = _DAY / DEAD_PROBE

    def requests_per_day(self, k: float) -> float:
        room = room_for(self._window, k)
        hours = [min(max(worry / k, rate / room), _MOST) for worry, rate in self._hours]
        return min(max(sum(hours) / 24, self._least), self._most)
