"""Hours and days at which a publisher wants to be left alone (RSS 2.0 skipHours, skipDays)."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta


def skip(now: datetime, skip_hours: Set[int], skip_days: Set[int]) -> datetime:
    """Move a turn to the first moment outside the skipped hours and days.

    Hours are 0 to 23 in GMT (24 means 0), days count from Monday = 0. Numbers that name no hour or
    day are ignored, and so is a set that leaves nothing.
    """
    hours = {hour % 24 for hour in skip_hours if 0 <= hour <= 24}
    days = {day for day in skip_days if 0 <= day <= 6}
    hours = hours if len(hours) < 24 else set()
    days = days if len(days) < 7 else set()
    moment = now.astimezone(UTC)
    while moment.hour in hours or moment.weekday() in days:
        nearest = moment.replace(minute=0, second=0, microsecond=0)
        moment = nearest + timedelta(hours=1)
    return moment
