"""Saving: a draft becomes the keywords that run, or the file owns them again."""

from datetime import datetime
from pathlib import Path

from db import Database, conflicts, editors, instance, keyword_versions
from pipeline.edit_keywords.drafting import Draft
from pipeline.edit_keywords.reading import declared, in_file_of
from pipeline.errors import KeywordsChanged, KeywordsError

LONGEST_NOTE = 500


def save(
    database: Database, draft: Draft, *, state: str, author: str, note: str, now: datetime
) -> None:
    """Make a draft the keywords that run, owned by the desk, and ask for a rematch.

    Raises KeywordsError without a note or with a draft that has faults, KeywordsChanged when
    somebody saved since `state` was read; then nothing is changed.
    """
    if draft.conflict is None:
        raise KeywordsError("the keywords have faults")
    if not note.strip():
        raise KeywordsError("say in the note why you change them")
    if len(note) > LONGEST_NOTE:
        raise KeywordsError(f"the note is longer than {LONGEST_NOTE} characters")
    slug = draft.conflict.slug
    with database.transaction() as connection:
        standing = keyword_versions.state(connection, slug, hold=True)
        if standing is None:
            raise KeywordsError("this conflict is not tracked any more")
        if standing != state:
            raise KeywordsChanged("somebody saved these keywords since you loaded them")
        keyword_versions.save(
            connection,
            slug,
            draft.conflict.keywords,
            draft.text,
            author=author,
            note=note.strip(),
            now=now,
        )
        instance.note(connection, instance.REMATCH_WANTED, now.isoformat())


def give_back(
    database: Database, path: Path, slug: str, *, state: str, author: str, now: datetime
) -> None:
    """Let sources.yaml own a conflict's keywords again, and ask for a rematch.

    Raises KeywordsError when the file does not name the conflict or cannot be used, and
    KeywordsChanged when somebody saved since `state` was read.
    """
    there = in_file_of(declared(path), slug)
    if there is None:
        raise KeywordsError("sources.yaml cannot be used, or does not name this conflict")
    with database.transaction() as connection:
        if keyword_versions.state(connection, slug, hold=True) != state:
            raise KeywordsChanged("somebody saved these keywords since you loaded them")
        conflicts.adopt(connection, there, now)
        editors.audit(
            connection,
            actor=author,
            action=keyword_versions.GIVEN_BACK,
            subject=slug,
            now=now,
            detail={"version": there.keywords.version},
        )
        instance.note(connection, instance.REMATCH_WANTED, now.isoformat())
