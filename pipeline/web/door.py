"""The public door: answers what is published before the application is asked. No database."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.conditions import has_it, preferred
from pipeline.web.patience import Patience
from pipeline.web.public import Place, find_place, headers_of
from pipeline.web.versions import Head, Kept, Shelf, Version, make_head, read_version

_PREFLIGHT = make_head(
    [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since"),
        (b"access-control-max-age", b"86400"),
    ]
)
_NO_MORE = [(b"content-length", b"0"), (b"connection", b"close")]
_TOO_OFTEN = b"""\
You took this whole feed a moment ago. Ask what is new instead: send the ETag you were given back as
If-None-Match, or the Last-Modified as If-Modified-Since. That may be done at any time.
"""


class Asked(NamedTuple):
    """What counts of a request for a file; header values are None where the header is missing."""

    method: str
    client: str
    none_match: bytes | None = None
    since: bytes | None = None
    accepted: bytes = b""
    agent: bytes = b""
    forwarded: bytes = b""


class Answer(NamedTuple):
    """A status, a head, and the body (empty for a HEAD)."""

    status: int
    head: Head
    body: bytes


class PublicFiles:
    """The public folder as its visitors see it. Only one event loop may use it."""

    def __init__(
        self,
        folder: Path,
        *,
        base_url: str,
        rooted: bool,
        hubs: tuple[str, ...],
        interval: float,
        count: Callable[[str, str, int], None],
    ) -> None:
        """Serve `folder`; `rooted` when visitors see it below a path.

        `interval` is that of Patience; `count(method, route, status)` is told of each answer.
        """
        self.folder = folder
        self._base_url = base_url
        self._rooted = rooted
        self._hubs = hubs
        self._count = count
        self._shelf = Shelf()
        self._patience = Patience(interval)
        self._reading: dict[str, asyncio.Task[Kept | None]] = {}

    def at_hand(self, path: str) -> Version | None:
        """Give the file at an address if it is in memory and still true."""
        return self._shelf.take(path)

    async def find(self, path: str) -> Version | None:
        """Give the file at an address, or None when there is none.

        Many who ask at once for what has just changed wait for one reading.
        """
        version = self._shelf.take(path)
        if version is not None:
            return version
        place = find_place(path)
        if place is None or (self._rooted and place.kind.is_folder and not path.endswith("/")):
            return None
        reading = self._reading.get(path)
        if reading is None:
            reading = self._reading[path] = asyncio.create_task(self._read(path, place))
        kept = await asyncio.shield(reading)
        return kept.version if kept is not None else None

    async def _read(self, path: str, place: Place) -> Kept | None:
        try:
            headers = headers_of(place, self._base_url, self._hubs)
            kept = await asyncio.to_thread(read_version, self.folder, place.file, headers)
            if kept is not None:
                self._shelf.put(path, kept)
            return kept
        finally:
            del self._reading[path]

    def answer(self, path: str, version: Version, asked: Asked) -> Answer:
        """Answer a GET or HEAD with a version: whole, 304, or a request to wait."""
        place = find_place(path)
        assert place is not None
        answer = self._decide(place, version, asked)
        self._count(asked.method, place.kind.address, answer.status)
        return answer

    def _decide(self, place: Place, version: Version, asked: Asked) -> Answer:
        coding = "identity"
        for each in preferred(asked.accepted):
            if each in version.forms:
                coding = each
                break
        form = version.forms[coding]
        none_match, since = asked.none_match, asked.since
        if none_match is not None or since is not None:
            if has_it(version.tags, version.changed_at, none_match, since):
                return Answer(304, form.same, b"")
        elif place.kind.feed and asked.method == "GET":
            # The last address is the one that the proxy in front of us saw itself.
            behind = asked.forwarded.rpartition(b",")[2].strip()
            client = (asked.client, behind, asked.agent)
            wait = self._patience.wait(place.file, client, monotonic())
            if wait:
                return _too_often(wait)
        return Answer(200, form.whole, form.body if asked.method == "GET" else b"")


def _too_often(wait: int) -> Answer:
    lines = [
        (b"retry-after", str(wait).encode()),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_TOO_OFTEN)).encode()),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
    return Answer(429, make_head(lines), _TOO_OFTEN)


class Door:
    """ASGI middleware in front of the application: what is no public file goes on to it."""

    def __init__(self, app: ASGIApp, files: PublicFiles) -> None:
        self.app = app
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a public file, or pass on."""
        if scope["type"] == "http" and _has_two_lengths(scope["headers"]):
            await send({"type": "http.response.start", "status": 400, "headers": _NO_MORE})
            await send({"type": "http.response.body", "body": b""})
            return
        answer = await self._answer(scope) if scope["type"] == "http" else None
        if answer is None:
            await self.app(scope, receive, send)
            return
        status, head, body = answer
        await send({"type": "http.response.start", "status": status, "headers": head.lines})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope) -> Answer | None:
        method, path = scope["method"], scope["path"]
        # No public address needs an escape; one that has some hides a slash as often as not.
        if b"%" in scope.get("raw_path", b""):
            return None
        if method == "OPTIONS":
            return _preflight(path, scope["headers"])
        if method not in {"GET", "HEAD"}:
            return None
        version = await self.files.find(path)
        if version is None:
            return None
        client = scope.get("client")
        asked = read_asked(method, client[0] if client else "", scope["headers"])
        return self.files.answer(path, version, asked)


def _has_two_lengths(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether a request says in two ways where it ends: a proxy may have read the other."""
    return {name for name, _ in headers} >= {b"content-length", b"transfer-encoding"}


def read_asked(method: str, client: str, headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """Read what counts from header lines whose names are in small letters."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        # Lines of one name are one list (RFC 9110 §5.3); of dates, then, none is a date.
        found[name] = found[name] + b", " + value if name in found else value
    return Asked(
        method=method,
        client=client,
        none_match=found.get(b"if-none-match"),
        since=found.get(b"if-modified-since"),
        accepted=found.get(b"accept-encoding", b""),
        agent=found.get(b"user-agent", b""),
        forwarded=found.get(b"x-forwarded-for", b""),
    )


def _preflight(path: str, headers: Iterable[tuple[bytes, bytes]]) -> Answer | None:
    """Let scripts of other sites ask for a shared file with a condition."""
    place = find_place(path)
    names = {name for name, _ in headers}
    if place is None or not place.kind.shared or b"access-control-request-method" not in names:
        return None
    return Answer(204, _PREFLIGHT, b"")
