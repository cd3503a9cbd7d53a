"""The public files, served as any web server would: strong ETag, 304, gzip. No database."""

import gzip
import os
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from fastapi import HTTPException, Request, Response

from pipeline.stages.render import (
    ATOM_CONTENT_TYPE,
    HTML_CONTENT_TYPE,
    JSON_CONTENT_TYPE,
    OPML_CONTENT_TYPE,
    RSS_CONTENT_TYPE,
    static_files,
)
from pipeline.web.security import Access, Page, tools

_STALE = "stale-while-revalidate=600, stale-if-error=86400"
_FEED_CACHING = f"public, max-age=300, {_STALE}"
_PAGE_CACHING = f"public, max-age=60, {_STALE}"
_ASSET_CACHING = "public, max-age=3600"
_FEED_TYPES = {"atom": ATOM_CONTENT_TYPE, "rss": RSS_CONTENT_TYPE, "json": JSON_CONTENT_TYPE}
_ASSET_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "txt": "text/plain; charset=utf-8",
}
_ALREADY_SMALL = frozenset({"image/png", "image/x-icon"})
# A name is one path component: no slash, no leading dot, nothing a file system could misread.
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ASSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.([a-z0-9]{2,5})")
_CACHED_BYTES = 64 * 1024 * 1024
_WORTH_COMPRESSING = 512
_TAGS = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file's bytes with what tells one version from another; `zipped` is None if no smaller."""

    body: bytes
    zipped: bytes | None
    tag: str
    changed_at: datetime


class Files:
    """The files under one folder, read once for each version; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[str, tuple[tuple[int, ...], Content]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def read(self, path: str, *, compress: bool = True) -> Content | None:
        """Give a file's present content, or None when there is no such file."""
        try:
            # A link planted in the folder must not lead out of it.
            file = open(self.folder / path, "rb", opener=_without_following)  # noqa: SIM115
        except OSError:
            return None
        with file:
            status = os.fstat(file.fileno())
            version = (status.st_ino, status.st_mtime_ns, status.st_size)
            with self._lock:
                kept = self._kept.get(path)
                if kept is not None and kept[0] == version:
                    self._kept.move_to_end(path)
                    return kept[1]
            body = file.read()
        changed_at = datetime.fromtimestamp(status.st_mtime, UTC)
        content = make_content(body, changed_at, compress=compress)
        self._keep(path, version, content)
        return content

    def _keep(self, path: str, version: tuple[int, ...], content: Content) -> None:
        with self._lock:
            before = self._kept.pop(path, None)
            if before is not None:
                self._size -= _weight(before[1])
            self._kept[path] = (version, content)
            self._size += _weight(content)
            while self._size > _CACHED_BYTES:
                _, (_, oldest) = self._kept.popitem(last=False)
                self._size -= _weight(oldest)


