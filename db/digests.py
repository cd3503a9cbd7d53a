"""Digest items: minted when a story is first approved, placed in conflicts, corrected, withdrawn,
never deleted."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from db import instance, stories
from db.matches import read_hits
from db.tables import (
    article_revisions,
    articles,
    conflicts,
    digest_archive_items,
    digest_items,
    digest_placements,
    feeds,
    matches,
    public_files,
)
from pipeline.model import (
    Change,
    Copy,
    MatchStatus,
    Placement,
    Publication,
    PublishedItem,
    Pulse,
    SourceFeed,
)


def place(connection: Connection, match_id: int, now: datetime) -> None:
    """Publish an approved match: its story gets an item, the item a place in the conflict's feed.

    A story has one item however many of its articles are approved; one that is approved when the
    lead no longer is takes the lead. That, placing again what was withdrawn, and a lead that was
    edited since are significant changes and move `updated_at`; a source that joins does not.
    """
    authority = _hold(connection) or "localhost"
    match = connection.execute(
        select(
            matches.c.conflict,
            matches.c.article_id,
            articles.c.title,
            articles.c.summary,
            articles.c.revision,
            articles.c.story_id,
        )
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.id == match_id)
    ).one()
    story_id = match.story_id or stories.begin(connection, match.article_id, match.title, now)
    item = connection.execute(
        select(digest_items).where(digest_items.c.story_id == story_id)
    ).one_or_none()
    item_id = item.id if item else _mint(connection, match, story_id, authority, now)
    restored = _put(connection, item_id, match.conflict, now)
    if item is None:
        return
    leads = item.article_id == match.article_id
    # What an editor corrected is not undone by approving the same article text elsewhere.
    edited = (
        leads
        and match.revision != item.article_revision
        and (item.title, item.summary) != (match.title, match.summary)
    )
    # A lead that was rejected must not come back before the public because a copy is approved.
    inherits = not leads and not _is_approved(connection, item.article_id, story_id)
    if edited or inherits:
        _lead(connection, item.id, match.article_id, match)
    if restored or edited or inherits:
        kind = Change.REVISED if edited else Change.HANDED_ON
        _touch(connection, item, Change.RESTORED if restored else kind, now)
    else:
        _change(connection, item.id)


def correct(
    connection: Connection, slug: str, *, title: str, summary: str, note: str, now: datetime
) -> None:
    """Put an item's text right; with a note it is a correction that subscribers are told of.

    Without a note nothing but the words change: `updated_at` stays (a typo).
    """
    _hold(connection)
    item = connection.execute(select(digest_items).where(digest_items.c.slug == slug)).one()
    _change(connection, item.id, title=title, summary=summary)
    if note:
        moment = _touch(connection, item, Change.CORRECTED, now)
        _change(connection, item.id, corrected_at=moment, correction=note)


def _hold(connection: Connection) -> str | None:
    """Let nobody else change the digest until this transaction ends; gives the tag authority."""
    return instance.recall(connection, instance.TAG_AUTHORITY, hold=True)


def _lead(connection: Connection, item_id: int, article_id: int, article: Any) -> None:
    _change(
        connection,
        item_id,
        article_id=article_id,
        article_revision=article.revision,
        title=article.title,
        summary=article.summary,
    )


def _touch(connection: Connection, item: Any, change: Change, now: datetime) -> datetime:
    """Move an item's `updated_at`, always forward; gives the new one."""
    moment = _free_moment(connection, max(now, item.updated_at))
    _change(connection, item.id, updated_at=moment, change=change)
    return moment


def _is_approved(connection: Connection, article_id: int, story_id: int) -> bool:
    approved = select(matches.c.id).where(
        matches.c.article_id == article_id,
        matches.c.story_id == story_id,
        matches.c.status == MatchStatus.APPROVED,
    )
    return connection.execute(approved.limit(1)).one_or_none() is not None


