"""Publishers on loopback whose documents grow with every fetch, and who remember what they served."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

WINDOW = 200
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_START = datetime(2026, 11, 20, tzinfo=UTC)
# Not every answer brings something: some fetches meet the same document again (304), some break off.
_SAME_EVERY, _EDIT_EVERY, _CUT_EVERY, _SHARED_EVERY = 4, 6, 9, 5


def _open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass(kw_only=True)
class Wire:
    """One feed: its items by name, newest last, as they were last served.

    Answers wait while its gate is closed.
    """

    name: str
    fetches: int = 0
    items: dict[str, tuple[str, str]] = field(default_factory=dict)
    requests: int = 0
    busy: int = 0
    busiest: int = 0
    gate: threading.Event = field(default_factory=_open_gate)

    def grow(self) -> None:
        """Publish one or two items, and now and then edit the one before."""
        self.fetches += 1
        if self.fetches % _SAME_EVERY == 0:
            return
        if self.fetches % _EDIT_EVERY == 0:
            last = next(reversed(self.items))
            link, title = self.items[last]
            self.items[last] = (link, f"{title}, sources in Bamako now say")
        for _ in range(1 + self.fetches % 2):
            self._publish()

    def _publish(self) -> None:
        number = len(self.items) + 1
        name = f"{self.name}-{number}"
        link = f"https://{self.name}.example/{number}"
        title = f"Attack near Kidal: {_words(name)}"
        if number % _SHARED_EVERY == 0:
            link = f"https://agency.example/{number}"
            title = f"Attack near Gao: {_words(link)}"
        self.items[name] = (link, title)

    def window(self) -> dict[str, tuple[str, str]]:
        """The items the document lists now."""
        return dict(list(self.items.items())[-WINDOW:])

    def document(self) -> bytes:
        """The feed as RSS."""
        items = "".join(
            f"<item><guid isPermaLink='false'>{name}</guid><link>{link}</link><title>{title}</title>"
            f"<pubDate>{format_datetime(_START + timedelta(minutes=number))}</pubDate></item>"
            for number, (name, (link, title)) in enumerate(self.window().items())
        )
        return (
            f"<rss version='2.0'><channel><title>{self.name}</title>{items}</channel></rss>"
        ).encode()


def _words(name: str) -> str:
    """Five words that no other headline has: each is a story of its own."""
    mark = sha256(name.encode()).hexdigest()
    return " ".join(mark[start : start + 6].translate(_LETTERS) for start in range(0, 30, 6))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Those who ask are killed all the time."""


class Wires:
    """Two hosts, one feed each. With `steady` they serve what they have and break nothing off."""

    def __init__(self) -> None:
        self.steady = False
        self.wires = {host: Wire(name=name) for host, name in _HOSTS.items()}
        self._lock = threading.Lock()
        self._servers = {host: self._server(host) for host in _HOSTS}

    def _server(self, host: str) -> ThreadingHTTPServer:
        owner = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                wire = owner.wires[host]
                with owner._lock:
                    wire.busy += 1
                    wire.busiest = max(wire.busiest, wire.busy)
                try:
                    owner._answer(self, wire)
                except OSError:
                    pass  # the one who asked was killed
                finally:
                    with owner._lock:
                        wire.busy -= 1

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        return _Server((host, 0), Answer)

    def url(self, host: str) -> str:
        """Where the feed of a host stands."""
        return f"http://{host}:{self._servers[host].server_address[1]}/feed"

    def __enter__(self) -> Self:
        self._threads = [
            threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            for each in self._servers.values()
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for server, thread in zip(self._servers.values(), self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()

    def remember(self) -> dict[str, tuple[int, dict[str, tuple[str, str]]]]:
        """What stands now, to be put back."""
        return {host: (wire.fetches, dict(wire.items)) for host, wire in self.wires.items()}

    def put_back(self, remembered: dict[str, tuple[int, dict[str, tuple[str, str]]]]) -> None:
        """Stand as then."""
        for host, (fetches, items) in remembered.items():
            wire = self.wires[host]
            wire.fetches, wire.items, wire.requests = fetches, dict(items), 0
            wire.busiest = 0

    def served(self) -> dict[str, tuple[str, str]]:
        """Every item that is listed now, by name."""
        return {name: item for wire in self.wires.values() for name, item in wire.window().items()}

    def _answer(self, request: BaseHTTPRequestHandler, wire: Wire) -> None:
        if request.path != "/feed":
            request.send_error(404)
            return
        with self._lock:
            wire.requests += 1
            if not self.steady:
                wire.grow()
            body, state = wire.document(), f'"{wire.name}-{len(wire.items)}-{wire.fetches // 6}"'
            breaks_off = not self.steady and wire.fetches % _CUT_EVERY == 0
        wire.gate.wait(60)
        if request.headers.get("If-None-Match") == state:
            request.send_response_only(304)
            request.end_headers()
            return
        request.send_response_only(200)
        request.send_header("Content-Type", "application/rss+xml")
        request.send_header("ETag", state)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: len(body) // 2] if breaks_off else body)
        if breaks_off:
            request.close_connection = True


_HOSTS = {"127.0.0.1": "north", "127.0.0.2": "south"}
