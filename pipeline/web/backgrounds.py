"""The desk's background editor: sections in Markdown, drafts, revisions."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import Form, HTTPException, Query, Request, Response
from markupsafe import Markup
from pydantic import BaseModel, Field

from pipeline import background, browse, refresh
from pipeline.background import LONGEST_NOTE, Editing, Saved, Stale
from pipeline.errors import BackgroundError
from pipeline.model import Background, BackgroundRevision, Caption, Section, SectionKind
from pipeline.stages.background import RenderedSection, render_sections, to_markdown
from pipeline.stages.word_diff import Change, Piece, word_diff
from pipeline.web.pages import go_to, page
from pipeline.web.security import Access, Page, moment, tools, visit
from pipeline.web.verdicts import tell_service

MOST_SECTIONS = 40
_AROUND = 3
_MOVE = re.compile(r"(up|down|remove)-([0-9]{1,3})")
_KINDS = {
    SectionKind.BACKGROUND: "Background",
    SectionKind.CONCERNS: "Concerns",
    SectionKind.RECENT_DEVELOPMENTS: "Recent developments",
    SectionKind.KEY_ACTORS: "Key actors",
    SectionKind.TIMELINE: "Timeline",
    SectionKind.SOURCES: "Sources",
    SectionKind.LATEST_NEWS: "Latest news (filled by the digest)",
    SectionKind.OTHER: "Other",
}
_FOLDER = "/desk/conflicts/{slug}/background"


def background_page(request: Request, slug: str) -> Response:
    """Show a conflict's curated background as it stands, and its revisions."""
    desk = tools(request)
    title = _title(request, slug)
    found = background.current(desk.database, slug)
    return page(
        request,
        "background.html",
        who=visit(request),
        title=title,
        slug=slug,
        found=found,
        sections=safe(render_sections(found) if found else ()),
        revisions=_history(request, slug),
        longest_note=LONGEST_NOTE,
    )


def edit_page(request: Request, slug: str) -> Response:
    """Show the editor, with this editor's unsaved text where there is some."""
    return _editor(request, slug)


class Typed(BaseModel):
    """The editor's form; sections and captions are lists of equal length, a value each."""

    base: int = Field(ge=0, le=10**9)
    title: str = ""
    updated_on: str = ""
    sources: str = ""
    kind: list[SectionKind] = []
    heading: list[str] = []
    markdown: list[str] = []
    caption: list[str] = []
    credit: list[str] = []
    note: str = ""
    do: str = "preview"


def keep(request: Request, slug: str, form: Annotated[Typed, Form()]) -> Response:
    """Keep what was typed as a draft; then preview, add, move or remove a section, or discard.

    `do=type` is the autosave of a browser with scripts: it is answered by the preview alone.
    """
    desk = tools(request)
    editor = visit(request).editor.name
    _title(request, slug)
    if form.do == "discard":
        background.discard_draft(desk.database, slug, editor=editor)
        return go_to(request, f"/desk/conflicts/{slug}/background")
    changed, at = rearranged(_read(request, slug, form), form.do)
    background.keep_draft(
        desk.database, slug, changed, base=form.base, editor=editor, now=moment(request)
    )
    if form.do == "type":
        return page(request, "background_preview.html", sections=safe(render_sections(changed)))
    anchor = f"section-{at}" if at is not None else "preview"
    return go_to(request, f"/desk/conflicts/{slug}/background/edit#{anchor}")


def save(request: Request, slug: str, form: Annotated[Typed, Form()]) -> Response:
    """Save and publish; what cannot be saved is kept as a draft and shown with the reason."""
    desk = tools(request)
    editor, now = visit(request).editor.name, moment(request)
    _title(request, slug)
    text = _read(request, slug, form)
    note = _clean(form.note)
    try:
        done = background.save(
            desk.database, slug, text, base=form.base, editor=editor, note=note, now=now
        )
    except BackgroundError as error:
        background.keep_draft(desk.database, slug, text, base=form.base, editor=editor, now=now)
        return _editor(request, slug, status=400, note=note, fault=f"Nothing was saved: {error}.")
    if isinstance(done, Stale):
        return _editor(request, slug, status=409, note=note)
    return _after(request, slug, done)


