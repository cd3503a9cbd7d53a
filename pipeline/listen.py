"""Listen: what hubs ask and tell at the address they were given (W3C WebSub §5.3, §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import structlog

from db import Database, push_subscriptions, retried, turns
from pipeline.heed import announced_by
from pipeline.model import Following, Subscription
from pipeline.push_tokens import nonce_of, push_secret
from pipeline.stages.follow import Signature, lease_of
from pipeline.stages.pace import SHORTEST
from pipeline.stages.pause import host_of

LONGEST_CHALLENGE = 1024
_LONGEST_REASON = 200
_ASKED_AGAIN = timedelta(days=7)
_log = structlog.get_logger()


class Answer(Enum):
    """What a hub's question is answered with."""

    YES = "yes"  # its challenge, or plainly that it was heard
    NO = "no"  # that was not asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who posts: a subscription, and the check that what comes is its hub's."""

    subscription: Subscription
    signature: Signature

    @property
    def is_wanted(self) -> bool:
        """Whether its pushes are still asked for."""
        return not self.subscription.leaving


def caller_of(database: Database, key: bytes, token: str, signature: str) -> Caller | None:
    """Say whose address a token belongs to; None for anything that was never given to a hub."""
    found = _find(database, key, token)
    if found is None:
        return None
    secret = push_secret(key, found.nonce)
    return Caller(subscription=found, signature=Signature(secret, signature))


def was_given(key: bytes, token: str) -> bool:
    """Whether a token is one of ours, whatever became of its subscription."""
    return nonce_of(key, token) is not None


@retried
def hear(database: Database, caller: Caller, now: datetime) -> None:
    """Take a genuine push as what it is, a hint: let the feed's turn come, not before its least
    interval is over and not while it fails; the usual fetch finds out what is new."""
    which = caller.subscription
    with database.transaction() as connection:
        turns.bring_forward(
            connection, which.feed_id, now, least=SHORTEST, reason=announced_by(which.hub)
        )
        push_subscriptions.pushed(connection, which, now)


@retried
def confirm(
    database: Database, key: bytes, token: str, asked: Mapping[str, str], now: datetime
) -> Answer | None:
    """Answer a hub that asks whether a request was ours; None for an address nobody was given.

    `asked` holds its parameters (`hub.mode`, `hub.topic`, `hub.challenge`, `hub.lease_seconds`,
    `hub.reason`). Only what was asked for is confirmed: this topic, under this token, in this
    direction.
    """
    found = _find(database, key, token)
    if found is None:
        return None
    mode = asked.get("hub.mode", "")
    if mode != "denied" and not 0 < len(asked.get("hub.challenge", "")) <= LONGEST_CHALLENGE:
        return Answer.NO
    if asked.get("hub.topic", "") != found.topic or found.state is Following.LEFT:
        return Answer.NO
    with database.transaction() as connection:
        if mode == "denied":
            why = _one_line(asked.get("hub.reason", ""))
            said = f"the hub refused it: {why}" if why else "the hub refused it"
            _log.warning(f"{found.feed_id}: {said}")
            if found.leaving:
                push_subscriptions.left(connection, found)
            else:
                push_subscriptions.denied(connection, found, said, now + _ASKED_AGAIN)
            return Answer.YES
        if mode == "unsubscribe" and found.leaving:
            push_subscriptions.left(connection, found)
            return Answer.YES
        is_asked = found.state in (Following.ASKED, Following.ACTIVE) and not found.leaving
        if mode == "subscribe" and is_asked:
            ends = now + lease_of(asked.get("hub.lease_seconds", ""))
            push_subscriptions.confirmed(connection, found, now, ends)
            _log.info(f"{found.feed_id}: {host_of(found.hub)} announces it until {ends:%Y-%m-%d}")
            return Answer.YES
    return Answer.NO


def _find(database: Database, key: bytes, token: str) -> Subscription | None:
    nonce = nonce_of(key, token)
    if nonce is None:
        return None
    with database.reading() as connection:
        return push_subscriptions.of_nonce(connection, nonce)


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return "".join(each for each in words if each.isprintable())[:_LONGEST_REASON]
