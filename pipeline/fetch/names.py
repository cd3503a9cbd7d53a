"""From a host's name to addresses that were checked: looked up once, connected to as checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import ip_address

from pipeline.errors import FetchError, Severity
from pipeline.fetch.addresses import Network, refused

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and port to the IP addresses it has now; raises `socket.gaierror`."""


async def checked_addresses(
    host: str, port: int, resolve: Resolve, allow_private: tuple[Network, ...]
) -> Sequence[str]:
    """Look a host up and give its addresses, all of which a fetch may connect to.

    If one of its addresses is refused, the whole name is. Raises `FetchError` (`refused_address`)
    and `socket.gaierror`.
    """
    addresses = (host,) if _is_address(host) else await resolve(host, port)
    for address in addresses:
        reason = _refused(address, allow_private)
        if reason:
            raise FetchError(
                "refused_address",
                f"{host} is {reason}, and feeds are fetched from the public internet only; to read "
                "a feed there on purpose, add its network to DATELINE_ALLOW_PRIVATE.",
                severity=Severity.HARD,
            )
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "no address for this name")
    return addresses


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


# Hosts come again and again, and judging one means looking through every network there is.
_refused = lru_cache(maxsize=4096)(refused)


@lru_cache(maxsize=4096)
def _is_address(host: str) -> bool:
    """Whether a host is an address already, in the one spelling that leaves nothing to interpret.

    `127.1` and `0x7f000001` are not: the system's look-up says what they mean.
    """
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
