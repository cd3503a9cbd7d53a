"""Publish: write the digest and the public pages, from one snapshot, each file whole or not at
all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from db import Database, instance, public_files, public_parts
from pipeline.close_archives import close_archives
from pipeline.errors import StoreError
from pipeline.lay_out import (
    MADE_AT,
    Snapshot,
    Standing,
    lay_out,
    read_standing,
    watermark,
    write_standing,
)
from pipeline.mark_folder import elsewhere, note_folder
from pipeline.write_files import turn, write_changed

# How often doors that publish again and again have every file looked for.
SWEEP_EVERY = timedelta(hours=1)
_STANDING = ".published"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What was written: how many files there are, and which changed.

    `elsewhere` is a sentence when another process wrote to another folder before, else empty.
    """

    files: int
    changed: tuple[str, ...]
    elsewhere: str = ""


def found_installation(database: Database, base_url: str, now: datetime) -> None:
    """Fix what digest ids are made of, once for ever: the host of the public address, and the day.

    Ids then survive a move to another host.
    """
    host = urlsplit(base_url).hostname or "localhost"
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, host.strip("[]").replace(":", "-"))
        instance.keep(connection, MADE_AT, now.replace(microsecond=0).isoformat())


def publish(
    database: Database,
    public_dir: Path,
    base_url: str,
    now: datetime,
    *,
    hubs: Sequence[str] = (),
    letters: bool = False,
    anew: bool = False,
    sweep_every: timedelta = timedelta(0),
) -> PublishReport:
    """Write every public file whose content changed, and nothing else; feeds name their `hubs`.

    With `letters` the page for subscribers has the form that asks for letters.

    All reaches the disk before the first file is replaced, and each is replaced atomically; its
    time is when its content last changed, so any web server sends a true Last-Modified. Two
    publishers take turns. Only what may have changed is rendered, with `anew` everything. Every
    file there should be is looked for when that was not done for `sweep_every`; else those written
    before are taken to be there, and the work is what changed since. Raises StoreError when the
    folder cannot be written.
    """
    try:
        with turn(public_dir) as mark:
            known = None if anew else _known(database, public_dir, now - sweep_every, now)
            if known is not None:
                with database.reading() as connection:
                    told = watermark(connection, base_url, hubs, letters=letters)
                if known.holds(told, now):
                    return PublishReport(files=known.files, changed=())
            with database.transaction() as connection:
                told = note_folder(connection, public_dir, mark)
                close_archives(connection, now)
            with database.reading() as connection:
                snapshot = Snapshot(
                    connection=connection,
                    base_url=base_url,
                    now=now,
                    public_dir=public_dir,
                    hubs=tuple(hubs),
                    letters=letters,
                    anew=anew,
                    standing=known,
                )
                wanted = lay_out(snapshot)
                noted = public_files.noted(connection, None if known is None else list(wanted))
                new = len(wanted.keys() - noted.keys())
                files = new + (len(noted) if known is None else known.files)
                standing = snapshot.next_standing(files)
            written = write_changed(public_dir, wanted, noted, now)
            with database.transaction() as connection:
                public_files.note(connection, written)
                public_parts.note(connection, snapshot.newly_made)
            # Last: after a crash the next pass finds what stood before, and does the work.
            (public_dir / _STANDING).write_text(write_standing(standing), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{error.filename2 or error.filename or public_dir} cannot be written: "
            f"{error.strerror}; "
            "check the disk and the folder's owner, or set DATELINE_PUBLIC_DIR "
            "(what was published before is still whole)"
        ) from error
    return PublishReport(files=files, changed=tuple(sorted(written)), elsewhere=told)


def _known(
    database: Database, public_dir: Path, swept_after: datetime, now: datetime
) -> Standing | None:
    """Give what the folder says of itself, if that can be relied on."""
    known = read_standing(public_dir / _STANDING)
    if known is None or not swept_after < known.swept_at <= now:
        return None
    return None if elsewhere(database, public_dir) else known
