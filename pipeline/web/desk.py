"""The desk beside its queue: an article, feeds, the log, a background."""

from importlib.resources import files
from typing import Annotated

from fastapi import HTTPException, Query, Request, Response
from markupsafe import Markup

from pipeline import background, browse
from pipeline.browse import PAGE
from pipeline.model import Field, Role
from pipeline.review import LONGEST_REASON
from pipeline.stages.background import render_sections
from pipeline.stages.render.languages import language_name
from pipeline.web.pages import page
from pipeline.web.queue import REASONS
from pipeline.web.rows import marked, passages, row, safe_link
from pipeline.web.security import Access, Page, tools, visit

MOST_LOGGED = 2_000
_STYLE, _SCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
_ASSETS = {
    "desk.css": _STYLE,
    "desk.js": _SCRIPT,
    "keywords.css": _STYLE,
    "keywords.js": _SCRIPT,
    "queue.js": _SCRIPT,
}


def article(request: Request, article_id: int) -> Response:
    """Show one article: its text with the words that were found, its revisions, its verdicts."""
    found = browse.article(tools(request).database, article_id) if article_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such article; it may have been cleared away.")
    hits = [hit for match in found.matches for hit in match.hits]
    return page(
        request,
        "article.html",
        who=visit(request),
        found=found,
        article=found.article,
        language=language_name(found.article.language) if found.article.language else "",
        headline=marked(found.article.title, hits, Field.TITLE),
        summary=marked(found.article.summary, hits, Field.SUMMARY),
        passages=passages(found.page.body if found.page else "", hits),
        rows=[row(match) for match in found.matches],
        link=safe_link(found.article.url),
        reasons=REASONS.values(),
        longest_reason=LONGEST_REASON,
    )


def log(
    request: Request,
    editor: str = "",
    show: Annotated[int, Query(ge=1, le=MOST_LOGGED)] = PAGE,
) -> Response:
    """Show who decided what and why; admins also see what was done to accounts."""
    who = visit(request)
    desk = tools(request)
    found = browse.log(desk.database, editor=editor or None, limit=show)
    is_admin = who.editor.role is Role.ADMIN
    return page(
        request,
        "log.html",
        who=who,
        found=found,
        editor=editor,
        more=min(show * 2, MOST_LOGGED) if found.more and show < MOST_LOGGED else 0,
        audit=browse.audit(desk.database) if is_admin else (),
    )


def background_page(request: Request, slug: str) -> Response:
    """Show a conflict's curated background as it stands."""
    desk = tools(request)
    title = browse.conflict_titles(desk.database).get(slug)
    if title is None:
        raise HTTPException(404, "There is no such conflict.")
    found = background.current(desk.database, slug)
    sections = render_sections(found) if found else ()
    return page(
        request,
        "background.html",
        who=visit(request),
        title=title,
        slug=slug,
        found=found,
        # The sections come out of a sanitiser: see pipeline.stages.background.
        sections=[(each, Markup(each.html)) for each in sections],  # noqa: S704
    )


def asset(name: str) -> Response:
    """Answer the desk's own style sheet and script."""
    if name not in _ASSETS:
        raise HTTPException(404)
    content = (files("pipeline.web") / "static" / name).read_bytes()
    return Response(content, headers={"Content-Type": _ASSETS[name], "Cache-Control": "no-cache"})


PAGES = (
    Page(method="GET", path="/desk/articles/{article_id}", access=Access.EDITOR, answer=article),
    Page(method="GET", path="/desk/log", access=Access.EDITOR, answer=log),
    Page(
        method="GET",
        path="/desk/conflicts/{slug}/background",
        access=Access.EDITOR,
        answer=background_page,
    ),
    Page(method="GET", path="/desk/static/{name}", access=Access.PUBLIC, answer=asset),
)
