"""Chart: a feed's last four weeks, as bars for a page, blocks for a terminal, and a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

from pipeline.model import FeedDay

DAYS = 28
_BLOCKS = "▁▂▃▅▇"
_ASCII = ".:-=#"
_UNKNOWN = " "
_FAILED = "×"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of a chart: its values, and how high it stands, as shares of the whole (0 to 1).

    `height` grows with the square root of the count: a day of news does not flatten all others.
    `trouble` is the share of attempts that failed.
    """

    day: date
    articles_new: int
    fetches: int
    failed: int
    height: float
    trouble: float


def bars(days: Sequence[FeedDay], today: date) -> tuple[Bar, ...]:
    """Give four weeks up to and with today, oldest first; a day without attempts is empty."""
    known = {each.day: each for each in days}
    wanted = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    shown = [
        known.get(day) or FeedDay(day=day, fetches=0, failed=0, articles_new=0) for day in wanted
    ]
    most = max([each.articles_new for each in shown])
    return tuple(
        Bar(
            day=each.day,
            articles_new=each.articles_new,
            fetches=each.fetches,
            failed=each.failed,
            height=sqrt(each.articles_new / most) if most else 0.0,
            trouble=each.failed / each.fetches if each.fetches else 0.0,
        )
        for each in shown
    )


def blocks(days: Sequence[FeedDay], today: date, *, plain: bool = False) -> str:
    """Draw four weeks with block characters, a day each: × where every attempt failed, a blank
    where there was none. `plain` keeps to ASCII (and draws x)."""
    steps, failed = (_ASCII, "x") if plain else (_BLOCKS, _FAILED)
    return "".join(_block(bar, steps, failed) for bar in bars(days, today))


def _block(bar: Bar, steps: str, failed: str) -> str:
    if not bar.fetches:
        return _UNKNOWN
    if bar.failed == bar.fetches:
        return failed
    return steps[round(bar.height * (len(steps) - 1))]


def summary(days: Sequence[FeedDay], today: date) -> str:
    """Say in words what the chart shows."""
    shown = bars(days, today)
    looked = [bar for bar in shown if bar.fetches]
    if not looked:
        return f"No attempt in the {DAYS} days up to {today:%Y-%m-%d}."
    total = sum(bar.articles_new for bar in looked)
    best = max(looked, key=lambda bar: bar.articles_new)
    said = f"{total} new {_plural(total, 'article')} in {len(looked)} {_plural(len(looked), 'day')}"
    if total:
        said += f", most on {best.day:%Y-%m-%d} ({best.articles_new})"
    troubled = [bar for bar in looked if bar.failed]
    failed = sum(bar.failed for bar in troubled)
    if troubled:
        said += (
            f"; {failed} failed {_plural(failed, 'attempt')} "
            f"on {len(troubled)} {_plural(len(troubled), 'day')}"
        )
    return said + "."


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"
