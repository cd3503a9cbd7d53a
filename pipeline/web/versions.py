"""The public files in memory: each version read once, with its header lines ready to be sent."""

import os
import stat
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path
from time import monotonic

import brotli
from starlette.datastructures import MutableHeaders

from pipeline.stages.pack import SUFFIXES, is_worth_packing, pack
from pipeline.web.guard import protect

MOST_BYTES = 64 * 1024 * 1024
# How long a file may have changed without our seeing it, in seconds.
RECHECK = 0.2
Lines = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Head:
    """Header lines with names in small letters, and the bytes that they are on the wire."""

    lines: Lines
    wire: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A version in one coding: its body, and its heads whole and for a 304."""

    body: bytes
    whole: Head
    same: Head


@dataclass(frozen=True, slots=True)
class Version:
    """What a file holds at present; `tags` are those of all codings, without quotes.

    `changed_at` is in Unix seconds.
    """

    forms: Mapping[str, Form]
    tags: frozenset[bytes]
    changed_at: int

    @property
    def weight(self) -> int:
        """The bytes it takes in memory."""
        return sum(len(form.body) for form in self.forms.values())


def make_version(
    bodies: Mapping[str, bytes], changed_at: int, headers: Mapping[str, str]
) -> Version:
    """Make a version of its bodies by coding (`identity` among them).

    `headers` go with every answer; a 304 has no Content-Type. Each coding has a strong tag of its
    own, made of the very bytes that are sent.
    """
    forms, tags = {}, set()
    for coding, body in bodies.items():
        tag = sha256(body).hexdigest()[:32] + ("" if coding == "identity" else f"-{coding}")
        tags.add(tag.encode())
        same = dict(headers) | {
            "ETag": f'"{tag}"',
            "Last-Modified": formatdate(changed_at, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        whole = same | {"Content-Length": str(len(body))}
        if coding != "identity":
            whole["Content-Encoding"] = coding
        del same["Content-Type"]
        forms[coding] = Form(body=body, whole=_protected(whole), same=_protected(same))
    return Version(forms=forms, tags=frozenset(tags), changed_at=changed_at)


def make_head(lines: Lines) -> Head:
    """Make a head of header lines, whose names are in small letters."""
    return Head(lines, b"".join(b"%b: %b\r\n" % line for line in lines))


def _protected(headers: Mapping[str, str]) -> Head:
    made = MutableHeaders(headers)
    protect(made)
    return make_head(made.raw)


@dataclass(slots=True)
class Kept:
    """A version in memory, with the mark by which its file is seen to change."""

    version: Version
    file: str
    mark: tuple[int, int, int]
    checked_at: float

    def stands(self, now: float) -> bool:
        """Tell whether the file is still the same, looking at most every RECHECK seconds."""
        if now - self.checked_at < RECHECK:
            return True
        try:
            mark = _mark(os.lstat(self.file))
        except OSError:
            return False
        self.checked_at = now
        return mark == self.mark


class Shelf:
    """Versions by the path they are asked for, the least wanted put away when there are too many.

    Only one thread may use it.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self.most_bytes = MOST_BYTES if most_bytes is None else most_bytes
        self.weight = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def take(self, path: str) -> Version | None:
        """Give what is in memory and still true."""
        kept = self._kept.get(path)
        if kept is None:
            return None
        if not kept.stands(monotonic()):
            self._drop(path)
            return None
        self._kept.move_to_end(path)
        return kept.version

    def put(self, path: str, kept: Kept) -> None:
        """Keep a version."""
        self._drop(path)
        self._kept[path] = kept
        self.weight += kept.version.weight
        while self.weight > self.most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, path: str) -> None:
        kept = self._kept.pop(path, None)
        if kept is not None:
            self.weight -= kept.version.weight


def read_version(folder: Path, path: str, headers: Mapping[str, str]) -> Kept | None:
    """Read a file and its packed twins; None when there is no such file.

    A twin counts only when it unpacks to the file: one left over is never sent. Without any the
    file is packed here. No link is followed below the folder.
    """
    try:
        body, status = _read(folder, path)
    except OSError:
        return None
    bodies = {"identity": body}
    if is_worth_packing(path, len(body)):
        for coding, suffix in SUFFIXES.items():
            with suppress(OSError):
                twin, _ = _read(folder, path + suffix)
                if _UNPACKS_TO[coding](twin, body):
                    bodies[coding] = twin
        if len(bodies) == 1:
            bodies |= pack(path, body)
    return Kept(
        version=make_version(bodies, int(status.st_mtime), headers),
        file=os.fspath(folder / path),
        mark=_mark(status),
        checked_at=monotonic(),
    )


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(folder: Path, path: str) -> tuple[bytes, os.stat_result]:
    """Read a regular file; a link planted below the folder must not lead out of it."""
    above = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    *folders, name = path.split("/")
    try:
        for each in folders:
            below = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
            os.close(above)
            above = below
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=above)
    finally:
        os.close(above)
    try:
        status = os.fstat(found)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is no regular file")
        with open(found, "rb", closefd=False) as file:
            return file.read(), status
    finally:
        os.close(found)


def _gunzips_to(twin: bytes, body: bytes) -> bool:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(twin, len(body) + 1)
    except zlib.error:
        return False
    return unpacked == body and unpacking.eof and not unpacking.unused_data


def _unbrotlis_to(twin: bytes, body: bytes) -> bool:
    unpacking = brotli.Decompressor()
    try:
        unpacked = unpacking.process(twin, output_buffer_limit=len(body) + 1)
    except brotli.error:
        return False
    return unpacked == body and bool(unpacking.is_finished())


_UNPACKS_TO = {"br": _unbrotlis_to, "gzip": _gunzips_to}
