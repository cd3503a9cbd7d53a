"""People: an editor who decides through the API, and a reader who looks at the public files, while
the service lives and dies."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random

from tests.crash.house import EDITOR, House
from tests.crash.invariants import i5_each_public_file_is_whole

_PASSWORD = "seven quiet camels cross the dunes"


@dataclass(kw_only=True)
class People:
    """Those who use a house, and what they saw.

    `reads` counts looks at the public files, `acknowledged` verdicts that were answered.
    """

    house: House
    dice: Random
    reads: int = 0
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list)
    token: str = ""

    def __post_init__(self) -> None:
        word = self.house.folder / "password"
        word.write_text(_PASSWORD + "\n")
        self.house.command("editor", "add", EDITOR, stdin=str(word))
        said = self.house.command("editor", "token", EDITOR, "--scope", "review", "--scope", "read")
        self.token = said.strip().splitlines()[-1]

    @contextmanager
    def at_work(self, looks_until: float = float("inf")) -> Iterator[None]:
        """Let both be at work; the reader looks until a time of `time.monotonic`."""
        ended = threading.Event()
        people = [
            threading.Thread(target=self._decide, args=(ended,)),
            threading.Thread(target=self._read, args=(ended, looks_until)),
        ]
        for person in people:
            person.start()
        try:
            yield
        finally:
            ended.set()
            for person in people:
                person.join()

    def _decide(self, ended: threading.Event) -> None:
        """Be an editor who takes one verdict after the other, and remembers those answered."""
        while not ended.is_set():
            try:
                waiting = self._ask("matches?status=pending&limit=20")["items"]
                for each in waiting:
                    verdict = self.dice.choice(("approve", "reject"))
                    self.house.in_flight.add(each["id"])
                    self._ask("reviews", {"verdict": verdict, "matches": [_seen(each["id"])]})
                    self.house.verdicts[each["id"]] = (
                        "approved" if verdict == "approve" else "rejected"
                    )
                    self.house.in_flight.discard(each["id"])
                    self.acknowledged += 1
                    if ended.is_set():
                        return
            except (OSError, ValueError, HTTPException):
                pass  # the service is not up yet, or not any more
            ended.wait(0.05)

    def _ask(self, path: str, body: object = None) -> dict[str, list[dict[str, int]]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.house.port}/api/v1/{path}",
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            self.faults.append(f"the API answered {error.code}: {error.read()[:300]!r}")
            raise

    def _read(self, ended: threading.Event, until: float) -> None:
        """Be a reader who looks at every format again and again."""
        while not ended.is_set() and time.monotonic() < until:
            self.faults += i5_each_public_file_is_whole(self.house)
            self.reads += 1
            time.sleep(0.005)


def _seen(match: int) -> dict[str, object]:
    return {"id": match, "seen_as": "pending"}
