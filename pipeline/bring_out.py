"""Bring out: make the daily editions that are due, and correct them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from db import (
    Connection,
    Database,
    backgrounds,
    conflicts,
    edition_drafts,
    edition_stories,
    editions,
    instance,
    readings,
)
from pipeline.errors import EditionChanged, EditionError
from pipeline.model import (
    CandidateStory,
    Conflict,
    CutOff,
    Edition,
    EditionCorrection,
    EditionHead,
    EditionStory,
    Reading,
)
from pipeline.prove import hashes_of
from pipeline.stages.edition import (
    Closing,
    arrange,
    due,
    from_manifest,
    measure,
    next_closing,
    to_manifest,
)
from pipeline.stages.render import template_version

SERVICE = "the service"
# As long as a withdrawn entry stays in the feeds, the edition that listed it says so too.
REVISE_DAYS = 30
LONGEST_NOTE = 2_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtOut:
    """What one look at the clock and the database did: editions made, and those corrected."""

    made: tuple[Edition, ...] = ()
    revised: tuple[Edition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.made or self.revised)


def bring_out(database: Database, base_url: str, now: datetime) -> BroughtOut:
    """Make every edition that is due and not held back, and correct those that list what was
    withdrawn or corrected since.

    What is due is decided by what the database holds, under a lock: however late or often this
    runs, in however many processes, each edition is made once.
    """
    made, revised = [], []
    for conflict in _with_editions(database, now):
        with database.transaction() as connection:
            editions.hold(connection)
            edition = _make_if_due(connection, conflict, base_url, now)
            if edition is not None:
                made.append(edition)
            revised += [
                _revised(connection, overtaken, note, SERVICE, max(now, latest))
                for overtaken, note, latest in _overtaken(connection, conflict.slug, now)
            ]
    return BroughtOut(made=tuple(made), revised=tuple(revised))


def _with_editions(database: Database, now: datetime) -> list[Conflict]:
    """The conflicts where something is to do: most looks find none, and take no lock."""
    with database.reading() as connection:
        return [
            conflict
            for conflict in conflicts.running(connection)
            if _is_due(connection, conflict, now) is not None
            or _overtaken(connection, conflict.slug, now)
        ]


def _is_due(connection: Connection, conflict: Conflict, now: datetime) -> Closing | None:
    if conflict.edition is None:
        return None
    if edition_drafts.find(connection, conflict.slug).held_at is not None:
        return None
    return due(
        conflict.edition,
        ZoneInfo(conflict.edition.zone),
        newest=editions.newest(connection, conflict.slug, now),
        declared_at=conflicts.declared_at(connection, conflict.slug),
        now=now,
    )


def closing_of(connection: Connection, conflict: Conflict, now: datetime) -> Closing | None:
    """Give the next edition of a conflict, due or not; None where it has none."""
    if conflict.edition is None:
        return None
    return next_closing(
        conflict.edition,
        ZoneInfo(conflict.edition.zone),
        newest=editions.newest(connection, conflict.slug, now),
        declared_at=conflicts.declared_at(connection, conflict.slug),
        now=now,
    )


def _make_if_due(
    connection: Connection, conflict: Conflict, base_url: str, now: datetime
) -> Edition | None:
    closing = _is_due(connection, conflict, now)
    if closing is None:
        return None
    edition = drafted(connection, conflict, closing, base_url, now)
    _store(connection, edition, made_by=SERVICE)
    edition_drafts.clear(connection, conflict.slug, [each.item_id for each in edition.stories])
    return edition


def drafted(
    connection: Connection, conflict: Conflict, closing: Closing, base_url: str, now: datetime
) -> Edition:
    """Put together the edition of a closing from what the database holds; nothing is written.

    One that is not due yet is dated as if it came out at its cut-off.
    """
    cut_off = conflict.edition or CutOff()
    newest = editions.newest(connection, conflict.slug, now)
    draft = edition_drafts.find(connection, conflict.slug)
    found = edition_stories.candidates(
        connection,
        conflict.slug,
        since=editions.opened_at(connection, conflict.slug, closing.since_at),
        until=closing.cut_off_at,
    )
    stories = arrange(found, draft.picks, closing.day)
    number = editions.next_number(connection)
    authority = instance.recall(connection, instance.TAG_AUTHORITY) or "localhost"
    moment = max(now, closing.cut_off_at).replace(microsecond=0)
    return Edition(
        number=number,
        uid=f"tag:{authority},{closing.day}:conflicts/{conflict.slug}/{closing.day}",
        conflict=conflict.slug,
        conflict_title=conflict.title,
        day=closing.day,
        revision=1,
        published_at=moment,
        updated_at=moment,
        since_at=closing.since_at,
        cut_off_at=closing.cut_off_at,
        cut_off=f"{cut_off.at:%H:%M}",
        zone=cut_off.zone,
        base_url=base_url,
        reading=_reading(connection, conflict, closing, min(now, closing.cut_off_at)),
        stories=stories,
        note=draft.note,
        missed=closing.missed,
        previous_day=newest.day if newest else None,
        watermark=max(
            (report.review_id for story in stories for report in story.reports),
            default=newest.watermark if newest else 0,
        ),
        watermark_before=newest.watermark if newest else 0,
        rule_version=conflict.keywords.version,
        background_revision=backgrounds.number(connection, conflict.slug),
        template_version=template_version(),
        program_version=version("dateline"),
    )


def _reading(
    connection: Connection, conflict: Conflict, closing: Closing, until: datetime
) -> Reading:
    zone = ZoneInfo((conflict.edition or CutOff()).zone)
    since = min(closing.since_at, until - timedelta(seconds=1))
    matched, waiting = readings.matched(connection, conflict.slug, since, until)
    return measure(
        readings.attempts(connection, conflict.slug, since, until),
        since=since,
        until=until,
        zone=zone,
        matched=matched,
        waiting=waiting,
    )


def _store(connection: Connection, edition: Edition, *, made_by: str) -> None:
    manifest = to_manifest(edition)
    hashes = hashes_of(edition, manifest)
    if edition.revision == 1:
        editions.add(connection, edition, manifest, hashes, made_by)
    else:
        editions.revise(connection, edition, manifest, hashes, made_by)


def _overtaken(
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


def _revised(
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
    _store(connection, corrected, made_by=made_by)
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
        return _revised(connection, replace(edition, stories=stories), said, editor, now)


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


def published(
    database: Database,
    *,
    conflict: str | None = None,
    day: date | None = None,
    number: int | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> tuple[Edition, ...]:
    """Give published editions as they stand, newest first, with all that is in them.

    What to show of one: `render_edition_html`, `render_edition_text`, `render_edition_page` of
    pipeline.stages.render.
    """
    with database.reading() as connection:
        found = editions.stored(
            connection, conflict=conflict, day=day, number=number, before=before, limit=limit
        )
    return tuple(from_manifest(each.manifest) for each in found)


def newest_of(database: Database, conflict: str) -> EditionHead | None:
    """Give where a conflict's editions stand."""
    with database.reading() as connection:
        return editions.newest(connection, conflict)
