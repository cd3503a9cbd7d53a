"""Posting: when subscribers are written to, and when no more."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

# An editor who slips takes it back within seconds; nobody takes back a letter.
SETTLED = timedelta(seconds=60)
# What is published in between goes into one letter.
ALERTS_APART = timedelta(minutes=15)
# An edition that could not be sent for so long is old news.
EDITION_KEEPS = timedelta(days=3)
CONFIRM_WITHIN = timedelta(days=3)
# So many letters in a row refused for good: the mailbox is gone.
MOST_BOUNCES = 3


def due_day(now: datetime, hour: int, zone: str, last: date | None) -> date | None:
    """Give the day whose letter is due now, in the subscriber's zone, or None: it is not yet.

    `hour` is the hour of their clock from which on it goes out, `last` the day of the last one. On
    a day without that hour (clocks put forward) the next one counts; one that comes twice counts
    once.
    """
    local = now.astimezone(ZoneInfo(zone))
    if local.hour < hour or (last is not None and local.date() <= last):
        return None
    return local.date()
