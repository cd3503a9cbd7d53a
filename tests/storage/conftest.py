"""A database that already watches a feed and a conflict."""

import pytest

from db import Database, conflicts, feeds, instance
from tests.making import NOON, a_conflict, a_feed


@pytest.fixture
def watching(database: Database) -> Database:
    """A database that watches Sahel Wire and Mali."""
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
        feeds.declare(connection, [a_feed(), a_feed("delta-post")], NOON)
        conflicts.declare(connection, [a_conflict(), a_conflict("niger", "Unrest in Niger")], NOON)
    return database
