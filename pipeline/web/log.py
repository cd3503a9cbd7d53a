"""The log on the desk: who did what, when and why; narrowed by its address, or taken home."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from db import Database
from pipeline import recount
from pipeline.model import DeedKey, DeedWanted, Role
from pipeline.web.pages import page
from pipeline.web.security import Access, Page, moment, tools, visit

Short = Annotated[str, Query(max_length=200)]


def filters(
    editor: Short = "",
    what: Short = "",
    conflict: Short = "",
    since: Short = "",
    until: Short = "",
    q: Short = "",
) -> dict[str, str]:
    """Which part of the log is asked for, as the address says it; days are those of UTC."""
    found = {
        "editor": editor,
        "what": what,
        "conflict": conflict,
        "since": since,
        "until": until,
        "q": q,
    }
    return {name: " ".join(value.replace("\0", "").split()) for name, value in found.items()}


Filters = Annotated[dict[str, str], Depends(filters)]


def log(
    request: Request, asked: Filters, before: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show who did what and why; admins also see what was done to accounts."""
    found = recount.recount(
        tools(request).database, _wanted(request, asked), before=_key(before) if before else None
    )
    kept = {name: value for name, value in asked.items() if value}
    older = kept | {"before": _written(found.older)} if found.older else None
    return page(
        request,
        "log.html",
        who=visit(request),
        found=found,
        filters=asked,
        query=f"?{urlencode(kept)}" if kept else "",
        newest=bool(before),
        older=f"?{urlencode(older)}" if older else "",
    )


def _wanted(request: Request, asked: dict[str, str]) -> DeedWanted:
    until = _day(asked["until"])
    return DeedWanted(
        actor=asked["editor"],
        action=asked["what"],
        conflict=asked["conflict"],
        words=asked["q"],
        since=_day(asked["since"]),
        until=until + timedelta(days=1) if until else None,
        accounts=visit(request).editor.role is Role.ADMIN,
    )


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, "A day is written like 2026-11-22.") from None
    if not 1970 <= found.year < 9999:
        raise HTTPException(400, "A day is written like 2026-11-22.")
    return datetime.combine(found, time(), UTC)


def _written(key: DeedKey) -> str:
    return f"{key.at.astimezone(UTC).isoformat()}~{key.order}~{key.id}"


def _key(text: str) -> DeedKey:
    try:
        at, order, id = text.split("~")
        found = DeedKey(at=datetime.fromisoformat(at), order=int(order), id=int(id))
        known = found.at.utcoffset() == timedelta(0) and 0 <= found.id < 2**63
    except ValueError:
        known = False
    if not known:
        raise HTTPException(400, "The log has no such page: begin at its newest entries.")
    return found


Writing = Callable[[Database, DeedWanted], Iterator[str]]


def _file(ending: str, kind: str, write: Writing) -> Callable[..., Any]:
    def answer(request: Request, asked: Filters) -> Response:
        """Send all of the log that fits the filters, as a file."""
        name = f"log-{moment(request):%Y-%m-%d}.{ending}"
        return StreamingResponse(
            write(tools(request).database, _wanted(request, asked)),
            media_type=f"{kind}; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    return answer


as_csv = _file("csv", "text/csv", recount.as_csv)
as_lines = _file("jsonl", "application/x-ndjson", recount.as_lines)

PAGES = (
    Page(method="GET", path="/desk/log", access=Access.EDITOR, answer=log),
    Page(method="GET", path="/desk/log.csv", access=Access.EDITOR, answer=as_csv),
    Page(method="GET", path="/desk/log.jsonl", access=Access.EDITOR, answer=as_lines),
)
