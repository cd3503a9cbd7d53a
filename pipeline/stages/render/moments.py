"""Moments in the spellings that feeds, pages and people want; always UTC."""

from datetime import UTC, date, datetime
from email.utils import format_datetime

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def rfc3339(moment: datetime) -> str:
    """Write `2026-11-22T09:14:00Z`, with milliseconds only where there are any."""
    utc = moment.astimezone(UTC)
    spec = "milliseconds" if utc.microsecond >= 1000 else "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def rfc822(moment: datetime) -> str:
    """Write `Sun, 22 Nov 2026 09:14:00 GMT`, the one spelling every RSS reader parses."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def long_day(day: date) -> str:
    """Write `22 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Write `22 Nov 2026`, for lists."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def weekday(day: date) -> str:
    """Name the day of the week."""
    return _WEEKDAYS[day.weekday()]


def long_moment(moment: datetime) -> str:
    """Write `22 November 2026, 09:14 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{long_day(utc.date())}, {utc:%H:%M} UTC"


def short_moment(moment: datetime) -> str:
    """Write `22 Nov 2026, 09:14 UTC`, for lists."""
    utc = moment.astimezone(UTC)
    return f"{short_day(utc.date())}, {utc:%H:%M} UTC"


def brief_moment(moment: datetime) -> str:
    """Write `22 Nov, 09:14 UTC`, where the year goes without saying."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1][:3]}, {utc:%H:%M} UTC"


def utc_day(moment: datetime) -> date:
    """Give the calendar day in UTC."""
    return moment.astimezone(UTC).date()


def clock(moment: datetime) -> str:
    """Write `09:14 UTC`."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"
