"""Document: what the API takes and gives, as OpenAPI 3.1 for programs and as a page for people."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from pipeline.web.api.problems import CONTENT_TYPE
from pipeline.web.api.shapes import Problem
from pipeline.web.pages import page
from pipeline.web.security import Access, Page, tools, visitor

_REFUSALS = {
    "400": "The request was not understood; `errors` says where.",
    "401": "No token that works was sent.",
    "403": "The token, or its owner's role, does not allow this.",
    "404": "There is no such thing.",
    "409": "It stands elsewhere by now, or somebody works on it; nothing was changed.",
    "413": "The body is too large.",
    "429": "Too many requests of late; `Retry-After` says how many seconds to wait.",
    "503": "The database cannot be read or written just now.",
}


def describe(app: FastAPI, root: str) -> dict[str, Any]:
    """Give the description of the API's routes (OpenAPI 3.1)."""
    routes = [
        route
        for route in app.routes
        if isinstance(route, APIRoute) and route.path.startswith("/api/v1/")
    ]
    found = get_openapi(
        title="Dateline",
        version="1",
        summary="The desk for programs: what is watched, found, decided and published.",
        routes=routes,
        servers=[{"url": root or "/"}],
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from /desk/account, with the scope read or review.",
        }
    }
    for path, method, operation in _operations(found):
        _complete(app, path, method, operation)
    return found


def _operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(app: FastAPI, path: str, method: str, operation: dict[str, Any]) -> None:
    access = app.state.tools.rules[method.upper(), path]
    for parameter in operation.get("parameters", ()):
        _without_null(parameter)
    operation["security"] = [{"token": []}]
    operation["x-scope"] = "review" if access is Access.REVIEWER else "read"
    answers = operation["responses"]
    answers.pop("422", None)
    if method == "get":
        answers["304"] = {"description": "What the program holds is still so (If-None-Match)."}
    for status, why in _REFUSALS.items():
        if (status == "404" and method == "get" and "{" not in path) or (
            status in {"409", "413"} and method == "get"
        ):
            continue
        answers[status] = {
            "description": why,
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


def _described(request: Request) -> dict[str, Any]:
    app: FastAPI = request.app
    if app.openapi_schema is None:
        app.openapi_schema = describe(app, tools(request).root)
    return app.openapi_schema


def _without_null(parameter: dict[str, Any]) -> None:
    """Say of a filter what it may be: in an address it cannot be null, only left out."""
    kinds = [kind for kind in parameter["schema"].get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        parameter["schema"] = kinds[0]


def openapi(request: Request) -> Response:
    """Answer the description for programs."""
    body = json.dumps(_described(request))
    return Response(body, headers={"Content-Type": "application/json", "Cache-Control": "no-cache"})


def documentation(request: Request) -> Response:
    """Show the description to people."""
    found = _described(request)
    return page(
        request,
        "api.html",
        who=visitor(request),
        operations=list(_operations(found)),
        schemas=found["components"]["schemas"],
        named=_named,
        per_minute=tools(request).settings.api_per_minute,
    )


def _named(schema: dict[str, Any]) -> str:
    """Say in a few words what a schema allows."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " or ".join(_named(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    kind = str(schema.get("format") or schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_named(schema.get('items', {}))}"
    return kind


PAGES = (
    Page(method="GET", path="/api/openapi.json", access=Access.PUBLIC, answer=openapi),
    Page(method="GET", path="/api/docs", access=Access.PUBLIC, answer=documentation),
)
