"""Keys: what newcomers are compared with is looked up by: rare words and bands of a text."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    column,
    select,
    text,
)

from db.stories.telling import KEYS, batches_of
from db.tables import UTCDateTime, story_keys

# An index range of each key, broken off when it is long: common words cost no more than rare ones.
_COUNT = """
    SELECT wanted.key, (SELECT count(*) FROM (
        SELECT 1 FROM story_keys AS held
        WHERE held.key = wanted.key AND held.published_at BETWEEN :since AND :until LIMIT :most
    ) AS found) AS how_many
    FROM ({keys}) AS wanted
"""
_COUNTS = {
    dialect: text(_COUNT.format(keys=keys))
    .bindparams(bindparam("since", type_=UTCDateTime()), bindparam("until", type_=UTCDateTime()))
    .columns(column("key", BigInteger), column("how_many", BigInteger))
    for dialect, keys in {
        "sqlite": "SELECT value AS key FROM json_each(:keys)",
        "postgresql": "SELECT CAST(value AS BIGINT) AS key"
        " FROM json_array_elements_text(CAST(:keys AS JSON))",
    }.items()
}
_HELD = select(story_keys.c.key, story_keys.c.article_id).where(
    story_keys.c.key.in_(KEYS),
    story_keys.c.published_at.between(
        bindparam("since", type_=UTCDateTime()), bindparam("until", type_=UTCDateTime())
    ),
)


def how_common(
    connection: Connection, keys: Collection[int], since: datetime, until: datetime, *, most: int
) -> dict[int, int]:
    """Count the articles published in a span under each key, not further than `most`."""
    counted: dict[int, int] = {}
    statement = _COUNTS[connection.dialect.name]
    for some in batches_of(keys):
        rows = connection.execute(
            statement, {"keys": json.dumps(some), "since": since, "until": until, "most": most}
        )
        counted.update((row.key, row.how_many) for row in rows)
    return counted


def holding(
    connection: Connection, keys: Collection[int], since: datetime, until: datetime
) -> dict[int, list[int]]:
    """Give the articles published in a span under each key, by key."""
    found: dict[int, list[int]] = defaultdict(list)
    for some in batches_of(keys):
        rows = connection.execute(_HELD, {"keys": some, "since": since, "until": until})
        for key, article_id in rows:
            found[key].append(article_id)
    return found


def keep_keys(
    connection: Connection, keys: Mapping[int, tuple[datetime, Collection[int]]], now: datetime
) -> None:
    """Keep the keys of articles, given by article id with the article's date."""
    rows = [
        {"key": key, "published_at": published_at, "article_id": article_id, "stored_at": now}
        for article_id, (published_at, held) in keys.items()
        for key in set(held)
    ]
    if rows:
        connection.execute(story_keys.insert(), rows)


def prune_keys(connection: Connection, before: datetime) -> int:
    """Delete the keys kept before a time; how many."""
    return connection.execute(story_keys.delete().where(story_keys.c.stored_at < before)).rowcount
