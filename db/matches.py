"""Matches: proposed by keywords, never touched by machines once an editor decided."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select

from db.rows import insert_missing
from db.tables import articles, conflicts, matches, reviews
from pipeline.model import Field, Hit, Kind, Match, MatchStatus, QueuedMatch


def stored_hits(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """Shape hits for the JSON column."""
    return [
        {
            "term": hit.term,
            "kind": str(hit.kind),
            "field": str(hit.field),
            "start": hit.start,
            "end": hit.end,
            "text": hit.text,
        }
        for hit in hits
    ]


def read_hits(stored: Sequence[Mapping[str, Any]]) -> tuple[Hit, ...]:
    """Read hits back from the JSON column."""
    return tuple(
        Hit(
            term=item["term"],
            kind=Kind(item["kind"]),
            field=Field(item["field"]),
            start=item["start"],
            end=item["end"],
            text=item["text"],
        )
        for item in stored
    )


def propose(
    connection: Connection,
    found: Mapping[int, Sequence[Match]],
    revision: Mapping[int, int],
    now: datetime,
) -> tuple[int, ...]:
    """Make the pending matches of these articles what the keywords find now; gives the article of
    each match that is new.

    `found` maps article ids to their matches (an empty sequence: nothing matches any more),
    `revision` to the revision that was read. Pending matches are added, updated or withdrawn,
    withdrawn ones come back; a decided match stays as it is.
    """
    if not found:
        return ()
    by_article = _stored(connection, list(found))
    fresh: list[dict[str, Any]] = []
    for article_id, wanted in found.items():
        by_conflict = {match.conflict: match for match in wanted}
        stored = by_article.get(article_id, {})
        fresh.extend(
            {
                "article_id": article_id,
                "conflict": match.conflict,
                "status": MatchStatus.PENDING,
                "proposed_at": now,
                **_found(match, revision[article_id]),
            }
            for match in wanted
            if match.conflict not in stored
        )
        for conflict, row in stored.items():
            _refresh(connection, row, by_conflict.get(conflict), revision[article_id])
    if not fresh:
        return ()
    statement = insert_missing(connection, matches, ["article_id", "conflict"]).returning(
        matches.c.article_id
    )
    made = tuple(connection.scalars(statement, fresh))
    follow_articles(connection, made)
    return made


def follow_articles(connection: Connection, article_ids: Sequence[int]) -> None:
    """Copy into new matches what the queue asks of their articles: the story, if they were put
    into one before, and what never changes of them."""
    for start in range(0, len(article_ids), 5_000):
        some = article_ids[start : start + 5_000]
        connection.execute(
            matches.update()
            .where(
                matches.c.article_id.in_(some),
                matches.c.ordered_at.is_(None),
                articles.c.id == matches.c.article_id,
            )
            .values(
                story_id=articles.c.story_id,
                publisher=articles.c.publisher,
                language=articles.c.language,
                ordered_at=articles.c.ordered_at,
            )
        )


def _stored(connection: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, Row[Any]]]:
    stored: dict[int, dict[str, Row[Any]]] = {}
    for start in range(0, len(article_ids), 5_000):
        batch = article_ids[start : start + 5_000]
        for row in connection.execute(select(matches).where(matches.c.article_id.in_(batch))):
            stored.setdefault(row.article_id, {})[row.conflict] = row
    return stored


def standing_of(
    connection: Connection, article_ids: Sequence[int]
) -> dict[int, dict[str, MatchStatus]]:
    """Give where the matches of these articles stand, by article and conflict."""
    standing: dict[int, dict[str, MatchStatus]] = {}
    for start in range(0, len(article_ids), 5_000):
        batch = article_ids[start : start + 5_000]
        rows = connection.execute(
            select(matches.c.article_id, matches.c.conflict, matches.c.status).where(
                matches.c.article_id.in_(batch)
            )
        )
        for article_id, conflict, status in rows:
            standing.setdefault(article_id, {})[conflict] = MatchStatus(status)
    return standing


def _found(match: Match, revision: int) -> dict[str, Any]:
    return {
        "score": match.score,
        "hits": stored_hits(match.hits),
        "rule_version": match.rule_version,
        "article_revision": revision,
    }


def _refresh(connection: Connection, row: Row[Any], match: Match | None, revision: int) -> None:
    if row.status not in (MatchStatus.PENDING, MatchStatus.WITHDRAWN):
        return
    values: dict[str, Any]
    if match is None:
        values = {"status": MatchStatus.WITHDRAWN}
    else:
        values = {"status": MatchStatus.PENDING, **_found(match, revision)}
    if any(getattr(row, key) != value for key, value in values.items()):
        # Since the row was read an editor may have decided, or a newer text of the article may have
        # been matched: then that stands.
        connection.execute(
            matches.update()
            .where(
                matches.c.id == row.id,
                matches.c.status.in_((MatchStatus.PENDING, MatchStatus.WITHDRAWN)),
                matches.c.article_revision <= revision,
            )
            .values(**values)
        )


def pending_of(
    connection: Connection, article_ids: Collection[int], conflicts_at: Mapping[str, int]
) -> tuple[int, ...]:
    """Name pending matches of these articles whose score reaches their conflict's mark.

    A match that somebody reopened is left out: an editor decides it now.
    """
    if not article_ids or not conflicts_at:
        return ()
    reviewed = exists().where(reviews.c.match_id == matches.c.id)
    rows = connection.execute(
        select(matches.c.id, matches.c.conflict, matches.c.score).where(
            matches.c.article_id.in_(article_ids),
            matches.c.status == MatchStatus.PENDING,
            matches.c.conflict.in_(conflicts_at),
            ~reviewed,
        )
    )
    return tuple(row.id for row in rows if row.score >= conflicts_at[row.conflict])


def queue(
    connection: Connection,
    *,
    status: MatchStatus | None = MatchStatus.PENDING,
    conflict: str | None = None,
    ids: Collection[int] | None = None,
    of_articles: Select[Any] | None = None,
    order: str = "score",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[QueuedMatch, ...]:
    """List matches as editors see them, those `of_articles` only if that query is given.

    `order` is `score` (best first, then newest), `newest` or `oldest` (longest waiting first).
    """
    wanted = _queued()
    if status is not None:
        wanted = wanted.where(matches.c.status == status)
    if conflict is not None:
        wanted = wanted.where(matches.c.conflict == conflict)
    if ids is not None:
        wanted = wanted.where(matches.c.id.in_(ids))
    if of_articles is not None:
        wanted = wanted.where(matches.c.article_id.in_(of_articles))
    orders: dict[str, tuple[Any, ...]] = {
        "score": (matches.c.score.desc(), articles.c.ordered_at.desc(), matches.c.id),
        "newest": (articles.c.ordered_at.desc(), matches.c.id.desc()),
        "oldest": (matches.c.proposed_at, matches.c.id),
        "decided": (matches.c.decided_at.desc(), matches.c.id.desc()),
    }
    wanted = wanted.order_by(*orders[order]).limit(limit).offset(offset or None)
    return tuple(map(_queued_match, connection.execute(wanted)))


# What a match carries of its article is for filters.
_OWN = [each for each in matches.c if each.name not in ("publisher", "language", "ordered_at")]


def _queued() -> Select[Any]:
    return (
        select(
            *_OWN,
            conflicts.c.title.label("conflict_title"),
            articles.c.title,
            articles.c.summary,
            articles.c.url,
            articles.c.publisher,
            articles.c.language,
            articles.c.published_at,
            articles.c.first_seen_at,
            articles.c.revision,
        )
        .join(articles, articles.c.id == matches.c.article_id)
        .join(conflicts, conflicts.c.slug == matches.c.conflict)
    )


def _queued_match(row: Row[Any]) -> QueuedMatch:
    return QueuedMatch(
        id=row.id,
        article_id=row.article_id,
        story_id=row.story_id,
        conflict=row.conflict,
        conflict_title=row.conflict_title,
        status=MatchStatus(row.status),
        score=row.score,
        hits=read_hits(row.hits),
        rule_version=row.rule_version,
        title=row.title,
        summary=row.summary,
        url=row.url,
        publisher=row.publisher,
        language=row.language,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        changed=row.decided_revision is not None and row.revision > row.decided_revision,
    )


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Count the matches that wait for a verdict, and tell since when the first does."""
    row = connection.execute(
        select(func.count(), func.min(matches.c.proposed_at)).where(
            matches.c.status == MatchStatus.PENDING
        )
    ).one()
    return int(row[0]), row[1]


def counts(connection: Connection) -> dict[str, dict[MatchStatus, int]]:
    """Count matches by conflict and status."""
    rows = connection.execute(
        select(matches.c.conflict, matches.c.status, func.count().label("how_many")).group_by(
            matches.c.conflict, matches.c.status
        )
    )
    counted: dict[str, dict[MatchStatus, int]] = {}
    for row in rows:
        counted.setdefault(row.conflict, {})[MatchStatus(row.status)] = row.how_many
    return counted
