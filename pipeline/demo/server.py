"""The publishers' server: loopback only, with validators, 304 and gzip as good ones have."""

import gzip
import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from pipeline.demo.documents import document
from pipeline.demo.publishers import PUBLISHERS


class PublisherServer:
    """Serves every publisher's feed as it stands at the clock's time, on a free port of 127.0.0.1.

    Use as `with PublisherServer(show_at, clock) as server`.
    """

    def __init__(self, show_at: datetime, clock: Callable[[], datetime]) -> None:
        self._show_at = show_at
        self._clock = clock
        self._publishers = {publisher.path: publisher for publisher in PUBLISHERS}
        server = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet: what was fetched is in the database."""

        self._server = _Quiet(("127.0.0.1", 0), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """Where the server answers, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        publisher = self._publishers.get(request.path)
        if publisher is None:
            _send(request, 404, {"Content-Type": "text/plain"}, b"There is no such feed.\n")
            return
        if publisher.failing:
            _send(request, 503, {"Content-Type": "text/plain"}, b"The presses are being oiled.\n")
            return
        found = document(publisher, self._show_at, self._clock())
        body, headers = found.body, {"Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        # Of the bytes sent: a strong validator tells one content coding from another (RFC 9110).
        headers["ETag"] = f'"{sha256(body).hexdigest()[:24]}"'
        headers["Last-Modified"] = format_datetime(found.changed_at, usegmt=True)
        if request.headers.get("If-None-Match") == headers["ETag"]:
            headers.pop("Content-Encoding", None)
            _send(request, 304, headers, b"")
            return
        _send(request, 200, {**headers, "Content-Type": found.content_type}, body)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the reader hung up, which is its good right."""


def _send(
    request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Connection", "close")
    if status != 304:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
