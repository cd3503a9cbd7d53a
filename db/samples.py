"""Samples: unmatched articles that editors judge blindly, and verdicts as evidence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select

from db.matches import follow_articles, read_hits
from db.rows import insert_missing
from db.tables import articles, matches, samples
from pipeline.model import ArticleText, MatchStatus, Sampled, Verdicted

_MATCHED = exists().where(
    matches.c.article_id == articles.c.id, matches.c.status != MatchStatus.WITHDRAWN
)


def unmatched(connection: Connection, since: datetime) -> tuple[int, ...]:
    """Name the articles first seen since a time that no conflict matches and nobody drew yet."""
    drawn = exists().where(samples.c.article_id == articles.c.id)
    wanted = select(articles.c.id).where(articles.c.first_seen_at >= since, ~_MATCHED, ~drawn)
    return tuple(connection.scalars(wanted.order_by(articles.c.id)))


def drawn_since(connection: Connection, since: datetime) -> int:
    """Count the articles drawn since a time."""
    wanted = select(func.count()).select_from(samples).where(samples.c.drawn_at >= since)
    return connection.scalar(wanted) or 0


def draw(connection: Connection, article_ids: Sequence[int], now: datetime) -> None:
    """Put articles before the editors."""
    rows = [{"article_id": article_id, "drawn_at": now} for article_id in article_ids]
    if rows:
        connection.execute(insert_missing(connection, samples, ["article_id"]), rows)


def waiting(connection: Connection) -> tuple[Sampled, ...]:
    """List the drawn articles nobody judged yet, oldest first; those that match by now are left
    out."""
    wanted = (
        select(samples.c.drawn_at, articles)
        .join(articles, articles.c.id == samples.c.article_id)
        .where(samples.c.decided_at.is_(None), ~_MATCHED)
        .order_by(samples.c.drawn_at, samples.c.article_id)
    )
    return tuple(
        Sampled(
            article_id=row.id,
            title=row.title,
            summary=row.summary,
            url=row.url,
            publisher=row.publisher,
            language=row.language,
            published_at=row.published_at,
            drawn_at=row.drawn_at,
        )
        for row in connection.execute(wanted)
    )


def hold(connection: Connection, article_id: int) -> int | None:
    """Let nobody else revise, match or clear away an article until the transaction ends; gives its
    revision, None where it is gone.

    Whoever also takes its matches or its story takes it first, so that no two wait for each other.
    """
    return connection.scalar(
        select(articles.c.revision)
        .where(articles.c.id == article_id)
        .with_for_update(key_share=True)
    )


def judge(
    connection: Connection, article_id: int, conflict: str, editor: str, now: datetime
) -> bool:
    """Note whether a drawn article belongs to a conflict (empty: to none); False when it was judged
    already or never drawn."""
    changed = connection.execute(
        samples.update()
        .where(samples.c.article_id == article_id, samples.c.decided_at.is_(None))
        .values(conflict=conflict, decided_by=editor, decided_at=now)
    )
    return changed.rowcount == 1


def judged(connection: Connection, since: datetime) -> Mapping[str, int]:
    """Count the articles judged since a time by conflict; those that belong to none under an empty
    name."""
    rows = connection.execute(
        select(samples.c.conflict, func.count().label("n"))
        .where(samples.c.decided_at >= since)
        .group_by(samples.c.conflict)
    )
    return {row.conflict: row.n for row in rows}


def unmatched_count(connection: Connection, since: datetime) -> int:
    """Count the articles first seen since a time that no conflict matches."""
    wanted = select(func.count()).select_from(articles)
    return connection.scalar(wanted.where(articles.c.first_seen_at >= since, ~_MATCHED)) or 0


def unmatched_texts(connection: Connection, *, limit: int) -> tuple[ArticleText, ...]:
    """Give the texts of the newest articles that no conflict matches."""
    wanted = (
        select(articles.c.title, articles.c.summary, articles.c.language)
        .where(~_MATCHED)
        .order_by(articles.c.id.desc())
        .limit(limit)
    )
    return tuple(
        ArticleText(title=row.title, summary=row.summary, language=row.language)
        for row in connection.execute(wanted)
    )


def verdicts(
    connection: Connection, since: datetime, *, but: str, limit: int
) -> tuple[Verdicted, ...]:
    """Give matches that editors decided since a time, the newest first; those of the actor `but`
    are left out, and those nothing was found in."""
    wanted = (
        _decided(since)
        .where(matches.c.decided_by != but)
        .order_by(matches.c.decided_at.desc())
        .limit(limit)
    )
    return tuple(each for each in map(_verdicted, connection.execute(wanted)) if each.hits)


def approved(connection: Connection, since: datetime) -> Mapping[str, int]:
    """Count, by conflict, approved matches of keywords whose article was first seen since a
    time."""
    wanted = (
        select(matches.c.conflict, func.count().label("n"))
        .join(articles, articles.c.id == matches.c.article_id)
        .where(
            matches.c.status == MatchStatus.APPROVED,
            matches.c.score > 0,
            articles.c.first_seen_at >= since,
        )
        .group_by(matches.c.conflict)
    )
    return {row.conflict: row.n for row in connection.execute(wanted)}


def _decided(since: datetime) -> Select[Any]:
    return (
        select(
            matches.c.conflict,
            matches.c.status,
            matches.c.hits,
            articles.c.title,
            articles.c.summary,
            articles.c.language,
        )
        .join(articles, articles.c.id == matches.c.article_id)
        .where(
            matches.c.status.in_((MatchStatus.APPROVED, MatchStatus.REJECTED)),
            matches.c.decided_at >= since,
        )
    )


def _verdicted(row: Row[Any]) -> Verdicted:
    return Verdicted(
        conflict=row.conflict,
        approved=row.status == MatchStatus.APPROVED,
        hits=read_hits(row.hits),
        text=ArticleText(title=row.title, summary=row.summary, language=row.language),
    )


def place(
    connection: Connection, article_id: int, conflict: str, revision: int, now: datetime
) -> int:
    """Put an article that is held under a conflict by hand, pending and without a hit; gives the
    match's id."""
    values: dict[str, Any] = {
        "article_id": article_id,
        "conflict": conflict,
        "status": MatchStatus.PENDING,
        "score": 0,
        "hits": [],
        "rule_version": "sample",
        "article_revision": revision,
        "proposed_at": now,
    }
    connection.execute(insert_missing(connection, matches, ["article_id", "conflict"]), [values])
    follow_articles(connection, [article_id])
    found = connection.scalar(
        select(matches.c.id).where(
            matches.c.article_id == article_id, matches.c.conflict == conflict
        )
    )
    assert found is not None
    return int(found)
