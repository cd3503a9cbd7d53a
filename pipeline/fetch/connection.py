"""One connection to one server: bytes by asyncio, HTTP/1.1 by h11, one exchange at a time."""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import h11
import httpx

# Some publishers send hundreds of headers; none needs more than this for them.
LONGEST_HEAD = 100 * 1024
HINTS = 16  # answers that announce an answer (100, 103); a server could go on for ever
ADDRESSES_TRIED = 4
_UNREAD = 256 * 1024  # what is taken off the wire before somebody wants it


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a connection leads: scheme, host (a name, or an address without brackets), port; and
    whether the server has to prove its name."""

    scheme: str
    host: str
    port: int
    verified: bool = True


class Wire(asyncio.Protocol):
    """The bytes of one connection, read when wanted and hardly sooner."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._chunks: deque[bytes] = deque()
        self._unread = 0
        self._wanted: asyncio.Future[None] | None = None
        self._ended = False
        self._error: Exception | None = None
        self._paused = False

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is open and nothing has come that nobody has read."""
        return not self._ended and not self._chunks

    def write(self, data: bytes) -> None:
        """Send some bytes."""
        if self._transport is not None:
            self._transport.write(data)

    async def read(self) -> bytes:
        """Wait for the next bytes; none at the end. Raises OSError where the connection broke."""
        if not self._chunks and not self._ended:
            self._wanted = asyncio.get_running_loop().create_future()
            try:
                await self._wanted
            finally:
                self._wanted = None
        if self._chunks:
            chunk = self._chunks.popleft()
            self._unread -= len(chunk)
            if self._paused and self._transport is not None and self._unread < _UNREAD:
                self._paused = False
                self._transport.resume_reading()
            return chunk
        if self._error is not None:
            raise self._error
        return b""

    def close(self) -> None:
        """Hang up at once: whoever is done has nothing left to say, and TLS may be slow to part."""
        self._ended = True
        self._chunks.clear()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of the connection, as asyncio asks."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came until it is read; stop listening when nobody reads."""
        if self._ended:
            return
        self._chunks.append(data)
        self._unread += len(data)
        if self._unread >= _UNREAD and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Take note that no more will come; the connection is closed then."""
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Take note of the end, and of what was wrong."""
        self._ended = True
        self._error = self._error or error
        self._wake()

    def _wake(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)


async def dial(
    addresses: Sequence[str], origin: Origin, tls: ssl.SSLContext, *, seconds: float
) -> Wire:
    """Connect to the first of some addresses that answers, with TLS for the origin's name.

    All but the last get only a share of the time: a server without IPv6 behind it must not eat
    what its IPv4 address would need. Raises OSError (`ssl.SSLError` is one) and TimeoutError.
    """
    tried = addresses[:ADDRESSES_TRIED]
    for address in tried[:-1]:
        try:
            async with asyncio.timeout(seconds / len(tried)):
                return await _dial(address, origin, tls)
        except ssl.SSLError:
            raise
        except (OSError, TimeoutError):
            continue
    return await _dial(tried[-1], origin, tls)


async def _dial(address: str, origin: Origin, tls: ssl.SSLContext) -> Wire:
    loop = asyncio.get_running_loop()
    if origin.scheme == "https":
        name = origin.host.removesuffix(".")
        _, wire = await loop.create_connection(
            Wire, address, origin.port, ssl=tls, server_hostname=name
        )
    else:
        _, wire = await loop.create_connection(Wire, address, origin.port)
    return wire


class Connection:
    """HTTP/1.1 over a wire to an origin."""

    def __init__(self, wire: Wire, origin: Origin) -> None:
        self.origin = origin
        self._wire = wire
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)

    @property
    def is_ready(self) -> bool:
        """Whether an exchange can begin: the last is complete and nothing came after it."""
        return self._http.our_state is h11.IDLE and self._wire.is_quiet

    async def exchange(self, request: httpx.Request) -> h11.Response:
        """Send a request and wait for the head of its answer.

        Raises `h11.ProtocolError`, OSError, and EOFError where the other side hung up instead.
        """
        asked = self._http.send(
            h11.Request(
                method=request.method,
                target=request.url.raw_path,
                headers=request.headers.raw,
            )
        )
        told = self._http.send(h11.Data(data=request.content)) if request.content else b""
        self._http.send(h11.EndOfMessage())
        self._wire.write((asked or b"") + (told or b""))
        for _ in range(HINTS):
            event = await self.next_event()
            if isinstance(event, h11.Response):
                return event
        raise h11.RemoteProtocolError("hints without an answer")

    async def next_event(self) -> h11.Event | type[h11.PAUSED]:
        """Wait for what comes next. Raises as `exchange` does."""
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return cast("h11.Event | type[h11.PAUSED]", event)
            data = await self._wire.read()
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                begun, _ = self._http.trailing_data
                if not begun.startswith(b"HTTP/"[: len(begun)]):
                    raise h11.RemoteProtocolError("not HTTP")
                raise EOFError("hung up without an answer")
            self._http.receive_data(data)

    def finish(self) -> None:
        """Make ready for another exchange if this one is complete; else hang up.

        Bytes after the answer are no part of it (RFC 9112 section 6.3), and must never be taken
        for the answer to the next request.
        """
        http = self._http
        with suppress(h11.ProtocolError):
            while http.their_state is h11.SEND_BODY and http.next_event() is not h11.NEED_DATA:
                pass  # the rest of a body that nobody wanted, as far as it has come
        done = http.our_state is h11.DONE and http.their_state is h11.DONE
        if done and http.trailing_data == (b"", False) and self._wire.is_quiet:
            http.start_next_cycle()
        else:
            self.close()

    def close(self) -> None:
        """Hang up."""
        self._wire.close()
