"""Pages of articles: which wait to be read, who reads them, and the text of those that were."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, exists, func, literal, or_, select

from db.tables import article_pages, articles, feeds, matches
from pipeline.model import ArticleText, DuePage, Feed, MatchStatus, PageState, StoredPage

# Older news is history: nobody waits for its text.
NEWS_WITHIN = timedelta(days=7)
MOST_ATTEMPTS = 3
_BATCH = 5_000


def expect(connection: Connection, feed: Feed, article_ids: Collection[int], now: datetime) -> None:
    """Note that the pages of these new articles are to be read, if their feed asks for it.

    Articles without a web address, and those that were old already when they came, are left out.
    """
    if not feed.full_text:
        return
    ordered = sorted(article_ids)
    for start in range(0, len(ordered), _BATCH):
        fitting = select(
            articles.c.id,
            literal(PageState.WAITING.value),
            literal(now, article_pages.c.due_at.type),
            literal(0),
            literal(""),
        ).where(
            articles.c.id.in_(ordered[start : start + _BATCH]),
            or_(articles.c.url.like("http://%"), articles.c.url.like("https://%")),
            articles.c.published_at >= now - NEWS_WITHIN,
        )
        columns = ["article_id", "state", "due_at", "attempts", "body"]
        connection.execute(article_pages.insert().from_select(columns, fitting))


def any_due(connection: Connection, now: datetime) -> bool:
    """Tell whether a page may be read now."""
    return connection.execute(_due(now).limit(1)).first() is not None


def claim(
    connection: Connection, now: datetime, *, lease: timedelta, per_host: int, limit: int
) -> tuple[DuePage, ...]:
    """Take pages whose turn has come, so that no other process reads them until the lease ends.

    The attempt counts from here: a page that kills its reader is not read for ever.
    """
    turn = func.row_number().over(
        partition_by=articles.c.feed_id,
        order_by=(article_pages.c.due_at, article_pages.c.article_id),
    )
    ranked = _due(now).add_columns(turn.label("turn")).subquery()
    first = select(ranked.c.article_id).where(ranked.c.turn <= per_host)
    rows = connection.execute(
        select(article_pages.c.article_id, article_pages.c.attempts, articles.c.url)
        .join(articles, articles.c.id == article_pages.c.article_id)
        .where(article_pages.c.article_id.in_(first), *_free(now))
        .order_by(article_pages.c.due_at, article_pages.c.article_id)
        .with_for_update(skip_locked=True, of=article_pages)
    ).all()
    taken: list[Any] = []
    by_host: dict[str, int] = defaultdict(int)
    for row in rows:
        host = urlsplit(row.url).netloc.casefold()
        by_host[host] += 1
        if by_host[host] <= per_host and len(taken) < limit:
            taken.append(row)
    connection.execute(
        article_pages.update()
        .where(article_pages.c.article_id.in_([row.article_id for row in taken]))
        .values(lease_until=now + lease, attempts=article_pages.c.attempts + 1)
    )
    return tuple(
        DuePage(
            article_id=row.article_id,
            url=row.url,
            attempts=row.attempts + 1,
            held_until=now + lease,
        )
        for row in taken
    )


def _free(now: datetime) -> tuple[Any, ...]:
    pages = article_pages.c
    return (
        pages.state == PageState.WAITING,
        pages.due_at <= now,
        pages.attempts < MOST_ATTEMPTS,
        or_(pages.lease_until.is_(None), pages.lease_until <= now),
    )


def _due(now: datetime) -> Select[Any]:
    """Pages to be read now, of feeds that still ask for it."""
    return (
        select(article_pages.c.article_id)
        .join(articles, articles.c.id == article_pages.c.article_id)
        .join(feeds, feeds.c.id == articles.c.feed_id)
        .where(
            *_free(now),
            feeds.c.full_text,
            feeds.c.retired_at.is_(None),
            articles.c.first_seen_at >= now - NEWS_WITHIN,
        )
    )


def holds(connection: Connection, page: DuePage) -> bool:
    """Tell whether a claim still stands: a process that slept may have lost it to another."""
    held = connection.scalar(
        select(article_pages.c.lease_until)
        .where(article_pages.c.article_id == page.article_id)
        .with_for_update()
    )
    return held == page.held_until


def record(connection: Connection, page: DuePage, stored: StoredPage) -> None:
    """Write how an attempt ended, and end the lease."""
    connection.execute(
        article_pages.update()
        .where(article_pages.c.article_id == page.article_id)
        .values(
            state=stored.state,
            due_at=stored.due_at,
            attempts=stored.attempts,
            lease_until=None,
            read_at=stored.read_at,
            body=stored.body,
            error_kind=stored.error_kind,
            error_message=stored.error_message,
        )
    )


def abandon(connection: Connection, now: datetime) -> int:
    """Give up waiting pages that no longer matter or whose every reader died; how many."""
    pages = article_pages.c
    waiting = (
        pages.state == PageState.WAITING,
        or_(pages.lease_until.is_(None), pages.lease_until <= now),
    )
    old = select(articles.c.id).where(articles.c.first_seen_at < now - NEWS_WITHIN)
    causes = (
        (pages.attempts >= MOST_ATTEMPTS, "crashed", "Reading it ended its process each time."),
        (pages.article_id.in_(old), "too_old", "It waited for a week without being read."),
    )
    given_up = 0
    for condition, kind, message in causes:
        given_up += connection.execute(
            article_pages.update()
            .where(*waiting, condition)
            .values(
                state=PageState.FAILED, lease_until=None, error_kind=kind, error_message=message
            )
        ).rowcount
    return given_up


def bodies(connection: Connection, article_ids: Collection[int]) -> dict[int, str]:
    """Give the texts of the pages of these articles, where there are any."""
    ordered = sorted(article_ids)
    found: dict[int, str] = {}
    for start in range(0, len(ordered), _BATCH):
        rows = connection.execute(
            select(article_pages.c.article_id, article_pages.c.body).where(
                article_pages.c.article_id.in_(ordered[start : start + _BATCH]),
                article_pages.c.body != "",
            )
        )
        found |= {row.article_id: row.body for row in rows}
    return found


def with_bodies(connection: Connection, texts: Mapping[int, ArticleText]) -> dict[int, ArticleText]:
    """Complete texts, by article, with those of their pages: what the matcher is to read."""
    found = bodies(connection, texts) if texts else {}
    return {
        article_id: replace(text, body=found[article_id]) if article_id in found else text
        for article_id, text in texts.items()
    }


def find(connection: Connection, article_id: int) -> StoredPage | None:
    """Give what is remembered of an article's page; None where it was never to be read."""
    row = connection.execute(
        select(article_pages).where(article_pages.c.article_id == article_id)
    ).one_or_none()
    if row is None:
        return None
    return StoredPage(
        state=PageState(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        read_at=row.read_at,
        body=row.body,
        error_kind=row.error_kind,
        error_message=row.error_message,
    )


def forget_bodies(connection: Connection, before: datetime) -> int:
    """Drop the texts of pages read before a time, unless a match still waits for an editor."""
    waits = exists().where(
        matches.c.article_id == article_pages.c.article_id,
        matches.c.status == MatchStatus.PENDING,
    )
    return connection.execute(
        article_pages.update()
        .where(article_pages.c.read_at < before, article_pages.c.body != "", ~waits)
        .values(body="")
    ).rowcount


def dead(connection: Connection, article_ids: Collection[int]) -> dict[int, str]:
    """Give those of these articles whose page could not be read, with the reason in a sentence."""
    rows = connection.execute(
        select(article_pages.c.article_id, article_pages.c.error_message).where(
            article_pages.c.article_id.in_(article_ids),
            article_pages.c.state == PageState.FAILED,
        )
    )
    return {row.article_id: row.error_message or "for an unknown reason" for row in rows}
