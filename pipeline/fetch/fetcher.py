"""One fetch: a conditional GET that ends in time, in bounds, and in a value or a `FetchError`."""

import asyncio
import ssl
import sys
import time
from dataclasses import dataclass

import httpx

from pipeline.errors import FetchError, Severity
from pipeline.fetch import conditional, failures
from pipeline.fetch.caller import Caller, FetchPolicy
from pipeline.fetch.decode import Body, too_large
from pipeline.fetch.links import linked
from pipeline.fetch.names import Resolve
from pipeline.fetch.politeness import HostBudget
from pipeline.fetch.room import Place, Room
from pipeline.fetch.urls import feed_url, redirect_target, server_of, shown
from pipeline.model import Fetched, NotModified, Validators
from pipeline.now import utc_now
from pipeline.stages.pause import is_shared

_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_WITH_BODY = (200, 203)
# Bot checks come under the names of an overload, too.
_MAY_BE_A_CHECK = (429, 503)
_SHORT_PAGE = 100_000  # bytes, unpacked
_PATIENCE = 5.0  # seconds
_NONE = Validators()


class Fetcher(Caller):
    """Fetches feeds, any number at a time, each host politely.

    Keep one for the life of the process: it remembers when each host was last asked and which hosts
    asked to be left alone.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        budget = HostBudget(interval=policy.host_interval, concurrency=policy.host_concurrency)
        super().__init__(policy, budget, resolve=resolve, tls=tls)
        self.room = Room()

    async def fetch(
        self,
        url: str,
        validators: Validators = _NONE,
        *,
        unconditional: bool = False,
        max_bytes: int | None = None,
        place: Place | None = None,
        unverified: bool = False,
    ) -> Fetched | NotModified:
        """Fetch one feed, following up to `max_hops` redirects.

        `validators` are sent to the URL that issued them only; `unconditional` sends none, to catch
        a server whose 304 is a lie; `max_bytes` replaces the policy's limit. A large body waits for
        a place of `room`, outside the deadline; `place` is where the caller keeps it afterwards.
        With `unverified` the host of `url`, and no other, may show any certificate.
        Raises `FetchError` and, when cancelled, `CancelledError`: nothing else.
        """
        if place is None:
            with self.room.place() as its_own:
                return await self.fetch(
                    url,
                    validators,
                    unconditional=unconditional,
                    max_bytes=max_bytes,
                    place=its_own,
                    unverified=unverified,
                )
        target = first = feed_url(url)
        known = _NONE if unconditional else validators
        trail: list[httpx.URL] = []
        permanent = True
        seconds = 0.0
        while True:
            request = _Request(
                url=target,
                headers=conditional.request_headers(self._policy.user_agent, str(target), known),
                max_bytes=max_bytes or self._policy.max_bytes,
                place=place,
                verified=not (unverified and target.raw_host == first.raw_host),
            )
            answer = await self._in_turn(request, seconds)
            seconds += answer.seconds
            if answer.status not in _REDIRECTS:
                break
            trail.append(target)
            permanent = permanent and answer.status in _PERMANENT
            target = self._next_hop(target, answer, trail)
        moved = permanent and bool(trail)
        if answer.status == 304:
            return _not_modified(target, answer, known, seconds, moved=moved)
        return _fetched(target, answer, seconds, moved=moved)

    def pause(self, host: str, seconds: float) -> None:
        """Leave a host alone from now on, an hour at most; feeds that wait for it are refused
        (`host_paused`). A port of its own is a server of its own: `host` names it."""
        self._budget.pause(host, seconds)

    def stop(self) -> None:
        """Ask for nothing more: what is on its way may arrive, everything else is refused
        (`stopping`)."""
        self._budget.stop()

    def _next_hop(self, current: httpx.URL, answer: "_Answer", trail: list[httpx.URL]) -> httpx.URL:
        target = redirect_target(current, answer.location)
        if target in trail:
            raise FetchError(
                "redirect_loop",
                f"{shown(trail[0])} redirects in a circle.",
                severity=Severity.SOFT,
                status=answer.status,
            )
        if len(trail) > self._policy.max_hops:
            raise FetchError(
                "too_many_redirects",
                f"{shown(trail[0])} redirects more than {self._policy.max_hops} times.",
                severity=Severity.SOFT,
                status=answer.status,
            )
        return target

    async def _in_turn(self, request: "_Request", spent: float) -> "_Answer":
        """Wait for the host's turn, outside the deadline, then ask, within what is left of it."""
        host = request.url.raw_host.decode("ascii")
        name = server_of(request.url)
        try:
            async with self._budget.turn(name):
                started = time.monotonic()
                try:
                    answer = await self._ask(request, self._policy.deadline - spent)
                except FetchError as error:
                    if error.status == 429 and error.retry_after and not is_shared(name):
                        self._budget.pause(name, error.retry_after)
                    raise
        finally:
            if not self._budget.is_busy(name):
                self._transport.hang_up(host)
        answer.seconds = time.monotonic() - started - request.place.waited
        return answer

    async def _ask(self, request: "_Request", seconds: float) -> "_Answer":
        """Send one request and take its answer.

        By a transport instead of a client: it has no cookie jar, follows no redirect by itself,
        takes no password from a URL or .netrc, and adds no header.
        """
        answer: _Answer | None = None
        response: httpx.Response | None = None
        earlier = sys.exception()
        try:
            async with asyncio.timeout(seconds) as deadline:
                outgoing = httpx.Request(
                    "GET",
                    request.url,
                    headers=request.headers,
                    extensions={"verified": request.verified},
                )
                response = await self._transport.handle_async_request(outgoing)
                answer = _Answer(status=response.status_code, headers=response.headers)
                await self._take(answer, request, response, deadline)
        except FetchError as error:
            failures.let_go(error, earlier)
            error.status = answer.status if answer else None
            raise
        except Exception as error:
            failures.let_go(error, earlier)
            where = shown(request.url)
            if deadline.expired():
                failure = failures.timed_out(where, seconds=self._policy.deadline)
            else:
                failure = failures.of_exception(
                    where, error, in_body=answer is not None, earlier=earlier
                )
            failure.status = answer.status if answer else None
            raise failure from error
        finally:
            if response is not None:
                await response.aclose()
        return answer

    async def _take(
        self,
        answer: "_Answer",
        request: "_Request",
        response: httpx.Response,
        deadline: asyncio.Timeout,
    ) -> None:
        """Read the body where there should be one; any other status says all in its headers."""
        where = shown(request.url)
        status, headers = answer.status, answer.headers
        if status in _REDIRECTS or (status == 304 and conditional.are_conditional(request.headers)):
            return
        delta = status == 226 and conditional.DELTA in request.headers
        if status not in _WITH_BODY and not delta:
            if status in _MAY_BE_A_CHECK and await _shows_bot_check(response):
                raise failures.blocked(where, status, headers)
            raise failures.of_status(where, status, headers)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length[:18]) > request.max_bytes:
            raise too_large(request.max_bytes)
        body = Body(headers.get("content-encoding", ""), request.max_bytes)
        async for chunk in response.aiter_raw():
            body.take(chunk)
            await request.place.make_room(body.size, deadline)
        answer.body, answer.wire_bytes = body.finish(), body.wire_bytes
        if not answer.body.strip():
            raise failures.empty(where, status)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    url: httpx.URL
    headers: conditional.HeaderList
    max_bytes: int
    place: Place
    verified: bool = True


