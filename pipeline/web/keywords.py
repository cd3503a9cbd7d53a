"""The keyword editor: the rule as text, what it would change before it is saved, its versions."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Form, HTTPException, Query, Request, Response

from pipeline import edit_keywords
from pipeline.backtest import preview
from pipeline.edit_keywords import LISTS, LONGEST_NOTE, Draft, Edited
from pipeline.errors import KeywordsChanged, KeywordsError
from pipeline.learn import precision
from pipeline.model import Approval, Role
from pipeline.rematch import rematch_progress
from pipeline.watch import running_rules
from pipeline.web.pages import go_to, page
from pipeline.web.previews import Preview, remark, shown_preview
from pipeline.web.security import Access, Page, Visit, moment, tools, visit

SHOWN = 20
Text = Annotated[str, Form(max_length=200_000)]


def overview(request: Request) -> Response:
    """List all conflicts with who owns their keywords, how right they are, and doubts."""
    desk = tools(request)
    sources = edit_keywords.declared(desk.settings.sources)
    rules = running_rules(desk.database)
    figures = {each.conflict: each for each in precision(desk.database, rules, moment(request))}
    rows = []
    for conflict, owner in edit_keywords.overview(desk.database):
        found = edit_keywords.edited(desk.database, desk.settings.sources, conflict.slug)
        draft = edit_keywords.check(conflict, found.text, sources) if found and sources else None
        rows.append((conflict, owner, figures.get(conflict.slug), draft))
    return page(
        request,
        "keyword_list.html",
        who=visit(request),
        rows=rows,
        readable=sources is not None,
        rematching=rematch_progress(desk.database),
    )


def editor(
    request: Request,
    slug: str,
    version: Annotated[str, Query(max_length=64)] = "",
    find: Annotated[str, Query(max_length=200)] = "",
    term: Annotated[str, Query(max_length=200)] = "",
    to: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show a conflict's keywords for editing.

    `version` loads an earlier one, `term` with `to` adds a term to that list; neither saves.
    `find` tells on which line a term stands.
    """
    desk = tools(request)
    found = _edited(request, slug)
    text, message = found.text, ""
    if version and version != found.conflict.keywords.version:
        earlier = edit_keywords.version_text(desk.database, desk.settings.sources, slug, version)
        if earlier is None:
            raise HTTPException(404, "There is no such version of these keywords.")
        text, message = earlier, f"Version {version[:8]} is loaded, and not saved."
    elif term and to in LISTS:
        text = edit_keywords.with_term(found.text, to, term, found.vocabularies)
        message = f"“{term}” was added to {to}; it is not saved."
        find = term
    if text == found.text:
        return _page(request, found, text=text, find=find)
    draft = _check(request, found, text)
    shown = _preview(request, found, draft)
    return _page(request, found, text=text, draft=draft, shown=shown, message=message, find=find)


def try_out(
    request: Request,
    slug: str,
    text: Text,
    state: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    fragment: Annotated[str, Form()] = "",
) -> Response:
    """Say what keywords would change, for the script as a piece of the page; saves nothing."""
    found = _edited(request, slug)
    text = edit_keywords.normalised(text)
    draft = _check(request, found, text)
    shown = _preview(request, found, draft)
    if fragment:
        return page(
            request, "keyword_preview.html", who=visit(request), **_told(found, draft, shown)
        )
    return _page(request, found, text=text, draft=draft, shown=shown, note=note, state=state)


