"""What feeds publish: the history of one feed, and a made-up set of 150."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import cos, exp, log, pi
from random import Random

DAY = 1440.0
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
FEEDS = 150


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything a feed publishes: `times` in minutes since a Monday's midnight in GMT, ascending,
    and whether each article is relevant. A document shows the last `window` of them."""

    name: str
    times: tuple[float, ...]
    relevant: tuple[bool, ...]
    window: int
    first_look: float

    @cached_property
    def dates(self) -> tuple[datetime, ...]:
        """The times as dates."""
        return tuple(MONDAY + timedelta(minutes=time) for time in self.times)

    def published_by(self, time: float) -> int:
        """How many articles are out at a time."""
        return bisect_right(self.times, time)


def make_feeds(seed: int, days: float, feeds: int = FEEDS) -> list[History]:
    """Make feeds up: 0.001 to 400 articles a day, by day and night, at weekends, in bursts.

    A quarter publishes in batches; documents show 10 to 100 articles; the share of relevant
    articles differs from feed to feed and rises in some bursts.
    """
    random = Random(seed)
    return [_make_feed(random, f"{seed}/{number}", days) for number in range(feeds)]


def _make_feed(random: Random, name: str, days: float) -> History:
    rate = exp(random.uniform(log(0.001), log(400)))
    window = round(exp(random.uniform(log(10), log(100))))
    batch = random.randint(3, max(3, window // 3)) if random.random() < 0.25 else 1
    relevance = random.betavariate(0.4, 2.5)
    peak, swing = random.uniform(0, 24), random.uniform(0.3, 0.95)
    weekend = random.uniform(0.3, 1.0)
    minute = random.uniform(0, 60)
    bursts = _bursts(random, days)
    highest = rate / batch * (1 + swing) * 8
    times: list[tuple[float, bool]] = []
    back = 0.0
    for _ in range(window):  # the document at the beginning
        back -= random.expovariate(rate) * DAY
        times.append((back, random.random() < relevance))
    time = 0.0
    while (time := time + random.expovariate(highest) * DAY) < days * DAY:
        level = 1 + swing * cos((time / 60 - peak) / 12 * pi)
        level *= weekend if time // DAY % 7 >= 5 else 1.0
        burst = next(((size, hot) for a, b, size, hot in bursts if a <= time < b), (1.0, 1.0))
        if random.random() * 8 * (1 + swing) > level * burst[0]:
            continue
        share = min(0.95, relevance * burst[1])
        at = time // 60 * 60 + minute if batch > 1 else time
        times.extend((at, random.random() < share) for _ in range(batch))
    times.sort()
    return History(
        name=name,
        times=tuple(time for time, _ in times),
        relevant=tuple(relevant for _, relevant in times),
        window=window,
        first_look=random.uniform(0, 60),
    )


def _bursts(random: Random, days: float) -> list[tuple[float, float, float, float]]:
    """Begin, end, times the usual rate, times the usual relevance; one in ten days or so."""
    found, time = [], 0.0
    while (time := time + random.expovariate(0.1) * DAY) < days * DAY:
        length = random.uniform(3, 24) * 60
        found.append((time, time + length, random.uniform(3, 8), random.choice((1.0, 3.0))))
        time += length
    return found
