"""Entries: which articles a feed lists, since when, and what it last said of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam

from db.rows import as_pairs, insert_columns, with_pairs
from db.tables import entries
from pipeline.model import Article, Delivery, KnownEntry, Listing

# Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to answer it.
_BY_KEY = with_pairs(
    (
        entries.c.feed_id,
        entries.c.entry_key,
        entries.c.id,
        entries.c.article_id,
        entries.c.content_hash,
    ),
    entries.c.feed_id,
    entries.c.entry_key,
)
_SEEN = entries.update().where(entries.c.id == bindparam("which"))
_EDITED = entries.update().where(
    entries.c.feed_id == bindparam("feed"), entries.c.entry_key == bindparam("key")
)


def known(
    connection: Connection, deliveries: Sequence[Delivery]
) -> dict[str, dict[str, KnownEntry]]:
    """Give what these feeds listed before of what is delivered now: by feed, then by entry key."""
    wanted = as_pairs(
        (each.feed.id, item.entry_key) for each in deliveries for item in each.articles
    )
    found: dict[str, dict[str, KnownEntry]] = {each.feed.id: {} for each in deliveries}
    rows = connection.execute(_BY_KEY[connection.dialect.name], {"pairs": wanted})
    for feed_id, key, entry_id, article_id, content_hash in rows:
        found[feed_id][key] = KnownEntry(
            id=entry_id, article_id=article_id, content_hash=content_hash
        )
    return found


def add(connection: Connection, listed: Sequence[tuple[Delivery, Article, int]]) -> None:
    """Note that feeds list stored articles, each given with its number; an entry that is there
    already stays as it is."""
    if not listed:
        return
    # One order for everybody, so that two processes never wait for each other in a circle.
    in_order = sorted(listed, key=lambda each: (each[0].feed.id, each[1].entry_key))
    items = [item for _, item, _ in in_order]
    asked_at = [delivery.at for delivery, _, _ in in_order]
    columns: dict[str, Sequence[Any]] = {
        "feed_id": [delivery.feed.id for delivery, _, _ in in_order],
        "entry_key": [item.entry_key for item in items],
        "article_id": [article_id for _, _, article_id in in_order],
        "guid": [item.guid for item in items],
        "link": [item.link for item in items],
        "title": [item.title for item in items],
        "published_at": [item.published_at for item in items],
        "content_hash": [item.content_hash for item in items],
        "first_seen_at": asked_at,
        "last_seen_at": asked_at,
    }
    insert_columns(connection, entries, columns, ["feed_id", "entry_key"])


def touch(connection: Connection, seen: Mapping[int, datetime]) -> None:
    """Note when a document last listed these entries, given by the number of their row."""
    if seen:
        rows = [{"which": entry_id, "last_seen_at": seen[entry_id]} for entry_id in sorted(seen)]
        connection.execute(_SEEN, rows)


def edit(connection: Connection, edited: Sequence[tuple[Delivery, Listing]]) -> None:
    """Note what feeds now say of entries they had listed before."""
    rows = [
        {
            "feed": delivery.feed.id,
            "key": listing.article.entry_key,
            "content_hash": listing.article.content_hash,
            "last_seen_at": delivery.at,
        }
        for delivery, listing in edited
    ]
    rows.sort(key=lambda row: (row["feed"], row["key"]))
    if rows:
        connection.execute(_EDITED, rows)
