"""Edit the digest: what the next daily edition will hold, and how editors shape it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db import (
    Connection,
    Database,
    conflicts,
    digests,
    edition_drafts,
    edition_stories,
    editions,
    editors,
    pages,
)
from pipeline.bring_out import closing_of, drafted
from pipeline.errors import EditionError
from pipeline.model import (
    CandidateStory,
    Conflict,
    Edition,
    EditionDraft,
    Pick,
    PublishedItem,
)
from pipeline.stages.edition import (
    REPEAT_DAYS,
    Closing,
    Doubt,
    find_doubts,
    from_manifest,
    in_order,
)
from pipeline.stages.render import render_edition
from pipeline.text import fold_key

LONGEST_NOTE = 2_000
LONGEST_WHY = 300
LATELY = timedelta(days=7)
MOST_LATELY = 50
MOST_EDITIONS = 14
HELD, RELEASED, LEFT_OUT, PUT_BACK = (
    "edition.hold",
    "edition.release",
    "edition.leave_out",
    "edition.put_back",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStory:
    """A story of the next edition, with what was decided of it and what is doubtful."""

    story: CandidateStory
    pick: Pick
    further: bool
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEdition:
    """A conflict's next edition as it stands.

    `edition` is what would be published now; it and `closing` are None where the conflict has no
    daily edition. `stories` are in their order, those left out included; `pending` were approved
    after the cut-off and are for the edition after it. `overdue` says that the cut-off has passed.
    """

    conflict: Conflict
    draft: EditionDraft
    closing: Closing | None = None
    edition: Edition | None = None
    overdue: bool = False
    stories: tuple[DraftStory, ...] = ()
    pending: tuple[CandidateStory, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def chosen(self) -> tuple[DraftStory, ...]:
        """The stories that will be in it."""
        return tuple(each for each in self.stories if not each.pick.left_out)

    @property
    def left_out(self) -> tuple[DraftStory, ...]:
        """The stories that an editor left out."""
        return tuple(each for each in self.stories if each.pick.left_out)

    @property
    def newest_match(self) -> int:
        """The newest match known here: what has a larger number arrived since."""
        known = (*(each.story for each in self.stories), *self.pending)
        return max((report.match_id for each in known for report in each.reports), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A stale write: nothing was changed. What stands, who wrote it, and its version."""

    theirs: str
    by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A write that was stored, with the version it has now."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """What was published lately of a conflict: entries of the digest, and editions.

    `approved` maps entries by slug to the matches that hold them up: rejecting them withdraws it.
    """

    items: tuple[PublishedItem, ...]
    approved: dict[str, tuple[int, ...]]
    editions: tuple[Edition, ...]


def look(database: Database, slug: str, base_url: str, now: datetime) -> NextEdition | None:
    """Show what a conflict's next edition will be; None for an unknown conflict."""
    with database.reading() as connection:
        conflict = _find(connection, slug)
        return None if conflict is None else _look(connection, conflict, base_url, now)


def overview(database: Database, base_url: str, now: datetime) -> tuple[NextEdition, ...]:
    """Show the next editions of all conflicts, in the order of the sources."""
    with database.reading() as connection:
        return tuple(
            _look(connection, each, base_url, now) for each in conflicts.running(connection)
        )


def _find(connection: Connection, slug: str) -> Conflict | None:
    return next((each for each in conflicts.running(connection) if each.slug == slug), None)


def _look(connection: Connection, conflict: Conflict, base_url: str, now: datetime) -> NextEdition:
    draft = edition_drafts.find(connection, conflict.slug)
    closing = closing_of(connection, conflict, now)
    if closing is None:
        return NextEdition(conflict=conflict, draft=draft)
    edition = drafted(connection, conflict, closing, base_url, now)
    since = editions.opened_at(connection, conflict.slug, closing.since_at)
    everything = edition_stories.candidates(connection, conflict.slug, since=since, until=None)
    inside = edition_stories.candidates(
        connection, conflict.slug, since=since, until=closing.cut_off_at
    )
    known = {report.match_id for each in inside for report in each.reports}
    later = tuple(
        each for each in everything if not known & {report.match_id for report in each.reports}
    )
    doubts = _doubts(connection, edition, closing.day)
    picks = {pick.item_id: pick for pick in draft.picks}
    further = {story.item_id for story in edition.further}
    standing = [each for each in inside if each.withdrawn_reason is None]
    return NextEdition(
        conflict=conflict,
        draft=draft,
        closing=closing,
        edition=edition,
        overdue=closing.cut_off_at <= now,
        stories=tuple(
            DraftStory(
                story=each,
                pick=picks.get(each.item_id, Pick(item_id=each.item_id)),
                further=each.item_id in further,
                doubts=tuple(doubt for doubt in doubts if doubt.item_id == each.item_id),
            )
            for each in in_order(standing, draft.picks, closing.day)
        ),
        pending=later,
        doubts=tuple(doubt for doubt in doubts if doubt.item_id is None),
    )


def _doubts(connection: Connection, edition: Edition, day: date) -> tuple[Doubt, ...]:
    ids = {report.article_id for story in edition.stories for report in story.reports}
    lately = editions.stored(
        connection, conflict=edition.conflict, since=day - timedelta(days=REPEAT_DAYS)
    )
    listed = {
        fold_key(story.title): each.day
        for each in lately
        for story in from_manifest(each.manifest).stories
    }
    return find_doubts(
        edition.stories,
        undated=edition_stories.undated(connection, ids),
        dead=pages.dead(connection, ids),
        listed=listed,
    )