def revert(
    request: Request,
    slug: str,
    base: Annotated[int, Form(ge=0, le=10**9)],
    to: Annotated[int, Form(ge=1, le=10**9)],
    note: Annotated[str, Form(max_length=LONGEST_NOTE)] = "",
) -> Response:
    """Make an earlier revision the background again, as a new revision."""
    desk = tools(request)
    try:
        done = background.revert(
            desk.database,
            slug,
            to,
            base=base,
            editor=visit(request).editor.name,
            note=_clean(note),
            now=moment(request),
        )
    except BackgroundError as error:
        raise HTTPException(404, f"Nothing was changed: {error}.") from None
    if isinstance(done, Stale):
        raise HTTPException(
            409,
            f"Nothing was changed: revision {done.number} was saved meanwhile. Look at it first.",
        )
    return _after(request, slug, done)


def revisions(
    request: Request,
    slug: str,
    older: Annotated[int, Query(alias="from", ge=0, le=10**9)] = 0,
    newer: Annotated[int, Query(alias="to", ge=0, le=10**9)] = 0,
) -> Response:
    """Show the words that differ between two revisions; without numbers, the newest two."""
    title = _title(request, slug)
    found = _history(request, slug)
    by_number = {each.number: each for each in found}
    newest = found[0].number if found else 0
    after = by_number.get(newer or newest)
    before = by_number.get(older or (after.number - 1 if after else 0))
    if (newer and after is None) or (older and before is None):
        raise HTTPException(404, "There is no such revision of this background.")
    return page(
        request,
        "background_revisions.html",
        who=visit(request),
        title=title,
        slug=slug,
        revisions=found,
        before=before,
        after=after,
        newest=newest,
        pieces=differences(
            before.background if before else None, after.background if after else None
        ),
        longest_note=LONGEST_NOTE,
    )


def safe(sections: Sequence[RenderedSection]) -> list[tuple[RenderedSection, Markup]]:
    """Pair sections with their HTML; it comes out of a sanitiser (pipeline.stages.background)."""
    return [(each, Markup(each.html)) for each in sections]  # noqa: S704


def differences(before: Background | None, after: Background | None) -> tuple[Piece, ...]:
    """Compare two backgrounds word by word, written as files; what stayed is cut short."""
    pieces = word_diff(to_markdown(before) if before else "", to_markdown(after) if after else "")
    last = len(pieces) - 1
    return tuple(
        _shortened(piece, number > 0, number < last) if piece.change is Change.SAME else piece
        for number, piece in enumerate(pieces)
    )


def _shortened(piece: Piece, follows: bool, goes_on: bool) -> Piece:
    """Keep of a text that stayed the paragraphs next to a change."""
    lines = piece.text.splitlines(keepends=True)
    head, tail = lines[: _AROUND * follows], lines[len(lines) - _AROUND * goes_on :]
    if len(head) + len(tail) >= len(lines):
        return piece
    return replace(piece, text="".join([*head, "…\n", *tail]))


def rearranged(typed: Background, do: str) -> tuple[Background, int | None]:
    """Add, move or remove a section as a button says; gives also the section to go on with."""
    sections = list(typed.sections)
    if do == "add" and len(sections) < MOST_SECTIONS:
        sections.append(Section(kind=SectionKind.OTHER, heading="", markdown=""))
        return _with_sections(typed, sections), len(sections) - 1
    found = _MOVE.fullmatch(do)
    if found is None or int(found[2]) >= len(sections):
        return typed, None
    at = int(found[2])
    moved = sections.pop(at)
    if found[1] == "remove":
        return _with_sections(typed, sections), max(0, at - 1)
    to = min(max(0, at + (1 if found[1] == "down" else -1)), len(sections))
    sections.insert(to, moved)
    return _with_sections(typed, sections), to


def _with_sections(typed: Background, sections: Sequence[Section]) -> Background:
    return replace(typed, sections=tuple(sections))


