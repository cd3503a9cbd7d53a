"""Reviews: verdicts, appended for ever."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from db.tables import articles, matches, reviews
from pipeline.model import MatchStatus, Review, Verdict


def standing(
    connection: Connection, match_ids: Collection[int]
) -> dict[int, tuple[MatchStatus, int]]:
    """Give where each match stands and its article's revision, held until the transaction ends."""
    rows = connection.execute(
        select(matches.c.id, matches.c.status, articles.c.revision)
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.id.in_(match_ids))
        .order_by(matches.c.id)
        .with_for_update(of=matches)
    )
    return {row.id: (MatchStatus(row.status), row.revision) for row in rows}


def record(
    connection: Connection,
    *,
    match_id: int,
    verdict: Verdict,
    before: MatchStatus,
    after: MatchStatus,
    editor: str,
    reason: str,
    revision: int,
    now: datetime,
) -> int:
    """Append a verdict and let the match follow it; gives the review's id."""
    review_id = connection.execute(
        reviews.insert()
        .values(
            match_id=match_id,
            verdict=verdict,
            status_before=before,
            status_after=after,
            reason=reason,
            editor=editor,
            article_revision=revision,
            decided_at=now,
        )
        .returning(reviews.c.id)
    ).scalar_one()
    undecided = after is MatchStatus.PENDING
    connection.execute(
        matches.update()
        .where(matches.c.id == match_id)
        .values(
            status=after,
            decided_at=None if undecided else now,
            decided_by=None if undecided else editor,
            decided_revision=None if undecided else revision,
        )
    )
    return int(review_id)


def log(
    connection: Connection,
    *,
    match_ids: Collection[int] | None = None,
    editor: str | None = None,
    review_ids: Collection[int] | None = None,
    conflict: str | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> tuple[Review, ...]:
    """List verdicts, newest first; with `before`, those older than that verdict's id."""
    wanted = (
        select(reviews, matches.c.article_id, matches.c.conflict, articles.c.title)
        .join(matches, matches.c.id == reviews.c.match_id)
        .join(articles, articles.c.id == matches.c.article_id)
        .order_by(reviews.c.id.desc())
        .limit(limit)
    )
    if match_ids is not None:
        wanted = wanted.where(reviews.c.match_id.in_(match_ids))
    if review_ids is not None:
        wanted = wanted.where(reviews.c.id.in_(review_ids))
    if editor is not None:
        wanted = wanted.where(reviews.c.editor == editor)
    if conflict is not None:
        wanted = wanted.where(matches.c.conflict == conflict)
    if before is not None:
        wanted = wanted.where(reviews.c.id < before)
    return tuple(
        Review(
            id=row.id,
            match_id=row.match_id,
            article_id=row.article_id,
            article_title=row.title,
            conflict=row.conflict,
            verdict=Verdict(row.verdict),
            status_before=MatchStatus(row.status_before),
            status_after=MatchStatus(row.status_after),
            editor=row.editor,
            reason=row.reason,
            decided_at=row.decided_at,
        )
        for row in connection.execute(wanted)
    )


def bind(connection: Connection, review_ids: Collection[int]) -> None:
    """Note that these verdicts were taken together."""
    if review_ids:
        connection.execute(
            reviews.update().where(reviews.c.id.in_(review_ids)).values(batch=min(review_ids))
        )


def taken_with(connection: Connection, review_id: int, *, whole: bool) -> tuple[Review, ...]:
    """Give a verdict, with `whole` all that were taken with it; none where it is unknown.

    Each is the last on its match.
    """
    batch = select(reviews.c.batch).where(reviews.c.id == review_id).scalar_subquery()
    together = (
        select(func.max(reviews.c.id)).where(reviews.c.batch == batch).group_by(reviews.c.match_id)
    )
    ids = connection.scalars(together).all() if whole else ()
    return log(connection, review_ids=ids or [review_id])


def last_of(connection: Connection, match_ids: Collection[int]) -> dict[int, int]:
    """Give the last verdict on each of these matches, by match."""
    rows = connection.execute(
        select(reviews.c.match_id, func.max(reviews.c.id).label("last"))
        .where(reviews.c.match_id.in_(match_ids))
        .group_by(reviews.c.match_id)
    )
    return {row.match_id: row.last for row in rows}


def newest(connection: Connection) -> int:
    """Give the id of the newest verdict, 0 when there is none: it tells whether the digest is
    old."""
    return connection.scalar(select(func.max(reviews.c.id))) or 0
