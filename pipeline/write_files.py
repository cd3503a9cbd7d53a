"""Write files: a set of files into a folder, each whole or not at all, all on disk before any is
seen."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

from pipeline.stages.pack import SUFFIXES, is_worth_packing, pack

_LOCK = ".publishing"
_STAGE = ".staged"
Noted = Mapping[str, tuple[str, datetime]]
# Where new bytes lie and where they go; nothing lies there when what stands there has to go.
_Move = tuple[Path | None, Path]


@contextmanager
def turn(folder: Path) -> Iterator[str]:
    """Hold the folder's lock, so that an older snapshot is never written over a newer one.

    Gives the folder's mark: one word that it keeps in the lock's file, and no other folder has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (mark := mark_of(folder)):
            mark = token_hex(8)
            lock.write(mark)
            lock.flush()
            os.fsync(lock.fileno())
        yield mark


def mark_of(folder: Path) -> str:
    """Give the mark of a folder; empty where nothing was written yet, or it cannot be read."""
    try:
        return (folder / _LOCK).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def write_changed(
    folder: Path, wanted: Mapping[str, bytes], noted: Noted, now: datetime
) -> dict[str, tuple[str, datetime]]:
    """Write those of the wanted files that changed; gives their hashes and times of change.

    `noted` holds hash and time of what was written before, by path. First all that changed reaches
    the disk under `.staged`; only then do the files take their names, in the order of `wanted`, so
    that what is named comes before what names it. A full disk therefore replaces nothing. A file's
    time is when its content last changed and never goes back. Call it in the folder's `turn`.
    Raises OSError.

    Where it saves enough, a file gets packed twins (`.br`, `.gz`) of the same time. They take their
    names just before it, so that none is ever older than its file.
    """
    changed = _changed(folder, wanted, noted, now)
    times = {path: changed_at for path, (_, changed_at) in changed.items()}
    for path, content in wanted.items():
        if path not in times and _lacks_twins(folder / path, len(content)):
            times[path] = datetime.fromtimestamp((folder / path).stat().st_mtime, UTC)
    stage = folder / _STAGE
    rmtree(stage, ignore_errors=True)
    if times:
        stage.mkdir()
    try:
        moves: list[_Move] = []
        for number, (path, changed_at) in enumerate(times.items()):
            fresh = _fresh(path, wanted[path], itself=path in changed)
            moves += _stage(stage / str(number), folder, fresh, changed_at)
        named_in = set()
        for staged, target in moves:
            named_in |= _make_folder(target.parent)
            _move(staged, target)
        for above in named_in:
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


def _lacks_twins(target: Path, size: int) -> bool:
    if not is_worth_packing(target.name, size):
        return False
    twin = target.with_name(target.name + SUFFIXES["gzip"])
    return not twin.is_file() or int(twin.stat().st_mtime) != int(target.stat().st_mtime)


def _fresh(path: str, content: bytes, *, itself: bool) -> dict[str, bytes | None]:
    """Give what is to stand beside a path and, last, there; None where nothing is to stand."""
    packed = pack(path, content)
    fresh = {f"{path}{suffix}": packed.get(coding) for coding, suffix in SUFFIXES.items()}
    return fresh | {path: content} if itself else fresh


def _stage(
    beside: Path, folder: Path, fresh: Mapping[str, bytes | None], changed_at: datetime
) -> Iterator[_Move]:
    """Bring to disk what is to take its name; gives where each lies and is to stand."""
    for number, (path, content) in enumerate(fresh.items()):
        staged = None
        if content is not None:
            staged = beside.with_name(f"{beside.name}.{number}")
            with staged.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.utime(staged, (changed_at.timestamp(), changed_at.timestamp()))
        yield staged, folder / path


def _move(staged: Path | None, target: Path) -> None:
    if staged is None:
        target.unlink(missing_ok=True)
    else:
        staged.replace(target)


def _make_folder(folder: Path) -> set[Path]:
    """Make a folder and those above it; gives every folder that then has a new name in it."""
    named_in = {folder}
    missing = folder
    while not missing.is_dir():
        missing = missing.parent
        named_in.add(missing)
    folder.mkdir(parents=True, exist_ok=True)
    return named_in


def _sync(folder: Path) -> None:
    """Make the new names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
