"""Tidy: memory that is held but not used goes back to the system."""

import ctypes
import gc
from functools import cache


def tidy() -> None:
    """Collect the circles that the seldom collector left, and give back what is free.

    glibc keeps what was freed in the middle of its arenas, and every thread grows one of its own:
    without this a day of service holds tens of megabytes that nobody uses. Takes some 40 ms.
    """
    gc.collect()
    trim = _library_call("malloc_trim")
    if trim is not None:
        trim(0)


def share_arenas() -> None:
    """Let threads share two arenas of memory, from now on (glibc only; elsewhere nothing happens).

    By default there may be eight for each core, each with holes of its own.
    """
    option = _library_call("mallopt")
    if option is not None:
        option(_ARENA_MAX, 2)


_ARENA_MAX = -8  # M_ARENA_MAX of <malloc.h>


@cache
def _library_call(name: str) -> "ctypes._NamedFuncPointer | None":
    """A function of the C library, or None where it has none of this name."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # no shared C library to look into, as on Windows
        return None
