"""Curated backgrounds: sections, revisions, and the Markdown files a new database starts from."""

from datetime import date, datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, select

from db import notices
from db.tables import background_revisions, background_sections, conflicts
from pipeline.model import Background, BackgroundRevision, Caption, Section, SectionKind


def shipped(slug: str) -> str | None:
    """Give the Markdown of the background that ships for a conflict, or None."""
    file = files("db.backgrounds") / f"{slug}.md"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def current(connection: Connection, slug: str) -> Background | None:
    """Give a conflict's background as it stands, or None when there is none."""
    row = connection.execute(select(conflicts).where(conflicts.c.slug == slug)).one_or_none()
    if row is None or row.background_revision == 0:
        return None
    sections = connection.execute(
        select(background_sections)
        .where(background_sections.c.conflict == slug)
        .order_by(background_sections.c.position)
    )
    return Background(
        title=row.background_title or row.title,
        sections=tuple(
            Section(kind=SectionKind(each.kind), heading=each.heading, markdown=each.markdown)
            for each in sections
        ),
        captions=tuple(
            Caption(text=text, credit=credit) for text, credit in row.background_captions
        ),
        updated_on=row.background_updated_on,
        site=row.background_site or "",
        sources=tuple(row.background_sources),
        conflict=slug,
    )


def save(
    connection: Connection,
    slug: str,
    background: Background,
    *,
    author: str,
    note: str,
    now: datetime,
) -> int:
    """Make this the conflict's background and append a revision; gives the revision's number."""
    new = 1 + number(connection, slug, lock=True)
    notices.tell(connection, notices.PUBLIC)
    connection.execute(
        conflicts.update()
        .where(conflicts.c.slug == slug)
        .values(
            background_title=background.title,
            background_updated_on=background.updated_on,
            background_site=background.site,
            background_sources=list(background.sources),
            background_captions=[[caption.text, caption.credit] for caption in background.captions],
            background_revision=new,
        )
    )
    connection.execute(background_sections.delete().where(background_sections.c.conflict == slug))
    if background.sections:
        connection.execute(
            background_sections.insert(),
            [
                {
                    "conflict": slug,
                    "position": position,
                    "kind": section.kind,
                    "heading": section.heading,
                    "markdown": section.markdown,
                }
                for position, section in enumerate(background.sections)
            ],
        )
    connection.execute(
        background_revisions.insert().values(
            conflict=slug,
            number=new,
            document=to_document(background),
            author=author,
            note=note,
            saved_at=now,
        )
    )
    return new


def number(connection: Connection, slug: str, *, lock: bool = False) -> int:
    """Give the current revision's number, 0 for none; `lock` holds it until the commit."""
    wanted = select(conflicts.c.background_revision).where(conflicts.c.slug == slug)
    return int(connection.scalar(wanted.with_for_update() if lock else wanted) or 0)


def to_document(background: Background) -> dict[str, Any]:
    """Make a background a value that JSON can hold."""
    return {
        "title": background.title,
        "updated_on": background.updated_on.isoformat() if background.updated_on else None,
        "site": background.site,
        "sources": list(background.sources),
        "captions": [[caption.text, caption.credit] for caption in background.captions],
        "sections": [
            {"kind": str(section.kind), "heading": section.heading, "markdown": section.markdown}
            for section in background.sections
        ],
    }


def history(connection: Connection, slug: str) -> tuple[BackgroundRevision, ...]:
    """List every saved state, newest first."""
    rows = connection.execute(
        select(background_revisions)
        .where(background_revisions.c.conflict == slug)
        .order_by(background_revisions.c.number.desc())
    )
    return tuple(
        BackgroundRevision(
            number=row.number,
            author=row.author,
            note=row.note,
            saved_at=row.saved_at,
            background=from_document(slug, row.document),
        )
        for row in rows
    )


def from_document(slug: str, document: dict[str, Any]) -> Background:
    """Read a background back from what `to_document` made."""
    day = document["updated_on"]
    return Background(
        title=document["title"],
        updated_on=date.fromisoformat(day) if day else None,
        site=document["site"],
        sources=tuple(document["sources"]),
        conflict=slug,
        captions=tuple(Caption(text=text, credit=credit) for text, credit in document["captions"]),
        sections=tuple(
            Section(
                kind=SectionKind(each["kind"]), heading=each["heading"], markdown=each["markdown"]
            )
            for each in document["sections"]
        ),
    )
