"""Write files: a set of files into a folder, each whole or not at all, all on disk before any is
seen."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

_LOCK = ".publishing"
_STAGE = ".staged"
Noted = Mapping[str, tuple[str, datetime]]


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that an older snapshot is never written over a newer one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_changed(
    folder: Path, wanted: Mapping[str, bytes], noted: Noted, now: datetime
) -> dict[str, tuple[str, datetime]]:
    """Write those of the wanted files that changed; gives their hashes and times of change.

    `noted` holds hash and time of what was written before, by path. First all that changed reaches
    the disk under `.staged`; only then do the files take their names, in the order of `wanted`, so
    that what is named comes before what names it. A full disk therefore replaces nothing. A file's
    time is when its content last changed and never goes back. Call it in the folder's `turn`.
    Raises OSError.
    """
    changed = _changed(folder, wanted, noted, now)
    stage = folder / _STAGE
    rmtree(stage, ignore_errors=True)
    if not changed:
        return changed
    stage.mkdir()
    try:
        for number, path in enumerate(changed):
            _stage(stage / str(number), wanted[path], changed[path][1])
        for number, path in enumerate(changed):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (stage / str(number)).replace(target)
        for above in {(folder / path).parent for path in changed}:
            _sync(above)
    finally:
        rmtree(stage, ignore_errors=True)
    return changed


def _changed(
    folder: Path, wanted: Mapping[str, bytes], noted: Noted, now: datetime
) -> dict[str, tuple[str, datetime]]:
    second = now.replace(microsecond=0)
    changed = {}
    for path, content in wanted.items():
        digest = sha256(content).hexdigest()
        known, changed_at = noted.get(path, ("", None))
        if changed_at is None:
            changed_at = second
        elif known != digest:
            changed_at = max(second, changed_at + timedelta(seconds=1))
        elif _stands(folder / path, len(content)):
            continue
        changed[path] = (digest, changed_at)
    return changed


def _stands(target: Path, size: int) -> bool:
    return target.is_file() and target.stat().st_size == size


def _stage(fresh: Path, content: bytes, changed_at: datetime) -> None:
    with fresh.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.utime(fresh, (changed_at.timestamp(), changed_at.timestamp()))


def _sync(folder: Path) -> None:
    """Make the new names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
