"""Signing in with the OpenID provider: off to it, and back from it."""

import asyncio

import structlog
from fastapi import HTTPException, Request, Response

from pipeline.errors import AccountError
from pipeline.login import TooManyAttempts
from pipeline.model import Role
from pipeline.openid import (
    ANSWER_WITHIN,
    Answer,
    NotProven,
    Provider,
    ProviderAway,
    begin_errand,
    resume_errand,
)
from pipeline.sign_in import sign_in
from pipeline.web.account import end_old_session, login_page
from pipeline.web.pages import go_to
from pipeline.web.security import Access, Page, Tools, local_path, log_in, moment, tools

_log = structlog.get_logger()
_COOKIE = "dateline-openid"
_LONGEST = 4_000


def start(request: Request, next: str = "/desk") -> Response:
    """Send the browser to the provider. A link, no form: no policy lets a form lead elsewhere."""
    desk = tools(request)
    onward = local_path(next)
    provider = _provider(desk)
    now = moment(request)
    errand, cookie = begin_errand(desk.key, onward, now)
    try:
        address = asyncio.run(provider.address_of(errand, now))
    except ProviderAway as error:
        _log.warning(f"sign-in at {provider.issuer}: {error.reason}")
        return login_page(request, onward, error=str(error), status=503)
    response = Response(status_code=303, headers={"Location": address})
    response.headers["Cache-Control"] = "no-store"
    # Lax, as the way back starts on the provider's site.
    response.set_cookie(
        desk.cookie_name(_COOKIE),
        cookie,
        max_age=int(ANSWER_WITHIN.total_seconds()),
        path="/",
        secure=desk.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def finish(
    request: Request, state: str = "", code: str = "", error: str = "", iss: str = ""
) -> Response:
    """Take the provider's answer: a session under a new token, or the login with the reason."""
    desk = tools(request)
    provider = _provider(desk)
    address = request.client.host if request.client else "unknown"
    cookie = request.cookies.get(desk.cookie_name(_COOKIE), "")
    response: Response
    try:
        if max(map(len, (cookie, state, code, iss))) > _LONGEST:
            raise NotProven("an answer longer than any")
        token, editor = asyncio.run(
            sign_in(
                desk.database,
                desk.key,
                provider,
                cookie=cookie,
                answer=Answer(state=state, code=code, error=error, issuer=iss),
                role=Role(desk.settings.oidc_role) if desk.settings.oidc_role else None,
                address=address,
                now=moment(request),
            )
        )
    except AccountError as refusal:
        response = _refused(request, refusal, address)
    else:
        end_old_session(request)
        _log.info(f"login of {editor.name} from {address}: by {provider.issuer}")
        response = go_to(request, _onward(desk, cookie, request))
        log_in(response, desk, token)
    # One answer for each: the code is used up, and so is what belongs to it.
    response.delete_cookie(
        desk.cookie_name(_COOKIE), path="/", secure=desk.secure, httponly=True, samesite="lax"
    )
    return response


def _onward(desk: Tools, cookie: str, request: Request) -> str:
    return local_path(resume_errand(desk.key, cookie, moment(request)).onward)


def _refused(request: Request, error: AccountError, address: str) -> Response:
    status = 403
    if isinstance(error, TooManyAttempts):
        reason, status = "too many attempts", 429
    elif isinstance(error, ProviderAway):
        reason, status = error.reason, 503
    elif isinstance(error, NotProven):
        reason = error.reason
    else:
        reason = f"refused: {error}"
    _log.warning(f"login from {address} by OpenID: {reason}")
    shown = login_page(request, "/desk", error=str(error), status=status)
    if isinstance(error, TooManyAttempts):
        shown.headers["Retry-After"] = str(error.retry_after)
    return shown


def _provider(desk: Tools) -> Provider:
    if desk.openid is None:
        raise HTTPException(404, "No sign-in service is set up here.")
    return desk.openid


PAGES = (
    Page(method="GET", path="/login/openid", access=Access.PUBLIC, answer=start),
    Page(method="GET", path="/login/openid/answer", access=Access.PUBLIC, answer=finish),
)
