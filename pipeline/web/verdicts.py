"""Verdicts: what a form or a script says of matches, and taking it back."""

import re
from collections.abc import Sequence
from typing import Annotated

import structlog
from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from pipeline import queue as waiting
from pipeline.errors import AlreadyDecided, PipelineError, ReviewError
from pipeline.model import Claim, Decision, HowMany, MatchStatus, Verdict
from pipeline.review import Decided, clear, undo
from pipeline.web.pages import flash, go_to, sentence
from pipeline.web.security import Access, Page, Tools, local_path, moment, tools, visit

MOST_ROWS = 200
MOST_AT_ONCE = 5_000
REASONS = {
    "o": "off-topic",
    "s": "sport",
    "d": "duplicate",
    "p": "opinion",
    "l": "old",
    "w": "wrong place",
}
_MATCH = re.compile(r"([0-9]{1,18}(?:-[0-9]{1,18})*)(?::(pending|approved|rejected|withdrawn))?")
_log = structlog.get_logger()


def decide(
    request: Request,
    verdict: Annotated[Verdict, Form()],
    match: Annotated[list[str], Form()],
    reason: Annotated[str, Form()] = "",
    seen_as: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Take verdicts, all of a form or none, and offer to take them back.

    What others claimed is skipped and listed.
    """
    desk = tools(request)
    decisions = _decisions(match, verdict, visit(request).editor.name, reason.strip(), seen_as)
    try:
        cleared = clear(desk.database, decisions, moment(request))
    except AlreadyDecided as error:
        return _stale(request, decisions, error)
    except ReviewError as error:
        raise HTTPException(400, f"Nothing was changed: {error}.") from None
    return _done(request, str(verdict), cleared.changed, cleared.skipped, next)


def take_back(
    request: Request,
    review: Annotated[int, Form(ge=1, lt=2**63)],
    whole: Annotated[str, Form()] = "yes",
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Take a verdict back, with all that were taken together with it unless `whole` is no."""
    desk = tools(request)
    name = visit(request).editor.name
    try:
        done = undo(desk.database, review, name, moment(request), whole=whole != "no")
    except AlreadyDecided as error:
        raise HTTPException(409, f"Nothing was taken back: {error}.") from None
    except ReviewError as error:
        raise HTTPException(400, f"Nothing was taken back: {error}.") from None
    return _done(request, "undo", [each for each in done if each.review_id is not None], (), next)


def _done(
    request: Request,
    what: str,
    changed: Sequence[Decided],
    skipped: Sequence[Claim],
    next_path: str,
) -> Response:
    desk = tools(request)
    if changed:
        tell_service(desk, len(changed))
    review_id = next((each.review_id for each in changed if each.review_id), 0)
    if wants_json(request):
        return json_answer(
            {
                "said": sentence(what, len(changed)),
                "undo": review_id,
                "left": written(
                    waiting.count_left(desk.database, visit(request).editor, moment(request))
                ),
                "skipped": [{"match": each.match_id, "editor": each.editor} for each in skipped],
            }
        )
    response = go_to(request, local_path(next_path))
    flash(response, desk, what, len(changed), review_id, [each.match_id for each in skipped])
    return response


def _stale(request: Request, decisions: Sequence[Decision], error: AlreadyDecided) -> Response:
    """Answer 409 with what the editor saw and what stands now."""
    now_standing = waiting.standing(tools(request).database, [each.match_id for each in decisions])
    stale = [
        {
            "match": each.match_id,
            "title": stands.title,
            "saw": str(each.seen_as),
            "stands": str(stands.status),
            "by": stands.decided_by or "",
        }
        for each in decisions
        if (stands := now_standing.get(each.match_id)) and stands.status != each.seen_as
    ]
    who = sorted({each.decided_by for each in now_standing.values() if each.decided_by})
    by = f", decided by {' and '.join(who)}" if who else ""
    said = f"Nothing was changed: {error}{by}. Load the page again."
    if wants_json(request):
        return json_answer({"said": said, "stale": stale}, status=409)
    raise HTTPException(409, said)


def wants_json(request: Request) -> bool:
    """Tell whether a script asks, rather than a form."""
    return request.headers.get("accept", "").startswith("application/json")


def written(many: HowMany) -> int | str:
    """Give a count as it is shown: a number, or `1,000+` where it ended early."""
    return str(many) if many.more else many.number


def json_answer(value: object, status: int = 200) -> Response:
    """Answer a script; nothing of it is kept by any cache."""
    return JSONResponse(value, status_code=status, headers={"Cache-Control": "no-store"})


def _rows_named(matches: Sequence[str]) -> list[tuple[list[int], str]]:
    """Read the rows a form names: the ids of each, and where the editor saw them stand."""
    if len(matches) > MOST_ROWS:
        raise HTTPException(400, f"At most {MOST_ROWS} matches are decided at once.")
    named = []
    for value in matches:
        found = _MATCH.fullmatch(value)
        if found is None:
            raise HTTPException(400, "The form names a match that cannot be read.")
        named.append(([int(each) for each in found[1].split("-")], found[2] or ""))
    if sum(len(ids) for ids, _ in named) > MOST_AT_ONCE:
        raise HTTPException(400, f"At most {MOST_AT_ONCE} matches are decided at once.")
    return named


def ids_of(matches: Sequence[str]) -> list[int]:
    """Read the matches a form names, in its order."""
    return list(dict.fromkeys(each for ids, _ in _rows_named(matches) for each in ids))


def _decisions(
    matches: Sequence[str], verdict: Verdict, editor: str, reason: str, seen_as: str
) -> list[Decision]:
    if seen_as and seen_as not in list(MatchStatus):
        raise HTTPException(400, "The form names a status that does not exist.")
    return list(
        {
            match_id: Decision(
                match_id=match_id,
                verdict=verdict,
                editor=editor,
                reason=reason,
                seen_as=MatchStatus(seen or seen_as) if seen or seen_as else None,
            )
            for ids, seen in _rows_named(matches)
            for match_id in ids
        }.values()
    )


def tell_service(desk: Tools, verdicts: int) -> None:
    """Tell the service; the verdicts stand even where the files cannot be written just now."""
    try:
        desk.on_change()
    except PipelineError as error:
        _log.error(f"{verdicts} verdicts are stored, but not published yet: {error}")


PAGES = (
    Page(method="POST", path="/desk/review", access=Access.EDITOR, answer=decide),
    Page(method="POST", path="/desk/undo", access=Access.EDITOR, answer=take_back),
)
