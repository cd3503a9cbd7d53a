"""How the feeds do: what fails together, what fails alone, what needs somebody."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from db import Database, alarms, health
from db import feeds as feed_rows
from pipeline.diagnose.finding import Finding, Level
from pipeline.model import FeedState
from pipeline.stages.alarm import BROKEN, outages
from pipeline.stages.describe import named, outage

_NEEDS_HELP = {FeedState.BLOCKED, FeedState.GONE}
# Leave that ends later than a year from now was hardly meant to end.
_LONG_LEAVE = timedelta(days=366)


def look_at_feeds(database: Database, now: datetime) -> Iterator[Finding]:
    """Look at the feeds; what fails together is one finding."""
    with database.reading() as connection:
        found = health.glances(connection)
        standing = alarms.standing(connection, [each.feed_id for each in found])
    shared = outages(found)
    for each in shared:
        yield Finding(
            level=Level.BAD,
            about="feeds",
            what=outage(each),
            advice="`dateline feeds list` says more",
        )
    explained = frozenset().union(*(each.feed_ids for each in shared))
    failing = [
        each for each in found if each.state is FeedState.FAILING and each.feed_id not in explained
    ]
    if failing:
        names = named([f"{each.feed_id} ({each.error_kind})" for each in failing], 8)
        level = Level.BAD if len(failing) * 2 > len(found) else Level.NOTE
        yield Finding(
            level=level,
            about="feeds",
            what=f"{len(failing)} of {len(found)} are failing: {names}",
            advice="`dateline feeds list` says why; they are tried again by themselves",
        )
    refused = [each for each in found if each.state in _NEEDS_HELP]
    with database.reading() as connection:
        faults = {
            each.feed.id: each.error_message
            for each in feed_rows.health(connection, only=[each.feed_id for each in refused])
        }
    for one in refused:
        yield Finding(
            level=Level.NOTE,
            about=one.feed_id,
            what=f"{one.state}: {faults[one.feed_id]}",
            advice="ask the publisher, or change or remove the feed in sources.yaml",
        )
    for alarm in (alarm for of_feed in standing.values() for alarm in of_feed):
        if alarm.kind not in BROKEN:
            yield Finding(
                level=Level.NOTE,
                about=alarm.feed_id,
                what=f"{alarm.detail} (told {alarm.raised_at:%Y-%m-%d %H:%M} UTC)",
                advice="`dateline feeds list --alarms` lists what is wrong",
            )
    yield from _unverified(database, now)


def _unverified(database: Database, now: datetime) -> Iterator[Finding]:
    with database.reading() as connection:
        watched = feed_rows.watched(connection)
    for feed in watched:
        leave = feed.unverified_tls
        if leave is None:
            continue
        if leave.holds(now):
            what = f"its certificate is not verified until {leave.until}: {leave.because}"
            advice = "ask the publisher for a good one; until then anybody may answer for it"
            if leave.until > (now + _LONG_LEAVE).astimezone(UTC).date():
                advice = "that is long: give it a day within a year, and ask for a good one"
        else:
            what = f"the leave to read it without a good certificate ended on {leave.until}"
            advice = "take unverified_tls out of sources.yaml, or give it a later day"
        yield Finding(level=Level.NOTE, about=feed.id, what=what, advice=advice)
