"""What editions tell: the stories they may list, those they listed, and what became of these."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from db.matches import read_hits
from db.tables import (
    article_revisions,
    articles,
    digest_editions,
    digest_items,
    digest_placements,
    edition_matches,
    matches,
    reviews,
)
from pipeline.model import CandidateStory, DateOrigin, EditionReport, MatchStatus


def candidates(
    connection: Connection, conflict: str, *, since: datetime, until: datetime | None
) -> tuple[CandidateStory, ...]:
    """Give the stories with approved articles that no edition of this conflict counted yet.

    Only verdicts after `since` count, and none after `until`. What has been counted is known match
    by match, so a verdict that reached the database late is in the next edition, and none is lost.
    """
    wanted = _reports_of(conflict).where(
        matches.c.status == MatchStatus.APPROVED,
        matches.c.decided_at > since,
        matches.c.id.not_in(select(edition_matches.c.match_id)),
    )
    if until is not None:
        wanted = wanted.where(matches.c.decided_at <= until)
    return _gathered(connection, conflict, connection.execute(wanted).all())


def listed(
    connection: Connection, conflict: str, item_ids: Collection[int]
) -> dict[int, CandidateStory]:
    """Give stories as they stand now, with all their approved articles, by item."""
    wanted = _reports_of(conflict).where(
        digest_items.c.id.in_(item_ids), matches.c.status == MatchStatus.APPROVED
    )
    found = _gathered(connection, conflict, connection.execute(wanted).all())
    return {each.item_id: each for each in found}


def _reports_of(conflict: str) -> Select[Any]:
    # What a publisher changed since is not public before an editor approved it.
    approved_title = (
        select(article_revisions.c.title)
        .where(
            article_revisions.c.article_id == articles.c.id,
            article_revisions.c.number == matches.c.decided_revision,
        )
        .scalar_subquery()
    )
    review = (
        select(func.max(reviews.c.id)).where(reviews.c.match_id == matches.c.id).scalar_subquery()
    )
    return (
        select(
            digest_items.c.id.label("item_id"),
            digest_items.c.uid,
            digest_items.c.slug,
            digest_items.c.title,
            digest_items.c.summary,
            digest_items.c.article_id.label("lead_id"),
            digest_items.c.published_at.label("item_published_at"),
            digest_placements.c.withdrawn_at,
            digest_placements.c.withdrawn_reason,
            matches.c.id.label("match_id"),
            matches.c.hits,
            matches.c.decided_at,
            matches.c.decided_revision,
            review.label("review_id"),
            articles.c.id.label("article_id"),
            articles.c.publisher,
            func.coalesce(approved_title, articles.c.title).label("headline"),
            articles.c.url,
            articles.c.language,
            articles.c.published_at,
            articles.c.revision,
        )
        .join_from(matches, articles, articles.c.id == matches.c.article_id)
        .join(digest_items, digest_items.c.story_id == articles.c.story_id)
        .join(
            digest_placements,
            (digest_placements.c.item_id == digest_items.c.id)
            & (digest_placements.c.conflict == matches.c.conflict),
        )
        .where(matches.c.conflict == conflict)
    )


def _gathered(
    connection: Connection, conflict: str, rows: Sequence[Row[Any]]
) -> tuple[CandidateStory, ...]:
    by_item: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_item[row.item_id].append(row)
    before = listed_on(connection, conflict, by_item)
    return tuple(
        _candidate(sorted(found, key=_lead_first), before.get(item_id, ()))
        for item_id, found in sorted(by_item.items())
    )


def _lead_first(row: Row[Any]) -> tuple[object, ...]:
    return (row.article_id != row.lead_id, row.decided_at, row.match_id)


def _candidate(rows: Sequence[Row[Any]], listed_on: tuple[date, ...]) -> CandidateStory:
    first = rows[0]
    return CandidateStory(
        item_id=first.item_id,
        uid=first.uid,
        slug=first.slug,
        title=first.title,
        summary=first.summary,
        language=first.language,
        published_at=first.item_published_at,
        reports=tuple(map(_report, rows)),
        first_approved_at=min(row.decided_at for row in rows),
        listed_on=listed_on,
        withdrawn_reason=None if first.withdrawn_at is None else first.withdrawn_reason or "",
    )


def _report(row: Row[Any]) -> EditionReport:
    return EditionReport(
        article_id=row.article_id,
        revision=row.decided_revision or row.revision,
        match_id=row.match_id,
        review_id=row.review_id or 0,
        verdict="approve",
        publisher=row.publisher,
        title=row.headline,
        url=row.url,
        language=row.language,
        published_at=row.published_at,
        hits=tuple(sorted({hit.text for hit in read_hits(row.hits)})),
    )


def listed_on(
    connection: Connection, conflict: str, item_ids: Collection[int]
) -> dict[int, tuple[date, ...]]:
    """Give the days of a conflict's editions that listed these items, by item."""
    rows = connection.execute(
        select(edition_matches.c.item_id, digest_editions.c.day)
        .join(digest_editions, digest_editions.c.number == edition_matches.c.number)
        .where(digest_editions.c.conflict == conflict, edition_matches.c.item_id.in_(item_ids))
        .distinct()
        .order_by(digest_editions.c.day)
    )
    found: dict[int, tuple[date, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.item_id] += (row.day,)
    return dict(found)


def changed_since(
    connection: Connection, conflict: str, since: date
) -> dict[int, dict[int, tuple[str | None, datetime | None, str]]]:
    """Give what was withdrawn or corrected of the items that editions listed, by edition and item:
    the reason of the withdrawal (or None), when it was corrected last, and with which note."""
    rows = connection.execute(
        select(
            digest_editions.c.number,
            edition_matches.c.item_id,
            digest_placements.c.withdrawn_at,
            digest_placements.c.withdrawn_reason,
            digest_items.c.corrected_at,
            digest_items.c.correction,
        )
        .join(edition_matches, edition_matches.c.number == digest_editions.c.number)
        .join(digest_items, digest_items.c.id == edition_matches.c.item_id)
        .join(
            digest_placements,
            (digest_placements.c.item_id == edition_matches.c.item_id)
            & (digest_placements.c.conflict == digest_editions.c.conflict),
        )
        .where(
            digest_editions.c.conflict == conflict,
            digest_editions.c.day >= since,
            digest_placements.c.withdrawn_at.is_not(None)
            | (digest_items.c.corrected_at > digest_editions.c.published_at),
        )
        .distinct()
    )
    found: dict[int, dict[int, tuple[str | None, datetime | None, str]]] = defaultdict(dict)
    for row in rows:
        reason = None if row.withdrawn_at is None else row.withdrawn_reason or ""
        found[row.number][row.item_id] = (reason, row.corrected_at, row.correction or "")
    return dict(found)


def undated(connection: Connection, article_ids: Collection[int]) -> frozenset[int]:
    """Name those of these articles whose publisher gave no date."""
    return frozenset(
        connection.scalars(
            select(articles.c.id).where(
                articles.c.id.in_(article_ids), articles.c.date_origin == DateOrigin.FETCHED
            )
        )
    )


def is_placed(connection: Connection, item_id: int, conflict: str) -> bool:
    """Tell whether an item of the digest stands, or once stood, in a conflict's."""
    found = select(digest_placements.c.id).where(
        digest_placements.c.item_id == item_id, digest_placements.c.conflict == conflict
    )
    return connection.execute(found).one_or_none() is not None


def approved_matches(
    connection: Connection, conflict: str, slugs: Collection[str]
) -> dict[str, tuple[int, ...]]:
    """Give the approved matches that hold entries up in a conflict, by the entry's slug."""
    rows = connection.execute(
        select(digest_items.c.slug, matches.c.id)
        .join(articles, articles.c.story_id == digest_items.c.story_id)
        .join(matches, matches.c.article_id == articles.c.id)
        .where(
            digest_items.c.slug.in_(slugs),
            matches.c.conflict == conflict,
            matches.c.status == MatchStatus.APPROVED,
        )
        .order_by(matches.c.id)
    )
    found: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.slug] += (row.id,)
    return dict(found)
