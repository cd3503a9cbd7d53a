"""Looking ahead: what the next edition holds if nothing changes, and what is doubtful about it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db import (
    Connection,
    Database,
    conflicts,
    edition_drafts,
    edition_stories,
    editions,
    pages,
)
from pipeline.bring_out import closing_of, drafted
from pipeline.model import (
    CandidateStory,
    Conflict,
    Edition,
    EditionDraft,
    Pick,
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


def look(database: Database, slug: str, base_url: str, now: datetime) -> NextEdition | None:
    """Show what a conflict's next edition will be; None for an unknown conflict."""
    with database.reading() as connection:
        conflict = tracked(connection, slug)
        return None if conflict is None else look_at(connection, conflict, base_url, now)


def overview(database: Database, base_url: str, now: datetime) -> tuple[NextEdition, ...]:
    """Show the next editions of all conflicts, in the order of the sources."""
    with database.reading() as connection:
        return tuple(
            look_at(connection, each, base_url, now) for each in conflicts.running(connection)
        )


def tracked(connection: Connection, slug: str) -> Conflict | None:
    """Give a conflict that is tracked, or None."""
    return next((each for each in conflicts.running(connection) if each.slug == slug), None)


def look_at(
    connection: Connection, conflict: Conflict, base_url: str, now: datetime
) -> NextEdition:
    """Give the next edition of a conflict as it stands."""
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
