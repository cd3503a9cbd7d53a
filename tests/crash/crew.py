"""A crew: several processes of one installation at work at once, any of which is killed at any time.

On SQLite the whole service and a second clock; on PostgreSQL the desk, two clocks that hand work
over, and two workers. What was published is mailed to two subscribers.
"""

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from pathlib import Path
from random import Random
from typing import Self

from sqlalchemy import text

from db import Connection, subscribers
from pipeline.dispatch import list_jobs, queue_figures
from pipeline.model import Wants, Wish
from pipeline.now import utc_now
from tests.crash.house import House
from tests.crash.invariants import AFTER_A_ROUND, broken, i9_nothing_is_left_behind
from tests.crash.people import People
from tests.mailbox import Mailbox, mailbox

ON_SQLITE = {"service": ("run",), "second clock": ("jobs",)}
ON_POSTGRES = {
    "desk": ("web",),
    "clock": ("jobs",),
    "second clock": ("jobs",),
    "worker": ("worker", "--at-once", "4"),
    "second worker": ("worker", "--at-once", "4"),
}
READERS = ("ada@readers.example", "ben@readers.example")
# Letters that were in hand when their process died are settled after twenty minutes.
_BETWEEN_DEATHS, _LEASES_END = 90, 3_600


class PostOffice:
    """A mail server on loopback with a thread of its own, that keeps all it takes."""

    def __init__(self) -> None:
        self.box = Mailbox()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._loop.close()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of an installation that sends its letters here."""
        return {
            "DATELINE_SMTP_URL": f"smtp://127.0.0.1:{self.box.port}",
            "DATELINE_MAIL_FROM": "Dateline <news@tracker.example>",
        }

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with mailbox(self.box):
            self._ready.set()
            await self._closing.wait()


@dataclass(kw_only=True)
class Crew:
    """Processes by what they do, in one house, and what was seen of them. To be used in `with`.

    Between two deaths they have `longest` seconds at most.
    """

    house: House
    dice: Random
    longest: float = 2.0
    office: PostOffice = field(default_factory=PostOffice)
    clock: int = 0
    faults: list[str] = field(default_factory=list)
    people: People = field(init=False)
    _alive: dict[str, int] = field(default_factory=dict)
    _known: int = 0

    def __post_init__(self) -> None:
        self._on_sqlite = self.house.database_url.startswith("sqlite")
        self._roles = ON_SQLITE if self._on_sqlite else ON_POSTGRES
        self.people = People(house=self.house, dice=self.dice)
        with self.house.database() as database, database.transaction() as connection:
            for address in READERS:
                _subscribe(connection, address)

    def __enter__(self) -> Self:
        self.office.__enter__()
        self._known = len(self.house.verdicts)
        for role in self._roles:
            self._start(role)
        self._await_start()
        return self

    def __exit__(self, *error: object) -> None:
        for role in list(self._alive):
            self._end(role, signal.SIGKILL)
        self.office.__exit__()
        self.house.warm.move_clock(0)

    def lose_one(self) -> None:
        """Let one of them die, whichever it is."""
        self.lose(self.dice.choice(sorted(self._alive)))

    @property
    def approved(self) -> int:
        """How many approvals were acknowledged since they began."""
        return list(self.house.verdicts.values())[self._known :].count("approved")

    def lose(self, role: str, approvals: int = 0) -> None:
        """Let all be at work for a while, and until so many approvals were acknowledged since they
        began; then this one is killed, and another takes its place."""
        self.clock += _BETWEEN_DEATHS
        self.house.warm.move_clock(self.clock)
        with self.people.at_work():
            time.sleep(self.dice.uniform(0.05, self.longest))
            _until(lambda: self.approved >= approvals, 60)
            status = self._end(role, signal.SIGKILL)
        if status != -signal.SIGKILL:
            self._blame(role, f"ended by itself with {status}")
        self._start(role)
        self.faults += self.people.faults
        self.people.faults = []

    def settle(self) -> None:
        """Let the crew do what is left, stop it as an operator would, and look at everything."""
        self.clock += _LEASES_END
        self.house.wires.steady = True
        self.house.warm.move_clock(self.clock)
        self._await_start()
        try:
            _until(self._is_quiet, 60)
        except AssertionError:
            self.faults.append(f"I8 work is left undone: {self._left()}")
        for role in list(self._alive):
            if status := self._end(role, signal.SIGTERM):
                self._blame(role, f"did not stop well: {status}")
        self.house.recover()
        self.faults += broken(self.house, (*AFTER_A_ROUND, self._i12_no_letter_is_doubled))
        self.faults += i9_nothing_is_left_behind(self.house)

    def log(self, role: str) -> str:
        """What the processes of a role wrote."""
        return (self.house.folder / f"log of the {role}").read_text(errors="replace")

    def _start(self, role: str) -> None:
        life = self.house.life(*self._roles[role], hurries=True)
        more = {"DATELINE_WORKERS": "inline" if self._on_sqlite else "queue"}
        environment = {**life.environment, **self.office.environment, **more}
        log = str(self.house.folder / f"log of the {role}")
        self._alive[role] = self.house.warm.start(replace(life, environment=environment, log=log))

    def _await_start(self) -> None:
        """Wait until each can be told to stop: before that it would die of it."""
        _until(lambda: all(map(_hears_sigterm, self._alive.values())), 60)

    def _end(self, role: str, how: signal.Signals) -> int:
        pid = self._alive.pop(role)
        with suppress(ProcessLookupError):  # one that ended by itself is told by its status
            os.killpg(pid, how) if how is signal.SIGKILL else os.kill(pid, how)
        return self.house.warm.wait(pid).status

    def _blame(self, role: str, what: str) -> None:
        self.faults.append(f"I10 the {role} {what}: {self.log(role)[-700:]}")

    def _is_quiet(self) -> bool:
        return not self._left()

    def _left(self) -> list[str]:
        """What has still to be done."""
        with self.house.database() as database:
            with database.reading() as connection:
                waiting = connection.scalar(
                    text("SELECT count(*) FROM letters WHERE ended_at IS NULL")
                )
                untold = _untold(connection)
            left = [f"{waiting} letters wait"] if waiting else []
            left += [f"{untold} entries are told to nobody"] if untold else []
            if not self._on_sqlite:
                figures, aside = queue_figures(database), list_jobs(database)
                left += [f"{job.task} is set aside: {job.fault}" for job in aside]
                if figures is not None:
                    left += [
                        f"{each.running} of {each.task} run and {each.waiting} wait"
                        for each in figures.tasks
                        if each.running or each.waiting
                    ]
        return left

    def _i12_no_letter_is_doubled(self, house: House, connection: Connection) -> list[str]:
        """Each letter came once at most, and whoever was told it was sent has it; no entry was told
        twice to anybody."""
        came = Counter(
            (address, str(message["Message-ID"])) for address, message in self.office.box.taken
        )
        wrong = [f"{many} times the letter {each}" for each, many in came.items() if many > 1]
        told: Counter[tuple[str, str]] = Counter()
        for address, message in self.office.box.taken:
            for part in message.iter_parts():
                if part.get_content_type() == "text/plain":
                    lines = set(part.get_content().split())
                    told.update((address, each) for each in lines if "/news/" in each)
        wrong += [f"{each} was told {many} times" for each, many in told.items() if many > 1]
        asked = text("SELECT state, count(*) AS many FROM letters GROUP BY state")
        states = {row.state: row.many for row in connection.execute(asked)}
        unsure = states.get("unknown", 0)
        if not states.get("sent", 0) <= len(came) <= states.get("sent", 0) + unsure:
            wrong.append(f"{len(came)} letters came of {states}")
        if len(self.office.box.taken) and not told:
            wrong.append("no letter told of an entry")
        return wrong


def _subscribe(connection: Connection, address: str) -> None:
    now = utc_now()
    name, _ = parseaddr(address)[1].split("@")
    wants = Wants(wish=Wish.ALERT)
    found = subscribers.ask(connection, address, address, f"nonce-of-{name}", wants, now)
    newest = connection.scalar(text("SELECT max(id) FROM digest_placements")) or 0
    subscribers.confirm(connection, found.id, newest, now)


def _untold(connection: Connection) -> int:
    """How many entries stand in the digest since the subscribers came, and in none of their letters."""
    asked = """
        SELECT count(*) FROM digest_placements p JOIN digest_items i ON i.id = p.item_id
        CROSS JOIN subscribers s
        WHERE p.withdrawn_at IS NULL AND p.placed_at > s.confirmed_at AND NOT EXISTS (
            SELECT 1 FROM letter_contents c WHERE c.subscriber_id = s.id
            AND c.what = 'news:' || i.slug)
    """
    return connection.scalar(text(asked)) or 0


def _hears_sigterm(pid: int) -> bool:
    """Whether a process handles the signal by now, or has ended by itself."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    about = dict(line.split(":\t", 1) for line in lines)
    return about["State"].startswith("Z") or bool(
        int(about["SigCgt"], 16) >> signal.SIGTERM - 1 & 1
    )


def _until(true: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)
