"""Loopback servers that misbehave on purpose.

An answer is a coroutine `(request, writer) -> None` that writes raw bytes: nothing stands between
it and the wire, so it can break every rule. When it returns, the connection is closed, unless the
server `stays`. What there is to do wrong, by name, stands in `tests.misbehaviours`.
"""

import asyncio
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title></channel></rss>'


@dataclass(kw_only=True)
class Request:
    raw: bytes
    method: str
    path: str
    headers: dict[str, str]
    at: float


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass(kw_only=True)
class Server:
    host: str
    port: int
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    accepted: int = 0
    open_now: int = 0
    most_open: int = 0

    def url(self, path: str = "/feed", *, host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"


class Answers:
    """Ways to answer, well and badly."""

    feed = FEED

    @staticmethod
    def head(status=200, *headers: str) -> bytes:
        lines = [f"HTTP/1.1 {status} Whatever", *headers, "", ""]
        return "\r\n".join(lines).encode("latin-1")

    @classmethod
    def say(cls, body: bytes = FEED, *headers: str, status: int = 200) -> Answer:
        """A well-formed answer."""

        async def answer(request, writer):
            writer.write(cls.head(status, f"Content-Length: {len(body)}", *headers) + body)
            await writer.drain()

        return answer

    @classmethod
    def raw(cls, data: bytes) -> Answer:
        """These bytes and no others."""

        async def answer(request, writer):
            writer.write(data)
            await writer.drain()

        return answer

    @classmethod
    def redirect(cls, location: str | None, status: int = 302, *headers: str) -> Answer:
        lines = (f"Location: {location}",) if location is not None else ()
        return cls.say(b"", *lines, *headers, status=status)

    @classmethod
    def drip(cls, pause: float) -> Answer:
        """A body of one byte at a time, for ever."""

        async def answer(request, writer):
            writer.write(cls.head(200))
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(pause)

        return answer

    @classmethod
    def dribbling_headers(cls, pause: float) -> Answer:
        """Headers without an end, one every now and then."""

        async def answer(request, writer):
            writer.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                writer.write(b"X-More: yes\r\n")
                await writer.drain()
                await asyncio.sleep(pause)

        return answer

    @classmethod
    def silence(cls) -> Answer:
        """Nothing at all."""

        async def answer(request, writer):
            await asyncio.sleep(60)

        return answer

    @classmethod
    def endless(cls, *headers: str) -> Answer:
        """A body as fast as the wire takes it, without an end."""

        async def answer(request, writer):
            writer.write(cls.head(200, *headers))
            while True:
                writer.write(b"<!-- padding -->" * 4096)
                await writer.drain()

        return answer

    @classmethod
    def reset(cls, before: bytes = b"") -> Answer:
        """Some bytes, then a TCP reset."""

        async def answer(request, writer):
            writer.write(before)
            await writer.drain()
            await asyncio.sleep(0.05)
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

        return answer

    @staticmethod
    def by_path(**answers: Answer) -> Answer:
        """Another answer for each path, by its last part: `by_path(feed=…, new=…)`."""

        async def answer(request, writer):
            name = request.path.partition("?")[0].rsplit("/", 1)[-1]
            await answers[name](request, writer)

        return answer

    @staticmethod
    def in_turn(*answers: Answer) -> Answer:
        """One answer after the other, the last again and again."""
        waiting = list(answers)

        async def answer(request, writer):
            chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            await chosen(request, writer)

        return answer


@asynccontextmanager
async def serving(
    answer: Answer,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    listens: bool = True,
    stays: bool = False,
) -> AsyncIterator[Server]:
    """Run a server; with `listens=False` it answers before it has read a request.

    With `stays` it keeps the connection open for further requests.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def exchange(reader, writer):
        if not listens:
            await answer(None, writer)
        while listens:
            request = _read(await reader.readuntil(b"\r\n\r\n"))
            server.requests.append(request)
            await answer(request, writer)
            if not stays:
                break

    async def connected(reader, writer):
        tasks.add(asyncio.current_task())
        server.accepted += 1
        server.open_now += 1
        server.most_open = max(server.most_open, server.open_now)
        try:
            try:
                await exchange(reader, writer)
            finally:
                server.open_now -= 1
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # asyncio would log it
        finally:
            writer.transport.abort()
            tasks.discard(asyncio.current_task())

    listener = await asyncio.start_server(connected, host, port, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server = Server(host=host, port=port, scheme="https" if tls else "http")
    try:
        yield server
    finally:
        listener.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(3):  # until the transports have noticed
            await asyncio.sleep(0)


def _read(raw: bytes) -> Request:
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Request(raw=raw, method=method, path=path, headers=headers, at=time.monotonic())


def open_sockets() -> int:
    """Count this process's sockets; skips the test where the system does not tell."""
    links = Path("/proc/self/fd")
    if not links.exists():
        pytest.skip("open sockets are counted in /proc")
    count = 0
    for link in links.iterdir():
        try:
            count += "socket:" in str(link.readlink())
        except OSError:
            continue
    return count
