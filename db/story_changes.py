"""What editors merged and split: articles put into other stories, remembered to be taken back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from db import stories
from db.tables import articles, digest_items, matches, story_changes, story_moves
from db.tables import stories as story_rows
from pipeline.model import MatchStatus, Move, StoryChange, StoryChangeKind


def hold(connection: Connection, story_ids: Collection[int]) -> None:
    """Let nobody else decide on these stories' matches until the transaction ends."""
    connection.execute(
        select(matches.c.id)
        .where(matches.c.story_id.in_(story_ids))
        .order_by(matches.c.id)
        .with_for_update()
    ).all()


def record(
    connection: Connection,
    kind: StoryChangeKind,
    *,
    story_id: int,
    to: Mapping[int, int],
    reason: str,
    editor: str,
    now: datetime,
) -> int:
    """Put articles into stories (`to`, by article id) as an editor says; gives the change's id."""
    change_id = int(
        connection.execute(
            story_changes.insert()
            .values(kind=kind, story_id=story_id, editor=editor, made_at=now)
            .returning(story_changes.c.id)
        ).scalar_one()
    )
    rows = connection.execute(
        select(
            articles.c.id, articles.c.story_id, articles.c.story_reason, articles.c.story_by
        ).where(articles.c.id.in_(list(to)))
    ).all()
    connection.execute(
        story_moves.insert(),
        [
            {
                "change_id": change_id,
                "article_id": row.id,
                "story_before": row.story_id,
                "story_after": to[row.id],
                "reason_before": row.story_reason,
                "by_before": row.story_by,
            }
            for row in rows
        ],
    )
    for row in sorted(rows, key=lambda row: row.id):
        _put(connection, row.id, to[row.id], reason, editor)
    _settle(
        connection,
        [
            Move(article_id=row.id, story_before=row.story_id, story_after=to[row.id])
            for row in rows
        ],
    )
    return change_id


def _put(
    connection: Connection, article_id: int, story_id: int, reason: str, editor: str | None
) -> None:
    connection.execute(
        articles.update()
        .where(articles.c.id == article_id)
        .values(story_id=story_id, story_reason=reason, story_by=editor)
    )


def _settle(connection: Connection, moves: Sequence[Move]) -> None:
    """Let matches follow, and let an emptied story point to where its articles went."""
    stories.follow(connection, [each.article_id for each in moves])
    went = {each.story_before: each.story_after for each in moves}
    touched = set(went) | {each.story_after for each in moves}
    peopled = set(
        connection.scalars(
            select(articles.c.story_id).where(articles.c.story_id.in_(touched)).distinct()
        )
    )
    for story_id in sorted(touched):
        connection.execute(
            story_rows.update()
            .where(story_rows.c.id == story_id)
            .values(merged_into=None if story_id in peopled else went[story_id])
        )


def note_verdict(connection: Connection, change_id: int, review_id: int) -> None:
    """Note a verdict that was taken with a change."""
    connection.execute(
        story_changes.update().where(story_changes.c.id == change_id).values(review_id=review_id)
    )


def find(connection: Connection, change_id: int) -> StoryChange | None:
    """Give a change with its moves, held until the transaction ends."""
    row = connection.execute(
        select(story_changes).where(story_changes.c.id == change_id).with_for_update()
    ).one_or_none()
    return None if row is None else _change(connection, row)


def of_story(connection: Connection, story_id: int) -> tuple[StoryChange, ...]:
    """List what editors did to a story, newest first."""
    touching = select(story_moves.c.change_id).where(
        (story_moves.c.story_before == story_id) | (story_moves.c.story_after == story_id)
    )
    rows = connection.execute(
        select(story_changes)
        .where(story_changes.c.id.in_(touching))
        .order_by(story_changes.c.id.desc())
    )
    return tuple(_change(connection, row) for row in rows.all())


def _change(connection: Connection, row: Row[Any]) -> StoryChange:
    moves = connection.execute(
        select(story_moves)
        .where(story_moves.c.change_id == row.id)
        .order_by(story_moves.c.article_id)
    )
    return StoryChange(
        id=row.id,
        kind=StoryChangeKind(row.kind),
        story_id=row.story_id,
        editor=row.editor,
        made_at=row.made_at,
        review_id=row.review_id,
        undone_at=row.undone_at,
        undone_by=row.undone_by or "",
        moves=tuple(
            Move(
                article_id=each.article_id,
                story_before=each.story_before,
                story_after=each.story_after,
            )
            for each in moves
        ),
    )


def take_back(connection: Connection, change: StoryChange, editor: str, now: datetime) -> None:
    """Put the articles of a change back where they stood, for the reasons they had."""
    rows = connection.execute(select(story_moves).where(story_moves.c.change_id == change.id)).all()
    for row in sorted(rows, key=lambda row: row.article_id):
        _put(connection, row.article_id, row.story_before, row.reason_before, row.by_before)
    _settle(
        connection,
        [
            Move(
                article_id=row.article_id,
                story_before=row.story_after,
                story_after=row.story_before,
            )
            for row in rows
        ],
    )
    connection.execute(
        story_changes.update()
        .where(story_changes.c.id == change.id)
        .values(undone_at=now, undone_by=editor)
    )


def titles(connection: Connection, story_ids: Collection[int]) -> dict[int, str]:
    """Give the headline of each of these stories' first article."""
    first = (
        select(func.min(articles.c.id))
        .where(articles.c.story_id.in_(story_ids))
        .group_by(articles.c.story_id)
    )
    rows = connection.execute(
        select(articles.c.story_id, articles.c.title).where(articles.c.id.in_(first))
    )
    return {row.story_id: row.title for row in rows}


def entry_titles(connection: Connection, story_ids: Collection[int]) -> dict[int, str]:
    """Give the published headline of each of these stories that has an entry."""
    rows = connection.execute(
        select(digest_items.c.story_id, digest_items.c.title).where(
            digest_items.c.story_id.in_(story_ids)
        )
    )
    return {row.story_id: row.title for row in rows}


def stories_of_matches(connection: Connection, match_ids: Collection[int]) -> tuple[int, ...]:
    """Name the stories these matches stand in, those of the first given first."""
    found = {
        row.id: row.story_id
        for row in connection.execute(
            select(matches.c.id, matches.c.story_id).where(matches.c.id.in_(match_ids))
        )
    }
    given = (found.get(each) for each in match_ids)
    return tuple(dict.fromkeys(each for each in given if each is not None))


def latest(connection: Connection, story_id: int, *, most: int) -> tuple[int, ...]:
    """Name the stories last seen under the conflicts of one, itself left out."""
    under = select(matches.c.conflict).where(matches.c.story_id == story_id)
    rows = connection.execute(
        select(matches.c.story_id, func.max(matches.c.proposed_at).label("at"))
        .where(
            matches.c.conflict.in_(under),
            matches.c.story_id.is_not(None),
            matches.c.story_id != story_id,
            matches.c.status.in_((MatchStatus.PENDING, MatchStatus.APPROVED)),
        )
        .group_by(matches.c.story_id)
        .order_by(func.max(matches.c.proposed_at).desc(), matches.c.story_id.desc())
        .limit(most)
    )
    return tuple(row.story_id for row in rows)
