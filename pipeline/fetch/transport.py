"""Connections that cannot be talked into reaching inside: names are resolved once and checked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore
import httpx

from pipeline.errors import FetchError, Severity
from pipeline.fetch.addresses import Network, refused

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and port to the IP addresses it has now; raises `socket.gaierror`."""

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

ADDRESSES_TRIED = 4


def guarded_transport(
    resolve: Resolve, allow_private: tuple[Network, ...], tls: ssl.SSLContext
) -> httpx.AsyncHTTPTransport:
    """Make an HTTP transport for one request whose connections go through `GuardedBackend`.

    It reads no proxy from the environment: a proxy would resolve the name itself, past the check.
    """
    transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, http2=False, retries=0)
    # httpx has no public way to set the network backend, so the one assignment is guarded.
    pool: Any = getattr(transport, "_pool", None)
    if not hasattr(pool, "_network_backend"):
        raise RuntimeError(
            "this version of httpx keeps its network backend elsewhere, so addresses could not be "
            "checked; install httpx 0.28 with httpcore 1"
        )
    pool._network_backend = GuardedBackend(resolve, allow_private)
    return transport


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """A network backend that connects to checked addresses only.

    A name is resolved once; if any of its addresses is refused, the whole name is. The connection
    goes to an address that was checked, so a name that changes its answer in between (DNS
    rebinding) gains nothing. TLS and the Host header keep the name. A refused address is never
    touched: open and closed ports behind it look the same.
    """

    def __init__(self, resolve: Resolve, allow_private: tuple[Network, ...] = ()) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, connect: within `timeout` seconds over all three.

        Raises `FetchError` (`refused_address`), `socket.gaierror`, `httpcore.ConnectError` or
        `httpcore.ConnectTimeout`.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host, port)
                return await self._first_that_answers(addresses, port, timeout, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no feed lives in a socket file."""
        raise _refusal("a socket file", "not on the network")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between attempts."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        addresses = await self._resolve(host, port)
        for address in addresses:
            reason = refused(address, self._allow_private)
            if reason:
                raise _refusal(host, reason)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address for this name")
        return addresses

    async def _first_that_answers(
        self,
        addresses: Sequence[str],
        port: int,
        timeout: float | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore.AsyncNetworkStream:
        """Try some of the addresses in order; all but the last get only a share of the time.

        A server without IPv6 behind it must not eat the time its IPv4 address would need.
        """
        tried = addresses[:ADDRESSES_TRIED]
        share = None if timeout is None else timeout / len(tried)
        for address in tried[:-1]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=share, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(tried[-1], port, socket_options=socket_options)


class SystemNames:
    """The operating system's name look-up, in threads of its own.

    The event loop's own few threads would let some dead name servers hold up every other feed.
    """

    def __init__(self, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dateline-names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Look a name up: its addresses in the system's order of preference, each once."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._threads, _look_up, host, port)
        return tuple(dict.fromkeys(answers))

    def close(self) -> None:
        """Let the threads go without waiting for name servers that do not answer."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]


def _refusal(host: str, reason: str) -> FetchError:
    return FetchError(
        "refused_address",
        f"{host} is {reason}, and feeds are fetched from the public internet only; to read a feed "
        "there on purpose, add its network to DATELINE_ALLOW_PRIVATE.",
        severity=Severity.HARD,
    )
