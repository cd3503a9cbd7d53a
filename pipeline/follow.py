"""Follow: ask the hubs that feeds name to announce what is new, again before each lease ends, and
no more once it is not wanted (W3C WebSub, the subscriber's part)."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import structlog

from db import Database, push_subscriptions, retried
from pipeline.errors import FetchError
from pipeline.fetch import Poster
from pipeline.model import Subscription
from pipeline.push_tokens import new_nonce, push_secret, push_token
from pipeline.settings import Network, may_hold_secrets
from pipeline.stages.follow import WANTED_LEASE
from pipeline.stages.retry import wait_after

PATH = "websub"
# Hubs confirm by a request of their own, most at once, some when they find the time.
_CONFIRMED_WITHIN = timedelta(hours=1)
# A hub that failed for three days is asked now and then: the feed may name it for years.
_SELDOM = timedelta(days=7)
_LEASE = timedelta(minutes=10)
_AT_ONCE = 100
_UNCONFIRMED = "the hub took the request, but has not confirmed it yet"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowReport:
    """What came of one round: how many requests hubs took, how many not, the last reason."""

    asked: int
    failed: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """What asking hubs needs; `key` is the installation's, `networks` those that were opened."""

    database: Database
    poster: Poster
    key: bytes
    base_url: str
    networks: Sequence[Network]
    clock: Callable[[], datetime]

    async def follow(self) -> FollowReport | None:
        """Notice which feeds name which hubs, and ask each hub whose turn it is; None when there
        was nothing to ask.

        What fails is tried again like all that is told to others, then once a week; meanwhile the
        feed is polled as ever. Raises StoreError only.
        """
        due = await asyncio.to_thread(self._due)
        if not due:
            return None
        errors = await asyncio.gather(*map(self._ask, due))
        failures = [error for error in errors if error]
        for each in sorted(set(failures)):
            _log.warning(f"websub: {each}")
        return FollowReport(
            asked=len(due) - len(failures),
            failed=len(failures),
            error=failures[-1] if failures else "",
        )

    @retried
    def _due(self) -> tuple[Subscription, ...]:
        now = self.clock()
        with self.database.transaction() as connection:
            push_subscriptions.leave(connection, now)
        with self.database.transaction() as connection:
            push_subscriptions.begin(connection, new_nonce, now)
        with self.database.transaction() as connection:
            return push_subscriptions.claim(connection, now, _LEASE, _AT_ONCE)

    async def _ask(self, which: Subscription) -> str:
        """Ask one hub and note how it went; gives what was wrong, or nothing."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        error, asked = "", None
        try:
            hub = kept_secret(which.hub, self.networks)
            await self.poster.post(hub, urlencode(self._form(which)).encode(), headers)
        except FetchError as failure:
            error, asked = str(failure), failure.retry_after
        wait = wait_after(which.failures + 1, asked)
        if wait is None and not which.leaving:
            wait = _SELDOM
        if wait is not None and not error:
            wait = max(wait, _CONFIRMED_WITHIN)
        due_at = None if wait is None else self.clock() + wait
        await asyncio.to_thread(self._note, which, error or _UNCONFIRMED, due_at)
        return error

    @retried
    def _note(self, which: Subscription, error: str, due_at: datetime | None) -> None:
        with self.database.transaction() as connection:
            push_subscriptions.unanswered(connection, which, error, due_at)

    def _form(self, which: Subscription) -> dict[str, str]:
        form = {
            "hub.mode": "unsubscribe" if which.leaving else "subscribe",
            "hub.topic": which.topic,
            "hub.callback": f"{self.base_url}/{PATH}/{push_token(self.key, which.nonce)}",
        }
        if which.leaving:
            return form
        return form | {
            "hub.secret": push_secret(self.key, which.nonce),
            "hub.lease_seconds": str(int(WANTED_LEASE.total_seconds())),
        }


def kept_secret(hub: str, networks: Sequence[Network]) -> str:
    """Give the address at which a hub can be told a secret: by https, where many feeds still name
    it by http; in a network that was opened as it is named."""
    if may_hold_secrets(hub, networks):
        return hub
    return f"https://{hub.partition('://')[2]}"
