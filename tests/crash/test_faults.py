"""Faults that kill nothing: a clear message that says what to do, recovery without hands, no loss."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.crash.furnished import Furnished
from tests.crash.house import EDITOR, House
from tests.crash.invariants import AFTER_A_ROUND, broken, i5_each_public_file_is_whole
from tests.crash.library import Mode
from tests.crash.servers import Postgres
from tests.crash.warm import ROOT, Point

pytestmark = pytest.mark.xdist_group("crash")


def assert_well(house: House) -> None:
    """After one clean round everything holds."""
    house.recover()
    assert broken(house, AFTER_A_ROUND) + i5_each_public_file_is_whole(house) == []


def until(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


@contextmanager
def running(house: House, **more: object) -> Iterator[int]:
    """The clock of the house, until it is told to stop; it has to end well."""
    (house.folder / "log").write_text("")
    pid = house.warm.start(house.life("jobs", **more))  # type: ignore[arg-type]
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGTERM)
        ended = house.warm.wait(pid)
    assert ended.status == 0, house.log()


def test_a_full_disk_is_told_once_and_the_service_goes_on_when_there_is_space(
    furnished: Furnished,
) -> None:
    house = furnished.again()
    lift = house.folder / "lift"
    lift.unlink(missing_ok=True)
    full = Point(mode=Mode.NO_SPACE, at=10, lasting=True, lift=str(lift))
    house.warm.move_clock(100)
    with running(house, point=full):
        until(lambda: "the disk is full: free some space" in house.log())
        time.sleep(11)  # two more ticks
        assert i5_each_public_file_is_whole(house) == []
        told = [line for line in house.log().splitlines() if "disk is full" in line]
        jobs = {line.split('"event": "')[1].partition(":")[0] for line in told}
        assert len(told) <= 2 * len(jobs), told
        lift.touch()
        until(lambda: ": over, after" in house.log())
    assert "Traceback" not in house.log()
    assert_well(house)


def test_a_database_locked_by_another_for_a_while_is_waited_for(furnished: Furnished) -> None:
    house = furnished.again()
    path = house.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        later = threading.Timer(2, lambda: other.execute("ROLLBACK"))
        later.start()
        began = time.monotonic()
        house.command("review", "approve", str(furnished.waiting[0]), "--editor", EDITOR)
        assert time.monotonic() - began > 1
        later.join()
    assert_well(house)


@pytest.mark.parametrize("jump", [timedelta(days=730), timedelta(days=-1)], ids=str)
def test_a_clock_that_is_moved_stops_no_feed_and_doubles_nothing(
    furnished: Furnished, jump: timedelta
) -> None:
    house = furnished.again()
    for later in (0, 70, 0):
        house.warm.move_clock(int(jump.total_seconds()) + later)
        house.command("ingest")
    for wire in house.wires.wires.values():
        assert 1 <= wire.requests <= 2
        assert wire.busiest <= 1
    house.warm.move_clock(0)
    assert_well(house)


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
    for many in (14, 17, 20, 24):
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
def test_a_small_disk_that_fills_up_is_a_clear_error(furnished: Furnished) -> None:
    for spare in (40, 200):  # kilobytes, beyond what the house needs
        house = furnished.again()
        prepare = (
            f"size=$(du -sk var | cut -f1); mkdir -p full; mount -t tmpfs -o size=$((size+{spare}))k "
            "tmpfs full; cp -a var/. full/; mount --bind full var"
        )
        for words in (("ingest", "--all"), ("publish",)):
            done = in_a_namespace(house, prepare, *words)
            assert done.returncode in (0, 1)
            assert "Traceback" not in done.stderr
            assert done.returncode == 0 or "disk" in done.stderr, done.stderr
        assert_well(house)


def test_a_restarted_postgresql_is_met_again_without_hands(
    on_postgres: Furnished, server: Postgres
) -> None:
    house = on_postgres.again()
    # Copied databases share the numbers of sequences that were logged ahead: make that durable.
    server.do("CHECKPOINT")
    house.warm.move_clock(100)
    with running(house):
        until(lambda: "north: " in house.log())
        server.restart("immediate")
        house.warm.move_clock(200)
        met = house.wires.wires["127.0.0.1"].requests
        until(lambda: house.wires.wires["127.0.0.1"].requests > met, 60)
        server.end_connections()
        house.warm.move_clock(300)
        met = house.wires.wires["127.0.0.1"].requests
        until(lambda: house.wires.wires["127.0.0.1"].requests > met, 60)
    house.warm.move_clock(0)
    assert "Traceback" not in house.log()
    assert_well(house)
