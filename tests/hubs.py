"""A small WebSub hub on loopback, with as many manners as it has paths, and a service it can reach.

`LoopbackHub` confirms what it is asked as real ones do, by a request of its own, and posts signed
pushes; `Manners` say what it gets wrong. `Service` is an application on a real port.
"""

import asyncio
import hashlib
import hmac
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from fastapi import FastAPI

Answered = tuple[int, dict[str, str], bytes]


@dataclass
class Manners:
    """How the hub at one path behaves, and the forms it was sent.

    `status` answers requests; `confirms` asks back before that, with `says` instead of what was
    asked and this `lease`. `location` is where it redirects to.
    """

    status: int = 202
    confirms: bool = True
    lease: str = "864000"
    location: str = ""
    says: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    @property
    def form(self) -> dict[str, str]:
        """The last form that subscribed."""
        return [each for each in self.forms if each["hub.mode"] == "subscribe"][-1]


class LoopbackHub:
    """A hub whose address is `url` and any name."""

    def __init__(self) -> None:
        self.manners: dict[str, Manners] = {}
        hub = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                manners = hub.at(self.path.strip("/"))
                form = dict(parse_qsl(body.decode()))
                manners.forms.append(form)
                if manners.confirms and manners.status == 202:
                    hub.ask(manners, form)
                self.send_response(manners.status)
                if manners.location:
                    self.send_header("Location", manners.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()

    def at(self, name: str) -> Manners:
        """How it behaves at one path."""
        return self.manners.setdefault(name, Manners())

    def ask(self, manners: Manners, form: dict[str, str], **changes: str) -> Answered:
        """Ask at the callback whether a form was meant."""
        said = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": "c0ffee <b>&",
        }
        if form["hub.mode"] == "subscribe":
            said["hub.lease_seconds"] = manners.lease
        said |= manners.says | {f"hub.{name}": value for name, value in changes.items()}
        answer = request("GET", f"{form['hub.callback']}?{urlencode(said)}")
        manners.answers.append(answer)
        return answer

    def push(
        self, name: str, body: bytes = b"<feed/>", *, signed: str = "sha256", **more: str
    ) -> Answered:
        """Post to whom the hub at this path was last told of; `secret` and `signature` may be
        others than the right ones."""
        form = self.at(name).form
        secret = more.get("secret", form["hub.secret"]).encode()
        made = f"{signed}={hmac.new(secret, body, getattr(hashlib, signed)).hexdigest()}"
        headers = {"X-Hub-Signature": more.get("signature", made)}
        return request("POST", form["hub.callback"], body, headers)


def request(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answered:
    """Make one request; gives status, headers in small letters, body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


@contextmanager
def serving(listening: socket, make: Callable[[], FastAPI]) -> Iterator[None]:
    """Serve an application on a socket that is bound already."""
    server = uvicorn.Server(
        uvicorn.Config(make(), log_config=None, access_log=False, ws="none", lifespan="off")
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
