"""Push tokens: the unguessable part of the address a hub posts to, and the secret it signs with.

Both are made from a subscription's nonce and the installation's secret key: a stolen database
neither confirms a subscription nor signs a push.
"""

import base64
import hmac
import secrets
from hashlib import sha256

_BYTES = 32
_CHARACTERS = 2 * _BYTES


def new_nonce() -> str:
    """Make the nonce of a new subscription: 64 characters from the system's chance."""
    return secrets.token_hex(_BYTES)


def push_token(key: bytes, nonce: str) -> str:
    """Make the last part of the address that a hub is given."""
    signed = hmac.digest(key, f"push token {nonce}".encode(), sha256)
    return nonce + base64.urlsafe_b64encode(signed).decode().rstrip("=")


def push_secret(key: bytes, nonce: str) -> str:
    """Make the secret that a hub signs its pushes with: 64 characters."""
    return hmac.new(key, f"push secret {nonce}".encode(), sha256).hexdigest()


def nonce_of(key: bytes, token: str) -> str | None:
    """Give the nonce a token was made from, or None for anything we did not make."""
    nonce = token[:_CHARACTERS]
    if not token.isascii() or not hmac.compare_digest(token, push_token(key, nonce)):
        return None
    return nonce
