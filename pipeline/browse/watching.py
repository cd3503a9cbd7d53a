"""Watching: which feeds and conflicts there are, and when the next fetch comes."""

from datetime import datetime

from db import (
    Database,
    conflicts,
    feeds,
)
from pipeline.model import (
    Feed,
)


def watched_feeds(database: Database) -> tuple[Feed, ...]:
    """List the feeds that are watched, whoever owns them, disabled ones too."""
    with database.reading() as connection:
        return feeds.watched(connection)


def next_fetch(database: Database) -> datetime | None:
    """Tell when the next feed's turn comes, or None when no feed will be fetched."""
    with database.reading() as connection:
        return feeds.next_turn(connection)


def conflict_titles(database: Database) -> dict[str, str]:
    """Give the tracked conflicts' titles by slug, in the order of sources.yaml."""
    with database.reading() as connection:
        return conflicts.titles(connection)


def without_editions(database: Database) -> frozenset[str]:
    """Name the tracked conflicts that have no daily edition."""
    with database.reading() as connection:
        return conflicts.without_editions(connection)
