"""Reading: an article with everything known of it, and lists of articles."""

from collections.abc import Collection
from dataclasses import dataclass

from db import (
    Database,
    pages,
    reviews,
)
from db import articles as article_rows
from db import matches as match_rows
from db import search as word_index
from pipeline.gather import copies_of, count_copies
from pipeline.index import index_news
from pipeline.model import (
    Copies,
    MatchStatus,
    QueuedMatch,
    Review,
    Revision,
    StoredArticle,
    StoredPage,
    Told,
)
from pipeline.stages.group import count_origins


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """One article with everything known of it; revisions oldest first, reviews newest first.

    `page` is None where its own page was never to be read. `told` are all articles of its story,
    itself among them, in the order they were stored.
    """

    article: StoredArticle
    revisions: tuple[Revision, ...]
    matches: tuple[QueuedMatch, ...]
    reviews: tuple[Review, ...]
    told: tuple[Told, ...]
    copies: Copies
    page: StoredPage | None = None


def article(database: Database, article_id: int) -> ArticlePage | None:
    """Give one article with its texts, matches and verdicts, or None when there is none."""
    with database.reading() as connection:
        found = word_index.find(connection, ids=[article_id], unmatched=True)
        if not found:
            return None
        match_ids = [match.id for match in found[0].matches]
        told = copies_of(connection, found[0].story_id)
        return ArticlePage(
            article=found[0],
            revisions=article_rows.revisions(connection, article_id),
            matches=match_rows.queue(connection, ids=match_ids, status=None),
            reviews=reviews.log(connection, match_ids=match_ids),
            page=pages.find(connection, article_id),
            told=told,
            copies=count_origins(told),
        )


def articles(
    database: Database,
    *,
    conflict: str | None = None,
    status: MatchStatus | None = None,
    search: str | None = None,
    unmatched: bool = False,
    limit: int | None = None,
) -> tuple[StoredArticle, ...]:
    """List stored articles, newest first; without `unmatched`, only those under some conflict."""
    if search is not None:
        index_news(database)
    with database.reading() as connection:
        return word_index.find(
            connection,
            conflict=conflict,
            status=status,
            words=search,
            unmatched=unmatched,
            limit=limit,
        )


def story_copies(database: Database, story_ids: Collection[int]) -> dict[int, Copies]:
    """Count the copies and the independent origins of these stories, by story."""
    with database.reading() as connection:
        return count_copies(connection, story_ids)
