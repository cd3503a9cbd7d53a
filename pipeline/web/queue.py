"""The queue's page: rows of stories under the filters of the address, and what arrived since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import HTTPException, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from pipeline import queue as waiting
from pipeline.browse import Order
from pipeline.model import MatchStatus, QueuedStory, QueueFilter
from pipeline.review import LONGEST_REASON
from pipeline.stages.render.languages import language_name
from pipeline.web.claims import HOLDS
from pipeline.web.ears import ears
from pipeline.web.pages import page
from pipeline.web.rows import Row, row
from pipeline.web.security import Access, Page, moment, tools, visit
from pipeline.web.verdicts import REASONS, json_answer, written

# The empty name stands for one's own conflicts, as long as there are any.
EVERY_CONFLICT = "all"
_AGES = {1: "1 day", 3: "3 days", 7: "1 week", 30: "30 days"}
_LENGTHS = (50, 100, 500)
_DEFAULTS = {
    "conflict": "",
    "status": "pending",
    "order": "score",
    "q": "",
    "publisher": "",
    "language": "",
    "score": "0",
    "age": "0",
    "since": "all",
    "held": "no",
    "rows": "50",
    "page": "1",
    "count": "",
}
_ORDERS = {
    "score": "best first",
    "newest": "newest first",
    "oldest": "longest waiting first",
    "decided": "last decided first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """One row of the queue as the template shows it: a story under a conflict."""

    story: QueuedStory
    lead: Row
    copies: tuple[Row, ...]

    @property
    def value(self) -> str:
        """What a form sends for the whole row."""
        ids = "-".join(str(match.id) for match in self.story.matches)
        return f"{ids}:{self.story.lead.status}"


def queue(
    request: Request,
    conflict: str = "",
    status: str = "pending",
    order: Order = Order.SCORE,
    q: str = "",
    publisher: str = "",
    language: str = "",
    score: Annotated[int, Query(ge=0, le=1_000)] = 0,
    age: Annotated[int, Query(ge=0, le=3_650)] = 0,
    since: str = "all",
    held: str = "no",
    rows: Annotated[int, Query(ge=1, le=500)] = waiting.PAGE,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    count: str = "",
) -> Response:
    """Show the queue; every filter stands in the address, so that it can be kept as a bookmark."""
    filters = {
        "conflict": conflict,
        "status": status,
        "order": str(order),
        "q": q.strip()[:200],
        "publisher": publisher,
        "language": language.strip()[:16],
        "score": str(score),
        "age": str(age),
        "since": since,
        "held": held,
        "rows": str(rows),
    }
    now = moment(request)
    found = waiting.show(
        tools(request).database,
        _wanted(filters, now),
        visit(request).editor,
        now,
        order=order,
        only_own=not conflict,
        only_new=since == "visit",
        count_all=count == "all",
        limit=rows,
        offset=(number - 1) * rows,
    )
    return page(
        request,
        "queue.html",
        who=visit(request),
        found=found,
        rows=[_story_row(each, found) for each in found.rows],
        filters=filters,
        in_force=_in_force(filters),
        number=number,
        pages=max(1, -(-found.total.number // rows)),
        link=_linker(filters),
        arrivals=urlencode(filters | {"after": now.isoformat()}),
        hears=ears(request).hears,
        orders=_ORDERS,
        ages=_AGES,
        lengths=_LENGTHS,
        holds=HOLDS,
        statuses=[*MatchStatus, "all"],
        reasons=REASONS.values(),
        reason_keys=REASONS,
        longest_reason=LONGEST_REASON,
        language_name=language_name,
    )


def _story_row(story: QueuedStory, found: waiting.QueueShown) -> StoryRow:
    first, *others = story.matches
    copies = found.copies.get(first.story_id)
    return StoryRow(
        story=story, lead=row(first, copies), copies=tuple(row(match) for match in others)
    )


def _wanted(filters: dict[str, str], now: datetime) -> QueueFilter:
    status, held, since = filters["status"], filters["held"], filters["since"]
    if status != "all" and status not in list(MatchStatus):
        raise HTTPException(400, "The status is pending, approved, rejected, withdrawn or all.")
    if held not in ("no", "yes", "all") or since not in ("visit", "all"):
        raise HTTPException(400, "Held is no, yes or all; since is visit or all.")
    age = int(filters["age"])
    return QueueFilter(
        status=None if status == "all" else MatchStatus(status),
        conflict="" if filters["conflict"] == EVERY_CONFLICT else filters["conflict"],
        publisher=filters["publisher"],
        language=filters["language"],
        least_score=int(filters["score"]),
        published_after=now - timedelta(days=age) if age else None,
        held={"no": False, "yes": True, "all": None}[held] if status == "pending" else None,
        words=filters["q"],
    )


def _in_force(filters: dict[str, str]) -> tuple[str, ...]:
    """Name the filters that leave rows out."""
    return tuple(
        name
        for name, value in filters.items()
        if value != _DEFAULTS[name]
        and name not in ("order", "rows")
        and (name, value) != ("conflict", EVERY_CONFLICT)
    )


def _linker(filters: dict[str, str]) -> Callable[..., str]:
    """Make the function that gives addresses of the queue: its filters with some changed."""

    def link(**changes: object) -> str:
        wanted = filters | {name: str(value) for name, value in changes.items()}
        query = {name: value for name, value in wanted.items() if value != _DEFAULTS[name]}
        return "/desk" + (f"?{urlencode(query)}" if query else "")

    return link


async def arrivals(
    request: Request,
    after: str = "",
    wait: Annotated[float, Query(ge=0, le=60)] = 0,
    conflict: str = "",
    q: str = "",
    publisher: str = "",
    language: str = "",
    score: Annotated[int, Query(ge=0, le=1_000)] = 0,
    age: Annotated[int, Query(ge=0, le=3_650)] = 0,
) -> Response:
    """Say how many rows of a filter hold something found after a time (now, when none is given).

    With `wait` the answer comes when something arrived, or after so many seconds, where the
    database tells of arrivals; elsewhere at once.
    """
    now = moment(request)
    try:
        since = datetime.fromisoformat(after).astimezone(UTC) if after else now
    except (ValueError, OverflowError):
        raise HTTPException(400, "The time cannot be read.") from None
    filters = _DEFAULTS | {
        "conflict": conflict,
        "q": q.strip()[:200],
        "publisher": publisher,
        "language": language,
        "score": str(score),
        "age": str(age),
    }
    if wait:
        await ears(request).wait(wait)
        now = tools(request).clock()
    how_many = await run_in_threadpool(
        waiting.count_arrived,
        tools(request).database,
        _wanted(filters, now),
        since,
        now,
        own_of=None if conflict else visit(request).editor,
    )
    return json_answer({"new": written(how_many)})


PAGES = (
    Page(method="GET", path="/desk", access=Access.EDITOR, answer=queue),
    Page(method="GET", path="/desk/arrivals", access=Access.EDITOR, answer=arrivals),
)