def preview(database: Database, slug: str, kind: str, base_url: str, now: datetime) -> bytes | None:
    """Give the exact bytes of one document of the next edition, as it would be published now.

    `kind` is `html`, `text`, `atom`, `rss` or `json`. None where there is no such edition.
    """
    found = look(database, slug, base_url, now)
    if found is None or found.edition is None:
        return None
    return render_edition(found.edition).get(kind)


def arrivals(database: Database, slug: str, since: int, base_url: str, now: datetime) -> int | None:
    """Count the stories that have come since a match's number was the newest one; None for an
    unknown conflict."""
    found = look(database, slug, base_url, now)
    if found is None:
        return None
    known = (*(each.story for each in found.stories), *found.pending)
    return sum(any(report.match_id > since for report in each.reports) for each in known)


def write_note(database: Database, slug: str, note: str, *, seen: int, editor: str) -> Kept | Clash:
    """Keep the note for the next edition, unless somebody else wrote one since `seen`.

    Raises EditionError for an unknown conflict or a note that is too long.
    """
    if len(note) > LONGEST_NOTE:
        raise EditionError(f"a note has at most {LONGEST_NOTE} characters")
    with database.transaction() as connection:
        draft = _draft(connection, slug)
        if draft.version != seen and draft.note != note:
            return Clash(theirs=draft.note, by=draft.changed_by, version=draft.version)
        if draft.note == note:
            return Kept(version=draft.version)
        return Kept(version=edition_drafts.write_note(connection, slug, note, editor))


def write_why(
    database: Database, slug: str, item_id: int, why: str, *, seen: int, editor: str
) -> Kept | Clash:
    """Keep the line that says why a story matters, unless somebody else wrote one since `seen`.

    Raises EditionError for a story that is not in the draft, or a line that is too long.
    """
    if len(why) > LONGEST_WHY:
        raise EditionError(f"a line has at most {LONGEST_WHY} characters")
    with database.transaction() as connection:
        pick = _pick(connection, slug, item_id)
        if pick.version != seen and pick.why != why:
            return Clash(theirs=pick.why, by=pick.changed_by, version=pick.version)
        if pick.why == why:
            return Kept(version=pick.version)
        edition_drafts.pick(
            connection, slug, item_id, why=why, version=pick.version + 1, changed_by=editor
        )
        return Kept(version=pick.version + 1)


def pin(database: Database, slug: str, item_id: int, *, pinned: bool, editor: str) -> None:
    """Let a story stand before those that are not pinned, or no longer."""
    with database.transaction() as connection:
        _pick(connection, slug, item_id)
        edition_drafts.pick(connection, slug, item_id, pinned=pinned, changed_by=editor)


def leave_out(
    database: Database, slug: str, item_id: int, *, out: bool, editor: str, now: datetime
) -> None:
    """Keep a story out of editions, or put it back; it stays in the Latest News."""
    with database.transaction() as connection:
        _pick(connection, slug, item_id)
        edition_drafts.pick(connection, slug, item_id, left_out=out, changed_by=editor)
        editors.audit(
            connection,
            actor=editor,
            action=LEFT_OUT if out else PUT_BACK,
            subject=f"{slug}: entry {item_id}",
            now=now,
        )


def move(
    database: Database, slug: str, item_id: int, by: int, base_url: str, now: datetime
) -> None:
    """Move a story up (-1) or down (1) among those it stands with: pinned, new, or further."""
    with database.transaction() as connection:
        _pick(connection, slug, item_id)
        conflict = _find(connection, slug)
        assert conflict is not None
        chosen = _look(connection, conflict, base_url, now).chosen
        order = [each.story.item_id for each in chosen]
        groups = {each.story.item_id: (each.pick.pinned, each.further) for each in chosen}
        if item_id not in groups:
            return
        at = order.index(item_id)
        to = at + by
        if 0 <= to < len(order) and groups[order[to]] == groups[item_id]:
            order[at], order[to] = order[to], order[at]
            edition_drafts.order(connection, slug, order)


def hold(database: Database, slug: str, *, held: bool, editor: str, now: datetime) -> None:
    """Hold the next edition back until it is released, or release it. Raises EditionError for an
    unknown conflict."""
    with database.transaction() as connection:
        draft = _draft(connection, slug)
        if (draft.held_at is not None) is held:
            return
        edition_drafts.hold_back(connection, slug, editor, now if held else None)
        action = HELD if held else RELEASED
        editors.audit(connection, actor=editor, action=action, subject=slug, now=now)


def _draft(connection: Connection, slug: str) -> EditionDraft:
    if _find(connection, slug) is None:
        raise EditionError("there is no such conflict")
    return edition_drafts.find(connection, slug, hold=True)


def _pick(connection: Connection, slug: str, item_id: int) -> Pick:
    draft = _draft(connection, slug)
    if not edition_stories.is_placed(connection, item_id, slug):
        raise EditionError("there is no such story in this conflict's digest")
    found = [pick for pick in draft.picks if pick.item_id == item_id]
    return found[0] if found else Pick(item_id=item_id)


def lately(database: Database, slug: str, now: datetime) -> Lately:
    """Give what was published of a conflict in the last days, newest first."""
    with database.reading() as connection:
        items = digests.published(connection, conflict=slug, since=now - LATELY)[:MOST_LATELY]
        approved = edition_stories.approved_matches(connection, slug, [each.slug for each in items])
        stored = editions.stored(connection, conflict=slug, limit=MOST_EDITIONS)
    return Lately(
        items=items,
        approved=approved,
        editions=tuple(from_manifest(each.manifest) for each in stored),
    )
