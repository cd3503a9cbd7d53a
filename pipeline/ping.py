"""Ping: tell WebSub hubs which feeds changed, after they are public, and again until told."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import structlog

from db import Database, hub_pings
from pipeline.errors import FetchError
from pipeline.fetch import Poster
from pipeline.model import Ping
from pipeline.stages.retry import wait_after

# An editor approves one story after the other: one ping tells of a minute's worth.
DEBOUNCE = timedelta(seconds=60)
_LEASE = timedelta(minutes=10)
_AT_ONCE = 100
_TOPIC = re.compile(r"(?:[a-z0-9-]+/)*(?:latest-news|daily)\.(?:atom|rss|json)")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PingReport:
    """What came of one round: how many hubs were told, how many did not answer, the last reason."""

    told: int
    failed: int
    error: str = ""


def is_topic(path: str) -> bool:
    """Tell whether a public file is a feed that changes, and so one that hubs are told about."""
    return _TOPIC.fullmatch(path) is not None


async def ping_hubs(
    database: Database,
    poster: Poster,
    hubs: Sequence[str],
    base_url: str,
    clock: Callable[[], datetime],
) -> PingReport | None:
    """Notice what changed, and tell each hub what has been due for it; None when nothing was.

    The address told is the feed's `rel=self` (W3C WebSub; the form of the ping is the one of
    PubSubHubbub, which hubs kept). What fails is tried again for three days, then left to the next
    change. Raises StoreError only.
    """
    due = await asyncio.to_thread(_due, database, hubs, clock())
    if not due:
        return None
    errors = await asyncio.gather(*(_tell(database, poster, ping, base_url, clock) for ping in due))
    failures = [error for error in errors if error]
    for each in sorted(set(failures)):
        _log.warning(f"ping: {each}")
    return PingReport(
        told=len(due) - len(failures),
        failed=len(failures),
        error=failures[-1] if failures else "",
    )


def _due(database: Database, hubs: Sequence[str], now: datetime) -> tuple[Ping, ...]:
    with database.transaction() as connection:
        hub_pings.notice(connection, hubs, is_topic, now, DEBOUNCE)
        return hub_pings.claim(connection, now, _LEASE, _AT_ONCE)


async def _tell(
    database: Database, poster: Poster, ping: Ping, base_url: str, clock: Callable[[], datetime]
) -> str:
    """Tell one hub about one feed and note how it went; gives what was wrong, or nothing."""
    topic = f"{base_url}/{ping.path}"
    body = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    error, due_at = "", None
    try:
        await poster.post(ping.hub, body, headers)
    except FetchError as failure:
        wait = wait_after(ping.failures + 1, failure.retry_after)
        error, due_at = str(failure), clock() + wait if wait else None

    def note() -> None:
        with database.transaction() as connection:
            if error:
                hub_pings.failed(connection, ping, error, due_at)
            else:
                hub_pings.told(connection, ping, clock())

    await asyncio.to_thread(note)
    return error
