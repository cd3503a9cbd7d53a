"""Queue: what waits for editors, row by row; who works on what, and what waits for later."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db import (
    Connection,
    Database,
    claims,
    conflicts,
    editors,
    feeds,
    followed_conflicts,
    matches,
    queue_walks,
)  # fmt: skip
from db import queue as rows
from pipeline.errors import ReviewError
from pipeline.gather import count_copies
from pipeline.index import index_news
from pipeline.model import (
    Claim,
    Copies,
    Editor,
    HowMany,
    QueuedMatch,
    QueuedStory,
    QueueFilter,
)

PAGE = 50
CLAIM_LASTS = timedelta(minutes=5)
# A visit to the queue ends when nobody looked at it for so long.
VISIT_PAUSE = timedelta(minutes=30)
_LONGEST_HOLD = timedelta(days=366)


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


def own_conflicts(database: Database, editor: Editor) -> frozenset[str]:
    """Give the conflicts that an editor calls theirs; none where they never chose."""
    with database.reading() as connection:
        return followed_conflicts.of(connection, editor.id)


def choose_own(
    database: Database, editor: Editor, slugs: Collection[str], *, only_tracked: bool = False
) -> frozenset[str]:
    """Make these conflicts the editor's own, and no others; gives those that are now.

    What is not tracked is left out; with `only_tracked` it raises ReviewError instead.
    """
    with database.transaction() as connection:
        unknown = sorted(set(slugs) - set(conflicts.titles(connection))) if only_tracked else ()
        if unknown:
            raise ReviewError(f"there is no conflict {', '.join(unknown)}")
        followed_conflicts.choose(connection, editor.id, slugs)
        return followed_conflicts.of(connection, editor.id)


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


def claim(
    database: Database,
    match_ids: Collection[int],
    editor: str,
    now: datetime,
    *,
    take_over: bool = False,
) -> tuple[Claim, ...]:
    """Let an editor work on these matches for some minutes; gives the claims in the way, if any.

    With `take_over` others' claims end, and that is logged. Raises ReviewError for an unknown
    match.
    """
    with database.transaction() as connection:
        _require(connection, match_ids)
        others = _of_others(connection, match_ids, editor, now)
        if others and not take_over:
            return others
        claims.claim(connection, match_ids, editor, now, now + CLAIM_LASTS)
        for other in others:
            _note(connection, editor, "claim.take-over", other.match_id, now, before=other.editor)
    return ()


def keep_claims(database: Database, editor: str, now: datetime) -> int:
    """Keep an editor's claims alive for some more minutes; how many there are."""
    with database.transaction() as connection:
        return claims.prolong(connection, editor, now, now + CLAIM_LASTS)


def release(database: Database, editor: str, match_ids: Collection[int] | None = None) -> int:
    """End an editor's claims, on these matches or on all; how many there were."""
    with database.transaction() as connection:
        return claims.release(connection, editor, match_ids)


def hold(
    database: Database,
    match_ids: Collection[int],
    editor: str,
    now: datetime,
    *,
    until: datetime | None,
) -> tuple[Claim, ...]:
    """Leave pending matches out of the queue until a time, or take them back into it (None).

    Gives the claims of others that are in the way; then nothing was changed. Raises ReviewError
    for an unknown match and for a time that is past or further than a year away.
    """
    if until is not None and not now < until <= now + _LONGEST_HOLD:
        raise ReviewError("a hold ends in the future, within a year")
    with database.transaction() as connection:
        _require(connection, match_ids)
        others = _of_others(connection, match_ids, editor, now)
        if others:
            return others
        if until is None:
            claims.unhold(connection, match_ids)
        else:
            claims.hold(connection, match_ids, editor, now, until)
        action = "hold.end" if until is None else "hold.begin"
        detail = {} if until is None else {"until": until.isoformat()}
        for match_id in match_ids:
            _note(connection, editor, action, match_id, now, **detail)
    return ()


def name_claims(
    database: Database, match_ids: Collection[int], now: datetime
) -> tuple[tuple[QueuedMatch, Claim], ...]:
    """Give those of these matches that somebody works on, each with the claim."""
    if not match_ids:
        return ()
    with database.reading() as connection:
        found = claims.claimed(connection, match_ids, now)
        known = matches.queue(connection, ids=list(found), status=None)
    return tuple((match, found[match.id]) for match in known)


def standing(database: Database, match_ids: Collection[int]) -> dict[int, QueuedMatch]:
    """Give these matches as they stand now, by id."""
    with database.reading() as connection:
        known = matches.queue(connection, ids=match_ids, status=None)
    return {match.id: match for match in known}


def count_left(database: Database, editor: Editor, now: datetime) -> HowMany:
    """Count the rows nobody decided and nobody put on hold, as the editor's queue does."""
    with database.reading() as connection:
        own = followed_conflicts.of(connection, editor.id)
        waiting = rows.waiting(connection, now)
        return _sum(many for slug, many in waiting.items() if not own or slug in own)


def _of_others(
    connection: Connection, match_ids: Collection[int], editor: str, now: datetime
) -> tuple[Claim, ...]:
    found = claims.claimed(connection, match_ids, now)
    return tuple(each for each in found.values() if each.editor != editor)


def _require(connection: Connection, match_ids: Collection[int]) -> None:
    unknown = sorted(set(match_ids) - rows.known(connection, match_ids))
    if unknown:
        raise ReviewError(f"there is no match {', '.join(map(str, unknown))}")


def _note(
    connection: Connection, actor: str, action: str, match_id: int, now: datetime, **detail: object
) -> None:
    editors.audit(
        connection, actor=actor, action=action, subject=f"match {match_id}", detail=detail, now=now
    )
