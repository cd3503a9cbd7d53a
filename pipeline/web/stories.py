"""A story's page, and what editors do to stories: merge, mark as duplicate, split, take back."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Form, HTTPException, Query, Request, Response

from pipeline import queue as waiting
from pipeline import regroup
from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import StoryChangeKind
from pipeline.regroup import Likely, Regrouped
from pipeline.review import LONGEST_REASON
from pipeline.stages.render.languages import language_name
from pipeline.web.pages import flash, go_to, page, sentence
from pipeline.web.rows import row
from pipeline.web.security import Access, Page, local_path, moment, tools, visit
from pipeline.web.verdicts import REASONS, ids_of, json_answer, tell_service, wants_json, written

Number = Annotated[int, Form(ge=1, lt=2**63)]


def story(request: Request, story_id: int) -> Response:
    """Show a story: every copy with its reason, its verdicts, what editors did to it."""
    found = regroup.show_story(tools(request).database, story_id) if story_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such story; it may have been cleared away.")
    if found.head.id != story_id:
        return go_to(request, f"/desk/stories/{found.head.id}")
    return page(
        request,
        "story.html",
        who=visit(request),
        found=found,
        rows={
            told.article_id: [
                row(match) for match in found.matches if match.article_id == told.article_id
            ]
            for told in found.told
        },
        language_name=language_name,
        reasons=REASONS.values(),
        longest_reason=LONGEST_REASON,
    )


def likely(
    request: Request,
    story_id: int,
    q: str = "",
    how: Annotated[StoryChangeKind, Query(alias="as")] = StoryChangeKind.MERGE,
    next: str = "/desk",
) -> Response:
    """Offer the stories this one may belong with: those sharing rare words, or those found."""
    database = tools(request).database
    found = regroup.show_story(database, story_id) if story_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such story; it may have been cleared away.")
    words = q.replace("\0", "").strip()[:200]
    offered = regroup.find_likely(database, found.head.id, words)
    if wants_json(request):
        return json_answer({"stories": [_offer(each) for each in offered]})
    return page(
        request,
        "story_likely.html",
        who=visit(request),
        found=found,
        offered=offered,
        words=words,
        how=str(how),
        onward=local_path(next),
    )


def _offer(each: Likely) -> dict[str, object]:
    return {
        "story": each.head.id,
        "title": each.title,
        "copies": each.copies.copies,
        "origins": each.copies.origins,
        "seen": each.head.last_seen_at.isoformat(),
        "shared": list(each.shared),
        "published": each.published,
    }


def merge(
    request: Request,
    story: Annotated[list[int] | None, Form()] = None,
    match: Annotated[list[str] | None, Form()] = None,
    into: Annotated[int, Form(ge=0, lt=2**63)] = 0,
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Merge stories, named by number or by their matches, into one: the first unless named."""
    desk = tools(request)
    named = [each for each in story or () if 0 < each < 2**63]
    if match:
        named.extend(regroup.stories_of(desk.database, ids_of(match)))
    if not named or (not into and len(set(named)) < 2):
        raise HTTPException(400, "Nothing was changed: pick at least two different stories.")
    return _do(
        request,
        "merge",
        next,
        lambda name: regroup.merge(desk.database, named, into or named[0], name, moment(request)),
    )


def duplicate(
    request: Request,
    story: Number,
    into: Number,
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Mark a story as a duplicate of another one."""
    return _do(
        request,
        "duplicate",
        next,
        lambda name: regroup.mark_duplicate(
            tools(request).database, story, into, name, moment(request)
        ),
    )


def split(
    request: Request,
    story_id: int,
    article: Annotated[list[int] | None, Form()] = None,
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    """Take articles out of a story into one of their own."""
    if not 0 < story_id < 2**63:
        raise HTTPException(404, "There is no such story; it may have been cleared away.")
    return _do(
        request,
        "split",
        next,
        lambda name: regroup.split(
            tools(request).database, story_id, article or (), name, moment(request)
        ),
    )


def take_back(request: Request, change: Number, next: Annotated[str, Form()] = "/desk") -> Response:
    """Take a merge or split back."""
    return _do(
        request,
        "unmerge",
        next,
        lambda name: regroup.undo(tools(request).database, change, name, moment(request)),
    )


def _do(request: Request, what: str, next_path: str, work: Callable[[str], Regrouped]) -> Response:
    desk = tools(request)
    try:
        done = work(visit(request).editor.name)
    except AlreadyDecided as error:
        return _refuse(request, 409, f"Nothing was changed: {error}. Load the page again.")
    except ReviewError as error:
        return _refuse(request, 400, f"Nothing was changed: {error}.")
    if done.others:
        names = " and ".join(sorted({each.editor for each in done.others}))
        said = f"Nothing was changed: {names} works on this. Take it over first."
        if wants_json(request):
            return json_answer({"said": said, "by": names}, status=409)
        response = go_to(request, local_path(next_path))
        flash(response, desk, what, 0, 0, [each.match_id for each in done.others])
        return response
    tell_service(desk, done.articles)
    undoable = 0 if what == "unmerge" else done.change_id
    if wants_json(request):
        return json_answer(
            {
                "said": sentence(what, done.articles),
                "change": undoable,
                "story": done.story_id,
                "rejected": done.rejected,
                "left": written(
                    waiting.count_left(desk.database, visit(request).editor, moment(request))
                ),
            }
        )
    response = go_to(request, local_path(next_path))
    flash(response, desk, what, done.articles, undoable, ())
    return response


def _refuse(request: Request, status: int, said: str) -> Response:
    if wants_json(request):
        return json_answer({"said": said}, status=status)
    raise HTTPException(status, said)


def _post(path: str, answer: Callable[..., Response]) -> Page:
    return Page(method="POST", path=path, access=Access.EDITOR, answer=answer)


PAGES: Sequence[Page] = (
    _post("/desk/merge", merge),
    _post("/desk/duplicate", duplicate),
    _post("/desk/unmerge", take_back),
    Page(method="GET", path="/desk/stories/{story_id}", access=Access.EDITOR, answer=story),
    Page(method="GET", path="/desk/stories/{story_id}/likely", access=Access.EDITOR, answer=likely),
    _post("/desk/stories/{story_id}/split", split),
)
