"""Callers: who asks the API. Only a bearer token counts: cookies are not read, so no page of
another site can ask in somebody's name."""

import math
from datetime import datetime
from threading import Lock

from fastapi import HTTPException, Request

from pipeline import tokens
from pipeline.model import Scope
from pipeline.tokens import Caller
from pipeline.web.security import Access, Tools

_LONGEST_HEADER = 200


class Allowance:
    """So many requests a minute for each token, in this process; unused ones add up to a minute's
    worth."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left: dict[int, tuple[float, datetime]] = {}
        self._lock = Lock()

    def take(self, token_id: int, now: datetime) -> float:
        """Take one request; gives the seconds to wait, 0 when it may go on."""
        with self._lock:
            left, since = self._left.get(token_id, (float(self.per_minute), now))
            passed = max(0.0, (now - since).total_seconds())
            left = min(float(self.per_minute), left + passed * self.per_minute / 60)
            if left < 1:
                self._left[token_id] = (left, now)
                return (1 - left) * 60 / self.per_minute
            self._left[token_id] = (left - 1, now)
            return 0.0


def caller(request: Request) -> Caller:
    """Give who asks, on a route of the API."""
    found = request.state.caller
    assert isinstance(found, Caller)
    return found


def admit_caller(request: Request, desk: Tools, access: Access, now: datetime) -> Caller:
    """Let a bearer through, or refuse: 401 without a token that works, 403 out of scope, 429."""
    scheme, _, token = request.headers.get("authorization", "")[:_LONGEST_HEADER].partition(" ")
    found = None
    if scheme.lower() == "bearer":
        found = tokens.caller_of(desk.database, desk.key, token.strip(), now)
    if found is None:
        raise HTTPException(
            401,
            "Send a token that works as `Authorization: Bearer …`; /desk/account makes one.",
            {"WWW-Authenticate": 'Bearer realm="Dateline"'},
        )
    allowance = request.app.state.allowance
    assert isinstance(allowance, Allowance)
    wait = allowance.take(found.token.id, now)
    if wait > 0:
        raise HTTPException(
            429,
            f"At most {allowance.per_minute} requests a minute are answered for a token.",
            {"Retry-After": str(math.ceil(wait))},
        )
    scope = Scope.REVIEW if access is Access.REVIEWER else Scope.READ
    if not found.may(scope):
        raise HTTPException(
            403,
            f"This needs a token with the scope `{scope}` of somebody who may do it.",
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )
    return found
