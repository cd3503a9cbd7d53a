"""Articles and their entries: what is known, what is new, what was edited."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Row, Table, bindparam, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from db import pages
from db.tables import article_revisions, articles, entries, matches, reviews
from pipeline.model import (
    Article,
    ArticleText,
    Feed,
    Headline,
    Known,
    KnownArticle,
    KnownEntry,
    Listing,
    MatchStatus,
    Revision,
)

_Key = TypeVar("_Key", str, int)
# SQLite takes at most 32,766 values in one statement; a document has at most 2,000 entries.
_BATCH = 5_000
# Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to answer it.
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_BY_ENTRY_KEY = select(entries.c.entry_key, entries.c.article_id, entries.c.content_hash).where(
    entries.c.feed_id == bindparam("feed"), entries.c.entry_key.in_(_KEYS)
)
_BY_IDENTITY = select(articles).where(articles.c.identity.in_(_KEYS))
_BY_TITLE = select(articles).where(
    articles.c.title_key.in_(_KEYS), articles.c.publisher == bindparam("publisher")
)


def insert_missing(connection: Connection, table: Table, conflict: Sequence[str]) -> Any:
    """An INSERT that skips rows already there by the named unique columns, on either database."""
    return _insert_missing(connection.dialect.name, table, tuple(conflict))


@cache
def _insert_missing(dialect: str, table: Table, conflict: tuple[str, ...]) -> Any:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing(index_elements=list(conflict))


def known(
    connection: Connection, feed: Feed, candidates: Sequence[Article], *, all_ways: bool = True
) -> Known:
    """Look up what the database holds about the candidates of one document.

    An entry that this feed listed before says which article it is. Without `all_ways`, addresses
    and headlines are looked up only for the others.
    """
    listed = _known_entries(connection, feed.id, {item.entry_key for item in candidates})
    others = [item for item in candidates if all_ways or item.entry_key not in listed]
    return Known(
        entries=listed,
        identities={
            row.identity: _known_article(row)
            for row in _rows(connection, _BY_IDENTITY, {item.identity for item in others})
        },
        titles=_known_titles(connection, feed.publisher, {item.title_key for item in others}),
    )


def _known_entries(
    connection: Connection, feed_id: str, keys: Collection[str]
) -> dict[str, KnownEntry]:
    return {
        row.entry_key: KnownEntry(article_id=row.article_id, content_hash=row.content_hash)
        for row in _rows(connection, _BY_ENTRY_KEY, keys, feed=feed_id)
    }


def _known_titles(
    connection: Connection, publisher: str, keys: Collection[str]
) -> dict[str, tuple[KnownArticle, ...]]:
    found: dict[str, list[KnownArticle]] = defaultdict(list)
    for row in _rows(connection, _BY_TITLE, set(filter(None, keys)), publisher=publisher):
        found[row.title_key].append(_known_article(row))
    return {key: tuple(items) for key, items in found.items()}


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


def _rows(
    connection: Connection, question: Any, keys: Collection[str], **also: str
) -> Iterable[Row[Any]]:
    for batch in _batches(keys):
        yield from connection.execute(question, {"keys": batch, **also})


def _batches(values: Collection[_Key]) -> Iterable[list[_Key]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def add(
    connection: Connection, new: Sequence[Article], feed: Feed, now: datetime
) -> Mapping[str, int]:
    """Store new articles with their first revision and their entries; gives article ids by
    identity.

    An article another process stored meanwhile is not stored again: the entry then points to that
    one, and the identity is left out of the answer, for it is not new.
    """
    if not new:
        return {}
    by_identity = {item.identity: item for item in reversed(new)}
    # One order for everybody, so that two processes never wait for each other in a circle.
    rows = [_row(by_identity[identity], feed, now) for identity in sorted(by_identity)]
    statement = insert_missing(connection, articles, ["identity"]).returning(
        articles.c.id, articles.c.identity
    )
    added = {row.identity: row.id for row in connection.execute(statement, rows)}
    if added:
        connection.execute(
            article_revisions.insert(),
            [_revision(added[identity], 1, by_identity[identity], feed, now) for identity in added],
        )
    ids = dict(added)
    missing = set(by_identity) - set(added)
    ids |= {row.identity: row.id for row in _rows(connection, _BY_IDENTITY, missing)}
    list_entries(
        connection,
        [Listing(article_id=ids[item.identity], article=item) for item in new],
        feed,
        now,
    )
    return added


def _row(item: Article, feed: Feed, now: datetime) -> dict[str, Any]:
    return {
        "identity": item.identity,
        "feed_id": feed.id,
        "url": item.url,
        "link": item.link,
        "title": item.title,
        "summary": item.summary,
        "publisher": item.publisher,
        "language": item.language,
        "author": item.author,
        "categories": list(item.categories),
        "published_at": item.published_at,
        "ordered_at": item.ordered_at,
        "date_origin": item.date_origin,
        "first_seen_at": now,
        "revised_at": now,
        "revision": 1,
        "title_key": item.title_key,
        "content_hash": item.content_hash,
    }


def _revision(
    article_id: int, number: int, item: Article, feed: Feed, now: datetime
) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "number": number,
        "title": item.title,
        "summary": item.summary,
        "feed_id": feed.id,
        "seen_at": now,
    }


def list_entries(
    connection: Connection, listings: Sequence[Listing], feed: Feed, now: datetime
) -> None:
    """Note that this feed lists these stored articles."""
    if not listings:
        return
    connection.execute(
        insert_missing(connection, entries, ["feed_id", "entry_key"]),
        [
            {
                "feed_id": feed.id,
                "entry_key": item.article.entry_key,
                "article_id": item.article_id,
                "guid": item.article.guid,
                "link": item.article.link,
                "title": item.article.title,
                "published_at": item.article.published_at,
                "content_hash": item.article.content_hash,
                "first_seen_at": now,
                "last_seen_at": now,
            }
            for item in listings
        ],
    )


def touch_entries(
    connection: Connection, seen: Sequence[Article], feed: Feed, now: datetime
) -> None:
    """Note that a document still lists these entries."""
    for batch in _batches({item.entry_key for item in seen}):
        connection.execute(
            entries.update()
            .where(entries.c.feed_id == feed.id, entries.c.entry_key.in_(batch))
            .values(last_seen_at=now)
        )


def revise(connection: Connection, listing: Listing, feed: Feed, now: datetime) -> int | None:
    """Store an edited headline or summary as the article's next revision; gives its number.

    None when another feed had already brought this very text: then only the entry is updated.
    """
    item = listing.article
    connection.execute(
        entries.update()
        .where(entries.c.feed_id == feed.id, entries.c.entry_key == item.entry_key)
        .values(content_hash=item.content_hash, last_seen_at=now)
    )
    stored = connection.execute(
        select(articles.c.revision, articles.c.content_hash)
        .where(articles.c.id == listing.article_id)
        .with_for_update(key_share=True)
    ).one()
    if stored.content_hash == item.content_hash:
        return None
    number = int(stored.revision) + 1
    connection.execute(
        article_revisions.insert().values(_revision(listing.article_id, number, item, feed, now))
    )
    connection.execute(
        articles.update()
        .where(articles.c.id == listing.article_id)
        .values(
            title=item.title,
            summary=item.summary,
            title_key=item.title_key,
            content_hash=item.content_hash,
            revision=number,
            revised_at=now,
        )
    )
    return number


def revisions(connection: Connection, article_id: int) -> tuple[Revision, ...]:
    """Give every text an article has had, oldest first."""
    rows = connection.execute(
        select(article_revisions)
        .where(article_revisions.c.article_id == article_id)
        .order_by(article_revisions.c.number)
    )
    return tuple(
        Revision(
            number=row.number,
            title=row.title,
            summary=row.summary,
            feed_id=row.feed_id,
            seen_at=row.seen_at,
        )
        for row in rows
    )


def texts(
    connection: Connection,
    *,
    after: int = 0,
    limit: int | None = None,
    only: Collection[int] | None = None,
    hold: bool = False,
) -> tuple[tuple[int, int, ArticleText], ...]:
    """Give (id, revision, text) of the next articles by id, for matching again in chunks.

    The texts of their pages are part of it, where they were read. With `hold`, nobody else revises
    them until this transaction ends.
    """
    wanted = (
        select(
            articles.c.id,
            articles.c.revision,
            articles.c.title,
            articles.c.summary,
            articles.c.language,
        )
        .where(articles.c.id > after)
        .order_by(articles.c.id)
        .limit(limit)
    )
    if only is not None:
        wanted = wanted.where(articles.c.id.in_(only))
    rows = connection.execute(wanted.with_for_update(key_share=True) if hold else wanted).all()
    # Asked after the lock is held: a page that was stored while we waited for it counts.
    completed = pages.with_bodies(
        connection,
        {
            row.id: ArticleText(title=row.title, summary=row.summary, language=row.language)
            for row in rows
        },
    )
    return tuple((row.id, row.revision, completed[row.id]) for row in rows)


def dates(connection: Connection, article_ids: Collection[int]) -> dict[int, datetime]:
    """Give for each of these articles the time it is ordered by."""
    found: dict[int, datetime] = {}
    for batch in _batches(article_ids):
        rows = connection.execute(
            select(articles.c.id, articles.c.ordered_at).where(articles.c.id.in_(batch))
        )
        found.update((article_id, ordered_at) for article_id, ordered_at in rows)
    return found


def headlines(connection: Connection, article_ids: Collection[int]) -> dict[int, Headline]:
    """Give each of these articles in one line."""
    columns = ("id", "title", "publisher", "url", "published_at")
    found: dict[int, Headline] = {}
    for batch in _batches(article_ids):
        for row in connection.execute(
            select(*(articles.c[name] for name in columns)).where(articles.c.id.in_(batch))
        ):
            found[row.id] = Headline(
                article_id=row.id,
                title=row.title,
                publisher=row.publisher,
                url=row.url,
                published_at=row.published_at,
            )
    return found


def seen_since(connection: Connection, moment: datetime) -> tuple[datetime | None, int | None]:
    """Give when the oldest article was first seen, and the first id that was since a moment."""
    oldest = connection.scalar(select(func.min(articles.c.first_seen_at)))
    first = connection.scalar(
        select(func.min(articles.c.id)).where(articles.c.first_seen_at >= moment)
    )
    return oldest, first


def prune_unmatched(connection: Connection, before: datetime) -> int:
    """Delete what was first seen before a time, matches nothing and was never reviewed; how many.

    What a feed still listed after that time stays: deleting it would bring it back as new.
    """
    matched = exists().where(
        matches.c.article_id == articles.c.id, matches.c.status != MatchStatus.WITHDRAWN
    )
    reviewed = exists().where(
        matches.c.article_id == articles.c.id, reviews.c.match_id == matches.c.id
    )
    listed = exists().where(entries.c.article_id == articles.c.id, entries.c.last_seen_at >= before)
    doomed = select(articles.c.id).where(
        articles.c.first_seen_at < before, ~matched, ~reviewed, ~listed
    )
    return connection.execute(articles.delete().where(articles.c.id.in_(doomed))).rowcount


def count(connection: Connection) -> int:
    """Count the stored articles."""
    return connection.scalar(select(func.count()).select_from(articles)) or 0
