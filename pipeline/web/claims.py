"""Claims and holds: who works on what, and what is left for later."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import Form, HTTPException, Request, Response

from pipeline import queue as waiting
from pipeline.errors import ReviewError
from pipeline.model import Claim
from pipeline.web.pages import flash, go_to, sentence
from pipeline.web.security import Access, Page, local_path, moment, tools, visit
from pipeline.web.verdicts import ids_of, json_answer, wants_json, written

HOLDS = {1: "1 hour", 4: "4 hours", 24: "1 day", 168: "1 week"}


def claim(
    request: Request,
    match: Annotated[list[str], Form()],
    take_over: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Tell the others that somebody works on these matches, for some minutes."""
    ids = ids_of(match)
    editor = visit(request).editor.name
    try:
        others = waiting.claim(
            tools(request).database, ids, editor, moment(request), take_over=take_over == "yes"
        )
    except ReviewError as error:
        raise HTTPException(400, f"Nothing was claimed: {error}.") from None
    return _marked(request, "claim", ids, others, next)


def release(
    request: Request,
    match: Annotated[list[str] | None, Form()] = None,
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """End one's own claims, on these matches or on all."""
    ids = ids_of(match) if match else None
    waiting.release(tools(request).database, visit(request).editor.name, ids)
    return _marked(request, "release", ids or (), (), next)


def stay(request: Request) -> Response:
    """Keep one's claims alive while the page is open."""
    kept = waiting.keep_claims(tools(request).database, visit(request).editor.name, moment(request))
    return json_answer({"kept": kept})


def hold(
    request: Request,
    match: Annotated[list[str], Form()],
    hours: Annotated[int, Form(ge=1, le=8_760)] = 24,
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Leave matches out of the queue for some hours."""
    return _hold(request, match, hours, next)


def unhold(
    request: Request,
    match: Annotated[list[str], Form()],
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Take matches that are on hold back into the queue."""
    return _hold(request, match, 0, next)


def _hold(request: Request, match: Sequence[str], hours: int, next_path: str) -> Response:
    ids = ids_of(match)
    now = moment(request)
    try:
        others = waiting.hold(
            tools(request).database,
            ids,
            visit(request).editor.name,
            now,
            until=now + timedelta(hours=hours) if hours else None,
        )
    except ReviewError as error:
        raise HTTPException(400, f"Nothing was changed: {error}.") from None
    return _marked(request, "hold" if hours else "unhold", ids, others, next_path)


def _marked(
    request: Request, what: str, ids: Sequence[int], others: Sequence[Claim], next_path: str
) -> Response:
    desk = tools(request)
    if others:
        names = " and ".join(sorted({each.editor for each in others}))
        said = f"Nothing was changed: {names} works on this. You can take it over."
        if wants_json(request):
            return json_answer({"said": said, "by": names}, status=409)
        response = go_to(request, local_path(next_path))
        flash(response, desk, what, 0, 0, [each.match_id for each in others])
        return response
    if wants_json(request):
        left = written(waiting.count_left(desk.database, visit(request).editor, moment(request)))
        return json_answer({"said": sentence(what, len(ids)), "left": left})
    response = go_to(request, local_path(next_path))
    flash(response, desk, what, len(ids), 0, ())
    return response


PAGES = (
    Page(method="POST", path="/desk/claim", access=Access.EDITOR, answer=claim),
    Page(method="POST", path="/desk/release", access=Access.EDITOR, answer=release),
    Page(method="POST", path="/desk/stay", access=Access.EDITOR, answer=stay),
    Page(method="POST", path="/desk/hold", access=Access.EDITOR, answer=hold),
    Page(method="POST", path="/desk/unhold", access=Access.EDITOR, answer=unhold),
)
