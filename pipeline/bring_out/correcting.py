"""Correcting: the next revision of an edition, when what it lists changed or an editor says so."""

from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version

from db import (
    Connection,
    Database,
    edition_stories,
    editions,
)
from pipeline.errors import EditionChanged, EditionError
from pipeline.model import (
    CandidateStory,
    Edition,
    EditionCorrection,
    EditionStory,
)
from pipeline.prove import hashes_of
from pipeline.stages.edition import (
    from_manifest,
    to_manifest,
)
from pipeline.stages.render import template_version

# As long as a withdrawn entry stays in the feeds, the edition that listed it says so too.
REVISE_DAYS = 30
LONGEST_NOTE = 2_000
_DAY = timedelta(days=1)


def store_edition(connection: Connection, edition: Edition, *, made_by: str) -> None:
    """Store an edition, or its next revision, with the hashes of all its documents."""
    manifest = to_manifest(edition)
    hashes = hashes_of(edition, manifest)
    if edition.revision == 1:
        editions.add(connection, edition, manifest, hashes, made_by)
    else:
        editions.revise(connection, edition, manifest, hashes, made_by)


def find_overtaken(
    connection: Connection, slug: str, now: datetime
) -> list[tuple[Edition, str, datetime]]:
    """Editions that list what was withdrawn or corrected since: as they should read, the note, and
    the last of these changes."""
    found = []
    changes = edition_stories.changed_since(connection, slug, now.date() - REVISE_DAYS * _DAY)
    for number, changed in sorted(changes.items()):
        [stored] = editions.stored(connection, number=number)
        edition = from_manifest(stored.manifest)
        standing = edition_stories.listed(connection, slug, changed)
        stories, notes, latest = [], [], edition.updated_at
        for story in edition.stories:
            reason, corrected_at, note = changed.get(story.item_id, (None, None, ""))
            if reason is not None and story.withdrawn_reason is None:
                stories.append(replace(story, withdrawn_reason=reason))
                notes.append(f"\u201c{story.title}\u201d was withdrawn.")
            elif reason is None and corrected_at is not None and corrected_at > edition.updated_at:
                stories.append(_as_it_stands(story, standing.get(story.item_id)))
                notes.append(f"\u201c{story.title}\u201d: {note}")
                latest = max(latest, corrected_at)
            else:
                stories.append(story)
        if notes:
            found.append((replace(edition, stories=tuple(stories)), " ".join(notes), latest))
    return found


def revise(
    connection: Connection, edition: Edition, note: str, made_by: str, now: datetime
) -> Edition:
    """Store the next revision: the id stays, `updated` moves forward, the note is seen."""
    # A whole second, after the one before and not before what it answers to.
    moment = max(now + timedelta(microseconds=999_999), edition.updated_at + timedelta(seconds=1))
    moment = moment.replace(microsecond=0)
    corrected = replace(
        edition,
        revision=edition.revision + 1,
        updated_at=moment,
        corrections=(*edition.corrections, EditionCorrection(at=moment, note=note)),
        template_version=template_version(),
        program_version=version("dateline"),
    )
    store_edition(connection, corrected, made_by=made_by)
    return corrected


def correct(
    database: Database, number: int, *, note: str, editor: str, seen: int, now: datetime
) -> Edition:
    """Correct a published edition: its stories take the texts that stand now, and it says what was
    corrected.

    `seen` is the revision the editor saw. Raises EditionError for an unknown edition or an empty
    note, EditionChanged when it was corrected meanwhile.
    """
    said = " ".join(note.split())
    if not 0 < len(said) <= LONGEST_NOTE:
        raise EditionError(f"say in 1 to {LONGEST_NOTE} characters what was corrected")
    with database.transaction() as connection:
        editions.hold(connection)
        found = editions.stored(connection, number=number)
        if not found:
            raise EditionError(f"there is no edition {number}")
        edition = from_manifest(found[0].manifest)
        if edition.revision != seen:
            raise EditionChanged(
                f"edition {number} was corrected meanwhile: look at revision {edition.revision}"
            )
        standing = edition_stories.listed(
            connection, edition.conflict, [story.item_id for story in edition.stories]
        )
        stories = tuple(
            _as_it_stands(story, standing.get(story.item_id)) for story in edition.stories
        )
        return revise(connection, replace(edition, stories=stories), said, editor, now)


def _as_it_stands(story: EditionStory, now: CandidateStory | None) -> EditionStory:
    if now is None:
        return story
    return replace(
        story,
        title=now.title,
        summary=now.summary,
        language=now.language,
        withdrawn_reason=now.withdrawn_reason,
    )
