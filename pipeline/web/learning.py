"""The desk's pages on how right the keywords are: precision by verdicts, and the blind sample."""

from typing import Annotated

from fastapi import Form, HTTPException, Request, Response

from pipeline import browse, sample
from pipeline.errors import ReviewError
from pipeline.learn import learn
from pipeline.stages.render.languages import language_name
from pipeline.watch import running_rules
from pipeline.web.pages import go_to, page
from pipeline.web.rows import safe_link
from pipeline.web.security import Access, Page, moment, tools, visit
from pipeline.web.verdicts import tell_service


def precision(request: Request) -> Response:
    """Show what verdicts say about every conflict's keywords."""
    desk = tools(request)
    lessons = learn(desk.database, running_rules(desk.database), moment(request))
    return page(
        request,
        "precision.html",
        who=visit(request),
        lessons=sorted(lessons, key=lambda each: -each.precision.share.total),
        titles=browse.conflict_titles(desk.database),
        waiting=len(sample.waiting(desk.database)),
    )


def blind_sample(request: Request) -> Response:
    """Show the first drawn article that waits, and how many follow."""
    desk = tools(request)
    waiting = sample.waiting(desk.database)
    first = waiting[0] if waiting else None
    return page(
        request,
        "sample.html",
        who=visit(request),
        article=first,
        language=language_name(first.language) if first and first.language else "",
        link=safe_link(first.url) if first else None,
        left=len(waiting),
        titles=browse.conflict_titles(desk.database),
    )


def judge(
    request: Request,
    article: Annotated[int, Form(ge=1, lt=2**63)],
    conflict: Annotated[str, Form()] = "",
) -> Response:
    """Take a blind verdict and go on to the next article."""
    desk = tools(request)
    if conflict and conflict not in browse.conflict_titles(desk.database):
        raise HTTPException(400, "Nothing was changed: there is no such conflict.")
    editor = visit(request).editor.name
    try:
        placed = sample.judge(desk.database, article, conflict, editor, moment(request))
    except ReviewError as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    if placed is not None:
        tell_service(desk, 1)
    return go_to(request, "/desk/sample")


PAGES = (
    Page(method="GET", path="/desk/precision", access=Access.EDITOR, answer=precision),
    Page(method="GET", path="/desk/sample", access=Access.EDITOR, answer=blind_sample),
    Page(method="POST", path="/desk/sample/verdict", access=Access.EDITOR, answer=judge),
)
