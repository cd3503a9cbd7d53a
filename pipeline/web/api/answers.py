"""Answers: a shape becomes bytes with a validator, so that nothing is sent twice."""

from collections.abc import Callable, Collection
from functools import wraps
from hashlib import sha256
from inspect import signature
from typing import Any

from fastapi import HTTPException, Request, Response
from pydantic import BaseModel


def answering(answer: Callable[..., BaseModel]) -> Callable[..., Any]:
    """Make a route of a function that gives a shape; its signature still describes it."""

    known = frozenset(signature(answer).parameters) - {"request"}

    @wraps(answer)
    def answered(request: Request, **values: Any) -> Any:
        _require_known(request, known)
        return as_response(request, answer(request, **values))

    return answered


def _require_known(request: Request, known: Collection[str]) -> None:
    """Refuse a filter that does not exist: a slip of the pen must not list everything."""
    taken = set(known) - set(request.path_params)
    for name in request.query_params:
        if name not in taken:
            listed = ", ".join(sorted(taken)) if request.method == "GET" else ""
            raise HTTPException(400, f"There is no such parameter here; there are: {listed or '-'}")


def as_response(request: Request, shape: BaseModel) -> Response:
    """Send a shape; what a program holds already is confirmed with 304."""
    body = shape.model_dump_json().encode()
    headers = {"Content-Type": "application/json", "Cache-Control": "private, no-cache"}
    if request.method != "GET":
        return Response(body, headers=headers)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers["ETag"] = etag
    held = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if etag in held or f"W/{etag}" in held:
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers)
