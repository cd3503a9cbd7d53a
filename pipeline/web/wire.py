"""The short way to a public file: a plain request is answered as it comes off the wire.

uvicorn makes an h11 event, a scope and a task of every request, which costs many times what a 304
needs. A request that is certainly whole, plain and for a file in memory is answered here, with the
very header lines of the public door; every other one goes the long way, whatever is odd about it.
Clients that are slow to send or to take are not waited for without end on either way.
"""

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from pipeline.web.door import Answer, PublicFiles, read_asked

# Seconds in which a client has to send a request, from the connection's start or its first byte.
REQUEST_DEADLINE = 20.0
# Seconds in which a client that is sent more than fits on the way has to take some of it.
PROGRESS = 30.0
_LONGEST = 4_096
# One head, nothing after it; names and values as RFC 9110 §5 has them, a path without escapes.
_HEAD = re.compile(
    rb"(GET|HEAD) (/[A-Za-z0-9._/-]*+)(?:\?[!-~]*+)? HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)++)\r\n"
)
_LINE = re.compile(rb"([^:\r\n]++):[\t ]*+([^\r\n]*+)\r\n")
# Who sends one of these wants more than a file, or says that something follows.
_ODD = frozenset(
    (b"content-length", b"transfer-encoding", b"upgrade", b"expect", b"te", b"trailer")
)


def short_way(files: PublicFiles) -> type[asyncio.Protocol]:
    """Make the protocol that uvicorn is to speak in front of an application with these files."""
    return type("ShortWay", (_ShortWay,), {"files": files})


class _ShortWay(H11Protocol):
    files: PublicFiles

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._unused = dict(self.conn.states)
        # Whether nothing is begun on the long way, so that the next byte starts a request.
        self._between = True
        self._answered_at = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._progress: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._stop_expecting()
        if self._progress is not None:
            self._progress.cancel()

    def data_received(self, data: bytes) -> None:
        if self._between or self._is_between():
            answer = self._answer(data)
            if answer is not None:
                self._send(answer)
                return
        self._between = False
        super().data_received(data)
        if self.cycle is not None and not self.cycle.more_body:
            self._stop_expecting()
        elif self._deadline is None:
            self._expect_request()

    def _is_between(self) -> bool:
        """Tell whether uvicorn is done with all it was given."""
        self._between = (
            (self.cycle is None or self.cycle.response_complete)
            and self.conn.states == self._unused
            and not self.conn.trailing_data[0]
        )
        if self._between:
            # Its timer for idle connections does not know of ours.
            self._unset_keepalive_if_required()
        return self._between

    def _answer(self, data: bytes) -> Answer | None:
        """Give the answer to a plain request for a file in memory, or None for the long way."""
        head = _HEAD.fullmatch(data) if len(data) <= _LONGEST else None
        full = (
            self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency
        )
        if head is None or full or self.flow.write_paused or self.transport.is_closing():
            return None
        path = head[2].decode()
        version = self.files.at_hand(path)
        if version is None:
            return None
        lines = [(name.lower(), value.rstrip()) for name, value in _LINE.findall(head[3])]
        names = [name for name, _ in lines]
        if names.count(b"host") != 1 or not _ODD.isdisjoint(names):
            return None
        if any(name == b"connection" and value.lower() != b"keep-alive" for name, value in lines):
            return None
        client = self.client[0] if self.client else ""
        return self.files.answer(path, version, read_asked(head[1].decode(), client, lines))

    def _send(self, answer: Answer) -> None:
        """Write an answer; the next request may take its time, but not for ever."""
        dated = b"".join([b"%b: %b\r\n" % line for line in self.server_state.default_headers])
        start = b"HTTP/1.1 %d %b\r\n" % (answer.status, STATUS_PHRASES[answer.status])
        self.transport.write(b"".join((start, dated, answer.head.wire, b"\r\n", answer.body)))
        self.server_state.total_requests += 1
        self._stop_expecting()
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _look(self) -> None:
        """Close a connection that has been idle; a timer for each request would cost more."""
        self.timeout_keep_alive_task = None
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self._look)
        else:
            self.timeout_keep_alive_handler()

    def _expect_request(self) -> None:
        """Wait so long for the whole of a request; then the connection is closed."""
        self._deadline = self.loop.call_later(REQUEST_DEADLINE, self.transport.abort)

    def _stop_expecting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._progress is None:
            self._await_progress()

    def _await_progress(self, before: int = 0) -> None:
        """Close the connection of a client that takes nothing of what it asked for."""
        self._progress = None
        left = self.transport.get_write_buffer_size()
        if before and left >= before:
            self.transport.abort()
        elif left:
            self._progress = self.loop.call_later(PROGRESS, self._await_progress, left)
