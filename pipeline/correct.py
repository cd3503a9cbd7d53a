"""Correct: put a published entry right, told to its subscribers unless it is only a typo."""

from dataclasses import dataclass
from datetime import datetime

from db import Database, digests, editors
from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import PublishedItem

LONGEST_TITLE = 500
LONGEST_SUMMARY = 2000
LONGEST_NOTE = 500
CORRECTED = "digest.correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an editor wants a published entry to say.

    `slug` is the entry's name under `/news/`. `note` tells subscribers what was wrong, in one or
    two plain sentences; it is empty for a typo, and only then. `seen` is the entry's `revision` as
    the editor saw it (None: whatever it is now).
    """

    slug: str
    title: str
    summary: str
    note: str
    editor: str
    seen: int | None = None


def correctable(database: Database, slug: str) -> PublishedItem | None:
    """Give a published entry as it stands, to fill a form with, or None when there is none."""
    with database.reading() as connection:
        return next(iter(digests.published(connection, slugs=[slug])), None)


def correct(database: Database, correction: Correction, now: datetime) -> PublishedItem:
    """Correct a published entry; gives it as it stands then. The audit log keeps both texts.

    With a note the entry says "Correction:" and moves in every feed (same id, `updated` forward);
    without one its words change and nothing else. Raises ReviewError when there is no such entry,
    when it is withdrawn, when the text is empty or too long or changes nothing; AlreadyDecided when
    it changed since the editor saw it. Then nothing was changed.
    """
    title, summary, note = (
        " ".join(text.split()) for text in (correction.title, correction.summary, correction.note)
    )
    _check("headline", title, LONGEST_TITLE)
    _check("summary", summary, LONGEST_SUMMARY)
    _check("note", note, LONGEST_NOTE)
    if not title:
        raise ReviewError("an entry needs a headline")
    if not correction.editor.strip():
        raise ReviewError("a correction needs an editor's name")
    with database.transaction() as connection:
        item = next(iter(digests.published(connection, slugs=[correction.slug])), None)
        if item is None:
            raise ReviewError(f"there is no published entry {correction.slug}")
        if all(place.withdrawn_at is not None for place in item.placements):
            raise ReviewError("this entry is withdrawn; approve its article again to publish it")
        if correction.seen not in (None, item.revision):
            raise AlreadyDecided("this entry changed since you opened it: look at it again")
        if not note and (title, summary) == (item.title, item.summary):
            raise ReviewError("nothing was changed; a note alone is enough to correct an entry")
        digests.correct(connection, item.slug, title=title, summary=summary, note=note, now=now)
        editors.audit(
            connection,
            actor=correction.editor,
            action=CORRECTED,
            subject=item.slug,
            now=now,
            detail={
                "before": {"title": item.title, "summary": item.summary},
                "after": {"title": title, "summary": summary},
                "note": note,
            },
        )
        [corrected] = digests.published(connection, slugs=[item.slug])
    return corrected


def _check(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise ReviewError(f"a {name} has at most {most} characters")