def save(
    request: Request,
    slug: str,
    text: Text,
    state: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    """Save keywords; what cannot be saved comes back as it was typed, with the reason."""
    desk = tools(request)
    found = _edited(request, slug)
    who = visit(request)
    _may_save(who, found)
    text = edit_keywords.normalised(text)
    draft = _check(request, found, text)
    try:
        edit_keywords.save(
            desk.database,
            draft,
            state=state,
            author=who.editor.name,
            note=note,
            now=moment(request),
        )
    except KeywordsChanged as error:
        return _page(
            request,
            found,
            text=text,
            draft=draft,
            note=note,
            status=409,
            message=f"Not saved: {error}. Below is what differs; save again to replace it.",
            differs=edit_keywords.lines_changed(found.text, text),
        )
    except KeywordsError as error:
        return _page(
            request,
            found,
            text=text,
            draft=draft,
            shown=_preview(request, found, draft),
            note=note,
            state=state,
            status=400,
            message=f"Not saved: {error}.",
        )
    return go_to(request, f"/desk/conflicts/{slug}/keywords")


def give_back(request: Request, slug: str, state: Annotated[str, Form()]) -> Response:
    """Let sources.yaml own the keywords again."""
    desk = tools(request)
    found = _edited(request, slug)
    who = visit(request)
    _may_save(who, found)
    try:
        edit_keywords.give_back(
            desk.database,
            desk.settings.sources,
            slug,
            state=state,
            author=who.editor.name,
            now=moment(request),
        )
    except KeywordsChanged as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    except KeywordsError as error:
        raise HTTPException(400, f"Nothing was changed: {error}.") from None
    return go_to(request, f"/desk/conflicts/{slug}/keywords")


def _edited(request: Request, slug: str) -> Edited:
    desk = tools(request)
    found = edit_keywords.edited(desk.database, desk.settings.sources, slug)
    if found is None:
        raise HTTPException(404, "There is no such conflict.")
    return found


def _may_save(who: Visit, found: Edited) -> None:
    if not _is_allowed(who, found):
        raise HTTPException(
            403,
            "Nothing was changed: what these keywords find is published without a verdict, so "
            "only an admin may change them.",
        )


def _is_allowed(who: Visit, found: Edited) -> bool:
    """Editors change keywords, as they take verdicts; not where nobody looks before publishing."""
    if who.editor.role is Role.EDITOR:
        return found.conflict.approve is not Approval.AUTOMATIC
    return who.editor.role is Role.ADMIN


def _check(request: Request, found: Edited, text: str) -> Draft:
    sources = edit_keywords.declared(tools(request).settings.sources)
    return edit_keywords.check(found.conflict, text, sources)


def _preview(request: Request, found: Edited, draft: Draft) -> Preview | None:
    if draft.conflict is None:
        return None
    desk = tools(request)
    told = preview(desk.database, desk.archive, found.conflict, draft.conflict, shown=SHOWN)
    return shown_preview(told)


def _told(found: Edited, draft: Draft, shown: Preview | None) -> dict[str, Any]:
    return {
        "slug": found.conflict.slug,
        "draft": draft,
        "shown": shown,
        "faults": [remark(each) for each in draft.faults],
        "warnings": [remark(each) for each in draft.warnings],
    }


def _page(
    request: Request,
    found: Edited,
    *,
    text: str,
    draft: Draft | None = None,
    shown: Preview | None = None,
    note: str = "",
    state: str = "",
    message: str = "",
    find: str = "",
    status: int = 200,
    differs: Sequence[tuple[str, str]] = (),
) -> Response:
    desk = tools(request)
    who = visit(request)
    return page(
        request,
        "keywords.html",
        status=status,
        who=who,
        found=found,
        text=text,
        note=note,
        # What the form was loaded with: else a preview would let it overwrite what was saved since.
        state=state or found.state,
        message=message,
        find=find,
        line=_line_of(text, find),
        differs=differs,
        changes=edit_keywords.changes(desk.database, found.conflict.slug),
        rematching=rematch_progress(desk.database),
        allowed=_is_allowed(who, found),
        longest_note=LONGEST_NOTE,
        named=[name for name in found.vocabularies if f"@{name}" in text],
        **_told(found, draft or _check(request, found, text), shown),
    )


def _line_of(text: str, term: str) -> int:
    """Give the line a term stands on, or 0."""
    word = re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.IGNORECASE)
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if word.search(line)), 0) if term else 0


_EDITOR = "/desk/conflicts/{slug}/keywords"
PAGES = (
    Page(method="GET", path="/desk/keywords", access=Access.EDITOR, answer=overview),
    Page(method="GET", path=_EDITOR, access=Access.EDITOR, answer=editor),
    Page(method="POST", path=f"{_EDITOR}/save", access=Access.EDITOR, answer=save),
    Page(method="POST", path=f"{_EDITOR}/preview", access=Access.EDITOR, answer=try_out),
    Page(method="POST", path=f"{_EDITOR}/adopt", access=Access.EDITOR, answer=give_back),
)
