"""Showing stories: one with all that is known of it, and those it may be a duplicate of."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import (
    Database,
    listings,
    matches,
    reviews,
    stories,
    story_changes,
)
from db import queue as rows
from pipeline.gather import copies_of, count_copies, find_alike
from pipeline.index import index_news
from pipeline.model import (
    Copies,
    QueuedMatch,
    Review,
    StoryChange,
    StoryHead,
    Told,
)
from pipeline.stages.group import count_origins

_OFFERED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOnDesk:
    """A story with all that is known of it; `told` are its articles in the order of storing."""

    head: StoryHead
    told: tuple[Told, ...]
    copies: Copies
    matches: tuple[QueuedMatch, ...]
    reviews: tuple[Review, ...]
    changes: tuple[StoryChange, ...]
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A story another one may be a duplicate of; `shared` are words both have."""

    head: StoryHead
    title: str
    copies: Copies
    shared: tuple[str, ...]
    published: bool


def stories_of(database: Database, match_ids: Sequence[int]) -> tuple[int, ...]:
    """Name the stories these matches stand in, that of the first given first."""
    with database.reading() as connection:
        return story_changes.stories_of_matches(connection, match_ids)


def show_story(database: Database, story_id: int) -> StoryOnDesk | None:
    """Give the story that stands under a number now, or None when there is none."""
    with database.reading() as connection:
        standing = stories.where_now(connection, story_id)
        heads = listings.stories_of(connection, [standing]) if standing is not None else ()
        if not heads:
            return None
        head = heads[0]
        told = copies_of(connection, head.id)
        ids = rows.of_story(connection, head.id)
        return StoryOnDesk(
            head=head,
            told=told,
            copies=count_origins(told),
            matches=matches.queue(connection, ids=ids, status=None, order="oldest"),
            reviews=reviews.log(connection, match_ids=ids),
            changes=story_changes.of_story(connection, head.id),
            published=bool(rows.published(connection, [head.id])),
        )


def find_likely(database: Database, story_id: int, words: str = "") -> tuple[Likely, ...]:
    """List stories that may report the same: those sharing rare words first, then the latest.

    With `words`, stories with an article that contains all of them instead.
    """
    if words:
        index_news(database)
    with database.reading() as connection:
        shared: dict[int, tuple[str, ...]] = {}
        if words:
            ids = stories.found_by(connection, words, most=_OFFERED + 1)
        else:
            shared = find_alike(connection, story_id, most=_OFFERED)
            ids = (*shared, *story_changes.latest(connection, story_id, most=_OFFERED))
        ids = tuple(dict.fromkeys(each for each in ids if each != story_id))[:_OFFERED]
        heads = {each.id: each for each in listings.stories_of(connection, ids)}
        counted = count_copies(connection, ids)
        titles = story_changes.titles(connection, ids)
        published = rows.published(connection, ids)
        return tuple(
            Likely(
                head=heads[each],
                title=titles[each],
                copies=counted[each],
                shared=shared.get(each, ()),
                published=each in published,
            )
            for each in ids
            if each in counted
        )
