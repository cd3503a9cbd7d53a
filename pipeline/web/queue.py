"""The queue's pages: rows of stories, verdicts, and taking them back, claims, holds."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import Form, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from pipeline import queue as waiting
from pipeline.browse import Order
from pipeline.errors import AlreadyDecided, PipelineError, ReviewError
from pipeline.model import Claim, Decision, HowMany, MatchStatus, QueuedStory, QueueFilter, Verdict
from pipeline.review import LONGEST_REASON, Decided, clear, undo
from pipeline.stages.render.languages import language_name
from pipeline.web.pages import flash, go_to, page, sentence
from pipeline.web.rows import Row, row
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
HOLDS = {1: "1 hour", 4: "4 hours", 24: "1 day", 168: "1 week"}
_AGES = {1: "1 day", 3: "3 days", 7: "1 week", 30: "30 days"}
_LENGTHS = (50, 100, 500)
_MATCH = re.compile(r"([0-9]{1,18}(?:-[0-9]{1,18})*)(?::(pending|approved|rejected|withdrawn))?")
_DEFAULTS = {
    "conflict": "",
    "status": "pending",
    "order": "score",
    "q": "",
    "publisher": "",
    "language": "",
    "score": "0",
    "age": "0",
    "since": "all",
    "held": "no",
    "rows": "50",
    "page": "1",
    "count": "",
}
_ORDERS = {
    "score": "best first",
    "newest": "newest first",
    "oldest": "longest waiting first",
    "decided": "last decided first",
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """One row of the queue as the template shows it: a story under a conflict."""

    story: QueuedStory
    lead: Row
    copies: tuple[Row, ...]

    @property
    def value(self) -> str:
        """What a form sends for the whole row."""
        ids = "-".join(str(match.id) for match in self.story.matches)
        return f"{ids}:{self.story.lead.status}"


def queue(
    request: Request,
    conflict: str = "",
    status: str = "pending",
    order: Order = Order.SCORE,
    q: str = "",
    publisher: str = "",
    language: str = "",
    score: Annotated[int, Query(ge=0, le=1_000)] = 0,
    age: Annotated[int, Query(ge=0, le=3_650)] = 0,
    since: str = "all",
    held: str = "no",
    rows: Annotated[int, Query(ge=1, le=500)] = waiting.PAGE,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    count: str = "",
) -> Response:
    """Show the queue; every filter stands in the address, so that it can be kept as a bookmark."""
    filters = {
        "conflict": conflict,
        "status": status,
        "order": str(order),
        "q": q.strip()[:200],
        "publisher": publisher,
        "language": language.strip()[:16],
        "score": str(score),
        "age": str(age),
        "since": since,
        "held": held,
        "rows": str(rows),
    }
    now = moment(request)
    found = waiting.show(
        tools(request).database,
        _wanted(filters, now),
        visit(request).editor,
        now,
        order=order,
        only_new=since == "visit",
        count_all=count == "all",
        limit=rows,
        offset=(number - 1) * rows,
    )
    return page(
        request,
        "queue.html",
        who=visit(request),
        found=found,
        rows=[_story_row(each, found) for each in found.rows],
        filters=filters,
        narrowed=any(
            value != _DEFAULTS[name]
            for name, value in filters.items()
            if name not in ("order", "rows")
        ),
        number=number,
        pages=max(1, -(-found.total.number // rows)),
        link=_linker(filters),
        arrivals=urlencode(filters | {"after": now.isoformat()}),
        orders=_ORDERS,
        ages=_AGES,
        lengths=_LENGTHS,
        holds=HOLDS,
        statuses=[*MatchStatus, "all"],
        reasons=REASONS.values(),
        reason_keys=REASONS,
        longest_reason=LONGEST_REASON,
        language_name=language_name,
    )


def _story_row(story: QueuedStory, found: waiting.QueueShown) -> StoryRow:
    first, *others = story.matches
    copies = found.copies.get(first.story_id)
    return StoryRow(
        story=story, lead=row(first, copies), copies=tuple(row(match) for match in others)
    )


def _wanted(filters: dict[str, str], now: datetime) -> QueueFilter:
    status, held, since = filters["status"], filters["held"], filters["since"]
    if status != "all" and status not in list(MatchStatus):
        raise HTTPException(400, "The status is pending, approved, rejected, withdrawn or all.")
    if held not in ("no", "yes", "all") or since not in ("visit", "all"):
        raise HTTPException(400, "Held is no, yes or all; since is visit or all.")
    age = int(filters["age"])
    return QueueFilter(
        status=None if status == "all" else MatchStatus(status),
        conflict=filters["conflict"],
        publisher=filters["publisher"],
        language=filters["language"],
        least_score=int(filters["score"]),
        published_after=now - timedelta(days=age) if age else None,
        held={"no": False, "yes": True, "all": None}[held] if status == "pending" else None,
        words=filters["q"],
    )


def _linker(filters: dict[str, str]) -> Callable[..., str]:
    """Make the function that gives addresses of the queue: its filters with some changed."""

    def link(**changes: object) -> str:
        wanted = filters | {name: str(value) for name, value in changes.items()}
        query = {name: value for name, value in wanted.items() if value != _DEFAULTS[name]}
        return "/desk" + (f"?{urlencode(query)}" if query else "")

    return link


def arrivals(
    request: Request,
    after: str = "",
    conflict: str = "",
    q: str = "",
    publisher: str = "",
    language: str = "",
    score: Annotated[int, Query(ge=0, le=1_000)] = 0,
    age: Annotated[int, Query(ge=0, le=3_650)] = 0,
) -> Response:
    """Say how many rows of a filter hold something found after a time (now, when none is given)."""
    now = moment(request)
    try:
        since = datetime.fromisoformat(after).astimezone(UTC) if after else now
    except (ValueError, OverflowError):
        raise HTTPException(400, "The time cannot be read.") from None
    filters = _DEFAULTS | {
        "conflict": conflict,
        "q": q.strip()[:200],
        "publisher": publisher,
        "language": language,
        "score": str(score),
        "age": str(age),
    }
    how_many = waiting.count_arrived(tools(request).database, _wanted(filters, now), since, now)
    return json_answer({"new": written(how_many)})


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
                "left": written(waiting.count_left(desk.database, moment(request))),
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
        left = written(waiting.count_left(desk.database, moment(request)))
        return json_answer({"said": sentence(what, len(ids)), "left": left})
    response = go_to(request, local_path(next_path))
    flash(response, desk, what, len(ids), 0, ())
    return response


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
    Page(method="GET", path="/desk", access=Access.EDITOR, answer=queue),
    Page(method="GET", path="/desk/arrivals", access=Access.EDITOR, answer=arrivals),
    Page(method="POST", path="/desk/review", access=Access.EDITOR, answer=decide),
    Page(method="POST", path="/desk/undo", access=Access.EDITOR, answer=take_back),
    Page(method="POST", path="/desk/claim", access=Access.EDITOR, answer=claim),
    Page(method="POST", path="/desk/release", access=Access.EDITOR, answer=release),
    Page(method="POST", path="/desk/stay", access=Access.EDITOR, answer=stay),
    Page(method="POST", path="/desk/hold", access=Access.EDITOR, answer=hold),
    Page(method="POST", path="/desk/unhold", access=Access.EDITOR, answer=unhold),
)
