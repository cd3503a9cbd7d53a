"""Claims: what an ID token has to say of itself before it is believed (OpenID Connect Core 1.0)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.openid.errands import ANSWER_WITHIN
from pipeline.openid.refusals import NotProven

LONGEST_SUBJECT = 255
_CLOCK_MAY_BE_OFF = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who somebody is to the provider; `name` is what it calls them, and may change or be empty."""

    issuer: str
    subject: str
    name: str


def require(claims: Mapping[str, Any], issuer: str, client: str, nonce: str, now: datetime) -> None:
    """Check what an ID token claims (OpenID Connect Core 1.0 section 3.1.3.7)."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp", client if len(audiences) == 1 else None)
    given, subject = claims.get("nonce"), claims.get("sub")
    late, early = now - _CLOCK_MAY_BE_OFF, now + _CLOCK_MAY_BE_OFF
    wrong = {
        "issuer": claims.get("iss") != issuer,
        "audience": client not in audiences or party != client,
        "expiry": not _second(claims.get("exp")) > late.timestamp(),
        "time of issue": not (
            (late - ANSWER_WITHIN).timestamp() <= _second(claims.get("iat")) <= early.timestamp()
        ),
        "earliest time": not _second(claims.get("nbf", 0)) <= early.timestamp(),
        "nonce": not isinstance(given, str)
        or not hmac.compare_digest(given.encode("utf-8", "replace"), nonce.encode()),
        "subject": not isinstance(subject, str)
        or not 1 <= len(subject) <= LONGEST_SUBJECT
        or not subject.isprintable(),
    }
    if any(wrong.values()):
        raise NotProven(f"wrong in the ID token: {', '.join(k for k, v in wrong.items() if v)}")


def _second(value: object) -> float:
    """Read a time in seconds since 1970; what is none compares as neither past nor future."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e12 else float("nan")  # type: ignore[arg-type]


def name_of(claims: Mapping[str, Any]) -> str:
    """Give what the provider calls somebody; an address only when it was verified."""
    name = claims.get("preferred_username")
    if isinstance(name, str) and name.strip():
        return name
    email = claims.get("email")
    return email if isinstance(email, str) and claims.get("email_verified") is True else ""
