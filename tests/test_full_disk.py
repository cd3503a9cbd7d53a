"""A disk that is full while publishing: what was published stays whole, and the error says so."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import Database
from pipeline.errors import StoreError
from tests.making import NOON
from tests.publishing import ATTACK, SECOND, House


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of eight megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("there is no mount here")
    options = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"]
    made = subprocess.run([mount, *options, str(folder)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run([umount, str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until not one more block fits."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(4096))
    return filler


def test_a_full_disk_replaces_nothing_and_publishing_goes_on_when_there_is_room(
    sqlite: Database, small_disk: Path
) -> None:
    house = House(sqlite, small_disk / "public")
    house.approve(ATTACK)
    house.publish()
    before = house.files()
    filler = fill(small_disk)
    house.approve("Second attack in Mali", now=NOON + SECOND)
    with pytest.raises(StoreError, match=r"No space left.*published before is still whole"):
        house.publish(NOON + SECOND)
    assert house.files() == before
    assert sorted(each.name for each in house.folder.iterdir() if each.name == ".staged") == []

    filler.unlink()
    house.publish(NOON + 2 * SECOND)
    assert len(house.items()) == 2
    assert house.publish(NOON + 3 * SECOND).changed == ()


def test_a_disk_that_is_full_from_the_start_publishes_nothing_by_halves(
    sqlite: Database, small_disk: Path
) -> None:
    house = House(sqlite, small_disk / "public")
    filler = fill(small_disk)
    with pytest.raises(StoreError, match="No space left"):
        house.publish()
    filler.unlink()
    house.publish(NOON + SECOND)
    assert (house.folder / "index.html").stat().st_size > 0
