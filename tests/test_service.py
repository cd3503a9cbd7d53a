"""The service as the operator runs it: real processes, signals, kill -9."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import feedparser
import pytest

from tests.replay import Page, Publisher

SOURCES = """
version: 1
feeds:
  - {{id: wire, url: "{url}/wire", publisher: Sahel Wire, every: 1m}}
  - {{id: post, url: "{url}/post", publisher: Delta Post, every: 1m}}
conflicts:
  - slug: mali
    title: Instability in Mali
    region: Sub-Saharan Africa
    keywords: {{decisive: [JNIM], places: [Mali, Kidal], subjects: [attack*, junta]}}
"""


def rss(*names: str) -> bytes:
    """Articles that match the conflict, by name."""
    items = "".join(
        f"<item><guid>{name}</guid><link>https://wire.example/{name}</link>"
        f"<title>Attack number {name} reported near Kidal</title></item>"
        for name in names
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>".encode()


class House:
    """A folder with a sources.yaml, and the command run in it."""

    def __init__(self, folder: Path, publisher: Publisher) -> None:
        self.folder = folder
        self.publisher = publisher
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DATELINE_")},
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "DATELINE_ALLOW_PRIVATE": "127.0.0.0/8",
            "DATELINE_HOST_INTERVAL": "0",
            "DATELINE_PORT": str(self.port),
            "DATELINE_BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        self.sources = folder / "sources.yaml"
        self.sources.write_text(SOURCES.format(url=publisher.url))

    def command(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *words],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def json(self, *words: str) -> object:
        return json.loads(self.command(*words, "--json"))

    @contextmanager
    def running(self, command: str = "run") -> Iterator[subprocess.Popen[str]]:
        log = (self.folder / "log").open("a")
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pipeline", command],
            cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
            log.close()

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return bytes(answer.read())

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Publisher() as publisher:
        publisher.pages |= {"/wire": Page(body=rss("one", "two")), "/post": Page(body=rss("three"))}
        yield House(tmp_path, publisher)


def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.1)


def test_run_fetches_lets_an_editor_approve_and_publishes_within_seconds(house: House) -> None:
    with house.running() as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(4)]
        assert f"http://127.0.0.1:{house.port}/" in told[0]
        assert f"http://127.0.0.1:{house.port}/desk" in told[1]
        assert re.search(r"/invite/[\w-]{40,}", told[3])
        until(lambda: json.loads(house.get("/readyz"))["ready"])
        until(lambda: len(house.json("review", "list")) == 3)  # type: ignore[arg-type]
        assert house.get("/healthz")
        assert feedparser.parse(house.get("/latest-news.atom")).entries == []

        waiting = house.json("review", "list")
        chosen = str(waiting[0]["id"])  # type: ignore[index]
        house.command("review", "approve", chosen, "--editor", "Awa")
        until(lambda: len(feedparser.parse(house.get("/latest-news.atom")).entries) == 1)
        for path in ("/latest-news.rss", "/conflicts/mali/latest-news.atom"):
            assert len(feedparser.parse(house.get(path)).entries) == 1
        assert len(json.loads(house.get("/latest-news.json"))["items"]) == 1
        _, _, page = house.get("/conflicts/mali").decode().partition("<main")
        assert page.index("Latest News") < page.index("Attack number")
        assert "Azawad" in page

        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(timeout=12) == 0
        assert time.monotonic() - began < 10
    assert "wire: updated, 2 new, 2 matched" in house.log()


def test_sigterm_finishes_the_feed_in_hand(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        url = f"http://127.0.0.1:{slow.getsockname()[1]}/slow"
        house.sources.write_text(
            house.sources.read_text().replace(f"{house.publisher.url}/post", url)
        )
        with house.running("jobs") as process:
            slow.settimeout(20)
            connection, _ = slow.accept()
            connection.recv(4096)
            process.send_signal(signal.SIGTERM)
            time.sleep(1)
            body = rss("late")
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + body)
            connection.close()
            assert process.wait(timeout=10) == 0
    titles = {each["title"] for each in house.json("articles", "--all")}  # type: ignore[union-attr]
    assert "Attack number late reported near Kidal" in titles


def test_an_edit_while_running_is_taken_up_and_a_wrong_one_refused(house: House) -> None:
    with house.running("jobs"):
        until(lambda: "publish" in house.log())
        good = house.sources.read_text()
        house.sources.write_text(good.replace("attack*", "@nowhere"))
        until(lambda: "is refused" in house.log())
        assert "sources.yaml:10" in house.log() or "sources.yaml:11" in house.log()
        house.publisher.pages["/third"] = Page(body=rss("fresh"))
        third = '  - {id: third, url: "' + house.publisher.url + '/third"}\nconflicts:'
        house.sources.write_text(good.replace("conflicts:", third))
        until(lambda: "third: updated, 1 new, 1 matched" in house.log())


def test_an_invalid_file_starts_nothing_and_names_every_fault(house: House) -> None:
    house.sources.write_text("version: 1\nfeeds:\n  - {id: A B, url: ftp://x}\nconflicts: []\n")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "run"],
        cwd=house.folder, env=house.environment, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("sources.yaml:3") >= 2
    with house.running() as process:
        assert process.wait(timeout=20) == 2


def test_a_taken_port_is_a_clear_error(house: House) -> None:
    with socket.create_server(("127.0.0.1", house.port)), house.running() as process:
        assert process.wait(timeout=20) == 1
    assert f"port {house.port}" in house.log()
    assert "DATELINE_PORT" in house.log()


def test_two_ingests_at_the_same_time_do_no_harm(house: House) -> None:
    house.command("db", "upgrade")
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline", "ingest", "--all", "--json"],
            cwd=house.folder, env=house.environment, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    reports = [json.loads(run.communicate(timeout=60)[0]) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(report["failed"] for report in reports) == 0
    assert len(house.json("articles", "--all")) == 3  # type: ignore[arg-type]


def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(house: House) -> None:
    dice = random.Random(20261122)
    names: list[str] = []
    for turn in range(8):
        names.append(f"w{turn}")
        house.publisher.pages["/wire"] = Page(body=rss(*names))
        house.publisher.pages["/post"] = Page(body=rss(*(f"p-{name}" for name in names)))
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "ingest", "--all"],
            cwd=house.folder, env=house.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(dice.uniform(0.5, 2.0))
        process.kill()
        process.wait()
    house.command("ingest", "--all")
    stored = house.json("articles", "--all")
    titles = [each["title"] for each in stored]  # type: ignore[union-attr]
    expected = {f"Attack number {name} reported near Kidal" for name in names}
    expected |= {f"Attack number p-{name} reported near Kidal" for name in names}
    assert sorted(titles) == sorted(expected)
    assert all(len(each["matches"]) == 1 for each in stored)  # type: ignore[union-attr]
