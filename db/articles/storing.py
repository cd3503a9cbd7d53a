"""New articles, and new texts of those that were edited."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select, text

from db import entries as entry_rows
from db.rows import in_batches, insert_columns, insert_missing
from db.tables import article_revisions, articles, search_state
from pipeline.model import Article, Delivery, Feed, Listing

# Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to answer it.
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_IDS = select(articles.c.identity, articles.c.id).where(articles.c.identity.in_(_KEYS))
_STANDING = (
    select(
        articles.c.id,
        articles.c.revision,
        articles.c.content_hash,
        articles.c.title,
        articles.c.summary,
        articles.c.feed_id,
        articles.c.first_seen_at,
    )
    .where(articles.c.id.in_(_KEYS))
    .order_by(articles.c.id)
    .with_for_update(key_share=True)
)
_REVISE = articles.update().where(articles.c.id == bindparam("which"))
_OUTDATED = (
    search_state.update().where(search_state.c.article_id == bindparam("which")).values(revision=0)
)
_NEXT_IDS = {
    # Nobody else writes until this transaction ends.
    "sqlite": text("SELECT coalesce(max(id), 0) + 1 FROM articles"),
    "postgresql": text(
        "SELECT nextval(pg_get_serial_sequence('articles', 'id')) FROM generate_series(1, :many)"
    ),
}


def add(
    connection: Connection, new: Sequence[Article], feed: Feed, now: datetime
) -> Mapping[str, int]:
    """Store the new articles of one document with their entries; gives article ids by identity.

    An article another process stored meanwhile is not stored again: the entry then points to that
    one, and the identity is left out of the answer, for it is not new.
    """
    delivery = Delivery(feed=feed, articles=tuple(new), at=now)
    ids, added = add_all(connection, [(delivery, item) for item in new])
    entry_rows.add(connection, [(delivery, item, ids[item.identity]) for item in new])
    return {identity: ids[identity] for identity in added}


def add_all(
    connection: Connection, new: Sequence[tuple[Delivery, Article]]
) -> tuple[Mapping[str, int], Set[str]]:
    """Store new articles without their entries; of two that share an identity the first.

    Gives the ids of all by identity, and the identities that are new: the others were stored by
    another process meanwhile.
    """
    if not new:
        return {}, frozenset()
    by_identity = {item.identity: (delivery, item) for delivery, item in reversed(new)}
    # One order for everybody, so that two processes never wait for each other in a circle.
    in_order = sorted(by_identity)
    ids = dict(zip(in_order, _next_ids(connection, len(in_order)), strict=True))
    rows = [by_identity[identity] for identity in in_order]
    stored = insert_columns(connection, articles, _columns(ids, rows), ["identity"])
    if stored == len(in_order):
        return ids, by_identity.keys()
    standing = {
        row.identity: int(row.id)
        for batch in in_batches(in_order)
        for row in connection.execute(_IDS, {"keys": batch})
    }
    return standing, {identity for identity in in_order if standing[identity] == ids[identity]}


def _next_ids(connection: Connection, many: int) -> Sequence[int]:
    """Numbers for new articles, so that their entries can be written without reading them back."""
    if connection.dialect.name == "sqlite":
        first = int(connection.scalar(_NEXT_IDS["sqlite"]) or 1)
        return range(first, first + many)
    return tuple(connection.scalars(_NEXT_IDS["postgresql"], {"many": many}))


def _columns(
    ids: Mapping[str, int], rows: Sequence[tuple[Delivery, Article]]
) -> dict[str, Sequence[Any]]:
    items = [item for _, item in rows]
    asked_at = [delivery.at for delivery, _ in rows]
    return {
        "id": [ids[item.identity] for item in items],
        "identity": [item.identity for item in items],
        "feed_id": [delivery.feed.id for delivery, _ in rows],
        "url": [item.url for item in items],
        "link": [item.link for item in items],
        "title": [item.title for item in items],
        "summary": [item.summary for item in items],
        "publisher": [item.publisher for item in items],
        "language": [item.language for item in items],
        "author": [item.author for item in items],
        "categories": [item.categories for item in items],
        "published_at": [item.published_at for item in items],
        "ordered_at": [item.ordered_at for item in items],
        "date_origin": [item.date_origin for item in items],
        "first_seen_at": asked_at,
        "revised_at": asked_at,
        "revision": [1] * len(items),
        "title_key": [item.title_key for item in items],
        "content_hash": [item.content_hash for item in items],
    }


def revise(connection: Connection, listing: Listing, feed: Feed, now: datetime) -> int | None:
    """Store an edited headline or summary as the article's next revision; gives its number.

    None when another feed had already brought this very text: then only the entry is updated.
    """
    delivery = Delivery(feed=feed, articles=(listing.article,), at=now)
    [number] = revise_all(connection, [(delivery, listing)])
    return number


def revise_all(
    connection: Connection, edits: Sequence[tuple[Delivery, Listing]]
) -> tuple[int | None, ...]:
    """Store edits as `revise` does, the first first; gives their numbers."""
    if not edits:
        return ()
    entry_rows.edit(connection, edits)
    # By id, as everywhere: two feeds that edit the same articles must not wait in a circle.
    standing = {
        row.id: dict(row._mapping)
        for batch in in_batches(sorted({listing.article_id for _, listing in edits}))
        for row in connection.execute(_STANDING, {"keys": batch})
    }
    numbers: list[int | None] = []
    texts: list[dict[str, Any]] = []
    changed: dict[int, dict[str, Any]] = {}
    for delivery, listing in edits:
        row, item = standing[listing.article_id], listing.article
        if row["content_hash"] == item.content_hash:
            numbers.append(None)
            continue
        if row["revision"] == 1:
            texts.append(_first_text(row))
        row |= {
            "revision": row["revision"] + 1,
            "content_hash": item.content_hash,
            "title": item.title,
            "summary": item.summary,
        }
        numbers.append(row["revision"])
        texts.append(_text(row, delivery.feed.id, delivery.at))
        changed[row["id"]] = {
            "which": row["id"],
            "title": item.title,
            "summary": item.summary,
            "title_key": item.title_key,
            "content_hash": item.content_hash,
            "revision": row["revision"],
            "revised_at": delivery.at,
        }
    if changed:
        connection.execute(
            insert_missing(connection, article_revisions, ["article_id", "number"]), texts
        )
        in_order = sorted(changed)
        connection.execute(_REVISE, [changed[article_id] for article_id in in_order])
        connection.execute(_OUTDATED, [{"which": article_id} for article_id in in_order])
    return tuple(numbers)


def _first_text(row: Mapping[str, Any]) -> dict[str, Any]:
    return _text(row, row["feed_id"], row["first_seen_at"])


def _text(row: Mapping[str, Any], feed_id: str, seen_at: datetime) -> dict[str, Any]:
    return {
        "article_id": row["id"],
        "number": row["revision"],
        "title": row["title"],
        "summary": row["summary"],
        "feed_id": feed_id,
        "seen_at": seen_at,
    }
