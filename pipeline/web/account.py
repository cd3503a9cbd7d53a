"""Accounts: log in, log out, and make an account from an invitation."""

from typing import Annotated
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import Form, HTTPException, Request, Response

from pipeline import login
from pipeline.errors import AccountError
from pipeline.login import CodeNeeded, StepOver, TooManyAttempts
from pipeline.web.pages import go_to, page
from pipeline.web.security import (
    Access,
    Page,
    local_path,
    log_in,
    log_out,
    moment,
    tools,
    visit,
    visitor,
)

_log = structlog.get_logger()
_STEP = "dateline-step"
Text = Annotated[str, Form()]


def login_form(request: Request, next: str = "/desk") -> Response:
    """Show the login, or the desk to whoever is logged in."""
    onward = local_path(next)
    if visitor(request) is not None:
        return go_to(request, onward)
    return login_page(request, onward)


def login_page(
    request: Request, onward: str, *, error: str = "", name: str = "", status: int = 200
) -> Response:
    """Give the login, with what went wrong."""
    provider = tools(request).openid
    return page(
        request,
        "login.html",
        elsewhere=urlsplit(provider.issuer).hostname if provider else "",
        onward=urlencode({"next": onward}),
        status=status,
        next=onward,
        error=error,
        name=name,
        empty=login.needs_first_editor(tools(request).database),
    )


def begin(
    request: Request,
    name: Text = "",
    password: Text = "",
    next: Text = "/desk",
) -> Response:
    """Log in: always under a new token, whatever cookie the browser came with."""
    desk = tools(request)
    onward = local_path(next)
    address = request.client.host if request.client else "unknown"
    try:
        token = login.begin_session(
            desk.database,
            desk.key,
            name=name,
            password=password,
            address=address,
            now=moment(request),
        )
    except CodeNeeded as needed:
        response = go_to(request, f"/login/code?{urlencode({'next': onward})}")
        response.set_cookie(
            desk.cookie_name(_STEP),
            needed.step,
            max_age=int(login.STEP_LIFETIME.total_seconds()),
            path="/",
            secure=desk.secure,
            httponly=True,
            samesite="lax",
        )
        return response
    except AccountError as error:
        shown = login_page(
            request, onward, error=str(error), name=name[:64], status=_refusal(error)
        )
        return _told(shown, error, address)
    _log.info(f"login of {login.find_editor(desk.database, name).name} from {address}: by password")
    return _let_in(request, token, onward)


def _refusal(error: AccountError) -> int:
    return 429 if isinstance(error, TooManyAttempts) else 403


def _told(shown: Response, error: AccountError, address: str) -> Response:
    slow = isinstance(error, TooManyAttempts)
    _log.warning(f"login from {address}: {'too many attempts' if slow else 'refused'}")
    if isinstance(error, TooManyAttempts):
        shown.headers["Retry-After"] = str(error.retry_after)
    return shown


def _let_in(request: Request, token: str, onward: str) -> Response:
    end_old_session(request)
    response = go_to(request, onward)
    log_in(response, tools(request), token)
    return response


def code_form(request: Request, next: str = "/desk") -> Response:
    """Ask for the code of whoever gave the right password just now."""
    onward = local_path(next)
    if not request.cookies.get(tools(request).cookie_name(_STEP)):
        return go_to(request, f"/login?{urlencode({'next': onward})}")
    return page(request, "login_code.html", next=onward, error="")


def finish(request: Request, code: Text = "", next: Text = "/desk") -> Response:
    """Log in with the code, after the password."""
    desk = tools(request)
    onward = local_path(next)
    address = request.client.host if request.client else "unknown"
    name = desk.cookie_name(_STEP)
    try:
        token = login.finish_session(
            desk.database,
            desk.key,
            step=request.cookies.get(name, "")[:200],
            code=code,
            address=address,
            now=moment(request),
        )
    except StepOver as error:
        shown = login_page(request, onward, error=str(error), status=403)
        shown.delete_cookie(name, path="/", secure=desk.secure, httponly=True, samesite="lax")
        return shown
    except AccountError as error:
        shown = page(
            request, "login_code.html", next=onward, error=str(error), status=_refusal(error)
        )
        return _told(shown, error, address)
    _log.info(f"login from {address}: by password and code")
    response = _let_in(request, token, onward)
    response.delete_cookie(name, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


def end_old_session(request: Request) -> None:
    """End the session whose cookie the browser came with: a login rotates it."""
    desk = tools(request)
    old = request.cookies.get(desk.cookie_name("dateline"))
    if old:
        login.end_session(desk.database, desk.key, old)


def end(request: Request) -> Response:
    """Log out: the session is deleted, so that a copy of the cookie is worth nothing."""
    desk = tools(request)
    who = visit(request)
    login.end_session(desk.database, desk.key, who.token)
    _log.info(f"logout of {who.editor.name}")
    response = go_to(request, "/login")
    log_out(response, desk)
    # What the browser keeps for the desk: the places of its lists, and what can be undone.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def invitation_form(request: Request, token: str) -> Response:
    """Show the form that makes an account, while the link is good."""
    desk = tools(request)
    role = login.invited_role(desk.database, desk.key, token, moment(request))
    if role is None:
        raise HTTPException(404, "This link was used already or is too old: ask for a new one.")
    return page(request, "invitation.html", role=role, error="", name="", token=token)


def accept(request: Request, token: str, name: Text = "", password: Text = "") -> Response:
    """Make the account and log it in."""
    desk = tools(request)
    now = moment(request)
    try:
        session = login.accept_invitation(
            desk.database, desk.key, token, name=name, password=password, now=now
        )
    except AccountError as error:
        role = login.invited_role(desk.database, desk.key, token, now)
        if role is None:
            raise HTTPException(404, str(error)) from None
        return page(
            request,
            "invitation.html",
            status=400,
            role=role,
            error=str(error),
            name=name[:64],
            token=token,
        )
    response = go_to(request, "/desk")
    log_in(response, desk, session)
    return response


PAGES = (
    Page(method="GET", path="/login", access=Access.PUBLIC, answer=login_form),
    Page(method="POST", path="/login", access=Access.PUBLIC, answer=begin),
    Page(method="GET", path="/login/code", access=Access.PUBLIC, answer=code_form),
    Page(method="POST", path="/login/code", access=Access.PUBLIC, answer=finish),
    Page(method="POST", path="/logout", access=Access.MEMBER, answer=end),
    Page(method="GET", path="/invite/{token}", access=Access.PUBLIC, answer=invitation_form),
    Page(method="POST", path="/invite/{token}", access=Access.PUBLIC, answer=accept),
)
