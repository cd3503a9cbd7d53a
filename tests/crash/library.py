"""The crash point library: built from the C files beside this one, by the system's compiler."""

import os
import shutil
import subprocess
import sys
import tempfile
from enum import IntEnum
from hashlib import sha256
from pathlib import Path

_SOURCES = Path(__file__).parent / "preloaded"
_ROOM = 1 << 30  # for a server's databases as well


class Mode(IntEnum):
    """What happens at a point; the numbers are those of crashpoint.h."""

    COUNT = 0
    KILL = 1
    KILL_AFTER = 2
    TORN = 3
    POWER = 4
    POWER_SOME = 5
    NO_SPACE = 6
    IO_ERROR = 7
    READ_ONLY = 8
    FLAKY = 9
    SWITCHED = 10


def compiler() -> str | None:
    """Give the path of a C compiler, or None."""
    return shutil.which("cc") or shutil.which("gcc")


def missing() -> str:
    """Say why the library cannot be had here; empty when it can."""
    if sys.platform != "linux":
        return "crash points are counted by a preloaded library, which only Linux loads"
    if compiler() is None:
        return "crash points need a C compiler: on Debian, apt-get install gcc libc6-dev"
    return ""


def swift_folder() -> Path:
    """Memory where there is enough of it, else the usual place; there a sync costs nothing: power
    loss is ours to simulate, not the disk's."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= _ROOM:
        return memory
    return Path(tempfile.gettempdir())


def library() -> Path:
    """Build the library, unless this very one was built before; gives its file."""
    why = missing()
    if why:
        raise RuntimeError(why)
    sources = sorted(_SOURCES.glob("*.[ch]"))
    mark = sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"dateline-crashpoint-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    built = folder / f"{mark}.so"
    if not built.exists():
        fresh = folder / f".{mark}.{os.getpid()}"
        subprocess.run(
            [str(compiler()), "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
             "-o", fresh, *(each for each in sources if each.suffix == ".c")],
            check=True,
        )  # fmt: skip
        fresh.replace(built)
    return built


def main() -> None:
    """Install a compiler where that can be done without asking: `python -m tests.crash.library`."""
    if not missing() or shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print("Installing a C compiler for the crash tests …", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "gcc", "libc6-dev"],
    ):
        if subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode:
            print("No compiler could be installed: crash tests are skipped.", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
