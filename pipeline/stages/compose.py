"""Compose the digest: from stored items to the entries subscribers get."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pipeline.model import Digest, DigestEntry, Placement, PublishedItem


def compose(
    items: Sequence[PublishedItem],
    *,
    titles: Mapping[str, str],
    base_url: str,
    authority: str,
    made_at: datetime,
    conflict: str | None = None,
    hubs: Sequence[str] = (),
) -> Digest:
    """Make the Latest News digest of one conflict, or of all when `conflict` is None.

    `items` come newest first and keep their order. `titles` maps the slugs of tracked conflicts to
    their titles; places in other conflicts are left out. `authority` is the host in the feed's
    permanent id (RFC 4151), `made_at` dates a digest that has no entries yet, `hubs` hear of its
    changes. An entry is withdrawn when it is withdrawn everywhere this digest looks.
    """
    entries = []
    for item in items:
        looked_at = [
            place
            for place in item.placements
            if place.conflict in titles and conflict in (None, place.conflict)
        ]
        if looked_at and item.copies:
            entries.append(_entry(item, looked_at, titles, base_url))
    path = "/latest-news" if conflict is None else f"/conflicts/{conflict}/latest-news"
    subject = "all conflicts" if conflict is None else titles[conflict]
    return Digest(
        uid=f"tag:{authority},{made_at:%Y-%m-%d}:{path.removeprefix('/')}",
        title=f"Latest News: {subject}",
        subtitle=f"News chosen by editors: {subject}",
        path=path,
        page_url=f"{base_url}/" if conflict is None else f"{base_url}/conflicts/{conflict}",
        base_url=base_url,
        updated_at=max((entry.updated_at for entry in entries), default=made_at),
        entries=tuple(entries),
        conflict=conflict,
        hubs=tuple(hubs),
    )


def _entry(
    item: PublishedItem, looked_at: Sequence[Placement], titles: Mapping[str, str], base_url: str
) -> DigestEntry:
    standing = [place for place in looked_at if place.withdrawn_at is None]
    reasons = [place.withdrawn_reason for place in looked_at if place.withdrawn_reason]
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
        withdrawn_reason=None if standing else (reasons[0] if reasons else ""),
        change=item.change,
        corrected_at=item.corrected_at,
        correction=item.correction,
    )
