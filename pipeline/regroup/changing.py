"""Changing stories: merged, marked as duplicates, split, and put back as they were."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from db import (
    Connection,
    Database,
    claims,
    digests,
    editors,
    matches,
    reviews,
    stories,
    story_changes,
)
from db import queue as rows
from pipeline.errors import AlreadyDecided, ReviewError, UnknownStory
from pipeline.gather import copies_of, keep_findable
from pipeline.model import (
    Claim,
    Decision,
    MatchStatus,
    StoryChangeKind,
    Verdict,
)
from pipeline.review import backwards, take

MOST_AT_ONCE = 200
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouped:
    """What was done: the change to take back, the story that stands, and what was in the way.

    With `others`, claims that were respected, nothing was changed and `change_id` is 0. `rejected`
    counts the matches a duplicate was rejected under.
    """

    story_id: int
    change_id: int = 0
    articles: int = 0
    rejected: int = 0
    others: tuple[Claim, ...] = ()


def merge(
    database: Database, story_ids: Collection[int], into: int, editor: str, now: datetime
) -> Regrouped:
    """Make one story of several: all their articles stand in one, verdicts stay with matches.

    That one is `into`, unless another of them was published earlier: its entry keeps its id, the
    other entries are withdrawn and say where the news went. Raises ReviewError for an unknown story
    or a single one, AlreadyDecided when they are one story by now.
    """
    with database.transaction() as connection:
        return _join(connection, StoryChangeKind.MERGE, story_ids, into, editor, now)


def mark_duplicate(
    database: Database, story_id: int, of: int, editor: str, now: datetime
) -> Regrouped:
    """Merge a story into the one it repeats, and reject it wherever that one stands for it.

    Its pending matches are rejected as duplicate under the conflicts where the other story waits or
    is approved; under others they stay. Raises as `merge` does.
    """
    with database.transaction() as connection:
        return _join(connection, StoryChangeKind.DUPLICATE, [story_id], of, editor, now)


def split(
    database: Database, story_id: int, article_ids: Collection[int], editor: str, now: datetime
) -> Regrouped:
    """Make a story of its own of some articles of a story.

    A published entry stays with the article that leads it, whichever part that is in; the other
    part gets an entry where it is approved. Raises ReviewError when nothing or everything would be
    taken out, AlreadyDecided when an article stands in another story by now.
    """
    _check(editor, article_ids)
    chosen = set(article_ids)
    with database.transaction() as connection:
        standing = _standing(connection, [story_id])[story_id]
        told = copies_of(connection, standing)
        by_id = {each.article_id: each for each in told}
        if chosen - set(by_id):
            raise AlreadyDecided("not all of these articles stand in this story any more")
        if chosen == set(by_id):
            raise ReviewError("leave at least one article in the story")
        if others := _of_others(connection, [standing], editor, now):
            return Regrouped(story_id=standing, others=others)
        entries = digests.oldest_entries(connection, [standing])
        if entries and entries[0][1] in chosen:
            chosen = set(by_id) - chosen
        title = by_id[min(chosen)].title
        [made] = stories.begin_all(connection, [title], now)
        change_id = story_changes.record(
            connection,
            StoryChangeKind.SPLIT,
            story_id=made,
            to=dict.fromkeys(sorted(chosen), made),
            reason=f"taken out of another story by {editor}",
            editor=editor,
            now=now,
        )
        keep_findable(connection, set(by_id), now)
        digests.follow(connection, [standing, made], {}, now)
        _note(connection, editor, "story.split", made, change_id, sorted(chosen), [standing], now)
    return Regrouped(story_id=made, change_id=change_id, articles=len(chosen))


def undo(database: Database, change_id: int, editor: str, now: datetime) -> Regrouped:
    """Take a merge or split back, with the verdicts taken with it that still stand.

    Raises ReviewError for an unknown change, AlreadyDecided when it was taken back before or one of
    its articles moved on since; then nothing was changed.
    """
    with database.transaction() as connection:
        change = story_changes.find(connection, change_id)
        if change is None:
            raise UnknownStory(f"there is no merge or split {change_id}")
        if change.undone_at is not None:
            raise AlreadyDecided(f"{change.undone_by} took this back already")
        touched = {each.story_before for each in change.moves} | {
            each.story_after for each in change.moves
        }
        _standing(connection, touched)
        story_changes.hold(connection, touched)
        now_in = stories.story_of(connection, [each.article_id for each in change.moves])
        if any(now_in.get(each.article_id) != each.story_after for each in change.moves):
            raise AlreadyDecided("some of these articles were put elsewhere since: undo that first")
        if change.review_id is not None:
            _take_back_verdicts(connection, change.review_id, editor, now)
        story_changes.take_back(connection, change, editor, now)
        digests.follow(connection, touched, _went(connection, touched), now)
        articles = sorted(each.article_id for each in change.moves)
        back = change.moves[0].story_before if change.moves else change.story_id
        _note(connection, editor, "story.undo", back, change_id, articles, sorted(touched), now)
    return Regrouped(story_id=back, change_id=change_id, articles=len(articles))


def _join(
    connection: Connection,
    kind: StoryChangeKind,
    story_ids: Collection[int],
    into: int,
    editor: str,
    now: datetime,
) -> Regrouped:
    _check(editor, story_ids)
    standing = _standing(connection, {*story_ids, into})
    ids = {standing[each] for each in (*story_ids, into)}
    if len(ids) == 1:
        if len({*story_ids, into}) > 1:
            raise AlreadyDecided("these are one story already")
        raise ReviewError("pick another story")
    story_changes.hold(connection, ids)
    if others := _of_others(connection, ids, editor, now):
        return Regrouped(story_id=standing[into], others=others)
    entries = digests.oldest_entries(connection, ids)
    stays = entries[0][0] if entries else standing[into]
    repeating = ids - {standing[into]}
    covered = _covered(connection, standing[into])
    told = stories.copies(connection, ids)
    to = {each.article_id: stays for story_id in ids - {stays} for each in told.get(story_id, ())}
    if not to:
        raise ReviewError("there are no articles in these stories any more")
    doubles = _pending(connection, repeating, covered) if kind is StoryChangeKind.DUPLICATE else ()
    what = "merged" if kind is StoryChangeKind.MERGE else "marked as a duplicate"
    change_id = story_changes.record(
        connection,
        kind,
        story_id=stays,
        to=to,
        reason=f"{what} by {editor}",
        editor=editor,
        now=now,
    )
    if doubles:
        done = take(
            connection,
            [
                Decision(match_id=each, verdict=Verdict.REJECT, editor=editor, reason=DUPLICATE)
                for each in doubles
            ],
            now,
        )
        story_changes.note_verdict(
            connection, change_id, min(each.review_id for each in done if each.review_id)
        )
        claims.unhold(connection, doubles)
    keep_findable(connection, to, now)
    digests.follow(connection, ids, _went(connection, ids), now)
    _note(connection, editor, f"story.{kind}", stays, change_id, sorted(to), sorted(ids), now)
    return Regrouped(story_id=stays, change_id=change_id, articles=len(to), rejected=len(doubles))


def _standing(connection: Connection, story_ids: Collection[int]) -> dict[int, int]:
    standing = stories.standing_for(connection, story_ids)
    if unknown := sorted(set(story_ids) - set(standing)):
        raise UnknownStory(f"there is no story {', '.join(map(str, unknown))}")
    return standing


def _went(connection: Connection, story_ids: Collection[int]) -> dict[int, str]:
    """Say for subscribers where the news of each emptied story went."""
    gone = {
        each: stands
        for each, stands in stories.standing_for(connection, story_ids).items()
        if stands != each
    }
    titles: Mapping[int, str] = story_changes.entry_titles(connection, set(gone.values()))
    return {
        each: f"merged into “{titles[stands]}”"
        if titles.get(stands)
        else "merged into another entry"
        for each, stands in gone.items()
    }


def _covered(connection: Connection, story_id: int) -> frozenset[str]:
    found = matches.queue(connection, ids=rows.of_story(connection, story_id), status=None)
    standing = (MatchStatus.PENDING, MatchStatus.APPROVED)
    return frozenset(each.conflict for each in found if each.status in standing)


def _pending(
    connection: Connection, story_ids: Collection[int], conflicts: Collection[str]
) -> tuple[int, ...]:
    ids = [match for story_id in story_ids for match in rows.of_story(connection, story_id)]
    waiting = matches.queue(connection, ids=ids)
    return tuple(sorted(each.id for each in waiting if each.conflict in conflicts))


def _of_others(
    connection: Connection, story_ids: Collection[int], editor: str, now: datetime
) -> tuple[Claim, ...]:
    ids = [match for story_id in story_ids for match in rows.of_story(connection, story_id)]
    found = claims.claimed(connection, ids, now)
    return tuple(each for each in found.values() if each.editor != editor)


def _take_back_verdicts(connection: Connection, review_id: int, editor: str, now: datetime) -> None:
    taken = reviews.taken_with(connection, review_id, whole=True)
    ids = [each.match_id for each in taken]
    last = reviews.last_of(connection, ids)
    still = [each for each in taken if last[each.match_id] == each.id]
    take(connection, [backwards(each, editor) for each in still], now)


def _check(editor: str, chosen: Collection[int]) -> None:
    if not editor.strip():
        raise ReviewError("this needs an editor's name")
    if not chosen:
        raise ReviewError("nothing was chosen")
    if len(chosen) > MOST_AT_ONCE:
        raise ReviewError(f"at most {MOST_AT_ONCE} at once")


def _note(
    connection: Connection,
    editor: str,
    action: str,
    story_id: int,
    change_id: int,
    articles: Sequence[int],
    story_ids: Sequence[int],
    now: datetime,
) -> None:
    editors.audit(
        connection,
        actor=editor,
        action=action,
        subject=f"story {story_id}",
        detail={"change": change_id, "articles": list(articles), "stories": list(story_ids)},
        now=now,
    )
