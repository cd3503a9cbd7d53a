"""Key: what signs sessions, given or made on first use."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pipeline.errors import Fault, SettingsError
from pipeline.settings.declared import Settings

SHORTEST_KEY = 16


def secret_key(settings: Settings) -> bytes:
    """The key that signs sessions: the setting, or one made on first use and kept beside the
    database.

    The file is readable by its owner only. Two processes starting at once agree on one key. Raises
    SettingsError when the key cannot be kept, or what is kept is too short to keep anybody out.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.state_dir / "secret.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        key = path.read_text(encoding="utf-8").strip().encode()
    except OSError as error:
        what = f"the secret key cannot be kept: {error.strerror}"
        fix = "check the folder and its owner, or set DATELINE_SECRET_KEY"
        raise SettingsError([Fault(where=str(path), what=what, fix=fix)]) from None
    if len(key) < SHORTEST_KEY:
        fix = "remove it: a new one is made, and everybody logs in again"
        raise SettingsError([Fault(where=str(path), what="the key is empty or cut off", fix=fix)])
    return key


def _make_key(path: Path) -> None:
    # Threads starting at once need a name each as much as processes do.
    fresh = path.with_name(f"secret.key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        # link fails if the key appeared meanwhile: the first writer wins, both read the same.
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
