"""A house: the folder of one installation whose commands live and die in the warm process."""

import json
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db import Database, open_database
from tests.crash.warm import Ended, Life, Point, Warm
from tests.crash.wires import Wires

SOURCES = """
version: 1
defaults: {{every: 1m, keep_unmatched: 30d}}
feeds:
  - {{id: north, url: "{north}", publisher: North Wire}}
  - {{id: south, url: "{south}", publisher: South Wire}}
conflicts:
  - slug: mali
    title: Instability in Mali
    region: Sub-Saharan Africa
    keywords: {{places: [Kidal, Gao], subjects: [attack*]}}
"""
_TOLD = re.compile(r"match (\d+) is now (approved|rejected|pending)")
EDITOR = "Awa"


class House:
    """One installation: sources, database, public folder, and what editors were told is done.

    `verdicts` holds, by match, the status that a command said is now so: the acknowledged verdicts;
    `in_flight` those matches whose command was cut before it said anything.
    """

    def __init__(self, folder: Path, wires: Wires, warm: Warm, database_url: str = "") -> None:
        self.folder = folder
        self.wires = wires
        self.warm = warm
        self.database_url = database_url or f"sqlite:///{folder}/var/dateline.db"
        self.verdicts: dict[int, str] = {}
        self.in_flight: set[int] = set()
        for name in ("var", "shadow"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "sources.yaml").write_text(
            SOURCES.format(north=wires.url("127.0.0.1"), south=wires.url("127.0.0.2"))
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])

    @property
    def public(self) -> Path:
        """The folder of public files."""
        return self.folder / "var" / "public"

    def life(self, *words: str, point: Point | None = None, **more: object) -> Life:
        """One run of the command in this house."""
        (self.folder / "log").touch()
        return Life(
            words=words,
            folder=str(self.folder),
            environment={
                "DATELINE_DATABASE_URL": self.database_url,
                "DATELINE_PUBLIC_DIR": str(self.public),
                "DATELINE_ALLOW_PRIVATE": "127.0.0.0/8",
                "DATELINE_HOST_INTERVAL": "0",
                "DATELINE_SECRET_KEY": "a key of the crash tests alone",
                "DATELINE_PORT": str(self.port),
                "DATELINE_BASE_URL": "https://tracker.example",
                "DATELINE_LOG_FORMAT": "json",
            },
            log=str(self.folder / "log"),
            point=point,
            calls=str(self.folder / "calls") if point is not None else "",
            **more,  # type: ignore[arg-type]
        )

    def log(self) -> str:
        """What the commands printed and logged."""
        return (self.folder / "log").read_text(errors="replace")

    def calls(self) -> int:
        """How many write-side calls the command made that ran last with a point in it."""
        path = self.folder / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def die(self, *words: str, point: Point) -> Ended:
        """Run a command with a point in it, and note what it said was done before it ended."""
        (self.folder / "log").unlink(missing_ok=True)
        (self.folder / "calls").unlink(missing_ok=True)
        ended = self.warm.live(self.life(*words, point=point))
        self.note_verdicts(self.log())
        if words[0] == "review" and ended.status != 0:
            told = {int(match) for match, _ in _TOLD.findall(self.log())}
            self.in_flight = {int(word) for word in words if word.isdecimal()} - told
        return ended

    def command(self, *words: str, **more: object) -> str:
        """Run a command that has to succeed; gives what it printed."""
        (self.folder / "log").unlink(missing_ok=True)
        ended = self.warm.live(self.life(*words, **more))  # type: ignore[arg-type]
        log = self.log()
        assert ended.status == 0, (words, ended, log)
        self.note_verdicts(log)
        return log

    def do_again(self, *words: str) -> None:
        """Give a command once more whose first end nobody saw; it may say that all is done."""
        ended = self.warm.live(self.life(*words))
        assert ended.status == 0 or "exists already" in self.log(), (words, ended, self.log())

    def note_verdicts(self, told: str) -> None:
        """Remember the verdicts that a command acknowledged."""
        self.verdicts |= {int(match): status for match, status in _TOLD.findall(told)}

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The house's database, opened by the test."""
        opened = open_database(self.database_url)
        try:
            yield opened
        finally:
            opened.close()

    def waiting(self) -> list[int]:
        """The matches that wait for a verdict."""
        told = self.command("review", "list", "--json")
        return [each["id"] for each in json.loads(told)]

    def furnish(self) -> None:
        """Live a while: some passes, verdicts of each kind, a publication; one verdict is not
        published yet."""
        self.command("db", "upgrade")
        for _ in range(4):
            self.command("ingest", "--all")
        waiting = self.waiting()
        self.command("review", "approve", *map(str, waiting[:3]), "--editor", EDITOR)
        self.command("publish")
        self.command("review", "reject", str(waiting[1]), str(waiting[3]), "--editor", EDITOR)
        self.command("review", "approve", str(waiting[4]), "--editor", EDITOR)

    def take_over(self, old: "House") -> None:
        """Move in with all that another house has, whose service is stopped."""
        old.command("db", "copy", self.database_url)
        shutil.copytree(old.public, self.public)
        for key in (old.folder / "var").glob("secret*"):
            shutil.copy2(key, self.folder / "var")
        self.verdicts = dict(old.verdicts)

    def recover(self, *, fetching: bool = True) -> None:
        """Restart cleanly, and do one clean round: everything is fetched, then published."""
        self.wires.steady = True
        try:
            if fetching:
                self.command("ingest", "--all")
            self.command("publish")
        finally:
            self.wires.steady = False
