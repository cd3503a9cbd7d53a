"""When to ask a feed again: Dateline's law and the formulas of other feed readers.

The others are written anew from what their schedulers compute (docs/decisions/0016): publishers'
hints and failures are left out, as for Dateline, so that only the laws are compared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Protocol

from benchmarks.polling.histories import DAY, MONDAY, History
from pipeline.stages.pace import Pace, interval, learn


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one request brought: articles `shown` to `end` of a history are in the document, those
    from `new` on were not seen before."""

    now: float
    shown: int
    new: int
    end: int


class Policy(Protocol):
    """Minutes until the next look at one feed."""

    def __call__(self, look: Look, /) -> float:
        """Take the look into account and say how long to wait."""


Maker = Callable[[History], Policy]


def dateline(k: float) -> Maker:
    """Dateline's law under a given k."""

    def make(feed: History) -> Policy:
        pace: Pace | None = None

        def policy(look: Look) -> float:
            nonlocal pace
            now = MONDAY + timedelta(minutes=look.now)
            new = look.end - look.new
            pace = learn(
                pace,
                now=now,
                new_dates=feed.dates[look.new : look.end],
                window=look.end - look.shown if new or pace is None else None,
                matched=sum(feed.relevant[look.new : look.end]),
                wire_bytes=50_000 if new else 300,
                not_modified=not new,
            )
            return interval(pace, k=k, now=now, key=feed.name) / timedelta(minutes=1)

        return policy

    return make


def fixed(feed: History) -> Policy:
    """Every hour on the hour, as cron and `reader` do."""
    return lambda look: 60 - look.now % 60


def miniflux_round_robin(feed: History) -> Policy:
    """An hour after the last look."""
    return lambda look: 60.0


def miniflux_entry_frequency(factor: float) -> Maker:
    """A week over the articles of the last week and a factor, 5 minutes to a day."""

    def make(feed: History) -> Policy:
        def policy(look: Look) -> float:
            recent = look.end - max(feed.published_by(look.now - 7 * DAY), 0)
            return min(max(7 * DAY / (recent * factor), 5.0), DAY) if recent else DAY

        return policy

    return make


def media_cloud(feed: History) -> Policy:
    """Steps: sooner by an hour when most is new, later by 10 or 60 minutes when little is."""
    period, last_new = 6 * 60.0, 0.0

    def policy(look: Look) -> float:
        nonlocal period, last_new
        new, listed = look.end - look.new, look.end - look.shown
        known = 100 * (listed - new) / listed if new and listed else 101.0
        if new:
            last_new = look.now
        if known >= 67:
            period += 10 if look.now - last_new <= 31 * DAY else 60
        elif known < 33:
            period = 360 if period > 360 else period - 60
        period = min(max(period, 10.0), DAY)
        return period

    return policy


def newsblur(feed: History) -> Policy:
    """By articles a day over a month, for one premium subscriber, with its own jitter."""
    random = Random(feed.name)

    def policy(look: Look) -> float:
        daily = (look.end - feed.published_by(look.now - 30 * DAY)) / 30
        wait = 45.0 if daily >= 1 else 360 - 360 * daily if daily > 0 else 720.0
        wait = min(wait, 240.0)
        return wait + random.uniform(0, wait) / 4

    return policy


def commafeed(feed: History) -> Policy:
    """Half the mean gap between the articles listed, by how long the feed was silent."""

    def policy(look: Look) -> float:
        listed = feed.times[look.shown : look.end]
        silent = look.now - listed[-1] if listed else 30 * DAY
        if silent >= 30 * DAY:
            return 240.0
        if silent >= 14 * DAY:
            return 120.0
        if silent >= 7 * DAY or len(listed) < 2:
            return 60.0
        gap = (listed[-1] - listed[0]) / (len(listed) - 1)
        return min(max(gap / 2, 5.0), 60.0)

    return policy


PEERS: dict[str, Maker] = {
    "fixed 60 min, on the hour": fixed,
    "Miniflux round_robin": miniflux_round_robin,
    "Miniflux entry_frequency f=1": miniflux_entry_frequency(1),
    "Miniflux entry_frequency f=4": miniflux_entry_frequency(4),
    "Media Cloud": media_cloud,
    "NewsBlur": newsblur,
    "CommaFeed": commafeed,
}
