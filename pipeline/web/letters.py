"""Letters by e-mail: the form that asks for them, and the pages that their links lead to.

Nobody logs in here: who holds a letter may read and change what its address gets. No answer tells
whether an address is subscribed.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated

from fastapi import Form, HTTPException, Request, Response

from pipeline import browse, enrol
from pipeline.enrol import TooManyRequests
from pipeline.errors import SubscriptionError
from pipeline.letter_tokens import letter_token
from pipeline.model import Subscriber, Wants
from pipeline.stages.render import (
    HTML_CONTENT_TYPE,
    MailForm,
    Site,
    described,
    render_asking_page,
    render_confirming_page,
    render_leaving_page,
    render_managing_page,
    render_told_page,
)
from pipeline.web.security import Access, Page, Tools, moment, tools

Text = Annotated[str, Form(max_length=300)]
Chosen = Annotated[list[str], Form(max_length=200)]
REQUESTS = 20
WINDOW = timedelta(minutes=10)
_REMEMBERED = 10_000
_RETRY = {"Retry-After": str(int(WINDOW.total_seconds()))}


class Askers:
    """Who asked for something of late, by the address that connects; in this process."""

    def __init__(self, most: int = REQUESTS) -> None:
        self._most = most
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def admit(self, address: str, now: datetime) -> bool:
        """Count one request; False when there were too many."""
        with self._lock:
            times = [each for each in self._times.pop(address, []) if now - each < WINDOW]
            admitted = len(times) < self._most
            self._times[address] = [*times, now] if admitted else times
            if len(self._times) > _REMEMBERED:
                self._times.popitem(last=False)
            return admitted


def ask(
    request: Request,
    address: Text = "",
    wish: Text = "",
    conflict: Chosen = [],  # noqa: B006 - FastAPI copies it
    hour: Text = "",
    zone: Text = "",
) -> Response:
    """Take the form that asks for letters; the answer is the same whoever is subscribed."""
    desk = _sending(request)
    askers = request.app.state.askers
    assert isinstance(askers, Askers)
    if not askers.admit(request.client.host if request.client else "", moment(request)):
        raise HTTPException(429, "Wait ten minutes, then try again.", _RETRY)
    wants = Wants()
    try:
        wants = enrol.read_wants(desk.database, wish=wish, chosen=conflict, hour=hour, zone=zone)
        enrol.ask(desk.database, address, wants, moment(request))
    except TooManyRequests as error:
        raise HTTPException(503, str(error), {"Retry-After": "3600"}) from None
    except SubscriptionError as error:
        form = _form(desk, wants, address=address, error=str(error))
        return _page(render_asking_page(_site(desk), form), status=400)
    return _page(
        render_told_page(
            _site(desk),
            "Look into your mailbox",
            "We are writing to the address you gave. Open the link in our letter to go on.",
            "Nothing there within some minutes? Look among the spam, or see whether the address "
            "was right and try again.",
        )
    )


def confirming(request: Request, token: str) -> Response:
    """Show the button that confirms."""
    desk = tools(request)
    try:
        found = enrol.to_confirm(desk.database, desk.key, token, moment(request))
    except SubscriptionError as error:
        return _dead(request, desk, error)
    return _page(
        render_confirming_page(
            _site(desk), f"{desk.root}/letters/{token}/confirm", _what(desk, found.wants)
        )
    )


def confirm(request: Request, token: str) -> Response:
    """Let letters begin."""
    desk = tools(request)
    try:
        found = enrol.confirm(desk.database, desk.key, token, moment(request))
    except SubscriptionError as error:
        return _dead(request, desk, error)
    return _page(
        render_told_page(
            _site(desk),
            "You are subscribed",
            f"You get {_what(desk, found.wants)}.",
            "Each letter has links to change this and to unsubscribe.",
            link=_own(desk, found),
        )
    )


def managing(request: Request, token: str) -> Response:
    """Show a subscriber what they get."""
    desk = tools(request)
    try:
        found = enrol.look(desk.database, desk.key, token)
    except SubscriptionError as error:
        return _dead(request, desk, error)
    return _managing(desk, found)


def manage(
    request: Request,
    token: str,
    wish: Text = "",
    conflict: Chosen = [],  # noqa: B006 - FastAPI copies it
    hour: Text = "",
    zone: Text = "",
) -> Response:
    """Let a subscriber have other letters."""
    desk = tools(request)
    try:
        found = enrol.look(desk.database, desk.key, token)
    except SubscriptionError as error:
        return _dead(request, desk, error)
    try:
        wants = enrol.read_wants(desk.database, wish=wish, chosen=conflict, hour=hour, zone=zone)
        found = enrol.change(desk.database, desk.key, token, wants, moment(request))
    except SubscriptionError as error:
        return _managing(desk, found, error=str(error))
    return _managing(desk, found, said=f"Saved. You get {_what(desk, found.wants)}.")


def leaving(request: Request, token: str) -> Response:
    """Show the button that unsubscribes."""
    desk = tools(request)
    try:
        found = enrol.look(desk.database, desk.key, token)
    except SubscriptionError as error:
        return _dead(request, desk, error)
    own = _own(desk, found)
    return _page(render_leaving_page(_site(desk), f"{own}/leave", found.address, own))


def leave(request: Request, token: str) -> Response:
    """Unsubscribe: by the button, or by a mail program's one click (RFC 8058)."""
    desk = tools(request)
    try:
        enrol.leave(desk.database, desk.key, token)
    except SubscriptionError as error:
        return _dead(request, desk, error)
    return _page(
        render_told_page(
            _site(desk),
            "You are unsubscribed",
            "No more letters are sent to you, and what we kept about your address is deleted.",
        )
    )


