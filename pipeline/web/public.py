"""The public addresses: which file answers each, as what, and how long it may be kept.

What is published anew needs a line in KINDS and nothing else: the door in front of the application
(`pipeline.web.door`) answers it from the file, without the database.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from fastapi import HTTPException, Request, Response

from pipeline.stages.render import (
    ATOM_CONTENT_TYPE,
    HTML_CONTENT_TYPE,
    JSON_CONTENT_TYPE,
    OPML_CONTENT_TYPE,
    RSS_CONTENT_TYPE,
    plain_name,
    static_files,
)
from pipeline.web.guard import STRICT_TRANSPORT
from pipeline.web.security import Access, Page, tools

_STALE = "stale-while-revalidate=600, stale-if-error=86400"
PAGE = f"public, max-age=60, {_STALE}"
FEED = f"public, max-age=300, {_STALE}"
ASSET = "public, max-age=3600"
# What never changes once it is published: an archive of a feed (RFC 5005 §4), or a file whose name
# tells its content.
IMMUTABLE = "public, max-age=31536000, immutable"

CONTENT_TYPES = {
    "html": HTML_CONTENT_TYPE,
    "atom": ATOM_CONTENT_TYPE,
    "rss": RSS_CONTENT_TYPE,
    "json": JSON_CONTENT_TYPE,
    "opml": OPML_CONTENT_TYPE,
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "txt": "text/plain; charset=utf-8",
}
# Each is one path component: no slash, no leading dot, nothing a file system could misread.
_FIELDS = {
    "slug": "[a-z0-9][a-z0-9-]{0,63}",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "kind": "atom|rss|json",
    "number": "[1-9][0-9]{0,6}",
    "version": r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[0-9a-f]{16}\.(?:css|js|svg|png|ico|txt)",
    "name": r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(?:css|js|svg|png|ico|txt)",
}
_FIELD = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of public address, and the file that answers it; both hold the same `{fields}`.

    A file `…/index.html` answers with a slash at the end and without. `shared` files may be read by
    scripts of other sites; a `feed` names itself and its hubs in the Link header, and may be asked
    for whole only now and then.
    """

    address: str
    file: str
    caching: str = PAGE
    shared: bool = False
    feed: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its addresses look like, without the slash at the end."""
        parts = _FIELD.split(self.address)
        escaped = [re.escape(part) for part in parts[::2]]
        named = [f"(?P<{name}>{_FIELDS[name]})" for name in parts[1::2]] + [""]
        return re.compile("".join(a + b for a, b in zip(escaped, named, strict=True)))

    @property
    def is_folder(self) -> bool:
        """Whether its address is that of a folder, and may end in a slash."""
        return self.file.endswith("/index.html")


def _feed(path: str) -> Kind:
    return Kind(address=f"/{path}", file=path, caching=FEED, shared=True, feed=True)


def _archive(path: str) -> Kind:
    return Kind(address=f"/{path}", file=path, caching=IMMUTABLE, shared=True)


KINDS = (
    Kind(address="/", file="index.html"),
    Kind(address="/conflicts/{slug}", file="conflicts/{slug}/index.html"),
    _feed("conflicts/{slug}/latest-news.{kind}"),
    _archive("conflicts/{slug}/latest-news/archive/{number}.{kind}"),
    _feed("regions/{slug}/latest-news.{kind}"),
    _archive("regions/{slug}/latest-news/archive/{number}.{kind}"),
    Kind(address="/conflicts/{slug}/{date}", file="conflicts/{slug}/{date}/index.html"),
    _feed("conflicts/{slug}/daily.{kind}"),
    Kind(address="/news/{slug}", file="news/{slug}/index.html"),
    Kind(address="/subscribe", file="subscribe/index.html"),
    _feed("latest-news.{kind}"),
    _archive("latest-news/archive/{number}.{kind}"),
    Kind(address="/feeds.opml", file="feeds.opml", caching=FEED, shared=True),
    Kind(address="/static/{name}", file="static/{name}", caching=ASSET),
    Kind(address="/static/{version}", file="static/{version}", caching=IMMUTABLE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an address leads: its kind, the path of its file, and the address in its one form."""

    kind: Kind
    file: str
    address: str


@lru_cache(4096)
def find_place(address: str) -> Place | None:
    """Give the file that answers a path such as `/conflicts/mali/`, whether it is there or not."""
    plain = address[:-1] if address.endswith("/") and address != "/" else address
    for kind in KINDS:
        found = kind.pattern.fullmatch(plain)
        if found is not None and (plain == address or kind.is_folder):
            named = found.groupdict()
            return Place(
                kind=kind,
                file=kind.file.format_map(named),
                address=f"{plain}/" if kind.is_folder else plain,
            )
    return None


def headers_of(place: Place, base_url: str, hubs: tuple[str, ...]) -> Mapping[str, str]:
    """Give the headers that every answer with this file has."""
    headers = {
        "Content-Type": CONTENT_TYPES[place.file.rpartition(".")[2]],
        "Cache-Control": place.kind.caching,
    }
    if base_url.startswith("https://"):
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    if place.kind.shared:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = "ETag, Link"
    if place.kind.feed:
        links = [
            f'<{base_url}{place.address}>; rel="self"',
            *(f'<{hub}>; rel="hub"' for hub in hubs),
        ]
        headers["Link"] = ", ".join(links)
    return headers


# What the door passes on: addresses whose file is not there


def answer_without_file(request: Request) -> Response:
    """Say what an address means whose file the door did not find."""
    place = find_place(request.scope["path"])
    if place is None or b"%" in request.scope.get("raw_path", b""):
        raise HTTPException(404)
    root = tools(request).root
    if root and place.kind.is_folder and not request.scope["path"].endswith("/"):
        return Response(status_code=308, headers={"Location": root + place.address})
    if place.address == "/":
        raise HTTPException(
            503,
            "Nothing is published yet. The first pages appear within a minute of the start.",
            headers={"Retry-After": "30"},
        )
    folder, _, name = place.file.rpartition("/")
    shipped = static_files().get(plain_name(name)) if folder == "static" else None
    if shipped is None:
        raise HTTPException(404)
    headers = {"Content-Type": headers_of(place, "", ())["Content-Type"]}
    return Response(shipped, headers=headers | {"Cache-Control": "no-cache"})


def _routes(kind: Kind) -> list[Page]:
    addresses = [kind.address, f"{kind.address}/"] if kind.is_folder else [kind.address]
    return [
        Page(method="GET", path=address, access=Access.PUBLIC, answer=answer_without_file)
        for address in addresses
    ]


PAGES = tuple(page for kind in KINDS for page in _routes(kind))
