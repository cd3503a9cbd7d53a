"""Leases tell their holders apart and notice the dead ones, never the living."""

import os
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import lease
from pipeline.lease import holder_name, is_dead

HOST = socket.gethostname()[:60]


def test_two_holders_of_one_process_are_told_apart_and_both_live() -> None:
    one, two = holder_name(), holder_name()
    assert one != two
    assert len(one) <= 128
    assert not is_dead(one)
    assert not is_dead(two)


def test_a_process_that_ended_is_dead() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "from pipeline.lease import holder_name; print(holder_name())"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert is_dead(child.stdout.strip())


def test_a_process_that_runs_is_not_dead() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert not is_dead(f"{HOST}|{child.pid}|{lease._born(child.pid)}|abcd")
        child.kill()


@pytest.mark.skipif(not lease._born(os.getpid()), reason="needs Linux' /proc")
def test_a_number_that_went_to_another_process_is_noticed() -> None:
    assert is_dead(f"{HOST}|{os.getpid()}|12|abcd")
    assert not is_dead(f"{HOST}|{os.getpid()}||abcd")


def test_a_process_of_another_machine_cannot_be_judged() -> None:
    assert not is_dead(f"another-{HOST}|1|1|abcd")


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_dead(f"{HOST}|1|1|abcd")


@pytest.mark.parametrize(
    "rest", ["", "|", "||", "abc", "-1|1|a", "²|1|a", f"{10**30}|1|a", "0|1|a"]
)
def test_a_name_that_cannot_be_read_counts_as_alive(rest: str) -> None:
    assert not is_dead(f"{HOST}|{rest}")


@given(st.text())
def test_no_name_is_an_error(name: str) -> None:
    assert is_dead(name) in (True, False)
