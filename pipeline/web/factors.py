"""The second factor on the desk: put on, with recovery codes, and taken off by its owner."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request, Response

from pipeline import login
from pipeline.errors import AccountError
from pipeline.login import Enrolment, TooManyAttempts
from pipeline.web.own import account_page
from pipeline.web.pages import go_to, page
from pipeline.web.security import Access, Page, demands_factor, moment, tools, visit

Text = Annotated[str, Form()]


def begin(request: Request, password: Text = "") -> Response:
    """Show a secret for an app, to whoever knows the password."""
    desk, who = tools(request), visit(request)

    def work() -> Response:
        _prove(request, password)
        return _shown(
            request, login.begin_factor(desk.database, desk.key, who.editor, moment(request))
        )

    return _answered(request, work)


def confirm(request: Request, code: Text = "") -> Response:
    """Ask for codes from now on, once the app has shown a right one."""
    desk, who = tools(request), visit(request)
    try:
        codes = login.confirm_factor(
            desk.database,
            desk.key,
            who.editor,
            code,
            session=login.hash_of(desk.key, who.token),
            now=moment(request),
        )
    except AccountError as error:
        waiting = login.resume_factor(desk.database, desk.key, who.editor)
        if waiting is None:
            return account_page(request, status=400, error=str(error))
        return _shown(request, waiting, error=str(error))
    return _codes(request, codes)


def renew(request: Request, code: Text = "") -> Response:
    """Replace the recovery codes."""
    desk, who = tools(request), visit(request)
    return _answered(
        request,
        lambda: _codes(
            request,
            login.renew_codes(desk.database, desk.key, who.editor, code, moment(request)),
        ),
    )


def take_off(request: Request, code: Text = "") -> Response:
    """Let the password alone do again."""
    desk, who = tools(request), visit(request)

    if demands_factor(desk):
        return account_page(request, status=400, error="Here everybody has a second factor.")

    def work() -> Response:
        login.remove_own_factor(
            desk.database,
            desk.key,
            who.editor,
            code,
            session=login.hash_of(desk.key, who.token),
            now=moment(request),
        )
        return go_to(request, "/desk/account")

    return _answered(request, work)


def _prove(request: Request, password: str) -> None:
    login.prove_password(
        tools(request).database,
        name=visit(request).editor.name,
        password=password,
        address=request.client.host if request.client else "unknown",
        now=moment(request),
    )


def _answered(request: Request, work: Callable[[], Response]) -> Response:
    try:
        return work()
    except TooManyAttempts as error:
        shown = account_page(request, status=429, error=str(error))
        shown.headers["Retry-After"] = str(error.retry_after)
        return shown
    except AccountError as error:
        return account_page(request, status=400, error=str(error))


def _shown(request: Request, enrolment: Enrolment, *, error: str = "") -> Response:
    return page(
        request,
        "second_factor.html",
        status=400 if error else 200,
        who=visit(request),
        enrolment=enrolment,
        codes=(),
        error=error,
    )


def _codes(request: Request, codes: tuple[str, ...]) -> Response:
    return page(
        request,
        "second_factor.html",
        who=visit(request),
        enrolment=None,
        codes=codes,
        error="",
    )


_PATH = "/desk/account/second-factor"
PAGES = (
    Page(method="POST", path=_PATH, access=Access.MEMBER, answer=begin),
    Page(method="POST", path=f"{_PATH}/confirm", access=Access.MEMBER, answer=confirm),
    Page(method="POST", path=f"{_PATH}/codes", access=Access.MEMBER, answer=renew),
    Page(method="POST", path=f"{_PATH}/off", access=Access.MEMBER, answer=take_off),
)