def _managing(desk: Tools, found: Subscriber, *, said: str = "", error: str = "") -> Response:
    own = _own(desk, found)
    form = _form(desk, found.wants, address=found.address, error=error, asks_address=False)
    content = render_managing_page(_site(desk), form, own, f"{own}/leave", said)
    return _page(content, status=400 if error else 200)


def _form(
    desk: Tools, wants: Wants, *, address: str, error: str, asks_address: bool = True
) -> MailForm:
    return MailForm(
        conflicts=browse.conflict_titles(desk.database),
        undaily=browse.without_editions(desk.database),
        wants=wants,
        address=address,
        error=error,
        asks_address=asks_address,
    )


def _what(desk: Tools, wants: Wants) -> str:
    titles = browse.conflict_titles(desk.database)
    return described(wants, [titles[slug] for slug in wants.conflicts if slug in titles])


def _own(desk: Tools, found: Subscriber) -> str:
    return f"{desk.root}/letters/{letter_token(desk.key, 'manage', found.nonce)}"


def _dead(request: Request, desk: Tools, error: SubscriptionError) -> Response:
    """Answer for a link that opens nothing; who tries many is told to wait.

    Only wrong ones are refused, so that nobody can keep the visitors behind one address from what
    their own links open: what a letter carries cannot be guessed, only tried.
    """
    guessers = request.app.state.guessers
    assert isinstance(guessers, Askers)
    if not guessers.admit(request.client.host if request.client else "", moment(request)):
        raise HTTPException(429, "Wait ten minutes, then try again.", _RETRY)
    return _page(render_told_page(_site(desk), "You are not subscribed", str(error)), status=404)


def _sending(request: Request) -> Tools:
    desk = tools(request)
    if desk.settings.mail_server is None:
        raise HTTPException(404)
    return desk


def _site(desk: Tools) -> Site:
    return Site(base_url=desk.settings.base_url)


def _page(content: bytes, *, status: int = 200) -> Response:
    return Response(
        content,
        status_code=status,
        headers={"Content-Type": HTML_CONTENT_TYPE, "Cache-Control": "no-store"},
    )


PAGES = (
    Page(method="POST", path="/subscribe/mail", access=Access.PUBLIC, answer=ask),
    Page(method="GET", path="/letters/{token}/confirm", access=Access.PUBLIC, answer=confirming),
    Page(method="POST", path="/letters/{token}/confirm", access=Access.PUBLIC, answer=confirm),
    Page(method="GET", path="/letters/{token}", access=Access.PUBLIC, answer=managing),
    Page(method="POST", path="/letters/{token}", access=Access.PUBLIC, answer=manage),
    Page(method="GET", path="/letters/{token}/leave", access=Access.PUBLIC, answer=leaving),
    Page(method="POST", path="/letters/{token}/leave", access=Access.LETTER, answer=leave),
)
