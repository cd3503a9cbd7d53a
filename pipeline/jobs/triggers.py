"""Triggers: when a job's next turn is, also after the clock was moved or the machine slept.

The scheduler asks for every turn that passed meanwhile, one after the other: after a clock that was
wrong by years it would be busy for hours. Here those that passed count as one.
"""

from datetime import datetime, timedelta

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger


class Every(IntervalTrigger):  # type: ignore[misc]
    """A turn every so often."""

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """Give the turn after one, never one that has passed."""
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        return now + self.interval if found is not None and found <= now else found

    def furthest(self, now: datetime) -> datetime:
        """Up to when the next turn can be; later ones were given while the clock was ahead."""
        return now + 2 * self.interval  # type: ignore[no-any-return]

    def anew(self, now: datetime) -> datetime | None:
        """Give the next turn, whatever it was before."""
        return now


class At(CronTrigger):  # type: ignore[misc]
    """A turn at certain times of the hour or day."""

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """Give the turn after one, never one that has passed."""
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        return super().get_next_fire_time(None, now) if found and found < now else found

    def furthest(self, now: datetime) -> datetime:
        """Up to when the next turn can be; later ones were given while the clock was ahead."""
        return now + timedelta(days=2)

    def anew(self, now: datetime) -> datetime | None:
        """Give the next turn, whatever it was before."""
        return super().get_next_fire_time(None, now)  # type: ignore[no-any-return]
