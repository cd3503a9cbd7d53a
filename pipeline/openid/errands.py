"""Errands: one sign-in under way, sealed in the browser's cookie (RFC 7636, RFC 9207).

What belongs to it follows from a random seed in that cookie and the installation's key; nothing is
stored until somebody is known.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.openid.refusals import STALE, NotProven
from pipeline.tokens import keyed

ANSWER_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the browser brought back from the provider, as it came."""

    state: str
    code: str
    error: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One sign-in under way: where it leads on to, and what its answer has to show."""

    onward: str
    state: str
    nonce: str
    verifier: str


def begin_errand(key: bytes, onward: str, now: datetime) -> tuple[Errand, str]:
    """Begin a sign-in; gives it and what the browser's cookie holds for ten minutes."""
    seed = secrets.token_urlsafe(32)
    until = int((now + ANSWER_WITHIN).timestamp())
    path = base64.urlsafe_b64encode(onward.encode()).decode().rstrip("=")
    content = f"{seed}.{until}.{path}"
    return _errand(key, seed, onward), f"{content}.{keyed(key, 'openid', content)}"


def resume_errand(key: bytes, cookie: str, now: datetime) -> Errand:
    """Give the sign-in that a cookie of ours belongs to; raises NotProven for any other."""
    content, _, seal = cookie.rpartition(".")
    if not hmac.compare_digest(
        keyed(key, "openid", content).encode(), seal.encode("utf-8", "replace")
    ):
        raise NotProven("no sign-in is under way in this browser", STALE)
    seed, until, path = content.split(".")
    if int(until) <= now.timestamp():
        raise NotProven("the sign-in took too long", STALE)
    return _errand(key, seed, base64.urlsafe_b64decode(path + "=" * (-len(path) % 4)).decode())


def _errand(key: bytes, seed: str, onward: str) -> Errand:
    return Errand(
        onward=onward,
        state=keyed(key, "openid state", seed),
        nonce=keyed(key, "openid nonce", seed),
        verifier=keyed(key, "openid verifier", seed),
    )
