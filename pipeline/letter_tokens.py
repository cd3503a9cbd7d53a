"""Letter tokens: what the links in letters carry instead of a login.

They are made from a subscriber's nonce and the installation's secret key: nothing in the database
opens a subscriber's page, and each letter can carry the same link.
"""

import base64
import hmac
from hashlib import sha256
from typing import Literal

Purpose = Literal["confirm", "manage"]
NONCE_BYTES = 16
_CHARACTERS = NONCE_BYTES * 2
_LONGEST = 100


def letter_token(key: bytes, purpose: Purpose, nonce: str) -> str:
    """Make the token that confirms a subscription, or opens and ends it."""
    signed = hmac.digest(key, f"letters {purpose} {nonce}".encode(), sha256)
    return nonce + base64.urlsafe_b64encode(signed).decode().rstrip("=")


def nonce_of(key: bytes, purpose: Purpose, token: str) -> str | None:
    """Give the nonce a token was made from, or None for anything we did not make."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    nonce = token[:_CHARACTERS]
    return nonce if hmac.compare_digest(token, letter_token(key, purpose, nonce)) else None
