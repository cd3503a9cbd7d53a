"""`run`, `jobs` and `web` in this process: what they announce, serve and end with."""

import io
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest

from tests.cli.conftest import ATTACK, Shell
from tests.making import an_article
from tests.replay import Publisher


class Served:
    """A service while it runs: what it has printed, and its pages."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.err = io.StringIO()
        self.faults: list[Exception] = []

    def address(self) -> str:
        found = re.search(r"Public page +(\S+)/$", self.out.getvalue(), re.MULTILINE)
        assert found is not None, self.out.getvalue() + self.err.getvalue()
        return found[1]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address() + path, timeout=5) as answer:
            return str(answer.read().decode())


class Desk:
    """An editor's browser, as far as a form needs one."""

    def __init__(self, address: str) -> None:
        self.address = address
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def post(self, path: str, **form: str) -> str:
        request = urllib.request.Request(
            self.address + path, urlencode(form).encode(), {"Origin": self.address}
        )
        with self.opener.open(request, timeout=5) as answer:
            return str(answer.read().decode())

    def approve(self, match_id: int) -> None:
        with self.opener.open(self.address + "/desk", timeout=5) as answer:
            token = re.search(r'name="csrf" value="([^"]+)"', answer.read().decode())
        assert token is not None
        self.post("/desk/review", csrf=token[1], verdict="approve", match=str(match_id))


def eventually(check: Callable[[], object], seconds: float = 15) -> None:
    """Wait until a check neither fails nor raises."""
    end = time.monotonic() + seconds
    while True:
        try:
            if check() is not False:
                return
        except (AssertionError, OSError):
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def serve(shell: Shell, command: str, visit: Callable[[Served], None], number: int) -> Served:
    """Run a service here, visit it from a thread, and end it with a signal."""
    served = Served()

    def visitor() -> None:
        try:
            visit(served)
        except Exception as error:  # noqa: BLE001 told in the test's own thread
            served.faults.append(error)
        finally:
            os.kill(os.getpid(), number)

    with redirect_stdout(served.out), redirect_stderr(served.err):
        thread = threading.Thread(target=visitor)
        with ignoring(number):
            thread.start()
            done = shell.run_here(command)
            thread.join()
    assert served.faults == []
    assert done == 0, served.err.getvalue()
    return served


@contextmanager
def ignoring(number: int) -> Iterator[None]:
    """Outlive a signal that comes before the service listens for it, or after."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.fixture
def house(online: tuple[Shell, Publisher]) -> Shell:
    shell, _ = online
    shell.patch.setenv("DATELINE_PORT", "0")
    return shell


def test_run_serves_fetches_and_publishes_until_sigterm(house: Shell) -> None:
    def visit(served: Served) -> None:
        eventually(lambda: "Instability in Mali" in served.get("/conflicts/mali"))
        assert served.get("/healthz")
        eventually(lambda: '"ready":true' in served.get("/readyz").replace(" ", ""))
        eventually(lambda: "sahel-wire: updated" in served.err.getvalue())

    served = serve(house, "run", visit, signal.SIGTERM)
    told = served.out.getvalue()
    assert re.search(r"Desk +http://127\.0\.0\.1:\d+/desk", told)
    assert re.search(r"/invite/[\w-]{40,}", told)
    assert "Stop with Ctrl-C." in served.err.getvalue()
    assert "stopped" in served.err.getvalue()
    assert {each["title"] for each in house.json("articles")} >= {ATTACK}


def test_web_serves_pages_without_a_clock_until_ctrl_c(house: Shell) -> None:
    house.run("editor", "add", "Awa", "--role", "admin", stdin="copper kettle moon")
    house.run("publish")
    house.patch.setenv("DATELINE_BASE_URL", "http://127.0.0.1:8000")

    def visit(served: Served) -> None:
        eventually(lambda: "Instability in Mali" in served.get("/"))
        with pytest.raises(urllib.error.HTTPError, match="503"):
            served.get("/readyz")

    served = serve(house, "web", visit, signal.SIGINT)
    assert "/invite/" not in served.out.getvalue()
    assert house.json("articles") == []


def test_jobs_runs_the_clock_without_pages(house: Shell) -> None:
    def visit(served: Served) -> None:
        eventually(lambda: "publish: " in served.err.getvalue())

    served = serve(house, "jobs", visit, signal.SIGTERM)
    assert served.out.getvalue() == ""
    assert (house.public / "latest-news.atom").is_file()


def test_a_public_address_that_is_set_is_the_one_announced(house: Shell) -> None:
    house.patch.setenv("DATELINE_BASE_URL", "https://tracker.example")
    served = serve(
        house,
        "web",
        lambda served: eventually(lambda: "/invite/" in served.out.getvalue()),
        signal.SIGTERM,
    )
    assert "Public page  https://tracker.example/\n" in served.out.getvalue()
    assert "https://tracker.example/invite/" in served.out.getvalue()


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_ipv6_is_served_and_announced_in_brackets(house: Shell) -> None:
    house.patch.setenv("DATELINE_HOST", "::1")
    served = serve(
        house, "web", lambda served: eventually(lambda: served.get("/healthz")), signal.SIGTERM
    )
    assert re.search(r"http://\[::1\]:\d+/desk", served.out.getvalue())


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", "taken"), ("192.0.2.1", "0"), ("no.such.host.invalid", "0")]
)
def test_an_address_that_cannot_be_listened_on_says_what_to_set(
    house: Shell, host: str, port: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        chosen = str(taken.getsockname()[1]) if port == "taken" else port
        house.patch.setenv("DATELINE_HOST", host)
        house.patch.setenv("DATELINE_PORT", chosen)
        told = house.run("web", status=1).err
    assert f"cannot listen on {host} port {chosen}: " in told
    assert "DATELINE_PORT" in told
    assert "DATELINE_HOST" in told


def test_a_verdict_on_the_desk_is_published_by_web_alone(house: Shell) -> None:
    house.store(an_article(ATTACK))
    house.run("editor", "add", "Awa", "--role", "admin", stdin="copper kettle moon")

    def visit(served: Served) -> None:
        eventually(lambda: served.get("/healthz"))
        desk = Desk(served.address())
        desk.post("/login", name="Awa", password="copper kettle moon")
        desk.approve(1)
        eventually(lambda: ATTACK in served.get("/latest-news.json"))

    serve(house, "web", visit, signal.SIGTERM)
