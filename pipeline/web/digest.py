"""The desk's digest: the next daily edition of each conflict, and what was published lately."""

from typing import Annotated

from fastapi import Form, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from pipeline import bring_out, edit_digest
from pipeline.correct import (
    LONGEST_NOTE as LONGEST_CORRECTION,
)
from pipeline.correct import (
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    Correction,
    correct,
)
from pipeline.edit_digest import LONGEST_NOTE, LONGEST_WHY, Clash, Kept, NextEdition
from pipeline.errors import AlreadyDecided, EditionChanged, EditionError, ReviewError
from pipeline.review import LONGEST_REASON
from pipeline.stages.render import told_reading
from pipeline.web.pages import go_to, page
from pipeline.web.security import Access, Page, moment, tools, visit
from pipeline.web.verdicts import REASONS, tell_service

KINDS = {
    "text": "Text",
    "html": "Page",
    "atom": "Atom",
    "rss": "RSS",
    "json": "JSON Feed",
}
_FOLDER = "/desk/digest/{slug}"
_Number = Annotated[int, Form(ge=0, le=2**63 - 1)]


def overview(request: Request) -> Response:
    """List the next edition of every conflict: when it closes, and what will be in it."""
    desk = tools(request)
    return page(
        request,
        "digests.html",
        who=visit(request),
        found=edit_digest.overview(desk.database, desk.settings.base_url, moment(request)),
    )


def draft(request: Request, slug: str, show: str = "text") -> Response:
    """Show a conflict's next edition, to shape it, and what was published lately."""
    return _draft(request, slug, show=show)


def _look(request: Request, slug: str) -> NextEdition:
    desk = tools(request)
    found = edit_digest.look(desk.database, slug, desk.settings.base_url, moment(request))
    if found is None:
        raise HTTPException(404, "There is no such conflict.")
    return found


def _draft(
    request: Request,
    slug: str,
    *,
    show: str = "text",
    status: int = 200,
    fault: str = "",
    clash: Clash | None = None,
    typed: str = "",
    item: int = 0,
) -> Response:
    desk = tools(request)
    found = _look(request, slug)
    shown = show if show in KINDS else "text"
    preview = edit_digest.preview(
        desk.database, slug, shown, desk.settings.base_url, moment(request)
    )
    edition = found.edition
    reading = told_reading(edition.reading, edition.day, empty=True) if edition else ""
    return page(
        request,
        "digest.html",
        status=status,
        who=visit(request),
        slug=slug,
        found=found,
        reading=reading,
        lately=edit_digest.lately(desk.database, slug, moment(request)),
        kinds=KINDS,
        show=shown,
        preview=(preview or b"").decode(),
        fault=fault,
        clash=clash,
        typed=typed,
        clashing=item,
        reasons=REASONS.values(),
        longest_note=LONGEST_NOTE,
        longest_why=LONGEST_WHY,
        longest_reason=LONGEST_REASON,
        longest_title=LONGEST_TITLE,
        longest_summary=LONGEST_SUMMARY,
        longest_correction=LONGEST_CORRECTION,
    )


def preview(request: Request, slug: str, kind: str) -> Response:
    """Give the exact bytes of a document of the next edition, as plain text: nothing in it runs."""
    desk = tools(request)
    found = None
    if kind in KINDS:
        found = edit_digest.preview(
            desk.database, slug, kind, desk.settings.base_url, moment(request)
        )
    if found is None:
        raise HTTPException(404, "There is no such preview.")
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return Response(found, headers=headers)


def arrivals(
    request: Request, slug: str, since: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0
) -> Response:
    """Tell a page that is open how many stories have come since."""
    desk = tools(request)
    count = edit_digest.arrivals(
        desk.database, slug, since, desk.settings.base_url, moment(request)
    )
    if count is None:
        raise HTTPException(404, "There is no such conflict.")
    return JSONResponse({"arrived": count}, headers={"Cache-Control": "no-store"})


def note(
    request: Request,
    slug: str,
    text: Annotated[str, Form(alias="note")] = "",
    version: _Number = 0,
) -> Response:
    """Keep the note of the next edition; a browser with scripts sends it as one types."""
    try:
        done = edit_digest.write_note(
            tools(request).database,
            slug,
            _lines(text),
            seen=version,
            editor=visit(request).editor.name,
        )
    except EditionError as error:
        return _refused(request, slug, error)
    return _kept(request, slug, done, typed=_lines(text), anchor="note")


def why(
    request: Request,
    slug: str,
    item: _Number = 0,
    text: Annotated[str, Form(alias="why")] = "",
    version: _Number = 0,
) -> Response:
    """Keep the line that says why a story matters."""
    try:
        done = edit_digest.write_why(
            tools(request).database,
            slug,
            item,
            _line(text),
            seen=version,
            editor=visit(request).editor.name,
        )
    except EditionError as error:
        return _refused(request, slug, error)
    return _kept(request, slug, done, typed=_line(text), anchor=f"story-{item}", item=item)


