"""Lease: which process holds a feed, and whether that process still lives."""

import os
import secrets
import socket
from pathlib import Path


def holder_name() -> str:
    """Name this process for leases: host, process, when the process was born, and a random part."""
    pid = os.getpid()
    return f"{socket.gethostname()[:60]}|{pid}|{_born(pid)}|{secrets.token_hex(4)}"


def is_dead(holder: str) -> bool:
    """Tell whether a holder certainly lives no more: a process of this machine that has ended.

    A holder on another machine, or one that cannot be judged, counts as alive until its lease ends.
    """
    host, _, rest = holder.partition("|")
    pid, _, rest = rest.partition("|")
    born, _, _ = rest.partition("|")
    if host != socket.gethostname()[:60] or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    # The number may have gone to another process since: that one was born at another time.
    return bool(born) and _born(int(pid)) not in ("", born)


def _born(pid: int) -> str:
    """The process's start in clock ticks since boot, where the system tells (Linux), else
    nothing."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""
