"""How well the feeds were read while an edition was gathered: quiet, or blind."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from pipeline.model import ReadFeed, Reading

# A host that paces its feeds, or a busy machine, may be this late without anything being wrong.
GRACE = timedelta(hours=1)
_NOTHING = timedelta(0)


def measure(
    feeds: Sequence[ReadFeed],
    *,
    since: datetime,
    until: datetime,
    zone: tzinfo,
    matched: int = 0,
    waiting: int = 0,
) -> Reading:
    """Measure how much of the window from `since` to `until` these feeds were read.

    A feed is well from an attempt that did not fail until its next attempt, but not longer than an
    hour after the turn that was decided for it: so a service that was down counts as not reading.
    Coverage is the mean over feeds of the share of the window in which each was well.
    """
    wells = [_well(feed, since, until) for feed in feeds]
    unwell = [moment for _, moment, _ in wells if moment is not None]
    window = (until - since) / timedelta(seconds=1)
    covered = sum(well / timedelta(seconds=1) for well, _, _ in wells)
    return Reading(
        feeds=len(feeds),
        failing=len(unwell),
        overdue=sum(late for _, _, late in wells),
        failing_on=max(unwell).astimezone(zone).date() if unwell else None,
        coverage=int(100 * covered / (window * len(feeds)) + 1e-9) if feeds else 0,
        articles=sum(
            attempt.articles_new
            for feed in feeds
            for attempt in feed.attempts
            if since < attempt.started_at <= until
        ),
        matched=matched,
        waiting=waiting,
    )


def _well(
    feed: ReadFeed, since: datetime, until: datetime
) -> tuple[timedelta, datetime | None, bool]:
    """For how long the feed was well, since when it is not at the end, and if it is overdue."""
    attempts = [each for each in feed.attempts if each.started_at <= until]
    if not attempts:
        return _NOTHING, since, True
    well = _NOTHING
    unwell_since: datetime | None = None
    overdue = False
    for number, attempt in enumerate(attempts):
        last = number == len(attempts) - 1
        end = until if last else attempts[number + 1].started_at
        if attempt.failed:
            unwell_since = unwell_since or attempt.started_at
            overdue = False
            continue
        trusted = attempt.next_fetch_at + GRACE
        well += max(min(end, trusted, until) - max(attempt.started_at, since), _NOTHING)
        overdue = last and trusted < until
        unwell_since = trusted if overdue else None
    if attempts[0].failed and unwell_since == attempts[0].started_at:
        unwell_since = min(feed.failing_since or unwell_since, unwell_since)
    return well, unwell_since, overdue
