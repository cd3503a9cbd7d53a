"""Placing digest items: minted when a story is first approved, corrected, withdrawn."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from db import instance, stories
from db.tables import articles, digest_items, digest_placements, matches
from pipeline.model import Change, MatchStatus


def place(connection: Connection, match_id: int, now: datetime) -> None:
    """Publish an approved match: its story gets an item, the item a place in the conflict's feed.

    A story has one item however many of its articles are approved; one that is approved when the
    lead no longer is takes the lead. That, placing again what was withdrawn, and a lead that was
    edited since are significant changes and move `updated_at`; a source that joins does not.
    """
    authority = hold(connection) or "localhost"
    match = connection.execute(
        select(
            matches.c.conflict,
            matches.c.article_id,
            articles.c.title,
            articles.c.summary,
            articles.c.revision,
            articles.c.story_id,
        )
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.id == match_id)
    ).one()
    story_id = match.story_id or stories.begin(connection, match.article_id, match.title, now)
    item = connection.execute(
        select(digest_items).where(digest_items.c.story_id == story_id)
    ).one_or_none()
    item_id = item.id if item else _mint(connection, match, story_id, authority, now)
    restored = _put(connection, item_id, match.conflict, now)
    if item is None:
        return
    leads = item.article_id == match.article_id
    # What an editor corrected is not undone by approving the same article text elsewhere.
    edited = (
        leads
        and match.revision != item.article_revision
        and (item.title, item.summary) != (match.title, match.summary)
    )
    # A lead that was rejected must not come back before the public because a copy is approved.
    inherits = not leads and not is_approved(connection, item.article_id, story_id)
    if edited or inherits:
        _lead(connection, item.id, match.article_id, match)
    if restored or edited or inherits:
        kind = Change.REVISED if edited else Change.HANDED_ON
        touch(connection, item, Change.RESTORED if restored else kind, now)
    else:
        alter(connection, item.id)


def correct(
    connection: Connection, slug: str, *, title: str, summary: str, note: str, now: datetime
) -> None:
    """Put an item's text right; with a note it is a correction that subscribers are told of.

    Without a note nothing but the words change: `updated_at` stays (a typo).
    """
    hold(connection)
    item = connection.execute(select(digest_items).where(digest_items.c.slug == slug)).one()
    alter(connection, item.id, title=title, summary=summary)
    if note:
        moment = touch(connection, item, Change.CORRECTED, now)
        alter(connection, item.id, corrected_at=moment, correction=note)


def hold(connection: Connection) -> str | None:
    """Let nobody else change the digest until this transaction ends; gives the tag authority."""
    return instance.recall(connection, instance.TAG_AUTHORITY, hold=True)


def _lead(connection: Connection, item_id: int, article_id: int, article: Any) -> None:
    alter(
        connection,
        item_id,
        article_id=article_id,
        article_revision=article.revision,
        title=article.title,
        summary=article.summary,
    )


def touch(connection: Connection, item: Any, change: Change, now: datetime) -> datetime:
    """Move an item's `updated_at`, always forward; gives the new one."""
    moment = _free_moment(connection, max(now, item.updated_at))
    alter(connection, item.id, updated_at=moment, change=change)
    return moment


def is_approved(connection: Connection, article_id: int, story_id: int) -> bool:
    """Tell whether an article is approved in this story, for any conflict."""
    approved = select(matches.c.id).where(
        matches.c.article_id == article_id,
        matches.c.story_id == story_id,
        matches.c.status == MatchStatus.APPROVED,
    )
    return connection.execute(approved.limit(1)).one_or_none() is not None