def story(
    request: Request,
    slug: str,
    item: _Number = 0,
    do: Annotated[str, Form()] = "",
) -> Response:
    """Pin a story, move it, leave it out of the edition, or put it back."""
    desk, now, editor = tools(request), moment(request), visit(request).editor.name
    try:
        if do in {"pin", "unpin"}:
            edit_digest.pin(desk.database, slug, item, pinned=do == "pin", editor=editor)
        elif do in {"up", "down"}:
            by = -1 if do == "up" else 1
            edit_digest.move(desk.database, slug, item, by, desk.settings.base_url, now)
        elif do in {"out", "in"}:
            edit_digest.leave_out(
                desk.database, slug, item, out=do == "out", editor=editor, now=now
            )
        else:
            raise EditionError("this page does not know that button")
    except EditionError as error:
        return _refused(request, slug, error)
    return go_to(request, f"/desk/digest/{slug}#story-{item}")


def hold(request: Request, slug: str, do: Annotated[str, Form()] = "") -> Response:
    """Hold the next edition back, or release it."""
    desk = tools(request)
    try:
        edit_digest.hold(
            desk.database,
            slug,
            held=do == "hold",
            editor=visit(request).editor.name,
            now=moment(request),
        )
    except EditionError as error:
        return _refused(request, slug, error)
    return go_to(request, f"/desk/digest/{slug}")


def correct_entry(
    request: Request,
    slug: str,
    entry: Annotated[str, Form(max_length=100)] = "",
    title: Annotated[str, Form()] = "",
    summary: Annotated[str, Form()] = "",
    text: Annotated[str, Form(alias="note")] = "",
    seen: _Number = 0,
) -> Response:
    """Correct a published entry of the Latest News; editions that list it are corrected, too."""
    desk, now = tools(request), moment(request)
    wanted = Correction(
        slug=entry.replace("\0", ""),
        title=_line(title),
        summary=_line(summary),
        note=_line(text),
        editor=visit(request).editor.name,
        seen=seen,
    )
    try:
        correct(desk.database, wanted, now)
    except AlreadyDecided as error:
        return _draft(request, slug, status=409, fault=f"Nothing was changed: {error}.")
    except ReviewError as error:
        return _draft(request, slug, status=400, fault=f"Nothing was changed: {error}.")
    bring_out.bring_out(desk.database, desk.settings.base_url, now)
    tell_service(desk, 1)
    return go_to(request, f"/desk/digest/{slug}#lately")


def correct_edition(
    request: Request,
    slug: str,
    number: _Number = 0,
    seen: _Number = 0,
    text: Annotated[str, Form(alias="note")] = "",
) -> Response:
    """Correct a published edition: a new revision of the same entry, with a note that is seen."""
    desk = tools(request)
    try:
        bring_out.correct(
            desk.database,
            number,
            note=_line(text),
            editor=visit(request).editor.name,
            seen=seen,
            now=moment(request),
        )
    except EditionChanged as error:
        return _draft(request, slug, status=409, fault=f"Nothing was changed: {error}.")
    except EditionError as error:
        return _refused(request, slug, error)
    tell_service(desk, 1)
    return go_to(request, f"/desk/digest/{slug}#editions")


def _refused(request: Request, slug: str, error: EditionError) -> Response:
    said = f"Nothing was changed: {error}."
    if _wants_json(request):
        return JSONResponse({"said": said}, status_code=400)
    return _draft(request, slug, status=400, fault=said)


def _kept(
    request: Request, slug: str, done: Kept | Clash, *, typed: str, anchor: str, item: int = 0
) -> Response:
    if isinstance(done, Clash):
        if _wants_json(request):
            value = {"theirs": done.theirs, "by": done.by, "version": done.version}
            return JSONResponse(value, status_code=409)
        return _draft(request, slug, status=409, clash=done, typed=typed, item=item)
    if _wants_json(request):
        return JSONResponse({"version": done.version})
    return go_to(request, f"/desk/digest/{slug}#{anchor}")


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _lines(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()


PAGES = (
    Page(method="GET", path="/desk/digest", access=Access.EDITOR, answer=overview),
    Page(method="GET", path=_FOLDER, access=Access.EDITOR, answer=draft),
    Page(method="GET", path=f"{_FOLDER}/arrivals", access=Access.EDITOR, answer=arrivals),
    Page(method="GET", path=f"{_FOLDER}/preview.{{kind}}", access=Access.EDITOR, answer=preview),
    Page(method="POST", path=f"{_FOLDER}/note", access=Access.EDITOR, answer=note),
    Page(method="POST", path=f"{_FOLDER}/why", access=Access.EDITOR, answer=why),
    Page(method="POST", path=f"{_FOLDER}/story", access=Access.EDITOR, answer=story),
    Page(method="POST", path=f"{_FOLDER}/hold", access=Access.EDITOR, answer=hold),
    Page(method="POST", path=f"{_FOLDER}/entry", access=Access.EDITOR, answer=correct_entry),
    Page(method="POST", path=f"{_FOLDER}/edition", access=Access.EDITOR, answer=correct_edition),
)
