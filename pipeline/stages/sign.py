"""Sign: the headers by which a webhook knows that a call is ours (Standard Webhooks 1.0)."""

import base64
import hmac
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"


def sign(secret: str, number: str, body: bytes, now: datetime) -> dict[str, str]:
    """Give the headers of a call: its id, the time, and the signature over both and the body.

    `secret` is `whsec_` and base64. The id stays the same at every try, the time does not: whoever
    replays an old call is found out.
    """
    moment = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.digest(key, f"{number}.{moment}.".encode() + body, sha256)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": number,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
