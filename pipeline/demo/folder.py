"""The demo's folder: everything it writes lies there, and only what is its own is removed."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TextIO

from pipeline.errors import StoreError

_MARK = "demo.json"
_FILES = (
    "dateline.db",
    "dateline.db-wal",
    "dateline.db-shm",
    "dateline.db-journal",
    "secret.key",
    "sources.yaml",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFolder:
    """Where the demo keeps what. `show_at` is None in a folder where no show was played yet."""

    path: Path
    show_at: datetime | None

    @property
    def database_url(self) -> str:
        """The demo's own database."""
        return f"sqlite:///{self.path / 'dateline.db'}"

    @property
    def sources(self) -> Path:
        """The demo's own watch list."""
        return self.path / "sources.yaml"

    @property
    def public_dir(self) -> Path:
        """Where the demo's public files go."""
        return self.path / "public"

    def write_sources(self, publishers_address: str) -> None:
        """Write the watch list, with the feeds at this address."""
        shipped = files("pipeline.demo").joinpath("sources.yaml").read_text(encoding="utf-8")
        self.sources.write_text(shipped.replace("PUBLISHER/", f"{publishers_address}/"), "utf-8")

    def mark_played(self, show_at: datetime) -> None:
        """Remember that a show was played to its end, and when."""
        (self.path / _MARK).write_text(json.dumps({"show_at": show_at.isoformat()}), "utf-8")


@contextmanager
def claim_folder(path: Path, *, keep: bool) -> Iterator[DemoFolder]:
    """Take the folder for one demo: emptied of an earlier one, or as it was left with `keep`.

    Raises StoreError when the folder holds anything else, cannot be written, or another demo runs
    in it.
    """
    with _held(path):
        show_at = _played(path / _MARK) if keep else None
        if show_at is None:
            _clear(path)
        yield DemoFolder(path=path, show_at=show_at)


def _held(path: Path) -> TextIO:
    """Lock the folder by its mark, making both when they are not there; closing it unlocks."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        mark = path / _MARK
        if any(path.iterdir()) and not mark.is_file():
            raise StoreError(
                f"{path} holds something that is not a demo's: name another folder with --folder"
            )
        held = mark.open("a", encoding="utf-8")
    except (FileExistsError, NotADirectoryError):
        raise StoreError(f"{path} is not a folder: name another with --folder") from None
    except OSError as error:
        raise StoreError(f"{error.filename or path} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise StoreError(
            f"another demo runs in {path}: stop it, or name another folder with --folder"
        ) from None
    return held


def _played(mark: Path) -> datetime | None:
    with suppress(ValueError, KeyError, TypeError):
        show_at = datetime.fromisoformat(json.loads(mark.read_text(encoding="utf-8"))["show_at"])
        return show_at if show_at.tzinfo is not None else None
    return None


def _clear(path: Path) -> None:
    (path / _MARK).write_text("", encoding="utf-8")
    for name in _FILES:
        (path / name).unlink(missing_ok=True)
    public = path / "public"
    if public.is_dir() and not public.is_symlink():
        shutil.rmtree(public)
