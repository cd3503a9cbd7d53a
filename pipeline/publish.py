"""Publish: write the digest and the public pages, from one snapshot, each file whole or not at
all."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from db import Connection, Database, backgrounds, conflicts, digests, instance
from pipeline.errors import StoreError
from pipeline.model import Background, Conflict, Digest
from pipeline.stages.background import render_sections
from pipeline.stages.compose import compose
from pipeline.stages.render import (
    ConflictCard,
    RenderedSection,
    Site,
    render_atom,
    render_conflict_page,
    render_entry_page,
    render_front,
    render_json,
    render_opml,
    render_rss,
    render_subscribe_page,
    static_files,
)

LEAST_ENTRIES = 50
WINDOW = timedelta(days=7)
# A reader that polls once a month still learns that an entry was taken back.
WITHDRAWN_WINDOW = timedelta(days=30)
_MADE_AT = "made_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What was written: how many files there are, and which changed."""

    files: int
    changed: tuple[str, ...]


def found_installation(database: Database, base_url: str, now: datetime) -> None:
    """Fix what digest ids are made of, once for ever: the host of the public address, and the day.

    Ids then survive a move to another host.
    """
    host = urlsplit(base_url).hostname or "localhost"
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, host.strip("[]").replace(":", "-"))
        instance.keep(connection, _MADE_AT, now.replace(microsecond=0).isoformat())


def publish(database: Database, public_dir: Path, base_url: str, now: datetime) -> PublishReport:
    """Write every public file whose content changed, and nothing else.

    Each file is replaced atomically and reaches the disk before its name does; its time is when its
    content last changed, so any web server sends a true Last-Modified. Two publishers take turns.
    Raises StoreError when the folder cannot be written.
    """
    try:
        with _turn(public_dir):
            with database.reading() as connection:
                wanted = _files(connection, base_url, now, public_dir)
                noted = digests.files(connection)
            written = _write_changed(public_dir, wanted, noted, now)
            with database.transaction() as connection:
                digests.note_files(connection, written)
    except OSError as error:
        raise StoreError(
            f"{error.filename or public_dir} cannot be written: {error.strerror}; "
            "check the disk and the folder's owner, or set DATELINE_PUBLIC_DIR "
            "(what was published before is still whole)"
        ) from error
    return PublishReport(files=len(wanted), changed=tuple(sorted(written)))


@contextmanager
def _turn(public_dir: Path) -> Iterator[None]:
    """Hold the folder's lock, so that an older snapshot is never written over a newer one."""
    public_dir.mkdir(parents=True, exist_ok=True)
    with (public_dir / ".publishing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _files(
    connection: Connection, base_url: str, now: datetime, public_dir: Path
) -> dict[str, bytes]:
    """Render every public file, by its path under the public folder."""
    site = Site(base_url=base_url)
    tracked = conflicts.running(connection)
    titles = {conflict.slug: conflict.title for conflict in tracked}
    made_at = datetime.fromisoformat(instance.recall(connection, _MADE_AT) or now.isoformat())
    authority = instance.recall(connection, instance.TAG_AUTHORITY) or "localhost"

    def digest(slug: str | None) -> Digest:
        items = digests.published(
            connection,
            conflict=slug,
            since=now - WINDOW,
            least=LEAST_ENTRIES,
            withdrawn_since=now - WITHDRAWN_WINDOW,
        )
        return compose(
            items,
            titles=titles,
            base_url=base_url,
            authority=authority,
            made_at=made_at,
            conflict=slug,
        )

    latest = digest(None)
    files = {f"static/{name}": content for name, content in static_files().items()}
    files |= _feeds(latest)
    cards = []
    for conflict in tracked:
        own = digest(conflict.slug)
        background = backgrounds.current(connection, conflict.slug)
        card = _card(conflict, own, background, now)
        cards.append(card)
        files |= _feeds(own)
        files[f"conflicts/{conflict.slug}/index.html"] = render_conflict_page(
            site,
            card,
            own,
            sections=_sections(background),
            captions=background.captions if background else (),
        )
    files["index.html"] = render_front(site, cards, latest, recent_days=WINDOW.days)
    files["subscribe/index.html"] = render_subscribe_page(site, cards)
    files["feeds.opml"] = render_opml(site, cards, latest.updated_at)
    missing = [
        slug
        for slug in digests.slugs(connection)
        if not (public_dir / "news" / slug / "index.html").exists()
    ]
    older = digests.published(connection, slugs=missing) if missing else ()
    everything = compose(
        older, titles=titles, base_url=base_url, authority=authority, made_at=made_at
    )
    for entry in (*everything.entries, *latest.entries):
        slug = entry.page_url.rpartition("/")[2]
        files[f"news/{slug}/index.html"] = render_entry_page(site, entry)
    return files


def _feeds(digest: Digest) -> dict[str, bytes]:
    path = digest.path.removeprefix("/")
    return {
        f"{path}.atom": render_atom(digest),
        f"{path}.rss": render_rss(digest),
        f"{path}.json": render_json(digest),
    }


def _card(
    conflict: Conflict, digest: Digest, background: Background | None, now: datetime
) -> ConflictCard:
    standing = [entry for entry in digest.entries if entry.withdrawn_reason is None]
    return ConflictCard(
        slug=conflict.slug,
        title=conflict.title,
        region=conflict.region,
        type=conflict.type,
        impact=conflict.impact,
        status=conflict.status,
        status_reason=conflict.status_reason,
        recent_entries=sum(entry.published_at >= now - WINDOW for entry in standing),
        newest=standing[0] if standing else None,
        updated_on=background.updated_on if background else None,
    )


def _sections(background: Background | None) -> Sequence[RenderedSection]:
    if background is None:
        return ()
    return [
        RenderedSection(
            kind=section.kind, heading=section.heading, anchor=section.anchor, html=section.html
        )
        for section in render_sections(background)
    ]


def _write_changed(
    public_dir: Path,
    wanted: Mapping[str, bytes],
    noted: Mapping[str, tuple[str, datetime]],
    now: datetime,
) -> dict[str, tuple[str, datetime]]:
    written = {}
    folders = set()
    for path, content in wanted.items():
        digest = sha256(content).hexdigest()
        target = public_dir / path
        known, changed_at = noted.get(path, ("", None))
        if known == digest and changed_at is not None and target.is_file():
            if target.stat().st_size == len(content):
                continue
        elif known != digest:
            second = now.replace(microsecond=0)
            changed_at = max(second, changed_at + timedelta(seconds=1)) if changed_at else second
        assert changed_at is not None
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, content, changed_at)
        folders.add(target.parent)
        written[path] = (digest, changed_at)
    for folder in folders:
        _sync(folder)
    return written


def _replace(target: Path, content: bytes, changed_at: datetime) -> None:
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(fresh, (changed_at.timestamp(), changed_at.timestamp()))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the new names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
