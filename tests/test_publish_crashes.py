"""Publishing that is broken off: what subscribers see is whole, and names nothing that is missing."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from db import Database
from tests.making import NOON
from tests.publishing import BASE, SECOND, House

# Kills itself like `kill -9` when so many files have taken their names.
KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from db import open_database
from pipeline.publish import publish

left, replace = int(sys.argv[3]), Path.replace

def counted(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)

Path.replace = counted
publish(open_database(sys.argv[1]), Path(sys.argv[2]), sys.argv[4], datetime.fromisoformat(sys.argv[5]))
"""


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> House:
    return House(sqlite, tmp_path / "public")


@pytest.mark.parametrize("written", [0, 1, 7, 20])
def test_a_publisher_killed_between_two_files_leaves_a_whole_site(
    house: House, sqlite_file: Path, written: int
) -> None:
    house.many(3)
    house.publish()
    house.many(3, now=NOON + SECOND, first=10)
    now = NOON + 2 * SECOND
    command = [sys.executable, "-c", KILLED, f"sqlite:///{sqlite_file}", str(house.folder)]
    done = subprocess.run([*command, str(written), BASE, now.isoformat()], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    whole(house)
    house.publish(now + SECOND)
    assert len(house.items()) == 6
    whole(house)
    assert house.publish(now + timedelta(minutes=1)).changed == ()


def whole(house: House) -> None:
    """Every feed parses to its end, and every page of ours that it names is there."""
    for path in house.folder.rglob("latest-news.json"):
        for item in json.loads(path.read_bytes())["items"]:
            page = house.folder / item["url"].removeprefix(f"{BASE}/") / "index.html"
            assert page.read_bytes().rstrip().endswith(b"</html>")
    for form in ("atom", "rss"):
        for path in house.folder.rglob(f"latest-news.{form}"):
            etree.fromstring(path.read_bytes())
