"""What every answer gets, whichever route it comes from: HEAD, headers that protect, a count."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    # Not no-referrer: browsers would then send our own forms with an Origin of null.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# What is no page: data that nothing may be run from, should a browser show it by itself.
_DATA_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# A year. Other names below the host's are the operator's to promise.
STRICT_TRANSPORT = "max-age=31536000"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Guard:
    """ASGI middleware around every route.

    `count(method, route, status)` is told of each answer; the route is its pattern, so that
    strangers cannot make up labels. `secure` when visitors come by https.
    """

    def __init__(
        self, app: ASGIApp, count: Callable[[str, str, int], None], *, secure: bool = False
    ) -> None:
        self.app = app
        self.count = count
        self.secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a HEAD as a GET without its body; add headers; count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = scope["method"]
        inner = {**scope, "method": "GET"} if asked == "HEAD" else scope

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                protect(headers)
                headers.setdefault("Content-Security-Policy", _DATA_POLICY)
                headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
                if self.secure:
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
                route = getattr(inner.get("route"), "path", "unmatched")
                self.count(asked if asked in _METHODS else "other", route, message["status"])
            elif asked == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(inner, receive, send_on)


def protect(headers: MutableHeaders) -> None:
    """Add the headers that keep browsers from misreading or framing an answer."""
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if is_page(headers):
        for name, value in _PAGE_HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")


def is_page(headers: Headers) -> bool:
    """Tell whether an answer is HTML (a 304 has no type: it confirms what was sent before)."""
    return headers.get("content-type", "").startswith("text/html")
