"""Lives of the whole service, each cut at a random moment while editors and readers are at work."""

import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from random import Random

from tests.crash.house import EDITOR, House
from tests.crash.invariants import (
    AFTER_A_ROUND,
    AT_ONCE,
    broken,
    i5_each_public_file_is_whole,
    i9_nothing_is_left_behind,
)
from tests.crash.library import Mode
from tests.crash.warm import Point

# A feed is due every minute; each life begins a little later than that.
BETWEEN_LIVES = 90
_LONGEST = 3_500  # milliseconds
_PASSWORD = "seven quiet camels cross the dunes"


@dataclass(kw_only=True)
class Lives:
    """A house whose service lives again and again, and what was seen of it.

    `reads` counts looks at the public files, `acknowledged` verdicts that were answered.
    """

    house: House
    dice: Random
    clock: int = 0
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

    def live(self, mode: Mode) -> None:
        """One life: an editor decides, a reader reads, and all of a sudden it ends."""
        self.clock += BETWEEN_LIVES
        self.house.warm.move_clock(self.clock)
        for wire in self.house.wires.wires.values():
            wire.requests = wire.busiest = 0
        within = self.dice.randint(50, _LONGEST)
        point = Point(mode=mode, within=within, seed=self.dice.randrange(1 << 16))
        pid = self.house.warm.start(self.house.life("run", point=point))
        # What power loss takes back was never there: nobody may look while it is being undone.
        looks_until = time.monotonic() + within / 1000 - (0.1 if mode is not Mode.KILL else -1)
        ended = threading.Event()
        people = [
            threading.Thread(target=self._decide, args=(ended,)),
            threading.Thread(target=self._read, args=(ended, looks_until)),
        ]
        for person in people:
            person.start()
        status = self.house.warm.wait(pid).status
        ended.set()
        for person in people:
            person.join()
        if status != -9:
            self.faults.append(
                f"the service ended by itself with {status}: {self.house.log()[-500:]}"
            )
        self.faults += broken(self.house, AT_ONCE) + i5_each_public_file_is_whole(self.house)
        for wire in self.house.wires.wires.values():
            if wire.requests > 2 or wire.busiest > 1:
                self.faults.append(f"I7 {wire.requests} requests, {wire.busiest} at once")

    def settle(self) -> None:
        """After the last life: one clean round, and everything has to be there."""
        self.house.recover()
        self.faults += broken(self.house, AFTER_A_ROUND) + i9_nothing_is_left_behind(self.house)

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
            except (OSError, ValueError):
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