@dataclass(slots=True, kw_only=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes = b""
    wire_bytes: int = 0
    seconds: float = 0.0

    @property
    def location(self) -> str:
        """The Location header; it should be ASCII, but some servers send UTF-8."""
        values = [value for name, value in self.headers.raw if name.lower() == b"location"]
        raw = values[0] if values else b""
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")


async def _shows_bot_check(response: httpx.Response) -> bool:
    """Look at the page that came instead of an answer, if it is short, quick and sound."""
    from pipeline.stages.parse import is_bot_check  # here: most commands never parse

    if conditional.media_type(response.headers)[0] != "text/html":
        return False
    try:
        body = Body(response.headers.get("content-encoding", ""), _SHORT_PAGE)
        async with asyncio.timeout(_PATIENCE):
            async for chunk in response.aiter_raw():
                body.take(chunk)
        return is_bot_check(body.finish().decode("utf-8", "replace"))
    except Exception:  # noqa: BLE001 (the status says enough)
        return False


def _fetched(url: httpx.URL, answer: _Answer, seconds: float, *, moved: bool) -> Fetched:
    content_type, charset = conditional.media_type(answer.headers)
    return Fetched(
        url=str(url),
        status=answer.status,
        body=answer.body,
        content_type=content_type,
        charset=charset,
        validators=conditional.new_validators(answer.headers, str(url)),
        fresh_for=conditional.fresh_for(answer.headers, utc_now()),
        wire_bytes=answer.wire_bytes,
        seconds=seconds,
        permanent_url=str(url) if moved else None,
        hub_url=linked(answer.headers, "hub", str(url)),
        self_url=linked(answer.headers, "self", str(url)),
    )


def _not_modified(
    url: httpx.URL, answer: _Answer, known: Validators, seconds: float, *, moved: bool
) -> NotModified:
    return NotModified(
        url=str(url),
        validators=conditional.refreshed(known, answer.headers),
        fresh_for=conditional.fresh_for(answer.headers, utc_now()),
        seconds=seconds,
        permanent_url=str(url) if moved else None,
    )
