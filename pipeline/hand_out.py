"""Hand out: what programs read of the database, page by page and by key; nothing is changed.

Every list is newest first by id, conflicts and feeds by their names. A page says where the next
begins: `after` is the key that the next page comes after, None on the last page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from db import (
    Connection,
    Database,
    conflicts,
    digests,
    followed_conflicts,
    listings,
    reviews,
)  # fmt: skip
from db import matches as match_rows
from db import search as word_index
from pipeline.gather import copies_of, count_copies
from pipeline.index import index_news
from pipeline.model import (
    Copies,
    Editor,
    MatchStatus,
    PublishedItem,
    QueuedMatch,
    Review,
    StoredArticle,
    StoryHead,
    Told,
)
from pipeline.stages.group import count_origins

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[Item]):
    """One page of a list."""

    items: tuple[Item, ...]
    after: int | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story with how often it was told; `told` only where it was asked for alone."""

    head: StoryHead
    copies: Copies
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictState:
    """A tracked conflict and how many of its matches stand where."""

    slug: str
    title: str
    by_status: Mapping[MatchStatus, int]


def list_conflicts(database: Database, *, beyond: str = "", limit: int) -> Part[ConflictState]:
    """List the tracked conflicts by slug, those beyond one."""
    with database.reading() as connection:
        titles = conflicts.titles(connection)
        slugs, after = cut_names(titles, beyond, limit)
        counted = match_rows.counts(connection) if slugs else {}
    return Part(
        items=tuple(
            ConflictState(
                slug=slug,
                title=titles[slug],
                by_status=dict.fromkeys(MatchStatus, 0) | counted.get(slug, {}),
            )
            for slug in slugs
        ),
        after=after,
    )


def cut_names(names: Iterable[str], beyond: str, limit: int) -> tuple[list[str], str | None]:
    """Give one page of names in their order, and where the next one begins."""
    following = sorted(name for name in names if name > beyond)
    return following[:limit], following[limit - 1] if len(following) > limit else None


def list_articles(
    database: Database,
    *,
    conflict: str | None = None,
    own_of: Editor | None = None,
    status: MatchStatus | None = None,
    words: str = "",
    publisher: str | None = None,
    language: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> Part[StoredArticle]:
    """List stored articles, last stored first; `since` is when they were first seen.

    `own_of` keeps to the conflicts that this editor calls theirs, if there are any.
    """
    if words:
        index_news(database)
    with database.reading() as connection:
        ids, after = _cut(
            listings.article_ids(
                connection,
                conflict=conflict,
                among=_own(connection, own_of),
                status=status,
                words=words,
                publisher=publisher,
                language=language,
                since=since,
                before=before,
                limit=limit + 1,
            ),
            limit,
        )
        found = word_index.find(connection, ids=ids, unmatched=True)
    return Part(items=tuple(sorted(found, key=lambda each: -each.id)), after=after)


def one_article(database: Database, article_id: int) -> StoredArticle | None:
    """Give one article, or None."""
    with database.reading() as connection:
        found = word_index.find(connection, ids=[article_id], unmatched=True)
    return found[0] if found else None


def list_matches(
    database: Database,
    *,
    conflict: str | None = None,
    own_of: Editor | None = None,
    status: MatchStatus | None = None,
    words: str = "",
    publisher: str | None = None,
    language: str | None = None,
    least_score: int | None = None,
    before: int | None = None,
    limit: int,
) -> Part[QueuedMatch]:
    """List matches, last proposed first; with `own_of` only those of the editor's own conflicts,
    if there are any."""
    if words:
        index_news(database)
    with database.reading() as connection:
        ids, after = _cut(
            listings.match_ids(
                connection,
                conflict=conflict,
                among=_own(connection, own_of),
                status=status,
                words=words,
                publisher=publisher,
                language=language,
                least_score=least_score,
                before=before,
                limit=limit + 1,
            ),
            limit,
        )
        found = match_rows.queue(connection, ids=ids, status=None)
    return Part(items=tuple(sorted(found, key=lambda each: -each.id)), after=after)


def one_match(database: Database, match_id: int) -> QueuedMatch | None:
    """Give one match, or None."""
    with database.reading() as connection:
        found = match_rows.queue(connection, ids=[match_id], status=None)
    return found[0] if found else None


def list_reviews(
    database: Database,
    *,
    editor: str | None = None,
    conflict: str | None = None,
    match: int | None = None,
    before: int | None = None,
    limit: int,
) -> Part[Review]:
    """List verdicts, newest first."""
    with database.reading() as connection:
        found = reviews.log(
            connection,
            editor=editor,
            conflict=conflict,
            match_ids=None if match is None else [match],
            before=before,
            limit=limit + 1,
        )
    return Part(items=found[:limit], after=found[limit - 1].id if len(found) > limit else None)


def list_stories(
    database: Database,
    *,
    conflict: str | None = None,
    own_of: Editor | None = None,
    before: int | None = None,
    limit: int,
) -> Part[Story]:
    """List stories, last begun first; with `own_of` only those under the editor's own conflicts,
    if there are any."""
    with database.reading() as connection:
        ids, after = _cut(
            listings.story_ids(
                connection,
                conflict=conflict,
                among=_own(connection, own_of),
                before=before,
                limit=limit + 1,
            ),
            limit,
        )
        return Part(items=_stories(connection, ids), after=after)


def _stories(connection: Connection, ids: tuple[int, ...]) -> tuple[Story, ...]:
    counted = count_copies(connection, ids)
    none = Copies(copies=0, origins=0)
    return tuple(
        Story(head=head, copies=counted.get(head.id, none))
        for head in listings.stories_of(connection, ids)
    )


def one_story(database: Database, story_id: int) -> Story | None:
    """Give one story with all its articles, or None."""
    with database.reading() as connection:
        heads = listings.stories_of(connection, [story_id])
        if not heads:
            return None
        told = copies_of(connection, story_id)
        return Story(head=heads[0], copies=count_origins(told), told=told)


def list_digest(
    database: Database, *, conflict: str | None = None, before: int | None = None, limit: int
) -> Part[PublishedItem]:
    """List what was published, last first, withdrawn items too."""
    with database.reading() as connection:
        named = listings.digest_slugs(connection, conflict=conflict, before=before, limit=limit + 1)
        ids, after = _cut(tuple(item_id for item_id, _ in named), limit)
        place = {slug: number for number, (_, slug) in enumerate(named[:limit])}
        found = digests.published(connection, slugs=tuple(place)) if ids else ()
    return Part(items=tuple(sorted(found, key=lambda each: place[each.slug])), after=after)


def _own(connection: Connection, editor: Editor | None) -> frozenset[str]:
    return frozenset() if editor is None else followed_conflicts.of(connection, editor.id)


def _cut(ids: tuple[int, ...], limit: int) -> tuple[tuple[int, ...], int | None]:
    return ids[:limit], ids[limit - 1] if len(ids) > limit else None
