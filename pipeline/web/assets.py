"""Assets: what the desk's own pages load, kept for long under an address that tells its content."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fastapi import HTTPException, Response

from pipeline.stages.render import plain_name, versioned
from pipeline.web.security import Access, Page

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_KEPT = "public, max-age=31536000, immutable"


@cache
def _contents() -> Mapping[str, bytes]:
    folder = files("pipeline.web") / "static"
    return {item.name: item.read_bytes() for item in folder.iterdir()}


@cache
def asset_name(name: str) -> str:
    """Give the name under which pages load a file of the desk's, such as `desk.css`."""
    return versioned(name, _contents()[name])


def asset(name: str) -> Response:
    """Answer a style sheet or a script of the desk.

    A page may be older than this program, or come from a newer one: what it loads is answered as
    it is here, and only under its true name for long.
    """
    plain = plain_name(name)
    content = _contents().get(plain)
    if content is None:
        raise HTTPException(404)
    return Response(
        content,
        headers={
            "Content-Type": _TYPES[plain.rpartition(".")[2]],
            "Cache-Control": _KEPT if name == asset_name(plain) else "no-cache",
        },
    )


PAGES = (Page(method="GET", path="/desk/static/{name}", access=Access.PUBLIC, answer=asset),)
