"""Versions of keywords as the desk saves them: who, why, and the text as it was typed."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select

from db import editors
from db.conflicts import read_keywords
from db.rows import insert_missing
from db.tables import audit_log, conflicts, keyword_versions
from pipeline.model import Keywords, KeywordSave, KeywordsVersion

SAVED = "keywords.save"
GIVEN_BACK = "keywords.adopt"
# The text stands beside the rule's own keys, in the same value.
_TEXT = "text"


def save(
    connection: Connection,
    slug: str,
    keywords: Keywords,
    text: str,
    *,
    author: str,
    note: str,
    now: datetime,
) -> None:
    """Make keywords those that run for a conflict, owned by the desk; the audit log names who.

    A version that ran before keeps who brought it first and takes over the examples and the text.
    """
    stored = {**asdict(keywords), _TEXT: text}
    connection.execute(
        insert_missing(connection, keyword_versions, ["conflict", "version"]).values(
            conflict=slug,
            version=keywords.version,
            keywords=stored,
            origin="desk",
            author=author,
            note=note,
            first_used_at=now,
        )
    )
    connection.execute(
        keyword_versions.update()
        .where(keyword_versions.c.conflict == slug, keyword_versions.c.version == keywords.version)
        .values(keywords=stored)
    )
    connection.execute(
        conflicts.update()
        .where(conflicts.c.slug == slug)
        .values(owner="desk", rule_version=keywords.version)
    )
    detail: dict[str, object] = {"version": keywords.version, "note": note}
    editors.audit(connection, actor=author, action=SAVED, subject=slug, now=now, detail=detail)


def state(connection: Connection, slug: str, *, hold: bool = False) -> str | None:
    """Name what runs for a conflict and who owns it: it differs after anybody saved; None if there
    is no such conflict. With `hold`, nobody else saves until this transaction ends.
    """
    wanted = select(conflicts.c.owner, conflicts.c.rule_version).where(
        conflicts.c.slug == slug, conflicts.c.retired_at.is_(None)
    )
    row = connection.execute(wanted.with_for_update() if hold else wanted).one_or_none()
    if row is None:
        return None
    stored = connection.scalar(
        select(keyword_versions.c.keywords).where(
            keyword_versions.c.conflict == slug,
            keyword_versions.c.version == row.rule_version,
        )
    )
    said = json.dumps([row.owner, row.rule_version, stored], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]


def find(connection: Connection, slug: str, version: str) -> KeywordsVersion | None:
    """Give one version of a conflict's keywords."""
    row = connection.execute(
        select(keyword_versions).where(
            keyword_versions.c.conflict == slug, keyword_versions.c.version == version
        )
    ).one_or_none()
    return None if row is None else _version(row)


def history(connection: Connection, slug: str) -> tuple[KeywordsVersion, ...]:
    """List a conflict's versions, the one that ran first for the first time last."""
    rows = connection.execute(
        select(keyword_versions)
        .where(keyword_versions.c.conflict == slug)
        .order_by(keyword_versions.c.first_used_at.desc(), keyword_versions.c.id.desc())
    )
    return tuple(map(_version, rows))


def saves(connection: Connection, slug: str) -> tuple[KeywordSave, ...]:
    """List what was done to a conflict's keywords on the desk, newest first."""
    rows = connection.execute(
        select(audit_log)
        .where(audit_log.c.subject == slug, audit_log.c.action.in_((SAVED, GIVEN_BACK)))
        .order_by(audit_log.c.id.desc())
    )
    return tuple(
        KeywordSave(
            at=row.at,
            author=row.actor,
            version=str(row.detail.get("version", "")),
            note=str(row.detail.get("note", "")),
            given_back=row.action == GIVEN_BACK,
        )
        for row in rows
    )


def _version(row: Row[Any]) -> KeywordsVersion:
    stored: Mapping[str, Any] = row.keywords
    return KeywordsVersion(
        version=row.version,
        keywords=read_keywords(stored),
        text=str(stored.get(_TEXT, "")),
        origin=row.origin,
        author=row.author,
        note=row.note,
        first_used_at=row.first_used_at,
    )
