"""Outages: when nearly nobody can be reached it is our network, and no feed is blamed."""

import json
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from db import Connection, instance, turns
from pipeline.errors import FeedError
from pipeline.model import DueFeed
from pipeline.stages.outage import is_out_of_reach, is_outage
from pipeline.stages.pause import host_of

REASON = "our own network seems down"
CANARIES = 2
_KEY = "outage"
_LATELY = timedelta(minutes=2)
_PROBE_EVERY = timedelta(seconds=30)
_AGAIN = timedelta(minutes=2)
_SPREAD = timedelta(minutes=1)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A feed out of reach, held back until it is known whether that is its own fault; `context` is
    what the lines of its attempt are logged under."""

    due: DueFeed
    error: FeedError
    at: datetime
    seconds: float
    context: Context


class Outages:
    """Whom this process reached lately, and whether an outage is known of.

    One that is known stands in the database, for other processes and for people to see.
    """

    def __init__(self) -> None:
        self._reached: dict[str, tuple[datetime, bool]] = {}
        self.since: datetime | None = None
        self.probe_at: datetime | None = None

    def tried(self, url: str, error: FeedError | None, now: datetime) -> bool:
        """Note how an attempt ended; True when it may be an outage that made it fail."""
        missed = error is not None and is_out_of_reach(error.kind, error.status)
        host = host_of(url)
        self._reached.pop(host, None)
        self._reached[host] = (now, not missed)
        return missed

    def prevails(self, now: datetime, *, reached_anybody: bool) -> bool:
        """Judge whether it is our network that is down: by whom we reached within two minutes, and
        while an outage is known, by whether anybody is reached again."""
        if self.since is not None:
            return not reached_anybody
        self._reached = {
            host: (at, was_reached)
            for host, (at, was_reached) in self._reached.items()
            if timedelta(0) <= now - at <= _LATELY
        }
        return is_outage({host: was_reached for host, (_, was_reached) in self._reached.items()})

    def look_up(self, connection: Connection) -> None:
        """Learn what is known of an outage."""
        self.since, self.probe_at = outage_since(connection), None
        if self.since is not None:
            values = json.loads(instance.recall(connection, _KEY) or "{}")
            self.probe_at = datetime.fromisoformat(values["probe_at"])

    def room_for(self, now: datetime, limit: int | None) -> int | None:
        """How many feeds may be asked: all, or during an outage two every half minute."""
        if self.since is None or self.probe_at is None:
            return limit
        if now < self.probe_at <= now + _PROBE_EVERY:
            return 0
        return CANARIES if limit is None else min(limit, CANARIES)

    def sit_out(
        self, connection: Connection, holder: str, held: Sequence[Held], now: datetime
    ) -> None:
        """Let the feeds out of reach wait a little, none of them blamed; said once in the log."""
        turns.defer(
            connection,
            holder,
            [each.due.feed.id for each in held],
            now + _AGAIN,
            REASON,
            spread=_SPREAD,
        )
        self.look_up(connection)
        if self.since is None:
            _log.warning(
                f"{REASON}: {len(held)} feeds are out of reach; they are asked again soon, "
                f"and none is counted as failing"
            )
        self.since, self.probe_at = self.since or now, now + _PROBE_EVERY
        values = {"since": self.since.isoformat(), "probe_at": self.probe_at.isoformat()}
        instance.note(connection, _KEY, json.dumps(values))

    def is_over(self, connection: Connection, now: datetime) -> None:
        """Note that somebody was reached: the feeds that waited come within a minute."""
        self.look_up(connection)
        if self.since is not None:
            _log.info(f"the network is back, it was down since {self.since:%Y-%m-%d %H:%M} UTC")
            instance.note(connection, _KEY, "")
            turns.hasten(connection, REASON, now, spread=_SPREAD)
        self._reached.clear()
        self.since = self.probe_at = None


def outage_since(connection: Connection) -> datetime | None:
    """Since when our network has been down; None while it works, or nobody looked."""
    kept = instance.recall(connection, _KEY)
    if not kept:
        return None
    try:
        values = json.loads(kept)
        datetime.fromisoformat(values["probe_at"])
        return datetime.fromisoformat(values["since"])
    except (KeyError, TypeError, ValueError):
        return None
