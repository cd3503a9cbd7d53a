"""What every way out shares: the policy, the guarded transport, the turns of hosts."""

import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from pipeline.fetch.addresses import Network
from pipeline.fetch.names import Resolve, SystemNames
from pipeline.fetch.politeness import HostBudget
from pipeline.fetch.transport import GuardedTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """How fetching behaves: who we say we are, where we may go, and every limit.

    Times are in seconds. `max_bytes` limits the body both on the wire and unpacked. `deadline` is
    for the whole fetch with its redirects, without the waiting for a host's turn.
    """

    user_agent: str
    allow_private: tuple[Network, ...] = ()
    max_bytes: int = 10 * 1024 * 1024
    deadline: float = 45.0
    connect_timeout: float = 10.0
    host_interval: float = 2.0
    host_concurrency: int = 1
    max_hops: int = 5


class Caller:
    """Calls hosts through the guarded transport, each in its turn; keep one for the life of the
    process.

    `resolve` and `tls` replace the system's name look-up and trusted certificates.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        budget: HostBudget,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._names = SystemNames()
        self._transport = GuardedTransport(
            resolve or self._names,
            policy.allow_private,
            # Making a context reads every trusted certificate: once, not per call.
            tls or httpx.create_ssl_context(),
            connect_timeout=policy.connect_timeout,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the name look-up's threads go; connections never outlive their call."""
        self._names.close()
