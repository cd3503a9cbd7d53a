"""Own: which conflicts the token's owner calls theirs, as on the account page of the desk."""

from fastapi import HTTPException, Request

from pipeline import queue
from pipeline.errors import ReviewError
from pipeline.web.api import shapes
from pipeline.web.api.callers import caller
from pipeline.web.security import Access, Page, tools


def own(request: Request) -> shapes.OwnConflicts:
    """Give the token's owner's own conflicts; none where they never chose."""
    found = queue.own_conflicts(tools(request).database, caller(request).editor)
    return shapes.OwnConflicts(conflicts=sorted(found))


def choose(request: Request, wanted: shapes.OwnConflicts) -> shapes.OwnConflicts:
    """Make these conflicts the token's owner's own, and no others."""
    try:
        chosen = queue.choose_own(
            tools(request).database, caller(request).editor, wanted.conflicts, only_tracked=True
        )
    except ReviewError as error:
        raise HTTPException(404, f"Nothing was changed: {error}.") from None
    return shapes.OwnConflicts(conflicts=sorted(chosen))


_PATH = "/api/v1/account/conflicts"
ROUTES = (
    Page(method="GET", path=_PATH, access=Access.READER, answer=own),
    Page(method="PUT", path=_PATH, access=Access.REVIEWER, answer=choose),
)
