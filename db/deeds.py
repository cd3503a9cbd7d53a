"""Deeds: verdicts and everything else people did, in one order, newest first."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    or_,
    select,
    true,
)

from db.tables import articles, audit_log, matches, reviews, story_changes
from pipeline.model import Deed, DeedKey, DeedWanted

# Below the other of the same moment: what was done with a verdict is told after it.
_AUDIT, _REVIEW = 0, 1
# What was done to accounts, tokens, subscribers and programs is for admins.
OPEN_TO_EDITORS = (
    "background ", "claim.", "digest.", "edition.", "feed ", "feeds ", "hold.", "keywords.",
    "story.",
)  # fmt: skip


def page(
    connection: Connection,
    wanted: DeedWanted,
    *,
    before: DeedKey | None = None,
    limit: int,
) -> tuple[Deed, ...]:
    """List what was done, newest first; with `before`, what comes after that key in this order."""
    found = merge(
        _verdicts(connection, wanted, before, limit),
        _others(connection, wanted, before, limit),
        key=lambda deed: deed.key,
        reverse=True,
    )
    return tuple(islice(found, limit))


def people(connection: Connection, *, accounts: bool) -> tuple[str, ...]:
    """Name everybody who ever did something; `accounts` as in what is wanted of the log."""
    others = select(audit_log.c.actor)
    if not accounts:
        others = others.where(_open_to_editors())
    return tuple(sorted(connection.scalars(select(reviews.c.editor).union(others))))


def actions(connection: Connection) -> tuple[str, ...]:
    """Name every kind of thing that was ever done besides verdicts."""
    return tuple(
        connection.scalars(select(audit_log.c.action).distinct().order_by(audit_log.c.action))
    )


def _verdicts(
    connection: Connection, wanted: DeedWanted, before: DeedKey | None, limit: int
) -> Iterator[Deed]:
    later = reviews.alias("later")
    superseded = select(later.c.id).where(
        later.c.match_id == reviews.c.match_id, later.c.id > reviews.c.id
    )
    asked = (
        select(
            reviews,
            matches.c.article_id,
            matches.c.conflict,
            articles.c.title,
            (~superseded.exists()).label("last"),
        )
        .join(matches, matches.c.id == reviews.c.match_id)
        .join(articles, articles.c.id == matches.c.article_id)
    )
    if wanted.actor:
        asked = asked.where(reviews.c.editor == wanted.actor)
    if wanted.action:
        asked = asked.where(reviews.c.verdict == wanted.action)
    if wanted.conflict:
        asked = asked.where(matches.c.conflict == wanted.conflict)
    if wanted.words:
        asked = asked.where(_say(wanted.words, reviews.c.reason, articles.c.title))
    asked = _between(asked, wanted, before, reviews.c.decided_at, _REVIEW, reviews.c.id)
    for row in connection.execute(asked.limit(limit)):
        yield Deed(
            key=DeedKey(at=row.decided_at, order=_REVIEW, id=row.id),
            actor=row.editor,
            action=row.verdict,
            subject=row.title,
            conflict=row.conflict,
            article_id=row.article_id,
            before=row.status_before,
            after=row.status_after,
            reason=row.reason,
            review_id=row.id if row.last else 0,
        )


def _others(
    connection: Connection, wanted: DeedWanted, before: DeedKey | None, limit: int
) -> Iterator[Deed]:
    asked = select(audit_log)
    if wanted.actor:
        asked = asked.where(audit_log.c.actor == wanted.actor)
    if wanted.action:
        asked = asked.where(audit_log.c.action == wanted.action)
    if wanted.conflict:
        asked = asked.where(audit_log.c.subject == wanted.conflict)
    if not wanted.accounts:
        asked = asked.where(_open_to_editors())
    if wanted.words:
        detail = cast(audit_log.c.detail, Text)
        asked = asked.where(_say(wanted.words, audit_log.c.subject, audit_log.c.action, detail))
    asked = _between(asked, wanted, before, audit_log.c.at, _AUDIT, audit_log.c.id)
    rows = connection.execute(asked.limit(limit)).all()
    standing = _standing_changes(connection, [row.detail.get("change") for row in rows])
    for row in rows:
        change = row.detail.get("change")
        undoable = change in standing and row.action != "story.undo"
        yield Deed(
            key=DeedKey(at=row.at, order=_AUDIT, id=row.id),
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=dict(row.detail),
            change_id=change if undoable else 0,
        )


def _between(
    asked: Select[Any],
    wanted: DeedWanted,
    before: DeedKey | None,
    at: Any,
    order: int,
    id: Any,
) -> Select[Any]:
    if wanted.since is not None:
        asked = asked.where(at >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(at < wanted.until)
    if before is not None:
        other = true() if order < before.order else false()
        same = id < before.id if order == before.order else other
        asked = asked.where(at <= before.at, or_(at < before.at, same))
    return asked.order_by(at.desc(), id.desc())


def _open_to_editors() -> ColumnElement[bool]:
    action = audit_log.c.action
    return or_(false(), *(action.startswith(each, autoescape=True) for each in OPEN_TO_EDITORS))


def _say(words: str, *columns: Any) -> ColumnElement[bool]:
    # SQLite folds the case of ASCII alone: words of other letters are also looked for as written.
    return and_(
        *(
            or_(
                *(func.lower(each).contains(word.lower(), autoescape=True) for each in columns),
                *(each.contains(word, autoescape=True) for each in columns),
            )
            for word in words.split()
        )
    )


def _standing_changes(connection: Connection, change_ids: Sequence[object]) -> set[int]:
    known = [each for each in change_ids if isinstance(each, int)]
    return set(
        connection.scalars(
            select(story_changes.c.id).where(
                story_changes.c.id.in_(known), story_changes.c.undone_at.is_(None)
            )
        )
    )
