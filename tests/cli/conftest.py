"""The command line in a folder of its own: a sources.yaml, a database, and nothing else."""

import io
import json
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import structlog

from db import Database, conflicts, feeds, open_database
from pipeline.cli import main
from pipeline.model import Article, Conflict, Feed, MatchStatus
from pipeline.sources import load_sources
from pipeline.store import Stored
from tests.making import NOON, an_article, take_in
from tests.replay import Page, Publisher

ROOT = Path(__file__).parents[2]
SOURCES = """\
version: 1
feeds:
  - {id: sahel-wire, url: "URL/wire", publisher: Sahel Wire}
  - {id: delta-post, url: "URL/post", publisher: Delta Post}
  - {id: old-gazette, url: "URL/gazette", enabled: false}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords: {decisive: [JNIM], places: [Mali, Kidal, مالي], subjects: [attack*, junta, هجوم]}
  - slug: niger
    title: Unrest in Niger
    keywords: {places: [Niger, Niamey], subjects: [attack*, junta]}
"""
ATTACK = "Convoy attacked near Kidal in northern Mali"
JUNTA = "Niger junta names a new prime minister"
MARKET = "Grain prices fall at the coast market again"


def rss(*headlines: str) -> bytes:
    """An RSS document with these headlines; each makes its guid and link."""
    names = [sha256(headline.encode()).hexdigest()[:8] for headline in headlines]
    items = "".join(
        f"<item><guid>{name}</guid><link>https://wire.example/{name}</link>"
        f"<title>{headline}</title></item>"
        for name, headline in zip(names, headlines, strict=True)
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>".encode()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command printed, and its exit code."""

    out: str
    err: str
    status: int


class Stdin(io.BytesIO):
    """What is piped into a command."""

    name = "<stdin>"


class Captured(io.TextIOWrapper):
    """What a command prints, through the encoding of a real pipe."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    @property
    def text(self) -> str:
        self.seek(0)
        return self.read()


class Shell:
    """Runs commands in one folder; `run` inside this process, `process` in one of their own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.sources = folder / "sources.yaml"
        self.public = folder / "var" / "public"
        self.watch_url("http://127.0.0.1:9")

    def watch_url(self, url: str) -> None:
        """Let the feeds stand under this address."""
        self.sources.write_text(SOURCES.replace("URL", url), encoding="utf-8")

    def run(self, *words: str, stdin: str | bytes = "", status: int = 0) -> Answer:
        """Run `dateline` with these words and hold it to its exit code."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = Captured(), Captured()
        with self.patch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "stdin", io.TextIOWrapper(Stdin(given), encoding="utf-8"))
            ended = self.run_here(*words)
        assert ended == status, out.text + err.text
        return Answer(out=out.text, err=err.text, status=ended)

    def run_here(self, *words: str) -> int:
        """Run `dateline` with these words and whatever standard streams there are."""
        with self.patch.context() as patch:
            patch.setattr(sys, "argv", ["dateline", *words])
            try:
                main()
            except SystemExit as end:
                return end.code if isinstance(end.code, int) else int(end.code is not None)
        return 0

    def json(self, *words: str, stdin: str = "", status: int = 0) -> Any:
        """Run a command with --json: standard output is JSON from its first to its last byte."""
        return json.loads(self.run(*words, "--json", stdin=stdin, status=status).out)

    def process(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as the operator does: an interpreter of its own, nothing shared."""
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *words], cwd=self.folder, text=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, **more,
        )  # fmt: skip

    def type(self, *words: str, answers: Sequence[str] = (), hidden: bool = True) -> str:
        """Run a command at a terminal and answer its questions; gives what it showed."""
        screen, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *words], cwd=self.folder, start_new_session=True,
            stdin=terminal, stdout=terminal, stderr=terminal,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
        )  # fmt: skip
        os.close(terminal)
        # Whatever goes wrong, the terminal falls silent in the end.
        end = threading.Timer(30, process.kill)
        end.start()
        shown, waiting = b"", list(answers)
        with suppress(OSError):  # how a terminal says that nobody writes to it any more
            while piece := os.read(screen, 4096):
                shown += piece
                if waiting and piece.rstrip().endswith(b":"):
                    while (
                        hidden
                        and process.poll() is None
                        and termios.tcgetattr(screen)[3] & termios.ECHO
                    ):
                        time.sleep(0.01)  # what is typed before the echo is off is thrown away
                    os.write(screen, waiting.pop(0).encode() + b"\n")
        end.cancel()
        os.close(screen)
        assert process.wait(timeout=20) == 0, shown.decode()
        return shown.decode()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The folder's database, with what sources.yaml says declared to it."""
        opened = open_database(f"sqlite:///{self.folder}/var/dateline.db")
        declared = load_sources(self.sources)
        with opened.transaction() as connection:
            feeds.declare(connection, declared.feeds, NOON)
            conflicts.declare(connection, declared.conflicts, NOON)
        yield opened
        opened.close()

    @property
    def feeds(self) -> tuple[Feed, ...]:
        return load_sources(self.sources).feeds

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return load_sources(self.sources).conflicts

    def store(self, *articles: Article, feed: int = 0) -> Stored:
        """Store articles of a feed, as a pass does."""
        with self.database() as database:
            return take_in(
                database, *articles, feed=self.feeds[feed], tracked=self.conflicts, now=NOON
            )

    def statuses(self) -> dict[int, MatchStatus]:
        """Where each match stands."""
        found = self.json("review", "list", "--status", "all")
        return {each["id"]: MatchStatus(each["status"]) for each in found}


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands decide where log lines go; the next test must not write there."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def empty_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder as a new user has it: sources.yaml, and no database yet."""
    for name in os.environ:
        if name.upper().startswith("DATELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, monkeypatch)


@pytest.fixture
def shell(empty_shell: Shell, sqlite_file: Path) -> Shell:
    """A folder with an upgraded, empty database."""
    (empty_shell.folder / "var").mkdir()
    copyfile(sqlite_file, empty_shell.folder / "var" / "dateline.db")
    return empty_shell


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """Three stored articles: matches 1 (Mali) and 2 (Niger) wait, one article matches nothing."""
    for headline in (ATTACK, JUNTA, MARKET):
        shell.store(an_article(headline))
    return shell


@pytest.fixture
def online(shell: Shell) -> Iterator[tuple[Shell, Publisher]]:
    """A folder whose feeds stand on a loopback publisher; their addresses may be fetched."""
    shell.patch.setenv("DATELINE_ALLOW_PRIVATE", "127.0.0.0/8")
    shell.patch.setenv("DATELINE_HOST_INTERVAL", "0")
    with Publisher() as publisher:
        shell.watch_url(publisher.url)
        publisher.pages |= {
            "/wire": Page(body=rss(ATTACK, MARKET)),
            "/post": Page(body=rss(JUNTA)),
            "/gazette": Page(status=500),
        }
        yield shell, publisher