def _mint(connection: Connection, match: Any, story_id: int, authority: str, now: datetime) -> int:
    moment = _free_moment(connection, now)
    slug = f"{int(moment.timestamp() * 1000):x}{secrets.token_hex(4)}"
    return int(
        connection.execute(
            digest_items.insert()
            .values(
                uid=f"tag:{authority},{now:%Y-%m-%d}:news/{slug}",
                slug=slug,
                story_id=story_id,
                article_id=match.article_id,
                article_revision=match.revision,
                title=match.title,
                summary=match.summary,
                published_at=moment,
                updated_at=moment,
                revision=_next_revision(connection),
            )
            .returning(digest_items.c.id)
        ).scalar_one()
    )


def _free_moment(connection: Connection, now: datetime) -> datetime:
    """The present second, or the next free millisecond after it: readers mis-sort equal times."""
    moment = now.replace(microsecond=0)
    # The window keeps one entry stamped by a clock far ahead from dragging all later ones along.
    window = timedelta(minutes=10)
    while (taken := _last_taken(connection, moment, moment + window)) is not None:
        moment = taken + timedelta(milliseconds=1)
        window = timedelta(seconds=1)
    return moment


def _last_taken(connection: Connection, start: datetime, end: datetime) -> datetime | None:
    taken = [
        connection.scalar(select(func.max(column)).where(column.between(start, end)))
        for column in (digest_items.c.published_at, digest_items.c.updated_at)
    ]
    return max(filter(None, taken), default=None)


def _change(connection: Connection, item_id: int, **values: Any) -> None:
    values["revision"] = _next_revision(connection)
    connection.execute(digest_items.update().where(digest_items.c.id == item_id).values(**values))


def _next_revision(connection: Connection) -> int:
    return (connection.scalar(select(func.max(digest_items.c.revision))) or 0) + 1


def _put(connection: Connection, item_id: int, conflict: str, now: datetime) -> bool:
    where = (digest_placements.c.item_id == item_id, digest_placements.c.conflict == conflict)
    placed = connection.execute(select(digest_placements).where(*where)).one_or_none()
    if placed is None:
        connection.execute(
            digest_placements.insert().values(item_id=item_id, conflict=conflict, placed_at=now)
        )
        return False
    if placed.withdrawn_at is None:
        return False
    connection.execute(
        digest_placements.update().where(*where).values(withdrawn_at=None, withdrawn_reason=None)
    )
    return True


def withdraw(connection: Connection, match_id: int, reason: str, now: datetime) -> None:
    """Take back a match that is no longer approved; the entry stays as a retraction.

    While another article of the same story is approved for the conflict, that one carries the
    entry; that a copy goes which does not lead is no significant change.
    """
    _hold(connection)
    match = connection.execute(
        select(matches.c.conflict, matches.c.article_id, articles.c.story_id)
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.id == match_id)
    ).one()
    item = connection.execute(
        select(digest_items).where(digest_items.c.story_id == match.story_id)
    ).one_or_none()
    if item is None:
        return
    heirs = connection.execute(
        select(
            articles.c.id,
            articles.c.title,
            articles.c.summary,
            articles.c.revision,
            matches.c.conflict,
        )
        .join(matches, matches.c.article_id == articles.c.id)
        .where(articles.c.story_id == match.story_id, matches.c.status == MatchStatus.APPROVED)
        .order_by(matches.c.decided_at, articles.c.id)
    ).all()
    handed_on = (
        bool(heirs)
        and item.article_id == match.article_id
        and match.article_id not in {row.id for row in heirs}
    )
    if handed_on:
        _lead(connection, item.id, heirs[0].id, heirs[0])
    withdrawn = match.conflict not in {row.conflict for row in heirs}
    if withdrawn:
        connection.execute(
            digest_placements.update()
            .where(
                digest_placements.c.item_id == item.id,
                digest_placements.c.conflict == match.conflict,
            )
            .values(withdrawn_at=now, withdrawn_reason=reason)
        )
    if withdrawn or handed_on:
        change = Change.WITHDRAWN if withdrawn else Change.HANDED_ON
        _touch(connection, item, change, now)
    else:
        _change(connection, item.id)