def overview(request: Request) -> Response:
    """List every conflict with how fresh its background is."""
    desk = tools(request)
    return page(
        request,
        "conflicts.html",
        who=visit(request),
        found=refresh.overview(desk.database, moment(request)),
        most=refresh.MOST_ARTICLES,
    )


def _editor(
    request: Request, slug: str, *, status: int = 200, note: str = "", fault: str = ""
) -> Response:
    found = background.editing(tools(request).database, slug, editor=visit(request).editor.name)
    if found is None:
        raise HTTPException(404, "There is no such conflict.")
    text = found.draft.background if found.draft else found.current or _blank(slug, found.title)
    clash = found.draft is not None and found.draft.base != found.number
    return page(
        request,
        "background_edit.html",
        status=status,
        who=visit(request),
        slug=slug,
        found=found,
        text=text,
        kinds=_KINDS,
        captions=[*text.captions, Caption(text="", credit="")],
        sections=safe(render_sections(text)),
        theirs=_theirs(request, slug, found) if clash else None,
        pieces=differences(found.current, text) if clash else (),
        fresh=refresh.freshness(tools(request).database, slug, text, moment(request)),
        news_days=refresh.NEWS_DAYS,
        note=note,
        fault=fault,
        longest_note=LONGEST_NOTE,
        most_sections=MOST_SECTIONS,
    )


def _theirs(request: Request, slug: str, found: Editing) -> BackgroundRevision | None:
    return next((each for each in _history(request, slug) if each.number == found.number), None)


def _blank(slug: str, title: str) -> Background:
    section = Section(kind=SectionKind.BACKGROUND, heading="Background", markdown="")
    return Background(title=title, conflict=slug, sections=(section,))


def _read(request: Request, slug: str, form: Typed) -> Background:
    """Put together what a form holds; raises HTTPException where it was not made by our page."""
    if not len(form.kind) == len(form.heading) == len(form.markdown) <= MOST_SECTIONS:
        raise HTTPException(400, "The form’s sections do not fit together. Load the page again.")
    try:
        day = date.fromisoformat(form.updated_on) if form.updated_on.strip() else None
    except ValueError:
        raise HTTPException(400, "Write the date like 2026-11-22: go back and change it.") from None
    standing = background.current(tools(request).database, slug)
    captions = zip(map(_clean, form.caption), map(_clean, form.credit), strict=False)
    return Background(
        title=_clean(form.title),
        conflict=slug,
        updated_on=day,
        site=standing.site if standing else "",
        sources=tuple(filter(None, map(_clean, form.sources.splitlines()))),
        captions=tuple(Caption(text=text, credit=credit) for text, credit in captions if text),
        sections=tuple(
            Section(kind=kind, heading=_clean(heading), markdown=_unified(markdown))
            for kind, heading, markdown in zip(form.kind, form.heading, form.markdown, strict=True)
        ),
    )


def _title(request: Request, slug: str) -> str:
    title = browse.conflict_titles(tools(request).database).get(slug)
    if title is None:
        raise HTTPException(404, "There is no such conflict.")
    return title


def _history(request: Request, slug: str) -> tuple[BackgroundRevision, ...]:
    return background.history(tools(request).database, slug)


def _after(request: Request, slug: str, done: Saved) -> Response:
    if done.changed:
        tell_service(tools(request), 1)
    return go_to(request, f"/desk/conflicts/{slug}/background")


def _clean(line: str) -> str:
    return " ".join(line.replace("\0", "").split())


def _unified(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip("\n")


PAGES = (
    Page(method="GET", path="/desk/conflicts", access=Access.EDITOR, answer=overview),
    Page(method="GET", path=_FOLDER, access=Access.EDITOR, answer=background_page),
    Page(method="GET", path=f"{_FOLDER}/edit", access=Access.EDITOR, answer=edit_page),
    Page(method="GET", path=f"{_FOLDER}/revisions", access=Access.EDITOR, answer=revisions),
    Page(method="POST", path=f"{_FOLDER}/draft", access=Access.EDITOR, answer=keep),
    Page(method="POST", path=f"{_FOLDER}/save", access=Access.EDITOR, answer=save),
    Page(method="POST", path=f"{_FOLDER}/revert", access=Access.EDITOR, answer=revert),
)
