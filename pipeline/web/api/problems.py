"""Problems: every refusal of the API has one shape (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from pipeline.web.api.shapes import Problem, Wrong

CONTENT_TYPE = "application/problem+json"
_MOST_SAID = 20
_ADVICE = {
    400: "Something in the request was missing or not understood.",
    404: "There is nothing at this address; /api/docs says what there is.",
    405: "This address does not take that method.",
    413: "The request is larger than this service takes.",
    500: "The fault is ours and was logged. Trying again may help.",
    503: "The database cannot be read or written just now. Nothing was lost; try again.",
}


def is_api(request: Request) -> bool:
    """Tell whether a request is answered as the API answers."""
    path: str = request.scope["path"]
    return path.startswith("/api/")


def problem(
    status: int,
    detail: str | None = None,
    *,
    wrong: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Say what went wrong and what to do."""
    shape = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or _ADVICE.get(status, HTTPStatus(status).description),
        errors=list(wrong),
    )
    return Response(
        shape.model_dump_json(),
        status_code=status,
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store", **(headers or {})},
    )


def misunderstood(error: RequestValidationError) -> Response:
    """Say where a request was wrong."""
    wrong = [
        Wrong(where=".".join(map(str, each["loc"])), what=str(each["msg"]))
        for each in error.errors()[:_MOST_SAID]
    ]
    return problem(400, "The request was not understood; `errors` says where.", wrong=wrong)
