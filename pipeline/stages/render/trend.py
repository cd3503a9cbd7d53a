"""Ninety days of a conflict: approved articles a day, as bars in SVG and as a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.stages.render.moments import long_day

DAYS = 90
HEIGHT = 24
# A single article in a quiet quarter must not look like a wave of news.
_LEAST_FULL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Approved articles on each of the ninety days (UTC) up to and with `last`, oldest first."""

    last: date
    counts: tuple[int, ...]

    @classmethod
    def of(cls, by_day: Mapping[date, int], last: date) -> "Trend":
        """Count the ninety days up to `last`; days that are not named have no article."""
        days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
        return cls(last=last, counts=tuple(by_day.get(day, 0) for day in days))

    @property
    def total(self) -> int:
        """The articles of all ninety days."""
        return sum(self.counts)

    @property
    def week(self) -> int:
        """The articles of the last seven days."""
        return sum(self.counts[-7:])

    @property
    def first(self) -> date:
        """The oldest of the days."""
        return self.last - timedelta(days=DAYS - 1)

    @property
    def activity(self) -> str:
        """How lately there was news: `week`, `month` (in thirty days) or `quiet`."""
        if self.week:
            return "week"
        return "month" if any(self.counts[-30:]) else "quiet"

    @property
    def bars(self) -> str:
        """A path of upright strokes, one unit apart, in a drawing `DAYS` wide and `HEIGHT` high."""
        most = max(_LEAST_FULL, *self.counts)
        return "".join(
            f"M{number}.5 {HEIGHT}v-{max(1, round(HEIGHT * count / most))}"
            for number, count in enumerate(self.counts)
            if count
        )

    @property
    def best(self) -> tuple[date, int]:
        """The day with most articles, the latest of equals, and how many."""
        most = max(self.counts)
        back = self.counts[::-1].index(most)
        return self.last - timedelta(days=back), most

    @property
    def sentence(self) -> str:
        """What the bars show, in words."""
        if not self.total:
            return f"No approved article in the {DAYS} days to {long_day(self.last)}."
        day, most = self.best
        return (
            f"{self.total} approved {'article' if self.total == 1 else 'articles'} in the {DAYS} "
            f"days to {long_day(self.last)}, most on {long_day(day)} ({most})."
        )
