"""A loopback server that serves documents as a good publisher does: validators, 304, gzip."""

import gzip
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(kw_only=True)
class Page:
    """What one path answers: a body, or a status with no body worth reading."""

    body: bytes = b""
    content_type: str = "application/xml"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    modified: float = 1_790_000_000.0

    @property
    def etag(self) -> str:
        """A strong validator of the body."""
        return f'"{sha256(self.body).hexdigest()[:24]}"'


class Publisher:
    """A server on 127.0.0.1 with pages by path; counts requests by (path, status)."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[tuple[str, int, dict[str, str]]] = []
        publisher = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                publisher._answer(self)

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def statuses(self, path: str) -> list[int]:
        """The statuses answered at a path, in order."""
        return [status for seen, status, _ in self.requests if seen == path]

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        page = self.pages.get(request.path, Page(status=404))
        headers = {**page.headers, "Date": formatdate(usegmt=True)}
        status, body = page.status, page.body
        if status == 200:
            headers |= {"ETag": page.etag, "Last-Modified": formatdate(page.modified, usegmt=True)}
            if request.headers.get("If-None-Match") == page.etag:
                status, body = 304, b""
        if status == 200:
            headers["Content-Type"] = page.content_type
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1, mtime=0)
                headers["Content-Encoding"] = "gzip"
        self.requests.append((request.path, status, dict(request.headers)))
        request.send_response_only(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if status != 304:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
