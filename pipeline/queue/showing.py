"""Showing the queue: its rows page by page, what is left of it, and what arrived since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db import (
    Connection,
    Database,
    claims,
    conflicts,
    feeds,
    followed_conflicts,
    queue_walks,
)
from db import queue as rows
from pipeline.gather import count_copies
from pipeline.index import index_news
from pipeline.model import (
    Copies,
    Editor,
    HowMany,
    QueuedMatch,
    QueuedStory,
    QueueFilter,
)

PAGE = 50
# A visit to the queue ends when nobody looked at it for so long.
VISIT_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueShown:
    """One page of the queue.

    `total` rows fit the filter, `waiting` rows of each conflict are undecided and not on hold,
    `on_hold` are; all are counted up to a thousand unless the whole count was asked for. `copies`
    counts each story's articles and origins. `own` are the editor's conflicts, `among` those that
    this page keeps to (none: all). `since` is the end of the editor's visit before, None
    on a first visit.
    """

    rows: tuple[QueuedStory, ...]
    total: HowMany
    waiting: Mapping[str, HowMany]
    on_hold: HowMany
    titles: Mapping[str, str]
    copies: Mapping[int, Copies]
    outlets: tuple[str, ...]
    own: frozenset[str]
    among: frozenset[str]
    next_fetch_at: datetime | None
    since: datetime | None

    @property
    def left(self) -> HowMany:
        """Rows nobody decided, under the editor's own conflicts; under all where there are none."""
        return self.left_in(self.own) if self.own else self.left_everywhere

    @property
    def left_everywhere(self) -> HowMany:
        """Rows nobody decided, under all conflicts."""
        return _sum(self.waiting.values())

    def left_in(self, slugs: Collection[str]) -> HowMany:
        """Rows nobody decided under these conflicts."""
        return _sum(many for slug, many in self.waiting.items() if slug in slugs)


def show(
    database: Database,
    wanted: QueueFilter,
    editor: Editor,
    now: datetime,
    *,
    order: str = "score",
    only_own: bool = False,
    only_new: bool = False,
    count_all: bool = False,
    limit: int = PAGE,
    offset: int = 0,
) -> QueueShown:
    """Give one page of the queue.

    `only_own` keeps to the conflicts that the editor calls theirs, if there are any, `only_new` to
    what was found since their last visit; `count_all` counts what fits and what waits to the end.
    """
    since = note_visit(database, editor, now)
    if wanted.words:
        index_news(database)
    if only_new and since is not None:
        wanted = replace(wanted, found_after=since)
    with database.reading() as connection:
        own = followed_conflicts.of(connection, editor.id)
        if only_own:
            wanted = replace(wanted, among=own)
        # What waits under a conflict, or under all, is counted with the conflicts.
        unfiltered = wanted == QueueFilter(conflict=wanted.conflict, among=wanted.among, held=False)
        found, total = rows.page(
            connection,
            wanted,
            now,
            order=order,
            limit=limit,
            offset=offset,
            counted=not (unfiltered or count_all),
        )
        waiting = _waiting(connection, now, count_all)
        titles = conflicts.titles(connection)
        titles |= {slug: slug for slug in sorted(set(waiting) - set(titles))}
        if unfiltered:
            asked = wanted.among or {wanted.conflict or slug for slug in waiting}
            total = _sum(many for slug, many in waiting.items() if slug in asked)
        elif count_all:
            total = HowMany(number=rows.count(connection, wanted, now))
        return QueueShown(
            rows=_dress(connection, found, since, now),
            total=total,
            waiting=waiting,
            on_hold=(
                queue_walks.count_some(connection, QueueFilter(held=True), now)
                if queue_walks.any_held(connection, now)
                else HowMany(number=0)
            ),
            titles=titles,
            copies=count_copies(
                connection, {each[0].story_id for each in found if each[0].story_id}
            ),
            outlets=rows.outlets(connection),
            own=own,
            among=wanted.among,
            next_fetch_at=feeds.next_turn(connection),
            since=since,
        )


def _waiting(connection: Connection, now: datetime, count_all: bool) -> Mapping[str, HowMany]:
    waiting = rows.waiting(connection, now)
    if not count_all:
        return waiting
    return {
        slug: HowMany(number=rows.count(connection, QueueFilter(conflict=slug, held=False), now))
        if many.more
        else many
        for slug, many in waiting.items()
    }


def _sum(counts: Iterable[HowMany]) -> HowMany:
    return sum(counts, start=HowMany(number=0))


def _dress(
    connection: Connection,
    found: Sequence[Sequence[QueuedMatch]],
    since: datetime | None,
    now: datetime,
) -> tuple[QueuedStory, ...]:
    every = [match for row in found for match in row]
    ids = [match.id for match in every]
    claimed = claims.claimed(connection, ids, now)
    held = claims.held(connection, ids, now)
    published = rows.published(connection, {match.story_id for match in every if match.story_id})
    revised = (
        rows.revised_after(connection, {match.article_id for match in every}, since)
        if since is not None
        else frozenset()
    )
    return tuple(
        QueuedStory(
            matches=tuple(row),
            claim=next((claimed[match.id] for match in row if match.id in claimed), None),
            hold=next((held[match.id] for match in row if match.id in held), None),
            published=row[0].story_id in published,
            changed=any(match.changed or match.article_id in revised for match in row),
        )
        for row in found
    )


def note_visit(database: Database, editor: Editor, now: datetime) -> datetime | None:
    """Note that an editor looks at the queue, once a minute; gives when their last visit ended."""
    with database.reading() as connection:
        known = claims.last_visit(connection, editor.id)
    if known is not None and now - known[0] < timedelta(minutes=1):
        return known[1]
    with database.transaction() as connection:
        return claims.visit(connection, editor.id, now, pause=VISIT_PAUSE)


def count_arrived(
    database: Database,
    wanted: QueueFilter,
    after: datetime,
    now: datetime,
    *,
    own_of: Editor | None = None,
) -> HowMany:
    """Count the rows of a filter that hold something found after a time; with `own_of` only those
    of the conflicts that this editor calls theirs, if there are any."""
    since = max(filter(None, (after, wanted.found_after)))
    with database.reading() as connection:
        if own_of is not None:
            wanted = replace(wanted, among=followed_conflicts.of(connection, own_of.id))
        return queue_walks.count_some(connection, replace(wanted, found_after=since), now)


def count_left(database: Database, editor: Editor, now: datetime) -> HowMany:
    """Count the rows nobody decided and nobody put on hold, as the editor's queue does."""
    with database.reading() as connection:
        own = followed_conflicts.of(connection, editor.id)
        waiting = rows.waiting(connection, now)
        return _sum(many for slug, many in waiting.items() if not own or slug in own)
