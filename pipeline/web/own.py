"""Somebody's own account: where they are logged in, their tokens of the API, their password."""

from datetime import timedelta
from typing import Annotated

from fastapi import Form, HTTPException, Request, Response

from pipeline import browse, login, tokens
from pipeline import queue as waiting
from pipeline.errors import AccountError
from pipeline.login import TooManyAttempts
from pipeline.model import Role, Scope
from pipeline.web.pages import go_to, page
from pipeline.web.security import Access, Page, demands_factor, log_in, moment, tools, visit

Text = Annotated[str, Form()]
_LIFETIMES = (7, 30, 90, 365)


def account(request: Request) -> Response:
    """Show the account of whoever asks."""
    return account_page(request)


def account_page(
    request: Request, *, status: int = 200, token: str = "", error: str = ""
) -> Response:
    """Give the account, with a new token, or with what went wrong."""
    desk = tools(request)
    who = visit(request)
    now = moment(request)
    return page(
        request,
        "account.html",
        status=status,
        who=who,
        sessions=login.sessions_of(desk.database, who.editor, now),
        this=login.number_of(desk.key, who.token),
        tokens=tokens.tokens_of(desk.database, who.editor, now),
        token=token,
        factor=login.factor_of(desk.database, who.editor),
        demanded=demands_factor(desk),
        error=error,
        titles=browse.conflict_titles(desk.database),
        own=waiting.own_conflicts(desk.database, who.editor),
        scopes=[Scope.READ] if who.editor.role is Role.VIEWER else list(Scope),
        lifetimes=_LIFETIMES,
        usual=tokens.USUAL_LIFETIME.days,
        longest_name=tokens.LONGEST_NAME,
        shortest_password=login.SHORTEST_PASSWORD,
    )


def choose_conflicts(
    request: Request,
    conflict: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Say which conflicts are one's own: with them the queue begins. None of them: with all."""
    waiting.choose_own(tools(request).database, visit(request).editor, conflict)
    return go_to(request, "/desk")


def make_token(
    request: Request,
    name: Text = "",
    scope: Annotated[list[Scope], Form()] = [],  # noqa: B006 - FastAPI copies it
    days: Annotated[int, Form(ge=1, le=365)] = tokens.USUAL_LIFETIME.days,
) -> Response:
    """Make a token and show it: this page is the only place where it ever stands."""
    desk = tools(request)
    who = visit(request)
    try:
        token, _ = tokens.make_token(
            desk.database,
            desk.key,
            editor=who.editor,
            name=name,
            scopes=scope,
            lifetime=timedelta(days=days),
            actor=who.editor.name,
            now=moment(request),
        )
    except AccountError as error:
        return account_page(request, status=400, error=str(error))
    return account_page(request, token=token)


def revoke_token(request: Request, number: Annotated[int, Form(ge=1, lt=2**63)]) -> Response:
    """Revoke one of one's own tokens; it stops working at once."""
    who = visit(request)
    known = tokens.revoke_token(
        tools(request).database,
        editor=who.editor,
        token_id=number,
        actor=who.editor.name,
        now=moment(request),
    )
    if not known:
        raise HTTPException(404, "You have no such token; it may be revoked already.")
    return go_to(request, "/desk/account")


def end_session(request: Request, number: Text = "") -> Response:
    """End one of one's own sessions, such as that of a lost telephone."""
    who = visit(request)
    if not login.end_session_of(tools(request).database, who.editor, number, moment(request)):
        raise HTTPException(404, "You have no such session; it may have ended already.")
    return go_to(request, "/desk/account")


def change_password(request: Request, old: Text = "", new: Text = "") -> Response:
    """Change one's password: every other session ends, every token is revoked."""
    desk = tools(request)
    try:
        session = login.change_own_password(
            desk.database,
            desk.key,
            editor=visit(request).editor,
            old=old,
            new=new,
            address=request.client.host if request.client else "unknown",
            now=moment(request),
        )
    except TooManyAttempts as error:
        shown = account_page(request, status=429, error=str(error))
        shown.headers["Retry-After"] = str(error.retry_after)
        return shown
    except AccountError as error:
        return account_page(request, status=400, error=str(error))
    response = go_to(request, "/desk/account")
    log_in(response, desk, session)
    return response


PAGES = (
    Page(method="GET", path="/desk/account", access=Access.MEMBER, answer=account),
    Page(
        method="POST", path="/desk/account/conflicts", access=Access.EDITOR, answer=choose_conflicts
    ),
    Page(method="POST", path="/desk/account/tokens", access=Access.MEMBER, answer=make_token),
    Page(method="POST", path="/desk/account/revoke", access=Access.MEMBER, answer=revoke_token),
    Page(method="POST", path="/desk/account/sessions", access=Access.MEMBER, answer=end_session),
    Page(
        method="POST", path="/desk/account/password", access=Access.MEMBER, answer=change_password
    ),
)
