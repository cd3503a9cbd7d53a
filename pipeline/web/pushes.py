"""What hubs call: they ask whether a subscription was wanted, and post when something is new.

No login: the address carries a token that only the hub was given. Nothing of what is posted is
read but for its signature.
"""

import asyncio

from fastapi import HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from pipeline import listen
from pipeline.follow import PATH
from pipeline.listen import Answer
from pipeline.web.letters import WINDOW, Askers
from pipeline.web.security import Access, Page, moment, tools

# Hubs may post whole documents: as much as such a document may have, unpacked.
LONGEST_PUSH = 10 * 1024 * 1024
MOST_PUSHES = 120
_SECONDS = 60.0
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
_RETRY = {"Retry-After": str(int(WINDOW.total_seconds()))}


def confirm(request: Request, token: str) -> Response:
    """Repeat a hub's challenge, if what it asks about was asked of it."""
    desk = tools(request)
    if desk.settings.websub != "on":
        raise HTTPException(404)
    answer = listen.confirm(desk.database, desk.key, token, request.query_params, moment(request))
    if answer is None:
        raise _unknown(request)
    if answer is Answer.NO:
        raise HTTPException(404)
    return Response(request.query_params.get("hub.challenge", ""), headers=_TEXT)


async def take(request: Request, token: str) -> Response:
    """Take a push: what is genuine makes its feed due, what is not changes nothing, and the answer
    is the same (§7.1). 410 ends a subscription that is no longer wanted, or known (§7)."""
    desk = tools(request)
    if desk.settings.websub != "on":
        raise HTTPException(410 if listen.was_given(desk.key, token) else 404)
    signature = request.headers.get("x-hub-signature", "")
    caller = await run_in_threadpool(listen.caller_of, desk.database, desk.key, token, signature)
    if caller is None and not listen.was_given(desk.key, token):
        raise _unknown(request)
    if caller is None or not caller.is_wanted:
        raise HTTPException(410)
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.stream():
                caller.signature.take(chunk)
    except TimeoutError:
        raise HTTPException(408) from None
    posting = request.app.state.posting
    assert isinstance(posting, Askers)
    if caller.signature.holds and posting.admit(caller.subscription.nonce, moment(request)):
        await run_in_threadpool(listen.hear, desk.database, caller, moment(request))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _unknown(request: Request) -> HTTPException:
    """Answer for an address that nobody was given; who tries many is told to wait."""
    guessers = request.app.state.guessers
    assert isinstance(guessers, Askers)
    if not guessers.admit(request.client.host if request.client else "", moment(request)):
        return HTTPException(429, "Wait ten minutes, then try again.", _RETRY)
    return HTTPException(404)


PAGES = (
    Page(method="GET", path=f"/{PATH}/{{token}}", access=Access.HUB, answer=confirm),
    Page(
        method="POST",
        path=f"/{PATH}/{{token}}",
        access=Access.HUB,
        answer=take,
        longest_body=LONGEST_PUSH,
    ),
)
