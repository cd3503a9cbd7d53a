"""What hubs announce: subscriptions to them, and what a hub earned by its pushes (W3C WebSub)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Following(StrEnum):
    """Where a subscription stands."""

    ASKED = "asked"  # the hub is to be asked, or has not confirmed yet
    ACTIVE = "active"  # confirmed; whether its lease still runs, `expires_at` says
    DENIED = "denied"  # the hub refused it
    LEFT = "left"  # unsubscribed: what it still posts is answered with 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What one hub earned by announcing one feed.

    `pushed_at` is its last genuine push. `announced_at` is set from a push (or the start of the
    subscription) until a fetch brings what it announced; `found_at` when a fetch brought articles
    that nobody had announced, until it is known whether the push was only late. `proven_at`: a push
    led to new articles, and none was missed since. `misses` counts those in a row.
    """

    pushed_at: datetime | None = None
    announced_at: datetime | None = None
    found_at: datetime | None = None
    proven_at: datetime | None = None
    misses: int = 0
    distrusted_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed's subscription at a hub; `nonce` is what its token and secret are made from.

    `leaving` when it is no longer wanted; `failures` counts requests in a row that the hub refused
    or did not confirm.
    """

    id: int
    feed_id: str
    hub: str
    topic: str
    nonce: str = field(repr=False)
    state: Following
    leaving: bool = False
    failures: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushHealth:
    """How a feed's subscription is doing, for the operator; `error` is the hub's last failure."""

    hub: str
    state: Following
    verified_at: datetime | None = None
    expires_at: datetime | None = None
    failures: int = 0
    error: str | None = None
    trust: Trust = Trust()

    def runs(self, now: datetime) -> bool:
        """Whether the hub confirmed it and its lease has not ended."""
        return (
            self.state is Following.ACTIVE and self.expires_at is not None and now < self.expires_at
        )
