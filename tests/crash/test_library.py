"""The library does the harm it promises, so that a crash test that passes means something."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.library import Mode, library, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")

OVERWRITE = "open('{0}/file', 'w').write('new and longer')"
SYNCED = """
import os
with open('{0}/fresh', 'w') as file:
    file.write('new and longer'); file.flush(); os.fsync(file.fileno())
os.replace('{0}/fresh', '{0}/file')
"""
WITH_FOLDER = SYNCED + "os.fsync(os.open('{0}', os.O_RDONLY))\n"
LAST = "\nos.mkdir('{0}/end')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    (tmp_path / "shadow").mkdir()
    (made / "file").write_text("old")
    return made


def crash(folder: Path, program: str, mode: Mode, at: int, seed: int = 1, lasting: int = 0) -> int:
    """Run a program with a point in it; gives its exit status."""
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library()),
        "CRASHPOINT_FOLDER": str(folder),
        "CRASHPOINT_SHADOW": str(folder.parent / "shadow"),
        "CRASHPOINT_LOG": str(folder.parent / "log"),
        "CRASHPOINT_MODE": str(int(mode)),
        "CRASHPOINT_AT": str(at),
        "CRASHPOINT_SEED": str(seed),
        "CRASHPOINT_LASTING": str(lasting),
    }
    return subprocess.run(
        [sys.executable, "-c", program.format(folder)],
        env=environment, stderr=subprocess.DEVNULL, start_new_session=True, check=False,
    ).returncode  # fmt: skip


def calls(folder: Path) -> list[str]:
    lines = (folder.parent / "log").read_text().splitlines()
    return [line.split(" ", 2)[1] for line in lines]


def content(folder: Path) -> str:
    return (folder / "file").read_text()


def test_every_write_side_call_is_counted(folder: Path) -> None:
    assert crash(folder, WITH_FOLDER + LAST, Mode.COUNT, 0) == 0
    assert calls(folder) == ["create", "write", "fsync", "rename", "fsync", "mkdir"]


def test_kill_comes_before_the_call_and_kill_after_behind_it(folder: Path) -> None:
    assert crash(folder, WITH_FOLDER, Mode.KILL, 4) == -signal.SIGKILL
    assert content(folder) == "old"
    (folder / "fresh").unlink()
    assert crash(folder, WITH_FOLDER, Mode.KILL_AFTER, 4) == -signal.SIGKILL
    assert content(folder) == "new and longer"


def test_a_torn_write_leaves_half_of_it(folder: Path) -> None:
    assert crash(folder, OVERWRITE, Mode.TORN, 2) == -signal.SIGKILL
    assert content(folder) == "new and"


def test_power_loss_undoes_what_was_not_synced(folder: Path) -> None:
    assert crash(folder, "import os\n" + OVERWRITE + LAST, Mode.POWER, 3) == -signal.SIGKILL
    assert content(folder) == "old"
    assert not (folder / "end").exists()


def test_power_loss_undoes_a_rename_whose_folder_was_not_synced(folder: Path) -> None:
    assert crash(folder, SYNCED + LAST, Mode.POWER, 5) == -signal.SIGKILL
    assert content(folder) == "old"
    assert not (folder / "fresh").exists()


def test_power_loss_leaves_what_was_synced_with_its_folder(folder: Path) -> None:
    assert crash(folder, WITH_FOLDER + LAST, Mode.POWER, 6) == -signal.SIGKILL
    assert content(folder) == "new and longer"


def test_a_rename_without_a_sync_of_the_file_may_leave_it_empty(folder: Path) -> None:
    naive = """
import os
with open('{0}/fresh', 'w') as file:
    file.write('new and longer')
