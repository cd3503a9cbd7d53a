"""httpx's maintained fork may take its place: the network tests pass on it as well."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What is left out tries the room around the client, and by far the longest.
ELSEWHERE = {
    "test_httpx2.py", "test_bombs.py", "test_bodies.py", "test_deltas.py", "test_misbehaviours.py",
    "test_politeness.py", "test_robots.py", "test_room.py", "test_whole_pass.py",
}  # fmt: skip
RUN_ON_THE_FORK = """
import sys
import httpx2
httpx2.alias_httpx()
import httpx, pytest
assert httpx is httpx2
quietly = ["-n0", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
sys.exit(pytest.main([*quietly, *sys.argv[1:]]))
"""


def test_the_network_tests_pass_on_the_fork():
    pytest.importorskip("httpx2")
    paths = sorted(str(path) for path in HERE.glob("test_*.py") if path.name not in ELSEWHERE)
    assert len(paths) > 8
    done = subprocess.run(
        [sys.executable, "-c", RUN_ON_THE_FORK, *paths],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
