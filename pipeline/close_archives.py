"""Close archives: what left the feeds' windows goes into archives that never change again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from db import Connection, conflicts, digest_archives
from pipeline.stages.compose import feed_path, regions_of

LEAST_ENTRIES = 50
WINDOW = timedelta(days=7)
ARCHIVE_ENTRIES = 50


def close_archives(connection: Connection, now: datetime) -> int:
    """Close every archive that is full, of every feed; gives how many.

    An archive holds exactly `ARCHIVE_ENTRIES` entries, the oldest that stand in none yet and have
    left the window; until there are as many they stay in the subscription document.
    """
    return sum(
        digest_archives.close_full(
            connection,
            path,
            tracked,
            since=now - WINDOW,
            least=LEAST_ENTRIES,
            size=ARCHIVE_ENTRIES,
            now=now,
        )
        for path, tracked in _feeds_that_may(connection)
    )


def _feeds_that_may(connection: Connection) -> Iterator[tuple[str, frozenset[str]]]:
    """The feeds with more entries than the window needs; the others are not asked about."""
    running = conflicts.running(connection)
    slugs = frozenset(conflict.slug for conflict in running)
    most = LEAST_ENTRIES + ARCHIVE_ENTRIES
    for conflict, count in digest_archives.waiting(connection, slugs).items():
        if count >= most:
            yield feed_path(conflict, None), frozenset({conflict})
    for region in regions_of(running):
        yield feed_path(None, region), region.conflicts
    yield feed_path(None, None), slugs
