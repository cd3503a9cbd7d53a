"""The desk's pages about feeds: how all of them do, one in full, and a new one looked at first."""

import asyncio
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, HTTPException, Query, Request, Response

from pipeline import enlist, oversee, tend
from pipeline.discover import AlreadyWatched, Choice, Preview
from pipeline.errors import FeedError, PipelineError, SourcesError
from pipeline.model import AlarmKind, Defaults, Feed, FeedState, Field
from pipeline.sources import load_sources
from pipeline.sources.values import parse_duration, show_duration
from pipeline.stages.describe import advice
from pipeline.web.pages import go_to, page
from pipeline.web.rows import chips, marked, safe_link
from pipeline.web.security import Access, Page, Tools, moment, tools, visit

LONGEST_ADDRESS = 2_000
_SHOWN_ALARMS = 10
_SHOWN_ENTRIES = 20
# Each takes a connection, a worker process and up to a fetch's deadline.
_looking = BoundedSemaphore(2)
_FILTERS = {"state": "", "alarm": "", "q": ""}
_STATES = [state for state in FeedState if state is not FeedState.RETIRED]
_SAID = {
    "added": "It is watched from now on.",
    "asked": "Its turn comes with the next tick of the clock, within seconds.",
    "on": "It is polled again.",
    "off": "It is not polled any more; its articles stay.",
}


