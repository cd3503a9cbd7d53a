"""Write files: a file and its packed twins are of one version, whatever happens."""

import gzip
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import brotli
import pytest

from pipeline.write_files import turn, write_changed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = b"news " * 1_000


def put(folder: Path, files: dict[str, bytes], noted=None, now: datetime = NOON):
    with turn(folder):
        return write_changed(folder, files, noted or {}, now)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if not path.name.startswith("."))


def test_twins_stand_beside_what_they_pay_for_and_are_of_its_time(tmp_path: Path) -> None:
    written = put(tmp_path, {"long.html": LONG, "short.html": b"news", "icon.png": LONG})
    assert sorted(written) == ["icon.png", "long.html", "short.html"]
    assert names(tmp_path) == [
        "icon.png",
        "long.html",
        "long.html.br",
        "long.html.gz",
        "short.html",
    ]
    assert gzip.decompress((tmp_path / "long.html.gz").read_bytes()) == LONG
    assert brotli.decompress((tmp_path / "long.html.br").read_bytes()) == LONG
    assert {path.stat().st_mtime for path in tmp_path.glob("long*")} == {NOON.timestamp()}


def test_what_stands_is_not_written_again(tmp_path: Path) -> None:
    noted = put(tmp_path, {"long.html": LONG})
    before = {path.name: path.stat().st_ino for path in tmp_path.glob("long*")}
    assert put(tmp_path, {"long.html": LONG}, noted, NOON + timedelta(hours=1)) == {}
    assert {path.name: path.stat().st_ino for path in tmp_path.glob("long*")} == before


def test_a_twin_that_is_missing_or_of_another_time_is_made_again(tmp_path: Path) -> None:
    noted = put(tmp_path, {"long.html": LONG})
    before = (tmp_path / "long.html").stat()
    twin = tmp_path / "long.html.gz"
    for spoil in (twin.unlink, lambda: twin.write_bytes(b"left over")):
        spoil()
        assert put(tmp_path, {"long.html": LONG}, noted, NOON + timedelta(hours=1)) == {}
        assert gzip.decompress(twin.read_bytes()) == LONG
        assert twin.stat().st_mtime == NOON.timestamp()
    after = (tmp_path / "long.html").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_grows_short_loses_its_twins(tmp_path: Path) -> None:
    noted = put(tmp_path, {"page.html": LONG})
    put(tmp_path, {"page.html": b"short"}, noted, NOON + timedelta(hours=1))
    assert names(tmp_path) == ["page.html"]


def test_the_time_of_a_file_and_its_twins_never_goes_back(tmp_path: Path) -> None:
    noted = put(tmp_path, {"page.html": LONG})
    put(tmp_path, {"page.html": LONG + b"withdrawn"}, noted, NOON - timedelta(days=1))
    second = (NOON + timedelta(seconds=1)).timestamp()
    assert {path.stat().st_mtime for path in tmp_path.glob("page*")} == {second}


WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from pipeline.write_files import turn, write_changed

folder, noted, number = Path(sys.argv[1]), {}, 0
while True:
    number += 1
    content = f"{number:08d} ".encode() * 500
    with turn(folder):
        now = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=number)
        noted |= write_changed(folder, {"page.html": content}, noted, now)
    if number == 1:
        print("ready", flush=True)
"""


@pytest.mark.parametrize("moment", [0.02, 0.05, 0.11, 0.17, 0.23])
def test_a_publisher_killed_at_any_moment_leaves_whole_files_and_no_old_twin(
    tmp_path: Path, moment: float
) -> None:
    root = Path(__file__).parents[1]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    with writer, writer.stdout:
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(moment)
        writer.send_signal(signal.SIGKILL)
    page = (tmp_path / "page.html").read_bytes()
    packed = gzip.decompress((tmp_path / "page.html.gz").read_bytes())
    newest = brotli.decompress((tmp_path / "page.html.br").read_bytes())
    for whole in (page, packed, newest):
        assert len(whole) == 4_500
        assert len(set(whole.split())) == 1
    assert int(page[:8]) <= int(packed[:8]) <= int(newest[:8]) <= int(page[:8]) + 1

    again = {"page.html": b"the present " * 500}
    put(tmp_path, again, {"page.html": (sha256(page).hexdigest(), NOON)}, NOON)
    assert gzip.decompress((tmp_path / "page.html.gz").read_bytes()) == again["page.html"]
    assert [path for path in tmp_path.rglob(".*") if path.name != ".publishing"] == []