def _mint(connection: Connection, match: Any, story_id: int, authority: str, now: datetime) -> int:
    moment = _free_moment(connection, now)
    slug = f"{int(moment.timestamp() * 1000):x}{secrets.token_hex(4)}"
    return int(
        connection.execute(
            digest_items.insert()
            .values(
                uid=f"tag:{authority},{now:%Y-%m-%d}:news/{slug}",
                slug=slug,
                story_id=story_id,
                article_id=match.article_id,
                article_revision=match.revision,
                title=match.title,
                summary=match.summary,
                published_at=moment,
                updated_at=moment,
                revision=_next_revision(connection),
            )
            .returning(digest_items.c.id)
        ).scalar_one()
    )


def _free_moment(connection: Connection, now: datetime) -> datetime:
    """The present second, or the next free millisecond after it: readers mis-sort equal times."""
    moment = now.replace(microsecond=0)
    # The window keeps one entry stamped by a clock far ahead from dragging all later ones along.
    window = timedelta(minutes=10)
    while (taken := _last_taken(connection, moment, moment + window)) is not None:
        moment = taken + timedelta(milliseconds=1)
        window = timedelta(seconds=1)
    return moment


def _last_taken(connection: Connection, start: datetime, end: datetime) -> datetime | None:
    taken = [
        connection.scalar(select(func.max(column)).where(column.between(start, end)))
        for column in (digest_items.c.published_at, digest_items.c.updated_at)
    ]
    return max(filter(None, taken), default=None)


def alter(connection: Connection, item_id: int, **values: Any) -> None:
    """Change an item in the public's eyes: its revision grows."""
    values["revision"] = _next_revision(connection)
    connection.execute(digest_items.update().where(digest_items.c.id == item_id).values(**values))


def _next_revision(connection: Connection) -> int:
    return (connection.scalar(select(func.max(digest_items.c.revision))) or 0) + 1


def _put(connection: Connection, item_id: int, conflict: str, now: datetime) -> bool:
    where = (digest_placements.c.item_id == item_id, digest_placements.c.conflict == conflict)
    placed = connection.execute(select(digest_placements).where(*where)).one_or_none()
    if placed is None:
        connection.execute(
            digest_placements.insert().values(item_id=item_id, conflict=conflict, placed_at=now)
        )
        return False
    if placed.withdrawn_at is None:
        return False
    connection.execute(
        digest_placements.update().where(*where).values(withdrawn_at=None, withdrawn_reason=None)
    )
    return True


def withdraw(connection: Connection, match_id: int, reason: str, now: datetime) -> None:
    """Take back a match that is no longer approved; the entry stays as a retraction.

    While another article of the same story is approved for the conflict, that one carries the
    entry; that a copy goes which does not lead is no significant change.
    """
    hold(connection)
    match = connection.execute(
        select(matches.c.conflict, matches.c.article_id, articles.c.story_id)
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.id == match_id)
    ).one()
    item = connection.execute(
        select(digest_items).where(digest_items.c.story_id == match.story_id)
    ).one_or_none()
    if item is None:
        return
    heirs = connection.execute(
        select(
            articles.c.id,
            articles.c.title,
            articles.c.summary,
            articles.c.revision,
            matches.c.conflict,
        )
        .join(matches, matches.c.article_id == articles.c.id)
        .where(articles.c.story_id == match.story_id, matches.c.status == MatchStatus.APPROVED)
        .order_by(matches.c.decided_at, articles.c.id)
    ).all()
    handed_on = (
        bool(heirs)
        and item.article_id == match.article_id
        and match.article_id not in {row.id for row in heirs}
    )
    if handed_on:
        _lead(connection, item.id, heirs[0].id, heirs[0])
    withdrawn = match.conflict not in {row.conflict for row in heirs}
    if withdrawn:
        connection.execute(
            digest_placements.update()
            .where(
                digest_placements.c.item_id == item.id,
                digest_placements.c.conflict == match.conflict,
            )
            .values(withdrawn_at=now, withdrawn_reason=reason)
        )
    if withdrawn or handed_on:
        change = Change.WITHDRAWN if withdrawn else Change.HANDED_ON
        touch(connection, item, change, now)
    else:
        alter(connection, item.id)
