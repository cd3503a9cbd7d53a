"""Trials: what the long run does, each with a number by which it can be done again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from tests.crash.damage import CUT_OFF, FLIP
from tests.crash.library import Mode
from tests.crash.phases import CUTS, ERRORS, PHASES

DATABASES = ("sqlite", "postgresql")
# Where every call is gone through, and with what.
EVERY_CALL = {"ingest", "review", "take back", "publish"}
_AT_EVERY_CALL = {
    "sqlite": {Mode.KILL, Mode.TORN, Mode.POWER, Mode.NO_SPACE, Mode.IO_ERROR},
    "postgresql": {Mode.KILL},
}
ON_POSTGRES = ("start", "ingest", "review", "take back", "publish")
SERVICE, CREW, DAMAGE = "whole service", "several processes", "damaged file"
CHAINED = (SERVICE, CREW)
A_CHAIN = 10
_BY_MESSAGE = (Mode.KILL, Mode.KILL_AFTER, Mode.TORN, Mode.IO_ERROR, Mode.FLAKY)
_OTHERS = 8  # of each kind of harm, where calls are not gone through one by one
_COMPOUND = 20  # crashes in the recovery from a crash, of each phase and database
_CHAINS = 10  # of ten lives, of each kind and database
_FLIPS, _ENDS = 200, 50  # bits of the database file that are flipped, places where it is cut off
_POWER = ("KILL", "POWER", "POWER_SOME")
_FLAKY_SHARES = (2, 5, 20)

Calls = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One point: where harm is done, which, and with which dice.

    `at` is the call (from 1), of a flaky disk the share of a hundred; of a damaged file a place
    between 0 and 1,000,000. `second` and `second_at` crash the recovery as well. Lives of one
    `chain` follow one another in one house.
    """

    number: int
    database: str
    phase: str
    mode: str
    at: int = 0
    seed: int = 0
    lasting: bool = False
    second: str = ""
    second_at: int = 0
    chain: int = 0

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return asdict(self)


def plan(calls: Calls, seed: int, share: float = 1.0, only: str = "") -> list[Trial]:
    """All trials of a run: chains of lives first, the others in any order, so that a part of them is
    a fair sample.

    `calls` says how many write-side calls each phase makes, by database and phase; `share` keeps a
    part of each kind; `only` those of one database or phase.
    """
    dice = Random(seed)
    chains = list(_chains(share, dice))
    single = list(_singles(calls, share, dice))
    single += _damages(share, dice)
    dice.shuffle(single)
    chosen = [each for each in (*chains, *single) if only in f"{each['database']} {each['phase']}"]
    return [Trial(number=number, **each) for number, each in enumerate(chosen, 1)]


def _chains(share: float, dice: Random) -> Iterator[dict[str, Any]]:
    many = max(1, round(_CHAINS * share))
    kinds = [(database, phase) for phase in CHAINED for database in DATABASES]
    for number, (database, phase) in enumerate(kinds * many, 1):
        modes = ("KILL",) if (database, phase) != ("sqlite", SERVICE) else _POWER
        for _ in range(A_CHAIN):
            yield {
                "database": database, "phase": phase, "mode": dice.choice(modes),
                "seed": dice.randrange(1 << 16), "chain": number,
            }  # fmt: skip


def _singles(calls: Calls, share: float, dice: Random) -> Iterator[dict[str, Any]]:
    for (database, phase), last in calls.items():
        about = {"database": database, "phase": phase}
        for mode in (*CUTS, *ERRORS) if database == "sqlite" else _BY_MESSAGE:
            for at in _places(database, phase, mode, last, share, dice):
                yield about | {
                    "mode": mode.name, "at": at, "seed": dice.randrange(1 << 16),
                    "lasting": mode is Mode.READ_ONLY or (mode in ERRORS and dice.random() < 0.5),
                }  # fmt: skip
        for _ in range(round(_COMPOUND * share)):
            cuts = [mode.name for mode in (CUTS if database == "sqlite" else _BY_MESSAGE[:3])]
            recovery = calls.get((database, "publish"), last)
            yield about | {
                "mode": dice.choice(cuts), "at": dice.randint(1, last),
                "seed": dice.randrange(1 << 16), "second": dice.choice(cuts),
                "second_at": dice.randint(1, max(1, recovery // 2)),
            }  # fmt: skip


def _places(
    database: str, phase: str, mode: Mode, last: int, share: float, dice: Random
) -> Sequence[int]:
    if mode is Mode.FLAKY:
        return [dice.choice(_FLAKY_SHARES) for _ in range(max(1, round(_OTHERS * share)))]
    # Power may fail just behind the last call as well.
    last += mode is Mode.POWER
    many = last if phase in EVERY_CALL and mode in _AT_EVERY_CALL[database] else _OTHERS
    return sorted(dice.sample(range(1, last + 1), min(last, max(1, round(many * share)))))


def _damages(share: float, dice: Random) -> Iterator[dict[str, Any]]:
    for mode, many in ((FLIP, _FLIPS), (CUT_OFF, _ENDS)):
        for _ in range(max(1, round(many * share))):
            yield {
                "database": "sqlite", "phase": DAMAGE, "mode": mode,
                "at": dice.randrange(1_000_000), "seed": dice.randrange(1 << 16),
            }  # fmt: skip


def phases_of(database: str) -> tuple[str, ...]:
    """The phases that are cut at their calls, on a database."""
    return tuple(each.name for each in PHASES) if database == "sqlite" else ON_POSTGRES


def batches(trials: Sequence[Trial], most: int = 8) -> list[list[Trial]]:
    """Group trials for the processes that do them: the lives of a chain together, others by database
    and a few at a time."""
    found: list[list[Trial]] = []
    growing: dict[tuple[str, int], list[Trial]] = {}
    for each in trials:
        key = (each.database, each.chain)
        if key not in growing or (not each.chain and len(growing[key]) >= most):
            growing[key] = []
            found.append(growing[key])
        growing[key].append(each)
    return found