def follow(
    connection: Connection, story_ids: Collection[int], reasons: Mapping[int, str], now: datetime
) -> None:
    """Let entries follow their stories after articles moved between these.

    Each story with an approved article has an entry, led by one of them and placed in the conflicts
    it is approved for; an entry whose story holds none any more is withdrawn, with the reason given
    for its story. An entry goes along with the article that leads it only where both stories would
    otherwise have to begin anew; ids and addresses stay.
    """
    _hold(connection)
    _go_along(connection, story_ids)
    for story_id in sorted(story_ids):
        approved = connection.execute(
            select(matches.c.id, matches.c.conflict)
            .where(matches.c.story_id == story_id, matches.c.status == MatchStatus.APPROVED)
            .order_by(matches.c.decided_at, matches.c.id)
        ).all()
        wanted = {row.conflict: row.id for row in reversed(approved)}
        item = connection.execute(
            select(digest_items).where(digest_items.c.story_id == story_id)
        ).one_or_none()
        stands_in = _stands_in(connection, item.id) if item else frozenset()
        led = item is not None and _is_approved(connection, item.article_id, story_id)
        # Nothing else is placed again: that would publish what a publisher changed since.
        for conflict, match_id in sorted(wanted.items(), key=lambda pair: pair[1]):
            if not led or conflict not in stands_in:
                place(connection, match_id, now)
        _take_out(connection, story_id, set(wanted), reasons.get(story_id, ""), now)


def _go_along(connection: Connection, story_ids: Collection[int]) -> None:
    led = connection.execute(
        select(digest_items.c.id, articles.c.story_id)
        .join(articles, articles.c.id == digest_items.c.article_id)
        .where(
            digest_items.c.story_id.in_(story_ids),
            articles.c.story_id != digest_items.c.story_id,
            digest_items.c.story_id.not_in(
                select(matches.c.story_id).where(
                    matches.c.story_id.in_(story_ids), matches.c.status == MatchStatus.APPROVED
                )
            ),
        )
        .order_by(digest_items.c.id)
    ).all()
    for row in led:
        taken = select(digest_items.c.id).where(digest_items.c.story_id == row.story_id)
        if connection.execute(taken).one_or_none() is None:
            _change(connection, row.id, story_id=row.story_id)


def _stands_in(connection: Connection, item_id: int) -> frozenset[str]:
    return frozenset(
        connection.scalars(
            select(digest_placements.c.conflict).where(
                digest_placements.c.item_id == item_id, digest_placements.c.withdrawn_at.is_(None)
            )
        )
    )


def _take_out(
    connection: Connection, story_id: int, stays_in: Collection[str], reason: str, now: datetime
) -> None:
    item = connection.execute(
        select(digest_items).where(digest_items.c.story_id == story_id)
    ).one_or_none()
    if item is None:
        return
    gone = connection.execute(
        digest_placements.update()
        .where(
            digest_placements.c.item_id == item.id,
            digest_placements.c.conflict.not_in(stays_in),
            digest_placements.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now, withdrawn_reason=reason)
    ).rowcount
    if gone:
        _touch(connection, item, Change.WITHDRAWN, now)
    else:
        _change(connection, item.id)


