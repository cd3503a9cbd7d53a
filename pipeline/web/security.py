"""Who may do what: one rule a route, checked in one place before any route runs."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from db import Database
from pipeline import login
from pipeline.archive import Archive
from pipeline.fetch import FetchPolicy
from pipeline.model import Editor, Role
from pipeline.openid import Provider
from pipeline.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_BODY = 64 * 1024
MOST_FIELDS = 250
_LOCAL_PATH = re.compile(r"/desk(?:[/?][\x21-\x5b\x5d-\x7e]*)?")
# Where a second factor is demanded, whoever has none can put one on, or leave.
_WITHOUT_FACTOR = frozenset(
    {
        "/desk/account",
        "/desk/account/second-factor",
        "/desk/account/second-factor/confirm",
        "/logout",
    }
)
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Access(Enum):
    """Who may use a route."""

    PUBLIC = "everybody"
    LETTER = "whoever holds a letter: the address carries its token"
    HUB = "a hub that was given the address: it carries its token"
    MEMBER = "anybody who is logged in"
    EDITOR = "any editor who is logged in; a viewer may look, not change"
    ADMIN = "an admin who is logged in"
    READER = "a program with a token that reads"
    REVIEWER = "a program with a token that reviews"
    OPERATOR = "a monitor on this machine, or an admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One route: nothing is served that has no rule. `longest_body` where it is not the usual."""

    method: str
    path: str
    access: Access
    answer: Callable[..., Any]
    longest_body: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the pages work with; `rules` says who may use which (method, path)."""

    database: Database
    settings: Settings
    policy: FetchPolicy
    key: bytes
    clock: Callable[[], datetime]
    on_change: Callable[[], None]
    rules: dict[tuple[str, str], Access] = field(default_factory=dict)
    archive: Archive = field(default_factory=Archive)
    openid: Provider | None = None

    @property
    def root(self) -> str:
        """The path the site lies under for its visitors: empty, or such as `/tracker`."""
        return urlsplit(self.settings.base_url).path

    @property
    def secure(self) -> bool:
        """Whether visitors come by https."""
        return self.settings.base_url.startswith("https://")

    def cookie_name(self, name: str) -> str:
        """Name a cookie so that, by https, no other host and no plain page can plant it."""
        return f"__Host-{name}" if self.secure else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who is logged in."""

    editor: Editor
    token: str
    csrf: str


def tools(request: Request) -> Tools:
    """Give what the application was made with."""
    found = request.app.state.tools
    assert isinstance(found, Tools)
    return found


def visit(request: Request) -> Visit:
    """Give who is logged in, on a route that only answers after login."""
    found = request.state.visit
    assert isinstance(found, Visit)
    return found


def moment(request: Request) -> datetime:
    """Give the time the request came in."""
    found = request.state.now
    assert isinstance(found, datetime)
    return found


async def admit(request: Request) -> None:
    """Let a request through to its route, or refuse it.

    A route without a rule answers nobody. What changes something must come from our own pages, and
    from somebody logged in also with the token of their session.
    """
    desk = tools(request)
    access = desk.rules.get((request.method, request.scope["route"].path))
    if access is None:
        raise HTTPException(403, "This page has no rule that says who may see it.")
    request.state.now = desk.clock()
    if access in {Access.READER, Access.REVIEWER}:
        # No cookie is read there, so that no form of another site can ask in somebody's name.
        request.state.caller = await run_in_threadpool(
            request.app.state.admit_caller, request, desk, access, request.state.now
        )
        return
    if access in {Access.LETTER, Access.HUB}:
        # Mail programs (RFC 8058) and hubs post here by themselves, from no page at all.
        return
    changing = request.method not in SAFE_METHODS
    if changing and not comes_from_here(request.headers, desk.settings.base_url):
        raise HTTPException(
            403, "The form came from another site, or from a browser that does not say from where."
        )
    if access is Access.PUBLIC or (access is Access.OPERATOR and is_local(request, desk)):
        return
    request.state.visit = found = await run_in_threadpool(visitor, request)
    if found is None:
        raise _login_first(request, desk)
    if demands_factor(desk) and request.scope["route"].path not in _WITHOUT_FACTOR:
        strong = await run_in_threadpool(login.is_strong, desk.database, desk.key, found.token)
        if not strong:
            raise _factor_first(desk, changing=changing)
    _refuse_role(access, found.editor.role, changing)
    if changing and not await _carries_token(request, desk, found):
        raise HTTPException(
            403, "The form is older than your login. Go back, load the page again and repeat it."
        )


