"""Retry: when to try again to tell somebody who did not answer, and when to give up."""

from datetime import timedelta

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
# Three days in all: longer than a weekend's outage, shorter than anybody waits for news.
_WAITS = (
    _MINUTE,
    5 * _MINUTE,
    15 * _MINUTE,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    24 * _HOUR,
    24 * _HOUR,
)
_LONGEST_ASKED = timedelta(hours=24)


def wait_after(failures: int, asked: float | None = None) -> timedelta | None:
    """Say how long to wait after so many failures in a row, from 1, or None: give up.

    `asked` is the seconds the other side wants to be left alone, if it said so; it makes the wait
    longer, up to a day, never shorter.
    """
    if failures > len(_WAITS):
        return None
    wanted = timedelta(seconds=max(asked, 0.0)) if asked is not None else timedelta()
    return max(_WAITS[failures - 1], min(wanted, _LONGEST_ASKED))