os.replace('{0}/fresh', '{0}/file')
os.fsync(os.open('{0}', os.O_RDONLY))
os.mkdir('{0}/end')
"""
    assert crash(folder, naive, Mode.POWER, 5) == -signal.SIGKILL
    assert content(folder) == ""


def test_power_loss_brings_back_what_was_removed(folder: Path) -> None:
    program = "import os\nos.unlink('{0}/file')\nopen('{0}/other', 'w')" + LAST
    assert crash(folder, program, Mode.POWER, 3) == -signal.SIGKILL
    assert content(folder) == "old"
    assert not (folder / "other").exists()


def test_a_new_folder_is_lost_with_what_was_synced_in_it(folder: Path) -> None:
    program = "import os\nos.mkdir('{0}/new')\n" + WITH_FOLDER.replace("{0}", "{0}/new") + LAST
    assert crash(folder, program, Mode.POWER, 7) == -signal.SIGKILL
    assert not (folder / "new").exists()


def test_power_may_fail_just_behind_the_last_call(folder: Path) -> None:
    program = "import ctypes\n" + OVERWRITE + "\nctypes.CDLL(None).crashpoint_finish()"
    for at in (3, -1):
        assert crash(folder, program, Mode.POWER, at) == -signal.SIGKILL
        assert content(folder) == "old"


def test_some_of_what_was_not_synced_may_survive_power_loss(folder: Path) -> None:
    program = "import os\n" + "".join(f"open('{{0}}/n{n}', 'w').write('x')\n" for n in range(8))
    found = set()
    for seed in range(4):
        for each in folder.glob("n*"):
            each.unlink()
        assert crash(folder, program + LAST, Mode.POWER_SOME, 17, seed) == -signal.SIGKILL
        found.add(tuple(sorted((each.name, each.read_text()) for each in folder.glob("n*"))))
    assert len(found) > 2


def test_a_full_disk_and_a_broken_one_are_errors_once_or_for_ever(folder: Path) -> None:
    program = """
import errno, os
told = []
for name in 'abc':
    try:
        os.mkdir('{0}/' + name)
    except OSError as error:
        told.append(errno.errorcode[error.errno])
os._exit(len(told) * 10 + (told[:1] == ['ENOSPC']))
"""
    assert crash(folder, program, Mode.NO_SPACE, 2) == 11
    for each in "ac":
        (folder / each).rmdir()
    assert crash(folder, program, Mode.NO_SPACE, 2, lasting=1) == 21
    (folder / "a").rmdir()
    assert crash(folder, program, Mode.IO_ERROR, 1, lasting=1) == 30


def test_a_disk_that_turned_read_only_refuses_what_is_open_and_what_is_opened(folder: Path) -> None:
    program = """
import errno, os
told = []
file = os.open('{0}/file', os.O_RDWR)
for refused in (lambda: os.mkdir('{0}/a'), lambda: os.write(file, b'x'), lambda: open('{0}/file', 'r+')):
    try:
        refused()
    except OSError as error:
        told.append(errno.errorcode[error.errno])
os._exit(told.count('EROFS'))
"""
    assert crash(folder, program, Mode.READ_ONLY, 1, lasting=1) == 3
    assert content(folder) == "old"


def test_a_flaky_disk_fails_now_and_then(folder: Path) -> None:
    program = """
import os
failed = 0
for name in range(100):
    try:
        os.mkdir('{0}/%d' % name)
    except OSError:
        failed += 1
os._exit(failed)
"""
    assert 5 < crash(folder, program, Mode.FLAKY, 20) < 50


def test_the_database_s_own_calls_are_counted(folder: Path) -> None:
    program = """
import sqlite3
base = sqlite3.connect('{0}/base')
base.execute('PRAGMA journal_mode=WAL'); base.execute('PRAGMA synchronous=FULL')
base.execute('CREATE TABLE t (x)'); base.execute('INSERT INTO t VALUES (1)'); base.commit()
"""
    assert crash(folder, program, Mode.COUNT, 0) == 0
    assert {"create", "pwrite", "fdatasync"} & set(calls(folder)) >= {"create", "pwrite"}
    assert {"fsync", "fdatasync"} & set(calls(folder))
