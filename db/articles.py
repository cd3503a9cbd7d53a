"""Articles and their entries: what is known, what is new, what was edited."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, exists, func, select, text

from db import entries as entry_rows
from db import forgotten, pages
from db.rows import (
    as_keys,
    as_pairs,
    in_batches,
    insert_columns,
    insert_missing,
    with_keys,
    with_pairs,
)
from db.tables import article_revisions, articles, entries, matches, reviews, search_state
from pipeline.model import (
    Article,
    ArticleText,
    Delivery,
    Feed,
    Headline,
    Known,
    KnownArticle,
    Listing,
    MatchStatus,
    Revision,
)

# Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to answer it.
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
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
_ONLY_TEXT = select(
    articles.c.revision.label("number"),
    articles.c.title,
    articles.c.summary,
    articles.c.feed_id,
    articles.c.first_seen_at.label("seen_at"),
).where(articles.c.id == bindparam("which"))
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


def revisions(connection: Connection, article_id: int) -> tuple[Revision, ...]:
    """Give every text an article has had, oldest first."""
    rows = connection.execute(
        select(article_revisions)
        .where(article_revisions.c.article_id == article_id)
        .order_by(article_revisions.c.number)
    ).all()
    # A text that never changed is kept once, with its article.
    rows = rows or connection.execute(_ONLY_TEXT, {"which": article_id}).all()
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
    for batch in in_batches(sorted(article_ids)):
        rows = connection.execute(
            select(articles.c.id, articles.c.ordered_at).where(articles.c.id.in_(batch))
        )
        found.update((article_id, ordered_at) for article_id, ordered_at in rows)
    return found


def headlines(connection: Connection, article_ids: Collection[int]) -> dict[int, Headline]:
    """Give each of these articles in one line."""
    columns = ("id", "title", "publisher", "url", "published_at", "summary", "language")
    found: dict[int, Headline] = {}
    for batch in in_batches(sorted(article_ids)):
        for row in connection.execute(
            select(*(articles.c[name] for name in columns)).where(articles.c.id.in_(batch))
        ):
            found[row.id] = Headline(
                article_id=row.id,
                title=row.title,
                publisher=row.publisher,
                url=row.url,
                published_at=row.published_at,
                summary=row.summary,
                language=row.language,
            )
    return found


def seen_since(connection: Connection, moment: datetime) -> tuple[datetime | None, int | None]:
    """Give when the oldest article was first seen, and the first id that was since a moment."""
    oldest = connection.scalar(select(func.min(articles.c.first_seen_at)))
    first = connection.scalar(
        select(func.min(articles.c.id)).where(articles.c.first_seen_at >= moment)
    )
    return oldest, first


def prune_unmatched(connection: Connection, before: datetime, now: datetime) -> int:
    """Delete what was first seen before a time, matches nothing and was never reviewed; how many.

    What a feed still listed after that time stays. All others are remembered as forgotten: a feed
    that said nothing changed for a month, and then brings one item more, lists the old ones too.
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
    pruned = connection.scalars(doomed).all()
    gone = 0
    for batch in in_batches(sorted(pruned)):
        within = articles.c.id.in_(batch)
        # Somebody may just have found a match for it: looked at once more when nobody else can.
        connection.execute(
            select(articles.c.id).where(within).order_by(articles.c.id).with_for_update()
        )
        doomed_still = connection.scalars(doomed.where(within)).all()
        forgotten.remember(connection, doomed_still, now)
        connection.execute(articles.delete().where(articles.c.id.in_(doomed_still)))
        gone += len(doomed_still)
    return gone


def count(connection: Connection) -> int:
    """Count the stored articles."""
    return connection.scalar(select(func.count()).select_from(articles)) or 0
