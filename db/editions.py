"""Editions: what was published day by day, with the manifests it can be rebuilt from."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from db import instance
from db.tables import (
    digest_editions,
    edition_matches,
    edition_revisions,
)
from pipeline.model import (
    Edition,
    EditionHead,
    StoredEdition,
)

# A cut-off further ahead is that of an edition made while the clock was ahead.
_CLOCK_SLACK = timedelta(days=2)


def hold(connection: Connection) -> str:
    """Let no other process publish, withdraw or make an edition until this transaction ends.

    Gives the authority of ids.
    """
    return instance.recall(connection, instance.TAG_AUTHORITY, hold=True) or "localhost"


def newest(
    connection: Connection, conflict: str, now: datetime | None = None
) -> EditionHead | None:
    """Give a conflict's newest edition, or None.

    With `now`, one that was made while the clock was days ahead does not count.
    """
    wanted = digest_editions.c.conflict == conflict
    if now is not None:
        wanted &= digest_editions.c.cut_off_at <= now + _CLOCK_SLACK
    row = connection.execute(
        select(digest_editions).where(wanted).order_by(digest_editions.c.day.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return EditionHead(
        number=row.number,
        conflict=row.conflict,
        day=row.day,
        since_at=row.since_at,
        cut_off_at=row.cut_off_at,
        watermark=row.watermark,
    )


def next_number(connection: Connection) -> int:
    """Give the number of the next edition; only within a transaction that holds."""
    return (connection.scalar(select(func.max(digest_editions.c.number))) or 0) + 1


def opened_at(connection: Connection, conflict: str, latest: datetime) -> datetime:
    """Give the moment from which on a conflict's editions count verdicts: that of the first one, or
    `latest`."""
    found = connection.scalar(
        select(func.min(digest_editions.c.since_at)).where(digest_editions.c.conflict == conflict)
    )
    return min(found, latest) if isinstance(found, datetime) else latest


def add(
    connection: Connection, edition: Edition, manifest: str, hashes: Mapping[str, str], made_by: str
) -> None:
    """Store a new edition, and note what it counted: no match is counted twice."""
    connection.execute(
        digest_editions.insert().values(
            number=edition.number,
            conflict=edition.conflict,
            day=edition.day,
            uid=edition.uid,
            since_at=edition.since_at,
            cut_off_at=edition.cut_off_at,
            watermark=edition.watermark,
            published_at=edition.published_at,
            updated_at=edition.updated_at,
            revision=edition.revision,
        )
    )
    _add_revision(connection, edition, manifest, hashes, made_by)
    counted = [
        {"match_id": report.match_id, "number": edition.number, "item_id": story.item_id}
        for story in edition.stories
        for report in story.reports
    ]
    if counted:
        connection.execute(edition_matches.insert(), counted)


def revise(
    connection: Connection, edition: Edition, manifest: str, hashes: Mapping[str, str], made_by: str
) -> None:
    """Store another revision of an edition; the manifests before it stay."""
    _add_revision(connection, edition, manifest, hashes, made_by)
    connection.execute(
        digest_editions.update()
        .where(digest_editions.c.number == edition.number)
        .values(revision=edition.revision, updated_at=edition.updated_at)
    )


def _add_revision(
    connection: Connection, edition: Edition, manifest: str, hashes: Mapping[str, str], made_by: str
) -> None:
    connection.execute(
        edition_revisions.insert().values(
            number=edition.number,
            revision=edition.revision,
            made_at=edition.updated_at,
            made_by=made_by,
            manifest=manifest,
            hashes=dict(hashes),
        )
    )


def stored(
    connection: Connection,
    *,
    number: int | None = None,
    conflict: str | None = None,
    day: date | None = None,
    since: date | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> tuple[StoredEdition, ...]:
    """Give editions in their current revision, newest first; `before` is a number."""
    wanted = _select().where(edition_revisions.c.revision == digest_editions.c.revision)
    if number is not None:
        wanted = wanted.where(digest_editions.c.number == number)
    if conflict is not None:
        wanted = wanted.where(digest_editions.c.conflict == conflict)
    if day is not None:
        wanted = wanted.where(digest_editions.c.day == day)
    if since is not None:
        wanted = wanted.where(digest_editions.c.day >= since)
    if before is not None:
        wanted = wanted.where(digest_editions.c.number < before)
    wanted = wanted.order_by(digest_editions.c.number.desc()).limit(limit)
    return tuple(map(_stored, connection.execute(wanted)))


def published_since(
    connection: Connection, since: datetime
) -> tuple[tuple[int, str, datetime], ...]:
    """Give number, conflict and time of editions published after a time, the first one first."""
    rows = connection.execute(
        select(digest_editions.c.number, digest_editions.c.conflict, digest_editions.c.published_at)
        .where(digest_editions.c.published_at > since)
        .order_by(digest_editions.c.number)
    )
    return tuple((row.number, row.conflict, row.published_at) for row in rows)


def revisions(connection: Connection, number: int) -> tuple[StoredEdition, ...]:
    """Give every revision of an edition, the first one first."""
    wanted = _select().where(digest_editions.c.number == number)
    rows = connection.execute(wanted.order_by(edition_revisions.c.revision))
    return tuple(map(_stored, rows))


def _select() -> Select[Any]:
    return select(digest_editions.c.conflict, digest_editions.c.day, edition_revisions).join_from(
        digest_editions, edition_revisions, edition_revisions.c.number == digest_editions.c.number
    )


def _stored(row: Row[Any]) -> StoredEdition:
    return StoredEdition(
        number=row.number,
        conflict=row.conflict,
        day=row.day,
        revision=row.revision,
        made_at=row.made_at,
        manifest=row.manifest,
        hashes=dict(row.hashes),
    )


def states(connection: Connection) -> dict[str, tuple[int, ...]]:
    """Give of each conflict what changes whenever one of its editions is made or revised."""
    rows = connection.execute(
        select(
            digest_editions.c.conflict,
            func.count(),
            func.max(digest_editions.c.number),
            func.sum(digest_editions.c.revision),
        ).group_by(digest_editions.c.conflict)
    )
    return {row.conflict: tuple(map(int, row[1:])) for row in rows}


def days(connection: Connection, conflict: str, limit: int | None = None) -> tuple[date, ...]:
    """Give the days a conflict has editions of, newest first, at most `limit`."""
    return tuple(
        connection.scalars(
            select(digest_editions.c.day)
            .where(digest_editions.c.conflict == conflict)
            .order_by(digest_editions.c.day.desc())
            .limit(limit)
        )
    )


def newest_change(connection: Connection) -> int:
    """A number that grows with every edition and revision: it tells whether the files are old."""
    return connection.scalar(select(func.max(edition_revisions.c.id))) or 0