def feeds(
    request: Request,
    state: str = "",
    alarm: str = "",
    q: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Show how the feeds are doing, those that need somebody first; filters are in the address."""
    if state and state not in list(_STATES):
        raise HTTPException(400, "There is no such state of a feed.")
    if alarm and alarm != "any" and alarm not in list(AlarmKind):
        raise HTTPException(400, "There is no such kind of alarm.")
    words = q.strip()[:200]
    found = oversee.feeds_page(
        tools(request).database,
        moment(request),
        state=FeedState(state) if state else None,
        alarm=AlarmKind(alarm) if alarm and alarm != "any" else None,
        alarmed=bool(alarm),
        words=words,
        number=number,
    )
    filters = {"state": state, "alarm": alarm, "q": words}
    return page(
        request,
        "feeds.html",
        who=visit(request),
        found=found,
        filters=filters,
        number=number,
        pages=max(1, -(-found.total // oversee.PAGE)),
        link=_linker(filters),
        states=[each for each in _STATES if found.states.get(each)],
        kinds=[each for each in AlarmKind if found.kinds.get(each)],
        shown_alarms=found.alarms[:_SHOWN_ALARMS],
        today=moment(request).date(),
    )


def _linker(filters: dict[str, str]) -> Callable[..., str]:
    """Make the function that gives addresses of the list: its filters with some changed."""

    def link(**changes: object) -> str:
        wanted = filters | {name: str(value) for name, value in changes.items()}
        query = {key: value for key, value in wanted.items() if value != _FILTERS.get(key, "1")}
        return "/desk/feeds" + (f"?{urlencode(query)}" if query else "")

    return link


def feed(request: Request, feed_id: str, said: str = "") -> Response:
    """Show one feed in full: its health, four weeks, attempts, articles and settings."""
    found = oversee.one_feed(tools(request).database, feed_id, moment(request))
    if found is None:
        raise HTTPException(404, "There is no such feed.")
    return page(
        request,
        "feed.html",
        who=visit(request),
        found=found,
        health=found.health,
        said=_SAID.get(said, ""),
        home=safe_link(found.health.home_url),
        address=safe_link(found.health.feed.url),
        every=show_duration(found.health.feed.every),
        today=moment(request).date(),
        is_polled=found.health.state not in (FeedState.DISABLED, FeedState.RETIRED),
    )


def fetch_soon(request: Request, feed_id: str) -> Response:
    """Let a feed's turn come at once."""
    who = visit(request)
    try:
        tend.fetch_soon(tools(request).database, feed_id, moment(request), who.editor.name)
    except PipelineError as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    return go_to(request, f"/desk/feeds/{feed_id}?said=asked")


def switch(request: Request, feed_id: str, to: Annotated[str, Form()]) -> Response:
    """Poll a feed of the desk, or poll it no more."""
    if to not in {"on", "off"}:
        raise HTTPException(400)
    who = visit(request)
    try:
        tend.switch(
            tools(request).database,
            feed_id,
            moment(request),
            who.editor.name,
            enabled=to == "on",
        )
    except PipelineError as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    return go_to(request, f"/desk/feeds/{feed_id}?said={to}")


def look(request: Request, url: Annotated[str, Form()] = "") -> Response:
    """Look at an address, with one request, and show what watching it would bring."""
    desk = tools(request)
    written = url.strip()
    if not written or len(written) > LONGEST_ADDRESS:
        return _proposal(request, written, fault="Give the address of a feed, or of a page.")
    if not _looking.acquire(blocking=False):
        raise HTTPException(503, "Others are looking at feeds just now. Try again in a moment.")
    usual = _defaults(desk)
    try:
        found = asyncio.run(
            enlist.look(
                desk.database,
                desk.policy,
                written,
                matcher=enlist.running_matcher(desk.database),
                language=usual.language,
                now=moment(request),
            )
        )
    except AlreadyWatched as error:
        return _proposal(request, written, watched_as=error.feed_id)
    except FeedError as error:
        return _proposal(request, written, fault=str(error), advice=advice(error.kind))
    finally:
        _looking.release()
    if isinstance(found, Choice):
        return _proposal(request, written, choice=found)
    proposed = enlist.Wishes().of(found, usual, enlist.watched(desk.database))
    return _proposal(request, written, found=found, proposed=proposed)


def add(
    request: Request,
    url: Annotated[str, Form(max_length=LONGEST_ADDRESS)],
    id: Annotated[str, Form(max_length=64)],
    publisher: Annotated[str, Form(max_length=enlist.LONGEST_PUBLISHER)],
    language: Annotated[str, Form(max_length=16)],
    every: Annotated[str, Form(max_length=16)],
) -> Response:
    """Watch a feed that was looked at; nothing is fetched now."""
    interval = parse_duration(every.strip())
    proposed = Feed(
        id=id.strip(),
        url=url,
        publisher=publisher.strip(),
        language=language.strip(),
        every=interval or Defaults().every,
        adaptive=_defaults(tools(request)).adaptive,
    )
    if interval is None:
        return _proposal(
            request, url, proposed=proposed, fault="The interval is a time such as 30m, 2h or 1d."
        )
    who = visit(request)
    try:
        enlist.enlist(tools(request).database, proposed, moment(request), who.editor.name)
    except AlreadyWatched as error:
        return _proposal(request, url, watched_as=error.feed_id)
    except SourcesError as error:
        fault = "; ".join(each.what for each in error.faults)
        return _proposal(request, url, proposed=proposed, fault=fault)
    except PipelineError as error:
        return _proposal(request, url, proposed=proposed, fault=str(error))
    return go_to(request, f"/desk/feeds/{proposed.id}?said=added")


def _proposal(
    request: Request,
    written: str,
    *,
    found: Preview | None = None,
    choice: Choice | None = None,
    proposed: Feed | None = None,
    fault: str = "",
    advice: str = "",
    watched_as: str = "",
) -> Response:
    """Show what an address turned out to be, or why it cannot be watched (then 422)."""
    entries = [
        {
            "entry": each,
            "headline": marked(
                each.article.title,
                [hit for match in each.matches for hit in match.hits],
                Field.TITLE,
            ),
            "matches": [(match.conflict, chips(match.hits)) for match in each.matches],
            "link": safe_link(each.article.url),
        }
        for each in (found.entries[:_SHOWN_ENTRIES] if found else ())
    ]
    return page(
        request,
        "feed_added.html",
        status=422 if fault else 200,
        who=visit(request),
        written=written,
        found=found,
        choice=choice,
        proposed=proposed,
        every=show_duration(proposed.every) if proposed else "",
        entries=entries,
        fault=fault,
        advice=advice,
        watched_as=watched_as,
        longest_publisher=enlist.LONGEST_PUBLISHER,
    )


def _defaults(desk: Tools) -> Defaults:
    """What applies where a feed says nothing; the usual values while sources.yaml is wrong."""
    try:
        return load_sources(desk.settings.sources).defaults
    except SourcesError:
        return Defaults()


PAGES = (
    Page(method="GET", path="/desk/feeds", access=Access.EDITOR, answer=feeds),
    Page(method="POST", path="/desk/watch", access=Access.EDITOR, answer=look),
    Page(method="POST", path="/desk/watch/add", access=Access.EDITOR, answer=add),
    Page(method="GET", path="/desk/feeds/{feed_id}", access=Access.EDITOR, answer=feed),
    Page(
        method="POST", path="/desk/feeds/{feed_id}/fetch", access=Access.EDITOR, answer=fetch_soon
    ),
    Page(method="POST", path="/desk/feeds/{feed_id}/switch", access=Access.EDITOR, answer=switch),
)
