"""Recent: what was published of a conflict in the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from db import (
    Database,
    digests,
    edition_stories,
    editions,
)
from pipeline.model import (
    Edition,
    PublishedItem,
)
from pipeline.stages.edition import (
    from_manifest,
)

LATELY = timedelta(days=7)
MOST_LATELY = 50
MOST_EDITIONS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """What was published lately of a conflict: entries of the digest, and editions.

    `approved` maps entries by slug to the matches that hold them up: rejecting them withdraws it.
    """

    items: tuple[PublishedItem, ...]
    approved: dict[str, tuple[int, ...]]
    editions: tuple[Edition, ...]


def lately(database: Database, slug: str, now: datetime) -> Lately:
    """Give what was published of a conflict in the last days, newest first."""
    with database.reading() as connection:
        items = digests.published(connection, conflict=slug, since=now - LATELY)[:MOST_LATELY]
        approved = edition_stories.approved_matches(connection, slug, [each.slug for each in items])
        stored = editions.stored(connection, conflict=slug, limit=MOST_EDITIONS)
    return Lately(
        items=items,
        approved=approved,
        editions=tuple(from_manifest(each.manifest) for each in stored),
    )
