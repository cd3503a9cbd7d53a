"""One-time codes by the clock: TOTP (RFC 6238) on HOTP (RFC 4226), as many apps make them."""

import hmac
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

DIGITS = 6
PERIOD = 30  # seconds
SECRET_BYTES = 20
# Steps a telephone's clock may be off, either way (RFC 6238, 5.2).
_DRIFT = 1


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Give the code of a step (RFC 4226, 5.3: HMAC-SHA-1, cut dynamically)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_at(now: datetime) -> int:
    """Give the step of a moment: how many periods have passed since 1970, UTC."""
    return int(now.timestamp()) // PERIOD


def step_of(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """Give the step whose code this is, near `now` and later than `after`; None where it is none.

    A code is good once: whoever keeps the step that is given refuses the code from then on.
    """
    here = step_at(now)
    found = None
    for step in range(here - _DRIFT, here + _DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def spelled(secret: bytes) -> str:
    """Spell a secret for typing: Base32 (RFC 4648) in groups of four."""
    text = b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def key_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Give the address that an authenticator app opens (`otpauth://totp/…`)."""
    label = quote(f"{issuer}:{account}", safe="")
    query = urlencode(
        {"secret": spelled(secret).replace(" ", ""), "issuer": issuer}, quote_via=quote
    )
    return f"otpauth://totp/{label}?{query}"
