"""The transport under httpx: connections that cannot be talked into reaching inside."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import cache

import h11
import httpx

from pipeline.fetch.addresses import Network
from pipeline.fetch.connection import Connection, Origin, dial
from pipeline.fetch.names import Resolve, checked_addresses


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests over connections to checked addresses only.

    A name is resolved once for each connection; if any of its addresses is refused, the whole name
    is. The connection goes to an address that was checked, so a name that changes its answer in
    between (DNS rebinding) gains nothing. TLS and the Host header keep the name. A refused address
    is never touched: open and closed ports behind it look the same. No proxy is read from the
    environment: it would resolve the name itself, past the check.

    A connection that is done with an answer is kept until its host is hung up on. A request whose
    extension `verified` is False takes any certificate; its connection serves none that is not so.
    """

    def __init__(
        self,
        resolve: Resolve,
        allow_private: tuple[Network, ...],
        tls: ssl.SSLContext,
        *,
        connect_timeout: float,
    ) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._tls = tls
        self._tls.set_alpn_protocols(["http/1.1"])
        self._connect_timeout = connect_timeout
        self._kept: dict[str, list[Connection]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is read from its stream, which is to be closed.

        Raises `FetchError` (`refused_address`), `socket.gaierror`, `httpx.ConnectTimeout`, OSError
        (`ssl.SSLError` is one), EOFError and `h11.ProtocolError`.
        """
        url = request.url
        origin = Origin(
            scheme=url.scheme,
            host=url.raw_host.decode("ascii"),
            port=url.port or (443 if url.scheme == "https" else 80),
            verified=request.extensions.get("verified", True),
        )
        kept = self._take(origin)
        if kept is not None:
            # Servers may hang up on a waiting connection at any time, some of them with a 408 (RFC
            # 9110 section 15.5.9): then it is asked again, on a connection of its own.
            with suppress(OSError, EOFError):
                response = await self._ask(kept, request)
                if response.status_code != 408:
                    return response
                await response.aclose()
        return await self._ask(await self._connect(origin), request)

    def hang_up(self, host: str) -> None:
        """Close what is kept for a host that nobody waits for any more."""
        for connection in self._kept.pop(host, ()):
            connection.close()

    async def _ask(self, connection: Connection, request: httpx.Request) -> httpx.Response:
        try:
            head = await connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(self, connection),
        )

    async def _connect(self, origin: Origin) -> Connection:
        """Resolve, check, connect: within the time-out over all three."""
        try:
            async with asyncio.timeout(self._connect_timeout):
                addresses = await checked_addresses(
                    origin.host, origin.port, self._resolve, self._allow_private
                )
                tls = self._tls if origin.verified else _any_certificate()
                wire = await dial(addresses, origin, tls, seconds=self._connect_timeout)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("not connected in time") from error
        return Connection(wire, origin)

    def _take(self, origin: Origin) -> Connection | None:
        kept = self._kept.get(origin.host, [])
        for connection in kept[::-1]:
            if connection.origin == origin:
                kept.remove(connection)
                if connection.is_ready:
                    return connection
                connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose exchange is over, if it can have another."""
        connection.finish()
        if connection.is_ready:
            self._kept.setdefault(connection.origin.host, []).append(connection)


class _Body(httpx.AsyncByteStream):
    def __init__(self, transport: GuardedTransport, connection: Connection) -> None:
        self._transport = transport
        self._connection: Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None:
            event = await self._connection.next_event()
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.give_back(connection)


@cache
def _any_certificate() -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.set_alpn_protocols(["http/1.1"])
    return tls
