"""Pages: the desk's templates, and the calm page for whatever went wrong."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.oversee import alarm_counts
from pipeline.queue import name_claims
from pipeline.stages import describe
from pipeline.stages.chart import bars, summary
from pipeline.stages.render import HTML_CONTENT_TYPE, Site, file_name, render_error_page
from pipeline.stages.render.moments import long_day, rfc3339, short_moment
from pipeline.web.assets import asset_name
from pipeline.web.rows import ago
from pipeline.web.security import Tools, Visit, here, local_path, moment, tools

_FLASH = "dateline-flash"
_FLASH_SECONDS = 60
_FLASH_VALUE = re.compile(
    r"(approve|reject|reopen|undo|hold|unhold|claim|release|arrange|merge|duplicate|split|unmerge)"
    r"\.([0-9]{1,6})\.([0-9]{1,18})((?:-[0-9]{1,18}){0,50})"
)
_MOST_SKIPPED = 50
_TYPED = re.compile("`([^`]+)`")
_DONE = {
    "approve": "Approved",
    "reject": "Rejected",
    "reopen": "Back in the queue",
    "undo": "Taken back",
    "hold": "On hold",
    "unhold": "Back in the queue",
    "claim": "Claimed",
    "release": "Released",
    "arrange": "Moved",
    "merge": "Merged",
    "duplicate": "Marked as a duplicate",
    "split": "Split",
    "unmerge": "Stories put back",
}
_OF_STORIES = frozenset({"merge", "duplicate", "split", "unmerge"})
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
class Flash:
    """What was just done: the verdict or change to take back (or 0), and what others claimed.

    `back` is the path and the name of the field that takes it back.
    """

    said: str
    undo: int
    back: tuple[str, str]
    skipped: tuple[int, ...]


def sentence(what: str, count: int) -> str:
    """Say what was done to how many matches, or articles."""
    if what in _OF_STORIES:
        return f"{_DONE[what]}: {'1 article' if count == 1 else f'{count} articles'} moved."
    matches = "1 match" if count == 1 else f"{count} matches"
    return f"{_DONE[what]}: {matches}." + ("" if count else " Everything stood so already.")


def page(
    request: Request, template: str, *, status: int = 200, who: Visit | None = None, **values: Any
) -> Response:
    """Render one of the desk's templates; nothing of it is kept by any cache."""
    desk = tools(request)
    name = desk.cookie_name(_FLASH)
    done = read_flash(request.cookies.get(name, "")) if who else None
    skipped = name_claims(desk.database, done.skipped, moment(request)) if done else ()
    html = _ENVIRONMENT.get_template(template).render(
        root=desk.root,
        who=who,
        flash=done,
        skipped=skipped,
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
    if done is not None:
        response.delete_cookie(name, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


def go_to(request: Request, path: str) -> Response:
    """Send the browser to a path of our own after a form (303: with GET)."""
    return Response(status_code=303, headers={"Location": f"{tools(request).root}{path}"})


def flash(
    response: Response,
    desk: Tools,
    what: str,
    count: int,
    undo: int,
    skipped: Sequence[int],
) -> None:
    """Let the next page say what was done, what was skipped, and offer to take it back."""
    value = ".".join((what, str(count), "-".join(map(str, (undo, *skipped[:_MOST_SKIPPED])))))
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
    """Read back what `flash` wrote; None for anything else."""
    found = _FLASH_VALUE.fullmatch(value)
    if found is None:
        return None
    count, skipped = int(found[2]), tuple(int(each) for each in found[4].split("-") if each)
    said = sentence(found[1], count) if count or not skipped else "Nothing was changed."
    back = ("/desk/unmerge", "change") if found[1] in _OF_STORIES else ("/desk/undo", "review")
    return Flash(said=said, undo=int(found[3]), back=back, skipped=skipped)


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
    environment.globals.update(asset=asset_name, public_file=file_name)
    environment.filters.update(ago=ago, iso=rfc3339, long_day=long_day, short_moment=short_moment)
    environment.filters.update(
        advice=describe.advice,
        bars=bars,
        counted=describe.counted,
        in_words=describe.in_words,
        interval=describe.interval,
        duration=describe.duration,
        notes=describe.notes,
        outage=describe.outage,
        share_approved=describe.share_approved,
        pushed=describe.pushed,
        summary=summary,
        typed=_typed,
    )
    return environment


def _typed(text: str) -> Markup:
    """Set what stands in backticks as code."""
    said = str(escape(text))
    return Markup(_TYPED.sub(r"<code>\1</code>", said))  # noqa: S704


_ENVIRONMENT = _environment()
