"""Forgotten: articles that were removed as old and unmatched, so that they do not come back as
new."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, literal, select, union

from db.rows import as_keys, insert_missing, with_keys
from db.tables import articles, entries, forgotten

# Made once: every document with something new asks it.
_KNOWN = with_keys((forgotten.c.identity, forgotten.c.content_hash), forgotten.c.identity)


def known(connection: Connection, identities: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Give the identities and content hashes among these that were forgotten."""
    asked = connection.execute(_KNOWN[connection.dialect.name], {"keys": as_keys(identities)})
    return frozenset((row.identity, row.content_hash) for row in asked)


def remember(connection: Connection, article_ids: Collection[int], now: datetime) -> None:
    """Note articles that are about to be removed, with each text a feed last gave of them."""
    doomed = articles.c.id.in_(article_ids)
    at: Any = literal(now, forgotten.c.forgotten_at.type)
    own = select(articles.c.identity, articles.c.content_hash, at).where(doomed)
    listed = (
        select(articles.c.identity, entries.c.content_hash, at)
        .join(entries, entries.c.article_id == articles.c.id)
        .where(doomed)
    )
    texts = union(own, listed).subquery()
    # The condition keeps SQLite from taking ON for a join.
    rows = select(texts).where(literal(1) == 1)
    connection.execute(
        insert_missing(connection, forgotten, ["identity", "content_hash"]).from_select(
            ["identity", "content_hash", "forgotten_at"], rows
        )
    )


def prune(connection: Connection, before: datetime) -> int:
    """Delete what was forgotten before a time; how many."""
    gone = forgotten.delete().where(forgotten.c.forgotten_at < before)
    return connection.execute(gone).rowcount
