"""Pages: the desk's templates, and the calm page for whatever went wrong."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.model import MatchStatus, Verdict
from pipeline.oversee import alarm_counts
from pipeline.stages import describe
from pipeline.stages.chart import bars, summary
from pipeline.stages.render import HTML_CONTENT_TYPE, Site, render_error_page
from pipeline.stages.render.moments import long_day, rfc3339, short_moment
from pipeline.web.rows import ago
from pipeline.web.security import Tools, Visit, here, local_path, moment, tools

_FLASH = "dateline-flash"
_FLASH_SECONDS = 60
_GROUP = r"(?:pending|approved|rejected|withdrawn)(?:-[0-9]{1,18}){1,200}"
_FLASH_VALUE = re.compile(rf"(approve|reject|reopen)((?:\.{_GROUP}){{0,4}})")
_AFTER = {
    Verdict.APPROVE: MatchStatus.APPROVED,
    Verdict.REJECT: MatchStatus.REJECTED,
    Verdict.REOPEN: MatchStatus.PENDING,
}
_BACK_TO = {
    MatchStatus.PENDING: Verdict.REOPEN,
    MatchStatus.WITHDRAWN: Verdict.REOPEN,
    MatchStatus.APPROVED: Verdict.APPROVE,
    MatchStatus.REJECTED: Verdict.REJECT,
}
_ERRORS = {
    400: ("That cannot be done", "Something in the request was missing or not understood."),
    401: ("Please log in", "This needs somebody who is logged in."),
    403: ("Not allowed", "You may not see or do this."),
    404: ("Nothing here", "There is no page at this address. It may have moved or never existed."),
    405: ("Not this way", "This address does not take that kind of request."),
    409: ("Somebody was faster", "What you saw has changed since. Load the page again."),
    413: ("Too much at once", "The form was larger than this service takes."),
    429: ("Too many attempts", "Wait a few minutes, then try again."),
    500: ("Something broke here", "The fault is ours and was logged. Trying again may help."),
    503: ("Not available just now", "The service cannot answer at the moment. Try again soon."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How to take back verdicts on matches that stood alike before."""

    verdict: Verdict
    matches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """What was just done, and how to take it back."""

    verdict: Verdict
    count: int
    undo: tuple[Undo, ...]


def page(
    request: Request, template: str, *, status: int = 200, who: Visit | None = None, **values: Any
) -> Response:
    """Render one of the desk's templates; nothing of it is kept by any cache."""
    desk = tools(request)
    name = desk.cookie_name(_FLASH)
    flash = read_flash(request.cookies.get(name, "")) if who else None
    html = _ENVIRONMENT.get_template(template).render(
        root=desk.root,
        who=who,
        flash=flash,
        here=local_path(here(request)),
        path=request.scope["path"],
        now=moment(request),
        alarms=sum(alarm_counts(desk.database).values()) if who else 0,
        **values,
    )
    response = Response(
        html.encode("utf-8", "replace"),
        status_code=status,
        headers={"Content-Type": HTML_CONTENT_TYPE, "Cache-Control": "no-store"},
    )
    if flash is not None:
        response.delete_cookie(name, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


def go_to(request: Request, path: str) -> Response:
    """Send the browser to a path of our own after a form (303: with GET)."""
    return Response(status_code=303, headers={"Location": f"{tools(request).root}{path}"})


def flash_verdict(
    response: Response, desk: Tools, verdict: Verdict, before: Sequence[tuple[MatchStatus, int]]
) -> None:
    """Let the next page say what was done and offer to take it back."""
    groups: dict[MatchStatus, list[int]] = {}
    for status, match_id in before:
        groups.setdefault(status, []).append(match_id)
    value = ".".join(
        [str(verdict)] + ["-".join([str(status), *map(str, ids)]) for status, ids in groups.items()]
    )
    response.set_cookie(
        desk.cookie_name(_FLASH),
        value,
        max_age=_FLASH_SECONDS,
        path="/",
        secure=desk.secure,
        httponly=True,
        samesite="lax",
    )


def read_flash(value: str) -> Flash | None:
    """Read back what `flash_verdict` wrote; None for anything else."""
    found = _FLASH_VALUE.fullmatch(value)
    if found is None:
        return None
    verdict = Verdict(found[1])
    undo = []
    for group in filter(None, found[2].split(".")):
        status, *ids = group.split("-")
        seen = tuple(f"{match_id}:{_AFTER[verdict]}" for match_id in ids)
        undo.append(Undo(verdict=_BACK_TO[MatchStatus(status)], matches=seen))
    return Flash(verdict=verdict, count=sum(len(each.matches) for each in undo), undo=tuple(undo))


def calm_page(desk: Tools, status: int, advice: str | None = None) -> Response:
    """Make the page for an error: what happened in one line, and what to do now."""
    title, usual = _ERRORS.get(status, _ERRORS[400 if status < 500 else 500])
    site = Site(base_url=desk.settings.base_url)
    return Response(
        render_error_page(status, title, advice or usual, site),
        status_code=status,
        headers={"Content-Type": HTML_CONTENT_TYPE, "Cache-Control": "no-store"},
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(ago=ago, iso=rfc3339, long_day=long_day, short_moment=short_moment)
    environment.filters.update(
        advice=describe.advice,
        bars=bars,
        in_words=describe.in_words,
        interval=describe.interval,
        duration=describe.duration,
        notes=describe.notes,
        outage=describe.outage,
        share_approved=describe.share_approved,
        summary=summary,
    )
    return environment


_ENVIRONMENT = _environment()
