"""Compose the digest: from stored items to the entries subscribers get."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from pipeline.model import (
    Conflict,
    Digest,
    DigestEntry,
    Placement,
    PublishedItem,
    Region,
    Tombstone,
)
from pipeline.text import fold_key

_LONGEST_SLUG = 64


def regions_of(tracked: Sequence[Conflict]) -> tuple[Region, ...]:
    """Give the regions of these conflicts, in the order they first come.

    Regions whose names differ only in case, accents or punctuation are one. A name without any
    Latin letter or digit gets a slug made of its hash.
    """
    titles: dict[str, str] = {}
    conflicts: dict[str, set[str]] = {}
    for conflict in tracked:
        if not conflict.region.strip():
            continue
        slug = _region_slug(conflict.region)
        titles.setdefault(slug, conflict.region)
        conflicts.setdefault(slug, set()).add(conflict.slug)
    return tuple(
        Region(slug=slug, title=title, conflicts=frozenset(conflicts[slug]))
        for slug, title in titles.items()
    )


def _region_slug(title: str) -> str:
    key = fold_key(title)
    slug = "-".join(re.findall("[a-z0-9]+", key))[:_LONGEST_SLUG].strip("-")
    return slug or f"region-{sha256(key.encode()).hexdigest()[:12]}"


def compose(
    items: Sequence[PublishedItem],
    *,
    titles: Mapping[str, str],
    base_url: str,
    authority: str,
    made_at: datetime,
    conflict: str | None = None,
    region: Region | None = None,
    hubs: Sequence[str] = (),
    changed_at: datetime | None = None,
    retracted_before: datetime | None = None,
    archive: int | None = None,
    previous_archive: int | None = None,
) -> Digest:
    """Make the Latest News digest of one conflict, of a region, or of all when both are None.

    `items` come newest first and keep their order. `titles` maps the slugs of tracked conflicts to
    their titles; places in other conflicts are left out. `authority` is the host in the feed's
    permanent id (RFC 4151), `made_at` dates a digest that has no entries yet, `hubs` hear of its
    changes. An entry is withdrawn when it is withdrawn everywhere this digest looks; withdrawn
    before `retracted_before`, only a tombstone is left. `changed_at` is when anything of this
    digest last changed, also what it does not hold any more: `updated_at` never lies before it.
    """
    wanted = set(titles) if region is None else set(titles) & region.conflicts
    if conflict is not None:
        wanted &= {conflict}
    entries, tombstones = [], []
    for item in items:
        looked_at = [place for place in item.placements if place.conflict in wanted]
        if not looked_at or not item.copies:
            continue
        retraction = _retraction(item, looked_at)
        if retraction and retracted_before and retraction.withdrawn_at < retracted_before:
            tombstones.append(retraction)
        else:
            entries.append(_entry(item, looked_at, titles, base_url, retraction))
    path = feed_path(conflict, region)
    page = "/" if conflict is None else f"/conflicts/{conflict}"
    subject = region.title if region else "all conflicts"
    if conflict is not None:
        subject = titles[conflict]
    moments = [entry.updated_at for entry in entries]
    moments += [changed_at] if changed_at else []
    return Digest(
        uid=f"tag:{authority},{made_at:%Y-%m-%d}:{path.removeprefix('/')}",
        title=f"Latest News: {subject}",
        subtitle=f"News chosen by editors: {subject}",
        path=path,
        page_url=f"{base_url}{page}",
        base_url=base_url,
        updated_at=max(moments, default=made_at),
        entries=tuple(entries),
        conflict=conflict,
        region=region.slug if region else None,
        tombstones=tuple(tombstones),
        archive=archive,
        previous_archive=previous_archive,
        hubs=tuple(hubs),
    )


def feed_path(conflict: str | None, region: Region | None) -> str:
    """Give the site path of a Latest News feed, without extension."""
    if conflict is not None:
        return f"/conflicts/{conflict}/latest-news"
    return "/latest-news" if region is None else f"/regions/{region.slug}/latest-news"


def _retraction(item: PublishedItem, looked_at: Sequence[Placement]) -> Tombstone | None:
    moments = [place.withdrawn_at for place in looked_at if place.withdrawn_at is not None]
    if len(moments) < len(looked_at):
        return None
    reasons = [place.withdrawn_reason for place in looked_at if place.withdrawn_reason]
    return Tombstone(uid=item.uid, withdrawn_at=max(moments), reason=reasons[0] if reasons else "")


def _entry(
    item: PublishedItem,
    looked_at: Sequence[Placement],
    titles: Mapping[str, str],
    base_url: str,
    retraction: Tombstone | None,
) -> DigestEntry:
    standing = [place for place in looked_at if place.withdrawn_at is None]
    everywhere = [
        place
        for place in item.placements
        if place.conflict in titles and (place.withdrawn_at is None or not standing)
    ]
    lead = item.copies[0]
    return DigestEntry(
        uid=item.uid,
        title=item.title,
        summary=item.summary,
        language=lead.publication.language,
        published_at=item.published_at,
        updated_at=item.updated_at,
        publications=tuple(copy.publication for copy in item.copies),
        conflicts=tuple((place.conflict, titles[place.conflict]) for place in everywhere),
        page_url=f"{base_url}/news/{item.slug}",
        hits=tuple(sorted({word for copy in item.copies for word in copy.hits})),
        withdrawn_reason=retraction.reason if retraction else None,
        change=item.change,
        corrected_at=item.corrected_at,
        correction=item.correction,
    )
