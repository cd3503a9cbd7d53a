"""The desk: the queue, an article, feeds, the log, a background; and the verdicts."""

import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import Form, HTTPException, Query, Request, Response
from markupsafe import Markup

from pipeline import background, browse
from pipeline.browse import PAGE, Order
from pipeline.errors import AlreadyDecided, PipelineError, ReviewError
from pipeline.model import Decision, Field, MatchStatus, Role, Verdict
from pipeline.review import LONGEST_REASON, review
from pipeline.stages.background import render_sections
from pipeline.stages.render.languages import language_name
from pipeline.web.pages import flash_verdict, go_to, page
from pipeline.web.rows import marked, passages, row, safe_link
from pipeline.web.security import Access, Page, Tools, local_path, moment, tools, visit

MOST_AT_ONCE = 200
MOST_LOGGED = 2_000
_REASONS = ("off-topic", "sport", "duplicate", "opinion", "old", "wrong place")
_MATCH = re.compile(r"([0-9]{1,18})(?::(pending|approved|rejected|withdrawn))?")
_ASSETS = {"desk.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8"}
_log = structlog.get_logger()


def queue(
    request: Request,
    conflict: str = "",
    status: str = "pending",
    order: Order = Order.SCORE,
    q: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Show the queue; every filter stands in the address, so that it can be kept as a bookmark."""
    if status != "all" and status not in list(MatchStatus):
        raise HTTPException(400, "The status is pending, approved, rejected, withdrawn or all.")
    words = q.strip()[:200]
    found = browse.queue(
        tools(request).database,
        status=None if status == "all" else MatchStatus(status),
        conflict=conflict or None,
        order=order,
        words=words,
        offset=(number - 1) * PAGE,
    )
    filters = {"conflict": conflict, "status": status, "order": str(order), "q": words}
    return page(
        request,
        "queue.html",
        who=visit(request),
        found=found,
        rows=[row(match, found.copies.get(match.story_id)) for match in found.matches],
        filters=filters,
        number=number,
        pages=max(1, -(-found.total // PAGE)),
        link=_linker(filters),
        orders=_ORDERS,
        statuses=[*MatchStatus, "all"],
        reasons=_REASONS,
        longest_reason=LONGEST_REASON,
    )


_DEFAULTS = {"conflict": "", "status": "pending", "order": "score", "q": ""}
_ORDERS = {
    "score": "best first",
    "newest": "newest first",
    "oldest": "longest waiting first",
    "decided": "last decided first",
}


def _linker(filters: dict[str, str]) -> Callable[..., str]:
    """Make the function that gives addresses of the queue: its filters with some changed."""

    def link(**changes: object) -> str:
        wanted = filters | {name: str(value) for name, value in changes.items()}
        query = {name: value for name, value in wanted.items() if value != _DEFAULTS.get(name, "1")}
        return "/desk" + (f"?{urlencode(query)}" if query else "")

    return link


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
        reasons=_REASONS,
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


def decide(
    request: Request,
    verdict: Annotated[Verdict, Form()],
    match: Annotated[list[str], Form()],
    reason: Annotated[str, Form()] = "",
    seen_as: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Take verdicts, all of a form or none, and offer to take them back."""
    desk = tools(request)
    decisions = _decisions(match, verdict, visit(request).editor.name, reason.strip(), seen_as)
    try:
        done = review(desk.database, decisions, moment(request))
    except AlreadyDecided as error:
        raise HTTPException(409, f"Nothing was changed: {error}. Load the page again.") from None
    except ReviewError as error:
        raise HTTPException(400, f"Nothing was changed: {error}.") from None
    changed = [each for each in done if each.review_id is not None]
    if changed:
        tell_service(desk, len(changed))
    response = go_to(request, local_path(next))
    flash_verdict(response, desk, verdict, [(each.before, each.match_id) for each in changed])
    return response


def _decisions(
    matches: Sequence[str], verdict: Verdict, editor: str, reason: str, seen_as: str
) -> list[Decision]:
    if len(matches) > MOST_AT_ONCE:
        raise HTTPException(400, f"At most {MOST_AT_ONCE} matches are decided at once.")
    if seen_as and seen_as not in list(MatchStatus):
        raise HTTPException(400, "The form names a status that does not exist.")
    decisions = {}
    for value in matches:
        found = _MATCH.fullmatch(value)
        if found is None:
            raise HTTPException(400, "The form names a match that cannot be read.")
        seen = found[2] or seen_as
        decisions[int(found[1])] = Decision(
            match_id=int(found[1]),
            verdict=verdict,
            editor=editor,
            reason=reason,
            seen_as=MatchStatus(seen) if seen else None,
        )
    return list(decisions.values())


def tell_service(desk: Tools, verdicts: int) -> None:
    """Tell the service; the verdicts stand even where the files cannot be written just now."""
    try:
        desk.on_change()
    except PipelineError as error:
        _log.error(f"{verdicts} verdicts are stored, but not published yet: {error}")


def asset(name: str) -> Response:
    """Answer the desk's own style sheet and script."""
    if name not in _ASSETS:
        raise HTTPException(404)
    content = (files("pipeline.web") / "static" / name).read_bytes()
    return Response(content, headers={"Content-Type": _ASSETS[name], "Cache-Control": "no-cache"})


PAGES = (
    Page(method="GET", path="/desk", access=Access.EDITOR, answer=queue),
    Page(method="GET", path="/desk/articles/{article_id}", access=Access.EDITOR, answer=article),
    Page(method="GET", path="/desk/log", access=Access.EDITOR, answer=log),
    Page(
        method="GET",
        path="/desk/conflicts/{slug}/background",
        access=Access.EDITOR,
        answer=background_page,
    ),
    Page(method="POST", path="/desk/review", access=Access.EDITOR, answer=decide),
    Page(method="GET", path="/desk/static/{name}", access=Access.PUBLIC, answer=asset),
)
