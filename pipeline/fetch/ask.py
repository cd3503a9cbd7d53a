"""Asking: a short answer of a service that an operator named, by the same guarded way out."""

import asyncio
import ssl
import sys
from collections.abc import Mapping
from typing import Literal

import httpx

from pipeline.errors import FetchError
from pipeline.fetch import failures
from pipeline.fetch.caller import Caller, FetchPolicy
from pipeline.fetch.decode import Body
from pipeline.fetch.names import Resolve
from pipeline.fetch.politeness import HostBudget
from pipeline.fetch.urls import feed_url, shown

_AT_ONE_HOST = 2


class Asker(Caller):
    """Asks services that an operator named and reads what they answer.

    Private networks are refused unless `policy.allow_private` opens them; at most
    `policy.max_bytes` are read. No redirect is followed: what is sent may be secret.
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

    async def ask(
        self,
        method: Literal["GET", "POST"],
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> bytes:
        """Give the whole body of a 200, within the policy's deadline.

        Raises `FetchError` for everything else, without a word of what was answered: it may repeat
        what was sent.
        """
        target = feed_url(url)
        host = target.raw_host.decode("ascii")
        try:
            async with self._budget.turn(host.removesuffix(".")):
                request = httpx.Request(
                    method,
                    target,
                    content=body,
                    headers={"User-Agent": self._policy.user_agent, **headers},
                )
                return await self._answer(request, shown(target))
        finally:
            if not self._budget.is_busy(host.removesuffix(".")):
                self._transport.hang_up(host)

    async def _answer(self, request: httpx.Request, where: str) -> bytes:
        earlier = sys.exception()
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(self._policy.deadline) as deadline:
                response = await self._transport.handle_async_request(request)
                if response.status_code != 200:
                    status = response.status_code
                    raise FetchError(f"http_{status}", f"{where} answered {status}", status=status)
                heard = Body(response.headers.get("content-encoding", ""), self._policy.max_bytes)
                async for chunk in response.aiter_raw():
                    heard.take(chunk)
                return heard.finish()
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
