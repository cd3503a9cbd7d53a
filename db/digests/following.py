"""Following: digest items go along when articles move between stories."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from db.digests.placing import alter, hold, is_approved, place, touch
from db.tables import articles, digest_items, digest_placements, matches
from pipeline.model import Change, MatchStatus


def follow(
    connection: Connection, story_ids: Collection[int], reasons: Mapping[int, str], now: datetime
) -> None:
    """Let entries follow their stories after articles moved between these.

    Each story with an approved article has an entry, led by one of them and placed in the conflicts
    it is approved for; an entry whose story holds none any more is withdrawn, with the reason given
    for its story. An entry goes along with the article that leads it only where both stories would
    otherwise have to begin anew; ids and addresses stay.
    """
    hold(connection)
    _go_along(connection, story_ids)
    for story_id in sorted(story_ids):
        approved = connection.execute(
            select(matches.c.id, matches.c.conflict)
            .where(matches.c.story_id == story_id, matches.c.status == MatchStatus.APPROVED)
            .order_by(matches.c.decided_at, matches.c.id)
        ).all()
        wanted = {row.conflict: row.id for row in reversed(approved)}
        item = connection.execute(
            select(digest_items).where(digest_items.c.story_id == story_id)
        ).one_or_none()
        stands_in = _stands_in(connection, item.id) if item else frozenset()
        led = item is not None and is_approved(connection, item.article_id, story_id)
        # Nothing else is placed again: that would publish what a publisher changed since.
        for conflict, match_id in sorted(wanted.items(), key=lambda pair: pair[1]):
            if not led or conflict not in stands_in:
                place(connection, match_id, now)
        _take_out(connection, story_id, set(wanted), reasons.get(story_id, ""), now)


def _go_along(connection: Connection, story_ids: Collection[int]) -> None:
    led = connection.execute(
        select(digest_items.c.id, articles.c.story_id)
        .join(articles, articles.c.id == digest_items.c.article_id)
        .where(
            digest_items.c.story_id.in_(story_ids),
            articles.c.story_id != digest_items.c.story_id,
            digest_items.c.story_id.not_in(
                select(matches.c.story_id).where(
                    matches.c.story_id.in_(story_ids), matches.c.status == MatchStatus.APPROVED
                )
            ),
        )
        .order_by(digest_items.c.id)
    ).all()
    for row in led:
        taken = select(digest_items.c.id).where(digest_items.c.story_id == row.story_id)
        if connection.execute(taken).one_or_none() is None:
            alter(connection, row.id, story_id=row.story_id)


def _stands_in(connection: Connection, item_id: int) -> frozenset[str]:
    return frozenset(
        connection.scalars(
            select(digest_placements.c.conflict).where(
                digest_placements.c.item_id == item_id, digest_placements.c.withdrawn_at.is_(None)
            )
        )
    )


def _take_out(
    connection: Connection, story_id: int, stays_in: Collection[str], reason: str, now: datetime
) -> None:
    item = connection.execute(
        select(digest_items).where(digest_items.c.story_id == story_id)
    ).one_or_none()
    if item is None:
        return
    gone = connection.execute(
        digest_placements.update()
        .where(
            digest_placements.c.item_id == item.id,
            digest_placements.c.conflict.not_in(stays_in),
            digest_placements.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now, withdrawn_reason=reason)
    ).rowcount
    if gone:
        touch(connection, item, Change.WITHDRAWN, now)
    else:
        alter(connection, item.id)


def oldest_entries(
    connection: Connection, story_ids: Collection[int]
) -> tuple[tuple[int, int], ...]:
    """Give (story, leading article) of those of these stories that have an entry, oldest entry
    first."""
    rows = connection.execute(
        select(digest_items.c.story_id, digest_items.c.article_id)
        .where(digest_items.c.story_id.in_(story_ids))
        .order_by(digest_items.c.published_at, digest_items.c.id)
    )
    return tuple((row.story_id, row.article_id) for row in rows)
