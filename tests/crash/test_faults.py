"""Faults that commands meet: a clear message that says what to do, and no loss."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.crash.furnished import Furnished
from tests.crash.house import House
from tests.crash.running import assert_well, until
from tests.crash.warm import ROOT

pytestmark = pytest.mark.xdist_group("crash")


def test_a_paused_process_does_not_write_after_another_took_over(furnished: Furnished) -> None:
    house = furnished.again()
    wire = house.wires.wires["127.0.0.1"]
    wire.gate.clear()
    own = house.folder / "log of the first"
    first = house.warm.start(replace(house.life("ingest", "--all"), log=str(own)))
    until(lambda: wire.busy)
    os.killpg(first, signal.SIGSTOP)
    wire.gate.set()
    house.warm.move_clock(3_600)
    # The lease's holder lives on this machine, but its lease has ended.
    taken = house.command("ingest", "--all", "--json")
    assert '"feeds": 2' in taken
    os.killpg(first, signal.SIGCONT)
    assert house.warm.wait(first).status == 0
    house.warm.move_clock(0)
    assert "north: left to another process" in own.read_text()
    assert_well(house)


def test_too_few_descriptors_are_a_clear_error_and_lose_nothing(furnished: Furnished) -> None:
    for many in (14, 20):
        house = furnished.again()
        (house.folder / "log").write_text("")
        ended = house.warm.live(house.life("ingest", "--all", descriptors=many))
        assert ended.status in (0, 1)
        assert "Traceback" not in house.log(), house.log()
        assert ended.status == 0 or "error:" in house.log()
        assert_well(house)


def test_a_closed_standard_output_stops_no_work(furnished: Furnished) -> None:
    house = furnished.again()
    house.warm.live(house.life("ingest", "--all", silent=True))
    house.warm.live(house.life("publish", silent=True))
    assert_well(house)


def in_a_namespace(house: House, prepare: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command where the house's data is mounted as `prepare` says."""
    life = house.life(*words)
    script = f'set -e; cd "{house.folder}"; {prepare}; exec "$@"'
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-m", "pipeline", *words],
        env={**os.environ, **life.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def may_mount() -> bool:
    """Whether this machine lets us mount in a namespace of our own."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not may_mount(), reason="mounting in a namespace of one's own is not allowed")
@pytest.mark.parametrize("words", [("ingest", "--all"), ("publish",)], ids=" ".join)
def test_a_read_only_folder_is_a_clear_error(furnished: Furnished, words: tuple[str, ...]) -> None:
    house = furnished.again()
    done = in_a_namespace(house, "mount --bind var var; mount -o remount,ro,bind var", *words)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "not mounted read-only" in done.stderr
    assert_well(house)


@pytest.mark.skipif(not may_mount(), reason="mounting in a namespace of one's own is not allowed")
@pytest.mark.parametrize(
    ("words", "spare"), [(("ingest", "--all"), 200), (("publish",), 40)], ids=["ingest", "publish"]
)
def test_a_small_disk_that_fills_up_is_a_clear_error(
    furnished: Furnished, words: tuple[str, ...], spare: int
) -> None:
    house = furnished.again()
    prepare = (  # `spare` kilobytes beyond what the house needs
        f"size=$(du -sk var | cut -f1); mkdir -p full; mount -t tmpfs -o size=$((size+{spare}))k "
        "tmpfs full; cp -a var/. full/; mount --bind full var"
    )
    done = in_a_namespace(house, prepare, *words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "disk" in done.stderr, done.stderr
    assert_well(house)
