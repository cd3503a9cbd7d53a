"""Finding stored articles: by match, by words (FTS5 on SQLite, tsvector on PostgreSQL)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, select, text
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from db.matches import queue as queued
from db.matches import read_hits
from db.rows import insert_columns
from db.tables import articles, entries, matches, metadata, search_state
from pipeline.model import ArticleMatch, DateOrigin, MatchStatus, QueuedMatch, StoredArticle
from pipeline.text import fold_key

_INDEX_BATCH = 1_000
# No headline and summary hold more different words, so more of them find nothing.
_MOST_WORDS = 1_000
# On SQLite articles are numbered in the order of their commits. On PostgreSQL a transaction takes
# numbers before it commits, and others with higher ones may overtake it.
_OUT_OF_ORDER = {"sqlite": 0, "postgresql": 20_000}
_index = sql_table(
    "article_search", sql_column("rowid"), sql_column("article_id"), sql_column("document")
)
_CANDIDATES = (
    select(articles.c.id, articles.c.revision, articles.c.title_key, articles.c.summary)
    .select_from(articles.outerjoin(search_state))
    .where(articles.c.id > bindparam("after"))
    .order_by(articles.c.id)
    .limit(bindparam("most"))
)
_ALL_STALE = _CANDIDATES.where(search_state.c.revision.is_distinct_from(articles.c.revision))
_NEW = _CANDIDATES.where(search_state.c.article_id.is_(None))
_REVISED = (
    select(articles.c.id, articles.c.revision, articles.c.title_key, articles.c.summary)
    .join_from(search_state, articles)
    # As it stands in the index over it, so that either database takes that one.
    .where(text("search_state.revision = 0"), articles.c.id > bindparam("after"))
    .order_by(articles.c.id)
    .limit(bindparam("most"))
)
_STANDING = select(
    select(func.max(articles.c.id))
    .where(articles.c.id < bindparam("first"))
    .scalar_subquery()
    .label("stored"),
    select(func.max(search_state.c.article_id)).scalar_subquery().label("indexed"),
)
_INDEXED = (
    search_state.update()
    .where(search_state.c.article_id == bindparam("which"))
    .values(revision=bindparam("now"))
)
_INSERT_SQLITE = "INSERT OR REPLACE INTO article_search(rowid, document) VALUES (?, ?)"
_INSERT_POSTGRES = text(
    "INSERT INTO article_search(article_id, document)"
    " VALUES (:id, to_tsvector('simple', :document))"
    " ON CONFLICT (article_id) DO UPDATE SET document = excluded.document"
)


def index_new(connection: Connection, *, limit: int | None = None, thoroughly: bool = False) -> int:
    """Bring articles that are new or revised into the index, `limit` of them at most; how many.

    `thoroughly` compares every article with what was indexed, which takes a second a million:
    worth it now and then, for on PostgreSQL an article may slip through that was revised, or stored
    by a process that slept for long, while another one indexed.
    """
    indexed = 0
    for stale, after in _stale(connection, thoroughly=thoroughly):
        while limit is None or indexed < limit:
            most = _INDEX_BATCH if limit is None else min(_INDEX_BATCH, limit - indexed)
            rows = connection.execute(stale, {"after": after, "most": most}).all()
            if not rows:
                break
            _index_rows(connection, rows)
            indexed += len(rows)
            after = rows[-1].id
    return indexed


def index_at_once(connection: Connection, documents: Mapping[int, str]) -> None:
    """Bring articles that this transaction stores into the index, if none before them waits for
    that; given by id, in order, each as its folded headline and summary.

    Only on SQLite, where it costs half of what it costs later. PostgreSQL may tidy its index up at
    any insert, and whoever waits for the rows this transaction holds would wait for that too.
    """
    if not documents or connection.dialect.name != "sqlite":
        return
    standing = connection.execute(_STANDING, {"first": min(documents)}).one()
    if standing.stored != standing.indexed:
        return
    ids = list(documents)
    connection.exec_driver_sql(_INSERT_SQLITE, list(documents.items()))
    columns = {"article_id": ids, "revision": [1] * len(ids)}
    insert_columns(connection, search_state, columns, ["article_id"])


def _stale(connection: Connection, *, thoroughly: bool) -> Sequence[tuple[Select[Any], int]]:
    """Questions for the articles to index, by id, each with the id they come after."""
    if thoroughly:
        return [(_ALL_STALE, 0)]
    newest = connection.scalar(select(func.max(search_state.c.article_id))) or 0
    floor = max(newest - _OUT_OF_ORDER[connection.dialect.name], 0)
    return [(_REVISED, 0), (_NEW, floor)]


def _index_rows(connection: Connection, rows: Sequence[Any]) -> None:
    # The folded headline is stored; to fold is most of the work.
    texts = [f"{row.title_key} {fold_key(row.summary)}" for row in rows]
    if connection.dialect.name == "sqlite":
        # By the driver itself: each of a thousand takes SQLAlchemy as long as SQLite.
        ids = [row.id for row in rows]
        connection.exec_driver_sql(_INSERT_SQLITE, list(zip(ids, texts, strict=True)))
    else:
        pairs = zip(rows, texts, strict=True)
        connection.execute(
            _INSERT_POSTGRES, [{"id": row.id, "document": document} for row, document in pairs]
        )
    columns = {"article_id": [row.id for row in rows], "revision": [row.revision for row in rows]}
    if insert_columns(connection, search_state, columns, ["article_id"]) < len(rows):
        connection.execute(_INDEXED, [{"which": row.id, "now": row.revision} for row in rows])


def forget(connection: Connection, article_ids: Collection[int]) -> None:
    """Take articles that are about to be deleted out of the index."""
    key = _index.c.rowid if connection.dialect.name == "sqlite" else _index.c.article_id
    connection.execute(_index.delete().where(key.in_(article_ids)))


def find(
    connection: Connection,
    *,
    ids: Collection[int] | None = None,
    conflict: str | None = None,
    status: MatchStatus | None = None,
    words: str | None = None,
    unmatched: bool = False,
    limit: int | None = None,
) -> tuple[StoredArticle, ...]:
    """List articles with their matches, newest first; all words must occur (the last as a
    beginning).

    Without `unmatched`, only articles under some conflict are listed.
    """
    wanted = (
        select(articles).order_by(articles.c.ordered_at.desc(), articles.c.id.desc()).limit(limit)
    )
    under = matches.c.article_id == articles.c.id
    if conflict is not None:
        under &= matches.c.conflict == conflict
    if status is not None:
        under &= matches.c.status == status
    elif not unmatched:
        under &= matches.c.status != MatchStatus.WITHDRAWN
    if conflict is not None or status is not None or not unmatched:
        wanted = wanted.where(exists().where(under))
    if ids is not None:
        wanted = wanted.where(articles.c.id.in_(ids))
    if words is not None:
        found = containing(connection, words)
        if found is None:
            return ()
        wanted = wanted.where(articles.c.id.in_(found))
    rows = connection.execute(wanted).all()
    listed_by = _feeds(connection, [row.id for row in rows])
    matched = _matches(connection, [row.id for row in rows])
    return tuple(_stored(row, tuple(listed_by[row.id]), tuple(matched[row.id])) for row in rows)


def queue(
    connection: Connection,
    words: str,
    *,
    status: MatchStatus | None,
    conflict: str | None,
    order: str,
    limit: int | None,
    offset: int = 0,
) -> tuple[tuple[QueuedMatch, ...], int]:
    """List one page of the matches of articles that contain all words; also how many there are."""
    found = containing(connection, words)
    if found is None:
        return (), 0
    counted = select(func.count()).where(matches.c.article_id.in_(found))
    if status is not None:
        counted = counted.where(matches.c.status == status)
    if conflict is not None:
        counted = counted.where(matches.c.conflict == conflict)
    page = queued(
        connection,
        status=status,
        conflict=conflict,
        of_articles=found,
        order=order,
        limit=limit,
        offset=offset,
    )
    return page, connection.scalar(counted) or 0


def containing(connection: Connection, words: str) -> Select[Any] | None:
    """Ask for the ids of articles that contain all words; None where none can."""
    typed = fold_key(words).split()
    if not typed:
        return None
    # Every word once: PostgreSQL refuses a query of ten thousand. The last may be unfinished.
    terms = [*dict.fromkeys(typed[:-1]), typed[-1]]
    if len(terms) > _MOST_WORDS:
        return None
    if connection.dialect.name == "sqlite":
        phrase = " ".join(f'"{term}"' for term in terms) + "*"
        return select(_index.c.rowid).where(
            text("article_search MATCH :words").bindparams(words=phrase)
        )
    phrase = " & ".join(f"'{term}'" for term in terms) + ":*"
    return select(_index.c.article_id).where(
        text("document @@ to_tsquery('simple', :words)").bindparams(words=phrase)
    )


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), 5_000):
        yield ids[start : start + 5_000]


def _feeds(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for batch in _batches(ids):
        rows = connection.execute(
            select(entries.c.article_id, entries.c.feed_id)
            .distinct()
            .where(entries.c.article_id.in_(batch))
            .order_by(entries.c.feed_id)
        )
        for row in rows:
            found[row.article_id].append(row.feed_id)
    return found


def _matches(connection: Connection, ids: Sequence[int]) -> dict[int, list[ArticleMatch]]:
    found: dict[int, list[ArticleMatch]] = defaultdict(list)
    for batch in _batches(ids):
        rows = connection.execute(
            select(matches).where(matches.c.article_id.in_(batch)).order_by(matches.c.id)
        )
        for row in rows:
            found[row.article_id].append(
                ArticleMatch(
                    id=row.id,
                    conflict=row.conflict,
                    status=MatchStatus(row.status),
                    score=row.score,
                    hits=read_hits(row.hits),
                )
            )
    return found


def _stored(
    row: Row[Any], feeds: tuple[str, ...], matched: tuple[ArticleMatch, ...]
) -> StoredArticle:
    return StoredArticle(
        id=row.id,
        url=row.url,
        link=row.link,
        title=row.title,
        summary=row.summary,
        publisher=row.publisher,
        language=row.language,
        author=row.author,
        published_at=row.published_at,
        ordered_at=row.ordered_at,
        date_origin=DateOrigin(row.date_origin),
        first_seen_at=row.first_seen_at,
        revision=row.revision,
        story_id=row.story_id,
        feeds=feeds,
        matches=matched,
    )


def table_sizes(connection: Connection) -> dict[str, int]:
    """Count the rows of every table, by name."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for _, table in sorted(metadata.tables.items())
    }
