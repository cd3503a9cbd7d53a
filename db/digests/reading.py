"""Reading digest items: what a feed, an archive or a page holds, with the copies of each story."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from db.digests.newest import newest_moments
from db.matches import read_hits
from db.tables import (
    article_revisions,
    articles,
    digest_archive_items,
    digest_items,
    digest_placements,
    feeds,
    matches,
)
from pipeline.model import (
    Change,
    Copy,
    MatchStatus,
    Placement,
    Publication,
    PublishedItem,
    SourceFeed,
)


def published(
    connection: Connection,
    *,
    conflict: str | None = None,
    among: Collection[str] | None = None,
    since: datetime | None = None,
    least: int = 0,
    withdrawn_since: datetime | None = None,
    slugs: Collection[str] | None = None,
    feed: str | None = None,
    archive: int | None = None,
) -> tuple[PublishedItem, ...]:
    """Give items, newest first, of one conflict, of those in `among`, or of all.

    With `since`, items published since then, but at least the newest `least`, those withdrawn
    since `withdrawn_since`, and those in no archive of the `feed`; with `slugs`, the named ones;
    with `archive`, those in that archive of the `feed`.
    """
    wanted = select(digest_items).order_by(digest_items.c.published_at.desc(), digest_items.c.uid)
    if conflict is not None:
        among = [conflict]
    if among is not None:
        wanted = wanted.where(digest_items.c.id.in_(_placed_in(among)))
    archived = select(digest_archive_items.c.item_id).where(digest_archive_items.c.feed == feed)
    if archive is not None:
        archived = archived.where(digest_archive_items.c.number == archive)
        wanted = wanted.where(digest_items.c.id.in_(archived))
    if slugs is not None:
        wanted = wanted.where(digest_items.c.slug.in_(slugs))
    if since is not None:
        start = min([since, *newest_moments(connection, among, least)[-1:]])
        # What was edited or came into this feed lately is news here, however old it is.
        before = digest_placements.alias()
        earlier = select(before.c.id).where(
            before.c.item_id == digest_placements.c.item_id, before.c.placed_at < since
        )
        placed_lately = select(digest_placements.c.item_id).where(
            digest_placements.c.placed_at >= since
        )
        if among is not None:
            earlier = earlier.where(before.c.conflict.in_(among))
            placed_lately = placed_lately.where(digest_placements.c.conflict.in_(among))
        placed_lately = placed_lately.where(~earlier.exists())
        recent = (
            (digest_items.c.published_at >= start)
            | (digest_items.c.updated_at >= since)
            | digest_items.c.id.in_(placed_lately)
        )
        if feed is not None:
            recent |= digest_items.c.id.not_in(archived)
        if withdrawn_since is not None:
            withdrawn = select(digest_placements.c.item_id).where(
                digest_placements.c.withdrawn_at >= withdrawn_since
            )
            recent |= digest_items.c.id.in_(withdrawn)
        wanted = wanted.where(recent)
    items = connection.execute(wanted).all()
    placements = _placements(connection, [item.id for item in items])
    copies = _copies(connection, [item.story_id for item in items])
    return tuple(
        PublishedItem(
            uid=item.uid,
            slug=item.slug,
            title=item.title,
            summary=item.summary,
            published_at=item.published_at,
            updated_at=item.updated_at,
            placements=tuple(placements[item.id]),
            copies=_lead_first(copies[item.story_id], item.article_id),
            revision=item.revision,
            change=Change(item.change) if item.change else None,
            corrected_at=item.corrected_at,
            correction=item.correction or "",
        )
        for item in items
    )


def _placed_in(conflicts: Collection[str]) -> Select[tuple[int]]:
    return select(digest_placements.c.item_id).where(digest_placements.c.conflict.in_(conflicts))


def _lead_first(copies: Sequence[Copy], lead: int) -> tuple[Copy, ...]:
    return tuple(sorted(copies, key=lambda copy: copy.article_id != lead))


def _placements(connection: Connection, item_ids: Collection[int]) -> dict[int, list[Placement]]:
    found: dict[int, list[Placement]] = defaultdict(list)
    rows = connection.execute(
        select(digest_placements)
        .where(digest_placements.c.item_id.in_(item_ids))
        .order_by(digest_placements.c.placed_at, digest_placements.c.conflict)
    )
    for row in rows:
        found[row.item_id].append(
            Placement(
                conflict=row.conflict,
                placed_at=row.placed_at,
                withdrawn_at=row.withdrawn_at,
                withdrawn_reason=row.withdrawn_reason or "",
            )
        )
    return found


def _copies(connection: Connection, story_ids: Collection[int]) -> dict[int, list[Copy]]:
    """The leads of these stories and the other approved articles, as approved, by story."""
    # An entry whose story was merged away keeps the article that led it.
    led: dict[int, list[int]] = defaultdict(list)
    for lead in connection.execute(
        select(digest_items.c.article_id, digest_items.c.story_id).where(
            digest_items.c.story_id.in_(story_ids)
        )
    ):
        led[lead.article_id].append(lead.story_id)
    # What a publisher changed since is not public before an editor approved it.
    approved_title = (
        select(article_revisions.c.title)
        .where(
            article_revisions.c.article_id == articles.c.id,
            article_revisions.c.number == matches.c.decided_revision,
        )
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            articles.c.id,
            articles.c.story_id,
            articles.c.publisher,
            articles.c.title,
            articles.c.url,
            articles.c.language,
            articles.c.published_at,
            articles.c.first_seen_at,
            func.coalesce(approved_title, articles.c.title).label("title_approved"),
            matches.c.conflict,
            matches.c.status,
            matches.c.hits,
            feeds.c.url.label("feed_url"),
            feeds.c.title.label("feed_title"),
        )
        .join(matches, matches.c.article_id == articles.c.id)
        .join(feeds, feeds.c.id == articles.c.feed_id)
        .where(articles.c.story_id.in_(story_ids) | articles.c.id.in_(list(led)))
        .order_by(articles.c.id, matches.c.decided_revision.desc(), matches.c.conflict)
    )
    by_article: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_article[row.id].append(row)
    found: dict[int, list[Copy]] = defaultdict(list)
    for article_id, matched in by_article.items():
        approved = frozenset(row.conflict for row in matched if row.status == MatchStatus.APPROVED)
        shown_in = set(led[article_id])
        if approved and matched[0].story_id in story_ids:
            shown_in.add(matched[0].story_id)
        for story_id in shown_in:
            found[story_id].append(_copy(matched, approved))
    return found


def _copy(matched: Sequence[Row[Any]], approved: frozenset[str]) -> Copy:
    approvals = [each for each in matched if each.conflict in approved]
    row = (approvals or matched)[0]
    words = {hit.text for each in approvals for hit in read_hits(each.hits)}
    return Copy(
        article_id=row.id,
        publication=Publication(
            publisher=row.publisher,
            title=row.title_approved,
            url=row.url,
            language=row.language,
            published_at=row.published_at,
            source=SourceFeed(
                id=row.feed_url,
                title=row.feed_title or row.publisher,
                url=row.feed_url,
                updated_at=row.first_seen_at,
            ),
        ),
        conflicts=approved,
        hits=tuple(sorted(words)),
    )
