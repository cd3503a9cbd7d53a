"""What is remembered of how a feed publishes, and how one answer changes it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import exp

# Decay times in days: what a feed usually does, what it does now, at which hours it does it.
SLOW = 10.0
FAST = 0.25
HABIT = 30.0
# However long ago the last look was, or seems to be after a jump of the clock, no more than this
# counts as time without news.
_LONGEST_LOOK = timedelta(days=2)
_DAY = 86_400.0

# Of a feed that nothing is known of: ten entries a day, believed as much as fifteen minutes.
_PRIOR_ENTRIES = 0.1
_PRIOR_DAYS = 0.01
# How many entries of the usual kind the recent rate is weighed against.
_USUAL_ENTRIES = 10.0
# A rhythm of the day is half believed after a hundred entries, and after three days.
_SHAPE_ENTRIES = 100.0
_SHAPE_DAYS = 3.0
# A feed past a day of silence owes no more than this since its last entry: at a steady rate so long
# a gap would be rarer than one in a hundred. The first new entry restores the rate.
_SILENT_ENTRIES = 5.0
_RELEVANT_ENTRIES = 5.0
_RELEVANT_SHARE = 0.1
_RELEVANT_FLOOR = 0.02
_BIG_BODY = 250_000.0

NO_HABIT = (0.0,) * 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a document asks of its readers: an interval, and hours (0-23 GMT) and days (0 = Monday)
    at which to stay away."""

    every: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a feed publishes, as far as its answers told.

    Counts are of entries and fade with time: `slow` over 10 days, `fast` over 6 hours, `hours` (by
    hour of the day, GMT) and `seen` and `matched` over 30; `*_days` are the days they stand for,
    faded alike, in `fast_days` weighed by the usual rhythm of the day. `window` is how many entries
    a document shows. `full_bytes` is the usual size of a full answer; of `quiet` answers without
    news, `spared` were 304s. `silent_days` counts the time without a new entry, `turns` the
    answers. `overflowed` is set when the last document shared no entry with the one before: some
    were lost. `wishes` come from the last document, `fresh_for` from the last answer.
    """

    learned_at: datetime
    slow: float = 0.0
    slow_days: float = 0.0
    fast: float = 0.0
    fast_days: float = 0.0
    hours: tuple[float, ...] = NO_HABIT
    hours_days: float = 0.0
    window: float = 0.0
    seen: float = 0.0
    matched: float = 0.0
    full_bytes: float = 0.0
    quiet: float = 0.0
    spared: float = 0.0
    silent_days: float = 0.0
    turns: int = 0
    overflowed: bool = False
    wishes: Wishes = Wishes()
    fresh_for: timedelta | None = None

    @property
    def rate(self) -> float:
        """Entries a day, usually; less after a silence longer than such a rate allows."""
        usual = (self.slow + _PRIOR_ENTRIES) / (self.slow_days + _PRIOR_DAYS)
        if self.silent_days <= 1:
            return usual
        return min(usual, _SILENT_ENTRIES / self.silent_days)

    @property
    def burst(self) -> float:
        """How many times the usual rate the feed runs at now; at least 1, so that a lull is not
        trusted."""
        expected = self.rate * self.fast_days
        return max(1.0, (self.fast + _USUAL_ENTRIES) / (expected + _USUAL_ENTRIES))

    @property
    def shape(self) -> tuple[float, ...]:
        """The rate at each hour of the day (GMT) as a multiple of the mean."""
        total = sum(self.hours)
        trust = self.hours_days / (self.hours_days + _SHAPE_DAYS)
        trust *= 24 / (total + _SHAPE_ENTRIES)
        flat = 1 - trust * total / 24
        return tuple([flat + trust * count for count in self.hours])

    @property
    def relevance(self) -> float:
        """The share of entries that match a tracked conflict, never quite nothing."""
        share = (self.matched + _RELEVANT_ENTRIES * _RELEVANT_SHARE) / (
            self.seen + _RELEVANT_ENTRIES
        )
        return share + _RELEVANT_FLOOR

    @property
    def cost(self) -> float:
        """What asking costs: 1 where nothing new is a 304, up to 5 where it is a big body again."""
        wasted = (self.quiet - self.spared) / (self.quiet + 1)
        return 1 + 4 * wasted * min(1.0, self.full_bytes / _BIG_BODY)


def learn(
    pace: Pace | None,
    *,
    now: datetime,
    new_dates: Sequence[datetime | None],
    window: int | None,
    matched: int,
    wire_bytes: int,
    not_modified: bool,
    wishes: Wishes | None = None,
    fresh_for: timedelta | None = None,
) -> Pace:
    """Take one answer into account; `pace` is None for the first.

    `new_dates` are the dates of the entries not seen before (None where undated), `matched` how
    many of them fall under a tracked conflict. `window` is the number of entries in the document,
    None when none was read (a 304, or the bytes we had); `wishes` stay as they are with it.
    Dates that cannot be, and jumps of the clock, change little.
    """
    first = pace is None
    known = Pace(learned_at=now) if pace is None else pace
    overflowed = not first and window is not None and 0 < window <= len(new_dates)
    looked = min(max(now - known.learned_at, timedelta(0)), _LONGEST_LOOK)
    if first or overflowed:
        # The document reaches back only to its oldest entry: nothing is known of the time before.
        dated = [date for date in new_dates if date is not None and date <= now]
        reach = now - min(dated, default=now)
        looked = reach if first else min(reach, looked)
        counted: Sequence[datetime | None] = sorted(dated)[1:]  # the oldest marks the beginning
    else:
        counted = new_dates
    ages = [_age(date, now, looked) for date in counted]
    passed = looked.total_seconds() / _DAY
    fading = _aged(known, passed, now)
    return replace(
        fading,
        slow=fading.slow + sum([exp(-age / SLOW) for age in ages]),
        fast=fading.fast + sum([exp(-age / FAST) for age in ages]),
        hours=fading.hours if first else _hours(fading.hours, ages, now),
        window=_window(known.window, window),
        seen=fading.seen + len(new_dates),
        matched=fading.matched + min(max(matched, 0), len(new_dates)),
        full_bytes=_usual_size(known.full_bytes, 0 if not_modified else wire_bytes),
        quiet=fading.quiet + (not new_dates),
        spared=fading.spared + (not_modified and not new_dates),
        silent_days=_silence(known, new_dates, passed, now, first=first),
        turns=known.turns + 1,
        overflowed=overflowed,
        wishes=known.wishes if wishes is None else wishes,
        fresh_for=fresh_for,
    )


def _aged(pace: Pace, days: float, now: datetime) -> Pace:
    """Let a time pass: counts fade, and the days they stand for grow."""
    slowly, quickly, habitually = exp(-days / SLOW), exp(-days / FAST), exp(-days / HABIT)
    return replace(
        pace,
        learned_at=now,
        slow=pace.slow * slowly,
        slow_days=pace.slow_days * slowly + SLOW * (1 - slowly),
        fast=pace.fast * quickly,
        fast_days=pace.fast_days * quickly + _usual_days(pace, days, now),
        hours=tuple([count * habitually for count in pace.hours]),
        hours_days=pace.hours_days * habitually + HABIT * (1 - habitually),
        seen=pace.seen * habitually,
        matched=pace.matched * habitually,
        quiet=pace.quiet * habitually,
        spared=pace.spared * habitually,
    )


def _usual_days(pace: Pace, days: float, now: datetime) -> float:
    """Weigh the last `days` by the usual rhythm of the day, recent hours more, as `fast` does."""
    shape, end = pace.shape, hour_of(now)
    total, ago, left = 0.0, 0.0, 1.0
    for until in range(37):  # beyond a day and a half nothing is left of it
        upto = min(until + end % 1, 24 * days)
        if upto > ago:
            gone = exp(-upto / 24 / FAST)
            total += shape[int(end - (ago + upto) / 2) % 24] * FAST * (left - gone)
            ago, left = upto, gone
        elif until > 0:
            break
    return total


def hour_of(moment: datetime) -> float:
    """The hour of the day in GMT, with its fraction."""
    told = moment.astimezone(UTC)
    return told.hour + told.minute / 60 + told.second / 3600


def _age(date: datetime | None, now: datetime, looked: timedelta) -> float:
    """How many days ago an entry came: within the look, whatever its date claims."""
    if date is None:
        return looked.total_seconds() / _DAY / 2
    return min(max(now - date, timedelta(0)), looked).total_seconds() / _DAY


def _hours(hours: tuple[float, ...], ages: Sequence[float], now: datetime) -> tuple[float, ...]:
    if not ages:
        return hours
    changed, end = list(hours), hour_of(now)
    for age in ages:
        hour = int(end - 24 * age) % 24
        changed[hour] += 0.5
        changed[hour - 1] += 0.25
        changed[(hour + 1) % 24] += 0.25
    return tuple(changed)


def _window(known: float, shown: int | None) -> float:
    """Believe a shorter document at once, a longer one by halves: too low a guess loses nothing."""
    if not shown:
        return known
    return float(shown) if not known or shown < known else (known + shown) / 2


def _usual_size(known: float, size: int) -> float:
    if size <= 0:
        return known
    return float(size) if not known else 0.8 * known + 0.2 * size


def _silence(
    known: Pace,
    new_dates: Sequence[datetime | None],
    passed: float,
    now: datetime,
    *,
    first: bool,
) -> float:
    """Days without a new entry, counted by looks and not by the clock, which may jump."""
    if not new_dates:
        return known.silent_days + passed
    newest = max((date for date in new_dates if date is not None), default=now)
    return max((now - newest) / timedelta(days=1), 0.0) if first else 0.0