def oldest_entries(
    connection: Connection, story_ids: Collection[int]
) -> tuple[tuple[int, int], ...]:
    """Give (story, leading article) of those of these stories that have an entry, oldest entry
    first."""
    rows = connection.execute(
        select(digest_items.c.story_id, digest_items.c.article_id)
        .where(digest_items.c.story_id.in_(story_ids))
        .order_by(digest_items.c.published_at, digest_items.c.id)
    )
    return tuple((row.story_id, row.article_id) for row in rows)


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
        newest = connection.execute(wanted.limit(least)).all()
        start = min([since, *(row.published_at for row in newest[-1:])])
        # What was edited or came into this feed lately is news here, however old it is.
        placed = select(digest_placements.c.item_id)
        if among is not None:
            placed = placed.where(digest_placements.c.conflict.in_(among))
        placed_lately = placed.group_by(digest_placements.c.item_id).having(
            func.min(digest_placements.c.placed_at) >= since
        )
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
            articles,
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
    by_article: dict[int, list[Row[Any]]] = defaultdict(list)
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


def slugs(connection: Connection) -> tuple[str, ...]:
    """Name every item ever published."""
    return tuple(connection.scalars(select(digest_items.c.slug).order_by(digest_items.c.id)))


def files(connection: Connection) -> dict[str, tuple[str, datetime]]:
    """Give hash and time of change of every public file, by path."""
    return {
        row.path: (row.sha256, row.changed_at) for row in connection.execute(select(public_files))
    }


def note_files(connection: Connection, written: Mapping[str, tuple[str, datetime]]) -> None:
    """Note what was written for the public: hash and time of change by path."""
    if not written:
        return
    connection.execute(public_files.delete().where(public_files.c.path.in_(list(written))))
    connection.execute(
        public_files.insert(),
        [
            {"path": path, "sha256": sha256, "changed_at": changed_at}
            for path, (sha256, changed_at) in sorted(written.items())
        ],
    )


def newest_change(connection: Connection) -> int:
    """Count the changes the public sees: it tells whether the digest is old. 0 before the first."""
    return connection.scalar(select(func.max(digest_items.c.revision))) or 0


def pulses(
    connection: Connection, *, since: datetime, withdrawn_since: Collection[datetime]
) -> dict[str, Pulse]:
    """Give of each conflict's feed what tells whether its documents may have changed."""

    def count(condition: ColumnElement[bool]) -> Any:
        return func.sum(case((condition, 1), else_=0))

    rows = connection.execute(
        select(
            digest_placements.c.conflict,
            func.max(digest_items.c.updated_at).label("changed_at"),
            func.max(digest_items.c.revision),
            func.count(),
            count(digest_items.c.published_at >= since),
            count(digest_items.c.updated_at >= since),
            count(digest_placements.c.placed_at >= since),
            *(count(digest_placements.c.withdrawn_at >= moment) for moment in withdrawn_since),
        )
        .join(digest_items, digest_items.c.id == digest_placements.c.item_id)
        .group_by(digest_placements.c.conflict)
    )
    return {
        row.conflict: Pulse(changed_at=row.changed_at, figures=tuple(map(int, row[2:])))
        for row in rows
    }


def newest_standing(connection: Connection) -> dict[str, str]:
    """Give the slug of each conflict's newest entry that is not withdrawn there."""
    standing = (
        select(
            digest_placements.c.conflict,
            func.max(digest_items.c.published_at).label("published_at"),
        )
        .join(digest_items, digest_items.c.id == digest_placements.c.item_id)
        .where(digest_placements.c.withdrawn_at.is_(None))
        .group_by(digest_placements.c.conflict)
        .subquery()
    )
    rows = connection.execute(
        select(standing.c.conflict, digest_items.c.slug)
        .join(digest_items, digest_items.c.published_at == standing.c.published_at)
        .order_by(digest_items.c.id)
    )
    return {row.conflict: row.slug for row in rows}


def changed_since(connection: Connection, revision: int) -> tuple[str, ...]:
    """Name the items whose public face changed after a revision."""
    wanted = select(digest_items.c.slug).where(digest_items.c.revision > revision)
    return tuple(connection.scalars(wanted.order_by(digest_items.c.id)))


def backgrounds_state(connection: Connection) -> int:
    """A number that grows with every saved background: it tells whether the pages are old."""
    return connection.scalar(select(func.sum(conflicts.c.background_revision))) or 0
