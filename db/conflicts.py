"""Conflicts: declared from sources.yaml, with every version of their keywords."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Row, select

from db.rows import insert_missing
from db.tables import conflicts, keyword_versions
from pipeline.model import Approval, Conflict, CutOff, Example, Keywords, Near, Term


def declare(connection: Connection, declared: Sequence[Conflict], now: datetime) -> None:
    """Make the table say what sources.yaml says; a conflict owned by the desk keeps its
    keywords."""
    stored = {row.slug: row for row in connection.execute(select(conflicts))}
    for position, conflict in enumerate(declared):
        row = stored.get(conflict.slug)
        values = _declared(conflict, position)
        if row is None:
            connection.execute(
                insert_missing(connection, conflicts, ["slug"]).values(
                    **values,
                    slug=conflict.slug,
                    rule_version=conflict.keywords.version,
                    declared_at=now,
                    owner="file",
                    background_captions=[],
                    background_sources=[],
                    background_revision=0,
                )
            )
        else:
            if row.owner == "file":
                values["rule_version"] = conflict.keywords.version
            changed = {key for key, value in values.items() if getattr(row, key) != value}
            if changed or row.retired_at is not None:
                connection.execute(
                    conflicts.update()
                    .where(conflicts.c.slug == conflict.slug)
                    .values(**values, retired_at=None)
                )
        if row is None or row.owner == "file":
            _note_version(connection, conflict, now)
    gone = set(stored) - {conflict.slug for conflict in declared}
    connection.execute(
        conflicts.update()
        .where(conflicts.c.slug.in_(gone), conflicts.c.retired_at.is_(None))
        .values(retired_at=now)
    )


def _declared(conflict: Conflict, position: int) -> dict[str, Any]:
    return {
        "title": conflict.title,
        "region": conflict.region,
        "countries": list(conflict.countries),
        "type": conflict.type,
        "impact": conflict.impact,
        "status": conflict.status,
        "status_reason": conflict.status_reason,
        "approve": str(conflict.approve),
        "approve_at": conflict.approve_at,
        "edition_at": f"{conflict.edition.at:%H:%M}" if conflict.edition else "",
        "edition_zone": conflict.edition.zone if conflict.edition else "UTC",
        "position": position,
    }


def _note_version(connection: Connection, conflict: Conflict, now: datetime) -> None:
    connection.execute(
        insert_missing(connection, keyword_versions, ["conflict", "version"]).values(
            conflict=conflict.slug,
            version=conflict.keywords.version,
            keywords=asdict(conflict.keywords),
            origin="file",
            author="sources.yaml",
            note="",
            first_used_at=now,
        )
    )
    # Examples do not make a version: one that stands already takes over those of today.
    this = (keyword_versions.c.conflict == conflict.slug) & (
        keyword_versions.c.version == conflict.keywords.version
    )
    stored = connection.scalar(select(keyword_versions.c.keywords).where(this)) or {}
    if read_keywords(stored).examples != conflict.keywords.examples:
        connection.execute(
            keyword_versions.update().where(this).values(keywords=asdict(conflict.keywords))
        )


def running(connection: Connection) -> tuple[Conflict, ...]:
    """Give the tracked conflicts with the keywords that run now, in the order of sources.yaml."""
    rows = connection.execute(
        select(conflicts, keyword_versions.c.keywords)
        .outerjoin(
            keyword_versions,
            (keyword_versions.c.conflict == conflicts.c.slug)
            & (keyword_versions.c.version == conflicts.c.rule_version),
        )
        .where(conflicts.c.retired_at.is_(None))
        .order_by(conflicts.c.position)
    )
    return tuple(map(_conflict, rows))


def face(connection: Connection) -> tuple[tuple[object, ...], ...]:
    """Give all that public pages tell of each tracked conflict, its background by its revision."""
    hidden = {"approve", "approve_at", "owner", "rule_version", "retired_at"}
    shown = [each for each in conflicts.c if each.name not in hidden]
    rows = connection.execute(
        select(*shown).where(conflicts.c.retired_at.is_(None)).order_by(conflicts.c.position)
    )
    return tuple(map(tuple, rows))


def versions(connection: Connection) -> dict[str, str]:
    """Give the version of the keywords that run, by conflict: it tells whether rules are old."""
    rows = connection.execute(
        select(conflicts.c.slug, conflicts.c.rule_version).where(conflicts.c.retired_at.is_(None))
    )
    return {row.slug: row.rule_version for row in rows}


def titles(connection: Connection) -> dict[str, str]:
    """Give the tracked conflicts' titles by slug, in the order of sources.yaml."""
    rows = connection.execute(
        select(conflicts.c.slug, conflicts.c.title)
        .where(conflicts.c.retired_at.is_(None))
        .order_by(conflicts.c.position)
    )
    return {row.slug: row.title for row in rows}


def without_editions(connection: Connection) -> frozenset[str]:
    """Name the tracked conflicts that have no daily edition."""
    return frozenset(
        connection.scalars(
            select(conflicts.c.slug).where(
                conflicts.c.retired_at.is_(None), conflicts.c.edition_at == ""
            )
        )
    )


def _conflict(row: Row[Any]) -> Conflict:
    return Conflict(
        slug=row.slug,
        title=row.title,
        keywords=read_keywords(row.keywords or {}),
        region=row.region,
        countries=tuple(row.countries),
        type=row.type,
        impact=row.impact,
        status=row.status,
        status_reason=row.status_reason,
        approve=Approval(row.approve),
        approve_at=row.approve_at,
        edition=_cut_off(row),
    )


def _cut_off(row: Row[Any]) -> CutOff | None:
    if not row.edition_at:
        return None
    return CutOff(at=time.fromisoformat(row.edition_at), zone=row.edition_zone)


def read_keywords(stored: Mapping[str, Any]) -> Keywords:
    """Give a rule as it is stored in a version."""
    lists = {
        name: tuple(map(_term, stored.get(name, ())))
        for name in ("decisive", "places", "subjects", "exclude")
    }
    examples = tuple(Example(**each) for each in stored.get("examples", ()))
    return Keywords(**lists, examples=examples, version=stored.get("version", ""))


def _term(stored: Mapping[str, Any]) -> Term:
    return Term(
        text=stored["text"],
        languages=tuple(stored["languages"]),
        fields=tuple(stored["fields"]),
        near=_near(stored["near"]),
        unless_near=_near(stored["unless_near"]),
        all=tuple(stored["all"]),
        vocabulary=stored["vocabulary"],
    )


def _near(stored: Mapping[str, Any] | None) -> Near | None:
    return None if stored is None else Near(words=tuple(stored["words"]), within=stored["within"])


def declared_at(connection: Connection, slug: str) -> datetime:
    """Give when a conflict was first declared."""
    found = connection.scalar(select(conflicts.c.declared_at).where(conflicts.c.slug == slug))
    assert isinstance(found, datetime)
    return found


def owners(connection: Connection) -> dict[str, str]:
    """Say who owns each tracked conflict's keywords: `file` or `desk`."""
    rows = connection.execute(
        select(conflicts.c.slug, conflicts.c.owner).where(conflicts.c.retired_at.is_(None))
    )
    return {row.slug: row.owner for row in rows}


def adopt(connection: Connection, conflict: Conflict, now: datetime) -> None:
    """Give a conflict's keywords back to sources.yaml."""
    _note_version(connection, conflict, now)
    connection.execute(
        conflicts.update()
        .where(conflicts.c.slug == conflict.slug)
        .values(owner="file", rule_version=conflict.keywords.version)
    )
