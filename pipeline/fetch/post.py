"""Posting: telling a hub or a webhook something, by the same guarded way out."""

import asyncio
import ssl
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from pipeline.errors import FetchError, Severity
from pipeline.fetch import failures
from pipeline.fetch.caller import Caller, FetchPolicy
from pipeline.fetch.conditional import retry_after
from pipeline.fetch.names import Resolve
from pipeline.fetch.politeness import HostBudget
from pipeline.fetch.urls import feed_url, shown
from pipeline.now import utc_now

# Who asked to be told may be told quickly; this only keeps one slow host from taking every turn.
_AT_ONE_HOST = 2
_HEARD_BYTES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What the other side answered: its status (2xx) and the seconds it took."""

    status: int
    seconds: float


class Poster(Caller):
    """Posts to addresses that an operator named.

    Private networks are refused unless `policy.allow_private` opens them. No redirect is followed:
    what is posted may be secret, and is for the address that was named only.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        budget = HostBudget(interval=0.0, concurrency=_AT_ONE_HOST)
        super().__init__(policy, budget, resolve=resolve, tls=tls)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post a body and take the status of the answer, within the policy's deadline.

        Raises `FetchError` for everything but 2xx (`http_404`, …, with `retry_after` where the
        server asks for it) and, when cancelled, `CancelledError`: nothing else.
        """
        target = feed_url(url)
        host = target.raw_host.decode("ascii")
        name = host.removesuffix(".")
        try:
            async with self._budget.turn(name):
                return await self._ask(target, body, headers)
        finally:
            if not self._budget.is_busy(name):
                self._transport.hang_up(host)

    async def _ask(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> Posted:
        request = httpx.Request(
            "POST",
            url,
            content=body,
            headers={"User-Agent": self._policy.user_agent, "Accept": "*/*", **headers},
        )
        where = shown(url)
        started = time.monotonic()
        earlier = sys.exception()
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(self._policy.deadline) as deadline:
                response = await self._transport.handle_async_request(request)
                heard = await _beginning(response)
        except FetchError as error:
            failures.let_go(error, earlier)
            raise
        except Exception as error:
            failures.let_go(error, earlier)
            if deadline.expired():
                raise failures.timed_out(where, seconds=self._policy.deadline) from error
            raise failures.of_exception(
                where, error, in_body=response is not None, earlier=earlier
            ) from error
        finally:
            if response is not None:
                await response.aclose()
        if not 200 <= response.status_code < 300:
            raise _refused(where, response, heard)
        return Posted(status=response.status_code, seconds=time.monotonic() - started)


async def _beginning(response: httpx.Response) -> bytes:
    """Read as much of the answer as is worth telling an operator."""
    heard = b""
    async for chunk in response.aiter_raw():
        heard += chunk
        if len(heard) >= _HEARD_BYTES:
            break
    return heard[:_HEARD_BYTES]


def _refused(where: str, response: httpx.Response, heard: bytes) -> FetchError:
    status = response.status_code
    words = " ".join(heard.decode("utf-8", "replace").split())
    said = "".join(character for character in words if character.isprintable())[:200]
    if 300 <= status < 400:
        said = "redirects are not followed: name the address it leads to"
    severity = Severity.FINAL if status == 410 else Severity.PASSING
    return FetchError(
        f"http_{status}",
        f"{where} answered {status}" + (f": {said}" if said else ""),
        severity=severity,
        status=status,
        retry_after=retry_after(response.headers, utc_now()) if status in (429, 503) else None,
    )
