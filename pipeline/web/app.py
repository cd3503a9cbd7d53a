"""The application: every route with its rule, and a calm page for whatever goes wrong."""

from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from db import Database
from pipeline.complaints import AGAIN_AFTER, Complaints
from pipeline.errors import StoreError
from pipeline.fetch import FetchPolicy
from pipeline.openid import Provider
from pipeline.settings import Settings, secret_key
from pipeline.web import (
    account,
    api,
    assets,
    backgrounds,
    claims,
    desk,
    digest,
    factors,
    feeds,
    health,
    keywords,
    learning,
    letters,
    log,
    openid,
    own,
    paragraphs,
    public,
    pushes,
    queue,
    service,
    stories,
    verdicts,
)
from pipeline.web.api.answers import answering
from pipeline.web.api.callers import Allowance, admit_caller
from pipeline.web.api.problems import is_api, misunderstood, problem
from pipeline.web.door import Door, PublicFiles
from pipeline.web.ears import Ears
from pipeline.web.guard import Guard, protect
from pipeline.web.pages import calm_page
from pipeline.web.security import LONGEST_BODY, MOST_FIELDS, Tools, admit, moment, tools

_log = structlog.get_logger()
# Refusals that tell of somebody who tries what they may not: logged with who and what.
_TELLING = frozenset({401, 403, 413, 429})


def create_app(
    database: Database,
    settings: Settings,
    policy: FetchPolicy,
    *,
    clock: Callable[[], datetime],
    on_change: Callable[[], None],
) -> FastAPI:
    """Make the web application: public files, desk, health.

    `policy` says how an address that an editor names is looked at. `on_change` is called after
    verdicts, from a worker thread, so that the service publishes.
    """
    working_with = Tools(
        database=database,
        settings=settings,
        policy=policy,
        key=secret_key(settings),
        clock=clock,
        on_change=on_change,
        openid=Provider(settings, policy) if settings.oidc_issuer else None,
    )
    app = FastAPI(
        title="Dateline",
        # The ready-made documentation pages load their scripts from another site.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirect made by the router would repeat the Host header a stranger sent.
        redirect_slashes=False,
        dependencies=[Depends(admit)],
        max_body_size=LONGEST_BODY,
        form_limits={"max_files": 0, "max_fields": MOST_FIELDS},
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.tools = working_with
    app.state.registry = registry = health.make_registry(working_with)
    app.state.allowance = Allowance(settings.api_per_minute)
    app.state.admit_caller = admit_caller
    app.state.askers = letters.Askers()
    app.state.guessers = letters.Askers()
    app.state.posting = letters.Askers(pushes.MOST_PUSHES)
    app.state.complaints = Complaints(forgotten_after=AGAIN_AFTER)
    app.state.ears = Ears(database)
    count = health.Requests(registry)
    app.add_middleware(Guard, count=count, secure=working_with.secure)
    app.state.public = PublicFiles(
        settings.public_dir,
        base_url=settings.base_url,
        rooted=bool(working_with.root),
        hubs=settings.hub_url,
        interval=settings.whole_feed_interval,
        count=count,
    )
    app.add_middleware(Door, files=app.state.public)
    rooms = (
        public, health, account, openid, queue, verdicts, claims, stories, api, own, desk, assets,
        factors, log, feeds, backgrounds, paragraphs, learning, keywords, digest, letters, service,
        pushes,
    )  # fmt: skip
    for page in (page for room in rooms for page in room.PAGES):
        app.add_api_route(
            page.path,
            page.answer,
            methods=[page.method],
            response_model=None,
            max_body_size=page.longest_body,
        )
        working_with.rules[page.method, page.path] = page.access
    for page in api.ROUTES:
        app.add_api_route(page.path, answering(page.answer), methods=[page.method])
        working_with.rules[page.method, page.path] = page.access
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(StoreError, _without_database)
    app.add_exception_handler(Exception, _broken)
    return app


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=headers)
    if error.status_code in _TELLING:
        _log.warning(f"refused {error.status_code} to {_who(request)}: {_asked(request)}")
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    # What the framework says of itself is not written for readers; what we raised is.
    ours = error.status_code not in {405, 413} and error.detail != "Not Found"
    said = error.detail if ours else None
    if is_api(request):
        return problem(error.status_code, said, headers=headers)
    response = calm_page(tools(request), error.status_code, said)
    response.headers.update(headers)
    return response


def _who(request: Request) -> str:
    """Name who asked, as far as that is known: somebody logged in, a token's owner, an address."""
    state = request.state
    for found in (getattr(state, "visit", None), getattr(state, "caller", None)):
        if found is not None:
            return f"{found.editor.name!r}"
    return request.client.host if request.client else "unknown"


def _asked(request: Request) -> str:
    """Name what was asked for, by its route: addresses of links hold their tokens."""
    route = getattr(request.scope.get("route"), "path", "an address without a page")
    return f"{request.method} {route}"


def _allowed(request: Request) -> list[str]:
    methods: set[str] = set()
    for route in request.app.routes:
        found, _ = route.matches(request.scope)
        if found is not Match.NONE:
            methods |= route.methods
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Only where it was wrong: what was typed may be a secret in the wrong field.
    fields = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
    _log.warning(f"not understood from {_who(request)}: {_asked(request)}: {fields[:10]}")
    if is_api(request):
        return misunderstood(error)
    return calm_page(tools(request), 400)


def _without_database(request: Request, error: Exception) -> Response:
    complaints = request.app.state.complaints
    assert isinstance(complaints, Complaints)
    complaints.tell(_asked(request), str(error), moment(request))
    if is_api(request):
        return problem(503, headers={"Retry-After": "10"})
    response = calm_page(
        tools(request),
        503,
        "The database cannot be read or written just now. Nothing was lost; try again.",
    )
    response.headers["Retry-After"] = "10"
    return response


def _broken(request: Request, error: Exception) -> Response:
    """Answer for a defect of ours; the server logs its traceback when the error goes on to it."""
    response = problem(500) if is_api(request) else calm_page(tools(request), 500)
    protect(response.headers)
    return response