def demands_factor(desk: Tools) -> bool:
    """Tell whether everybody here has to have a second factor."""
    return desk.settings.second_factor == "required"


def _factor_first(desk: Tools, *, changing: bool) -> HTTPException:
    if changing:
        return HTTPException(403, "Put a second factor on your account first.")
    return HTTPException(303, headers={"Location": f"{desk.root}/desk/account#factor"})


def _refuse_role(access: Access, role: Role, changing: bool) -> None:
    if access in {Access.ADMIN, Access.OPERATOR} and role is not Role.ADMIN:
        raise HTTPException(403, "Only an admin may see this page.")
    if access is Access.EDITOR and changing and role is Role.VIEWER:
        raise HTTPException(403, "You may look at the desk, but not change anything on it.")


def comes_from_here(headers: Headers, base_url: str) -> bool:
    """Tell whether a browser says that a request was made by one of our own pages.

    Sec-Fetch-Site decides where it is sent; by plain http to another machine browsers leave it out,
    then Origin must be ours: the public address, or the one the browser thinks it talks to.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = urlsplit(headers.get("origin", ""))
    if origin.scheme not in {"http", "https"} or not origin.netloc:
        return False
    ours = urlsplit(base_url)
    return (origin.scheme, origin.netloc) == (ours.scheme, ours.netloc) or (
        origin.netloc == headers.get("host")
    )


def visitor(request: Request) -> Visit | None:
    """Give who is logged in, if anybody is."""
    desk = tools(request)
    token = request.cookies.get(desk.cookie_name("dateline"))
    if not token or len(token) > 100:
        return None
    editor = login.session_of(desk.database, desk.key, token, moment(request))
    if editor is None:
        return None
    return Visit(editor=editor, token=token, csrf=login.csrf_token(desk.key, token))


def _login_first(request: Request, desk: Tools) -> HTTPException:
    if request.method != "GET":
        return HTTPException(401, "Your session has ended. Log in, then repeat what you did.")
    asked = local_path(here(request))
    query = "" if asked == "/desk" else "?" + urlencode({"next": asked})
    return HTTPException(303, headers={"Location": f"{desk.root}/login{query}"})


async def _carries_token(request: Request, desk: Tools, found: Visit) -> bool:
    given: Any = (await request.form(max_files=0, max_fields=MOST_FIELDS)).get("csrf")
    return isinstance(given, str) and login.is_csrf_token(desk.key, found.token, given)


def here(request: Request) -> str:
    """Give the path and query a request asked for, as the browser spelled them."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope.get("query_string", b"")
    return (path.split(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def local_path(wanted: str, default: str = "/desk") -> str:
    """Give a path on the desk to go on to, or the default for anything that is not surely one."""
    if len(wanted) > 2_000 or not _LOCAL_PATH.fullmatch(wanted):
        return default
    return wanted


def is_local(request: Request, desk: Tools) -> bool:
    """Tell whether a request was made on this machine, by no proxy and no page of another site.

    A forwarding header means that somebody else asked; a foreign Host that a page elsewhere gave
    its own name this machine's address.
    """
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    named_here = {"localhost", urlsplit(desk.settings.base_url).hostname}
    return _is_loopback(request.client.host) and (_is_loopback(host) or host in named_here)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def log_in(response: Response, desk: Tools, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        desk.cookie_name("dateline"),
        token,
        max_age=int(login.SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=desk.secure,
        httponly=True,
        samesite="lax",
    )


def log_out(response: Response, desk: Tools) -> None:
    """Take the browser's session away."""
    response.delete_cookie(
        desk.cookie_name("dateline"), path="/", secure=desk.secure, httponly=True, samesite="lax"
    )
