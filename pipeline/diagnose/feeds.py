"""How the feeds do: what fails together, what fails alone, what needs somebody."""

from collections.abc import Iterator

from db import Database, alarms, health
from db import feeds as feed_rows
from pipeline.diagnose.finding import Finding, Level
from pipeline.model import FeedState
from pipeline.stages.alarm import BROKEN, outages
from pipeline.stages.describe import named, outage

_NEEDS_HELP = {FeedState.BLOCKED, FeedState.GONE}


def look_at_feeds(database: Database) -> Iterator[Finding]:
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