def _without_following(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _weight(content: Content) -> int:
    return len(content.body) + len(content.zipped or b"")


def make_content(body: bytes, changed_at: datetime, *, compress: bool = True) -> Content:
    """Work out a version's tag and its compressed form; the same bytes always give the same."""
    zipped = None
    if compress and len(body) >= _WORTH_COMPRESSING:
        smaller = gzip.compress(body, compresslevel=6, mtime=0)
        zipped = smaller if len(smaller) < len(body) else None
    return Content(
        body=body,
        zipped=zipped,
        tag=sha256(body).hexdigest()[:32],
        changed_at=changed_at.replace(microsecond=0),
    )


# Routes


def front(request: Request) -> Response:
    """Answer `/`; before the first publication there is nothing to show yet."""
    try:
        return _page(request, "index.html")
    except HTTPException:
        raise HTTPException(
            503,
            "Nothing is published yet. The first pages appear within a minute of the start.",
            headers={"Retry-After": "30"},
        ) from None


def conflict_page(request: Request, slug: str) -> Response:
    """Answer a conflict's page."""
    return _folder(request, f"conflicts/{_named(_SLUG, slug)}")


def news_page(request: Request, slug: str) -> Response:
    """Answer one digest entry's page."""
    return _folder(request, f"news/{_named(_SLUG, slug)}")


def subscribe_page(request: Request) -> Response:
    """Answer the page that explains the feeds."""
    return _folder(request, "subscribe")


def feed(request: Request, kind: str) -> Response:
    """Answer the Latest News feed of all conflicts."""
    return _feed(request, "latest-news", kind)


def conflict_feed(request: Request, slug: str, kind: str) -> Response:
    """Answer one conflict's Latest News feed."""
    return _feed(request, f"conflicts/{_named(_SLUG, slug)}/latest-news", kind)


def opml(request: Request) -> Response:
    """Answer the list of all feeds."""
    return _answer(request, "feeds.opml", OPML_CONTENT_TYPE, _FEED_CACHING, shared=True)


def asset(request: Request, name: str) -> Response:
    """Answer a style sheet or picture; before the first publication from the program itself."""
    kind = _ASSET.fullmatch(name)
    if kind is None or kind[1] not in _ASSET_TYPES:
        raise HTTPException(404)
    try:
        return _answer(request, f"static/{name}", _ASSET_TYPES[kind[1]], _ASSET_CACHING)
    except HTTPException:
        shipped = static_files().get(name)
        if shipped is None:
            raise
        return conditional(
            request,
            make_content(shipped, _EPOCH),
            {"Content-Type": _ASSET_TYPES[kind[1]], "Cache-Control": "no-cache"},
        )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _named(pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(name):
        raise HTTPException(404)
    return name


def _folder(request: Request, folder: str) -> Response:
    """Answer a folder's page, with a slash at the end of its address and without.

    Links in pages lead upwards from a folder. At the root of a host a step too many changes
    nothing, so the short address is answered as well; under a path it would, and is sent on.
    """
    root = tools(request).root
    if root and not request.scope["path"].endswith("/"):
        return Response(status_code=308, headers={"Location": f"{root}/{folder}/"})
    return _page(request, f"{folder}/index.html")


def _page(request: Request, path: str) -> Response:
    return _answer(request, path, HTML_CONTENT_TYPE, _PAGE_CACHING)


def _feed(request: Request, path: str, kind: str) -> Response:
    if kind not in _FEED_TYPES:
        raise HTTPException(404)
    return _answer(request, f"{path}.{kind}", _FEED_TYPES[kind], _FEED_CACHING, shared=True)


def _answer(
    request: Request, path: str, content_type: str, caching: str, *, shared: bool = False
) -> Response:
    files = request.app.state.files
    assert isinstance(files, Files)
    content = files.read(path, compress=content_type not in _ALREADY_SMALL)
    if content is None:
        raise HTTPException(404)
    headers = {"Content-Type": content_type, "Cache-Control": caching}
    if shared:
        headers["Access-Control-Allow-Origin"] = "*"
    return conditional(request, content, headers)


def conditional(request: Request, content: Content, headers: dict[str, str]) -> Response:
    """Answer with the content, or 304 when the client has it (RFC 9110 §13.2.2)."""
    zipped = content.zipped if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    headers = headers | {
        "ETag": f'"{content.tag}{"-gzip" if zipped else ""}"',
        "Last-Modified": format_datetime(content.changed_at, usegmt=True),
        "Vary": "Accept-Encoding",
    }
    if _has_it(request, content):
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    if zipped is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(content=zipped or content.body, headers=headers)


def _has_it(request: Request, content: Content) -> bool:
    """Tell whether the client's copy is current; tags go before dates, and compare weakly."""
    tags = request.headers.getlist("if-none-match")
    if tags:
        listed = ", ".join(tags)
        names = {tag.removesuffix("-gzip") for tag in _TAGS.findall(listed)}
        return listed.strip() == "*" or content.tag in names
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    # A date without a zone is no HTTP date, and then the condition does not count.
    return moment.tzinfo is not None and content.changed_at <= moment


def _takes_gzip(accepted: str) -> bool:
    """Tell whether a client takes gzip (RFC 9110 §12.5.3): named or meant by `*`, and not q=0."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip()] = _weight_of(parameters)
    named = weights.get("gzip", weights.get("x-gzip"))
    return (named if named is not None else weights.get("*", 0.0)) > 0


def _weight_of(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _open(path: str, answer: Callable[..., Response]) -> Page:
    return Page(method="GET", path=path, access=Access.PUBLIC, answer=answer)


PAGES = (
    _open("/", front),
    _open("/conflicts/{slug}", conflict_page),
    _open("/conflicts/{slug}/", conflict_page),
    _open("/conflicts/{slug}/latest-news.{kind}", conflict_feed),
    _open("/news/{slug}", news_page),
    _open("/news/{slug}/", news_page),
    _open("/latest-news.{kind}", feed),
    _open("/feeds.opml", opml),
    _open("/subscribe", subscribe_page),
    _open("/subscribe/", subscribe_page),
    _open("/static/{name}", asset),
)
