"""What stands on this machine: settings, sources, folders, secrets."""

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.diagnose.finding import Finding, Level, well
from pipeline.errors import Fault, SourcesError
from pipeline.settings import SHORTEST_KEY, Settings, unknown_settings
from pipeline.sources import load_sources
from pipeline.stages.describe import counted

_LEAST_FREE_BYTES = 200 * 1024 * 1024
# Where clouds tell a machine its own passwords.
_METADATA = (ip_address("169.254.169.254"), ip_address("fd00:ec2::254"))
_OVER_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"}


def look_at_installation(settings: Settings) -> Iterator[Finding]:
    """Look at what needs no database."""
    yield from _environment(settings)
    yield from _secrets(settings)
    yield from _sources(settings)
    yield from _address(settings)
    yield from _folder(settings.public_dir, "public folder", "DATELINE_PUBLIC_DIR")
    if settings.database_url.startswith("sqlite:///") and settings.state_dir.exists():
        yield from _folder(settings.state_dir, "data folder", "DATELINE_DATABASE_URL")
        yield from _shared_file_system(settings.state_dir)


def _environment(settings: Settings) -> Iterator[Finding]:
    for fault in unknown_settings():
        yield Finding(level=Level.NOTE, about=fault.where, what=fault.what, advice=fault.fix)
    if 0 < len(settings.secret_key) < SHORTEST_KEY:
        yield Finding(
            level=Level.NOTE,
            about="secret key",
            what=f"it has only {len(settings.secret_key)} characters and may be guessed",
            advice="set a longer DATELINE_SECRET_KEY, or none: then one is made and kept",
        )
    for network in settings.allow_private:
        if any(address in network for address in _METADATA):
            yield Finding(
                level=Level.BAD,
                about="private networks",
                what=f"DATELINE_ALLOW_PRIVATE lets feeds read {network}, where machines in a cloud "
                "keep their passwords",
                advice="name only the networks that hold feeds of yours, such as 10.1.2.0/24",
            )


def _secrets(settings: Settings) -> Iterator[Finding]:
    kept = [Path(".env"), settings.state_dir / "secret.key"]
    if settings.database_url.startswith("sqlite:///"):
        kept.append(Path(settings.database_url.removeprefix("sqlite:///")))
    for path in kept:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if mode & stat.S_IROTH:
            yield Finding(
                level=Level.NOTE,
                about="secrets",
                what=f"everybody on this machine can read {path}",
                advice=f"`chmod o-rwx {path}`",
            )


def _first_of(faults: Sequence[Fault]) -> str:
    return str(faults[0]) if len(faults) == 1 else f"{len(faults)} faults, the first: {faults[0]}"


def _sources(settings: Settings) -> Iterator[Finding]:
    try:
        sources = load_sources(settings.sources)
    except SourcesError as error:
        yield Finding(
            level=Level.BAD,
            about="sources",
            what=_first_of(error.faults),
            advice="`dateline check` lists them all",
        )
        return
    enabled = sum(feed.enabled for feed in sources.feeds)
    yield well(
        "sources", f"{counted(enabled, 'feed')}, {counted(len(sources.conflicts), 'conflict')}"
    )
    if any(feed.full_text for feed in sources.feeds) and find_spec("trafilatura") is None:
        yield Finding(
            level=Level.NOTE,
            about="full text",
            what="the text of pages is taken out by Beautiful Soup, which knows fewer of them",
            advice="install Dateline with the extra `fulltext`",
        )


def _address(settings: Settings) -> Iterator[Finding]:
    host = urlsplit(settings.base_url).hostname or ""
    if host in {"127.0.0.1", "localhost", "::1"}:
        yield Finding(
            level=Level.NOTE,
            about="address",
            what=f"the public address is {settings.base_url}, which only this machine can open",
            advice="set DATELINE_BASE_URL before subscribers come",
        )
    elif urlsplit(settings.base_url).scheme != "https":
        yield Finding(
            level=Level.NOTE,
            about="address",
            what=f"{settings.base_url} is read and logged in to without encryption",
            advice="put a proxy that speaks TLS in front, and say https in DATELINE_BASE_URL",
        )
    else:
        yield well("address", settings.base_url)
    if not settings.contact_url:
        yield Finding(
            level=Level.NOTE,
            about="contact",
            what="publishers cannot see whom to write to when a fetch troubles them",
            advice="set DATELINE_CONTACT_URL",
        )


def _folder(path: Path, about: str, setting: str) -> Iterator[Finding]:
    if path.is_file():
        yield Finding(
            level=Level.BAD,
            about=about,
            what=f"{path} is a file, not a folder",
            advice=f"move it away, or set {setting}",
        )
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(path).free
    except OSError as error:
        yield Finding(
            level=Level.BAD,
            about=about,
            what=f"{path} cannot be written: {error.strerror}",
            advice=f"check its owner and mount, or set {setting}",
        )
        return
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            level=Level.BAD,
            about=about,
            what=f"only {free // 2**20} MB are free for {path}",
            advice="free some space; nothing is lost until then",
        )
    else:
        yield well(about, f"{path} can be written, {free // 2**30} GB free")


def _shared_file_system(path: Path) -> Iterator[Finding]:
    """SQLite's journal needs memory that processes share: file systems over a network have none."""
    kind = _file_system(path.resolve())
    if kind in _OVER_NETWORK:
        yield Finding(
            level=Level.BAD,
            about="data folder",
            what=f"{path} lies on {kind}, where SQLite can lose what it was given",
            advice="move it to a disk of this machine, or use PostgreSQL (DATELINE_DATABASE_URL)",
        )


def _file_system(path: Path) -> str:
    """Name the kind of file system a path lies on; empty where the system does not tell."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = {
        Path(fields[1].replace("\\040", " ")): fields[2]
        for fields in (line.split() for line in mounts.splitlines())
        if len(fields) > 2
    }
    return next((found[place] for place in (path, *path.parents) if place in found), "")
