"""What the database holds about the articles of a document: known, listed, forgotten."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from db import entries as entry_rows
from db import forgotten
from db.rows import as_keys, as_pairs, with_keys, with_pairs
from db.tables import articles
from pipeline.model import Article, Delivery, Known, KnownArticle

# Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to answer it.
_RECOGNISED = (
    articles.c.identity,
    articles.c.id,
    articles.c.publisher,
    articles.c.title_key,
    articles.c.summary,
    articles.c.content_hash,
    articles.c.published_at,
    articles.c.first_seen_at,
)
_BY_IDENTITY = with_keys(_RECOGNISED, articles.c.identity)
_BY_TITLE = with_pairs(_RECOGNISED, articles.c.publisher, articles.c.title_key)


def known(connection: Connection, deliveries: Sequence[Delivery]) -> tuple[Known, ...]:
    """Look up what the database holds about the articles of some documents, each in its turn.

    An entry that its feed listed before says which article it is; addresses and headlines are
    looked up only for the others. `identities` are one mapping for all documents, `titles` one for
    all of a publisher.
    """
    listed = entry_rows.known(connection, deliveries)
    others = [
        (each.feed.publisher, item)
        for each in deliveries
        for item in each.articles
        if item.entry_key not in listed[each.feed.id]
    ]
    named = {"keys": as_keys(item.identity for _, item in others)}
    rows = connection.execute(_BY_IDENTITY[connection.dialect.name], named)
    identities = {row.identity: _known_article(row) for row in rows}
    titles = _known_titles(connection, others)
    unknown = {item.identity for _, item in others} - identities.keys()
    gone = forgotten.known(connection, unknown)
    return tuple(
        Known(
            entries=listed[each.feed.id],
            identities=identities,
            titles=titles[each.feed.publisher],
            forgotten=gone,
        )
        for each in deliveries
    )


def _known_titles(
    connection: Connection, wanted: Iterable[tuple[str, Article]]
) -> defaultdict[str, dict[str, tuple[KnownArticle, ...]]]:
    found: defaultdict[str, dict[str, tuple[KnownArticle, ...]]] = defaultdict(dict)
    pairs = as_pairs((publisher, item.title_key) for publisher, item in wanted if item.title_key)
    for row in connection.execute(_BY_TITLE[connection.dialect.name], {"pairs": pairs}):
        same = found[row.publisher].get(row.title_key, ())
        found[row.publisher][row.title_key] = (*same, _known_article(row))
    return found


def _known_article(row: Row[Any]) -> KnownArticle:
    return KnownArticle(
        id=row.id,
        publisher=row.publisher,
        title_key=row.title_key,
        summary=row.summary,
        content_hash=row.content_hash,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
    )
