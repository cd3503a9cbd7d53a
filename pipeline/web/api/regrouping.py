"""Regrouping: programs merge stories, mark duplicates, take articles out, and take all that back.

The rules are those of the desk: what somebody works on is left alone, what moved on since is
refused, and every change is logged in the name of the token's owner.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException, Path, Request

from pipeline import regroup
from pipeline.errors import AlreadyDecided, ReviewError, UnknownStory
from pipeline.regroup import Regrouped
from pipeline.web.api import shapes
from pipeline.web.api.callers import caller
from pipeline.web.security import Access, Page, moment, tools
from pipeline.web.verdicts import tell_service

Number = Annotated[int, Path(ge=1, le=shapes.LARGEST)]


def merge(request: Request, wanted: shapes.Merge) -> shapes.Changed:
    """Make one story of several, in the token's owner's name; verdicts stay with their matches.

    `into` stays, unless another one of them was published earlier: `story` says which one did.
    """
    database, now = tools(request).database, moment(request)
    return _do(
        request, lambda name: regroup.merge(database, wanted.stories, wanted.into, name, now)
    )


def mark_duplicate(
    request: Request, story_id: Number, wanted: shapes.DuplicateOf
) -> shapes.Changed:
    """Merge a story into the one it repeats, and reject it wherever that one stands for it."""
    database, now = tools(request).database, moment(request)
    return _do(
        request, lambda name: regroup.mark_duplicate(database, story_id, wanted.story, name, now)
    )


def split(request: Request, story_id: Number, wanted: shapes.Split) -> shapes.Changed:
    """Take articles out of a story into one of their own; `story` is the new one."""
    database, now = tools(request).database, moment(request)
    return _do(request, lambda name: regroup.split(database, story_id, wanted.articles, name, now))


def take_back(request: Request, change_id: Number) -> shapes.Changed:
    """Take a merge, a split or a duplicate back, with the verdicts taken with it that still
    stand."""
    database, now = tools(request).database, moment(request)
    return _do(request, lambda name: regroup.undo(database, change_id, name, now))


def _do(request: Request, work: Callable[[str], Regrouped]) -> shapes.Changed:
    try:
        done = work(caller(request).editor.name)
    except AlreadyDecided as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    except UnknownStory as error:
        raise HTTPException(404, f"Nothing was changed: {error}.") from None
    except ReviewError as error:
        raise HTTPException(400, f"Nothing was changed: {error}.") from None
    if done.others:
        names = " and ".join(sorted({each.editor for each in done.others}))
        raise HTTPException(409, f"Nothing was changed: {names} works on this.")
    tell_service(tools(request), done.articles)
    return shapes.Changed(
        change=done.change_id, story=done.story_id, articles=done.articles, rejected=done.rejected
    )


def _post(path: str, answer: Callable[..., shapes.Changed]) -> Page:
    return Page(method="POST", path=f"/api/v1/{path}", access=Access.REVIEWER, answer=answer)


ROUTES = (
    _post("stories/merge", merge),
    _post("stories/{story_id}/duplicate-of", mark_duplicate),
    _post("stories/{story_id}/split", split),
    _post("changes/{change_id}/undo", take_back),
)
