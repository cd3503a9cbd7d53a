"""Damage: bytes of the database file that are no longer what was written, as a bad disk leaves them.

SQLite keeps no checksums: a changed letter in a headline is a letter. What is asked is that damage
SQLite can see is named, that nothing is half, and how often what is published differs unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crash.furnished import Furnished
from tests.crash.house import House
from tests.crash.invariants import i5_each_public_file_is_whole
from tests.crash.library import Mode
from tests.crash.warm import Ended, Point

FLIP, CUT_OFF = "flipped bit", "cut off"
PLACES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """What came of it: `unseen` tells that other words were published and nobody was told."""

    ended: Ended
    faults: tuple[str, ...]
    unseen: bool
    told: str


def whole_files(furnished: Furnished) -> Mapping[str, bytes]:
    """What the house publishes from its database as it should be."""
    house = furnished.again()
    house.command("publish")
    return _files(house)


def damage(
    furnished: Furnished, mode: str, place: int, seed: int, whole: Mapping[str, bytes]
) -> Damaged:
    """Damage the file at a place (of a million), publish, and look what came of it."""
    house = furnished.again()
    before = _files(house)
    spoil(house.folder / "var" / "dateline.db", mode, place, seed)
    ended = house.die("publish", point=Point(mode=Mode.COUNT))
    told = house.log()
    faults = [f"D5 {each}" for each in i5_each_public_file_is_whole(house)]
    if ended.status not in (0, 1):
        faults.append(f"D5 publishing ended with {ended.status}: {told[-300:]}")
    if "Traceback" in told:
        faults.append(f"D5 a traceback instead of a message: {told[-900:]}")
    unseen = any(
        content not in (before.get(name), whole.get(name))
        for name, content in _files(house).items()
    )
    if ended.status == 1 and "damaged" not in told:
        faults.append(f"D5 what is wrong is not said: {told[-300:]}")
    return Damaged(ended=ended, faults=tuple(faults), unseen=unseen, told=told)


def spoil(path: Path, mode: str, place: int, seed: int) -> None:
    """Flip one bit, which one by the seed, or end the file there."""
    content = bytearray(path.read_bytes())
    at = len(content) * place // PLACES
    if mode == CUT_OFF:
        del content[at:]
    else:
        content[at] ^= 1 << seed % 8
    path.write_bytes(content)


def _files(house: House) -> dict[str, bytes]:
    return {
        str(path.relative_to(house.public)): path.read_bytes()
        for path in sorted(house.public.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
