"""What goes out by itself: pings of hubs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A hub is to be told that a public file changed; `failures` counts the tries so far.

    `path` is the file's path under the public folder, `sha256` the hash of its present bytes.
    """

    hub: str
    path: str
    sha256: str
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PingsHealth:
    """How telling hubs goes: waiting, how many of these failed lately, and the last error."""

    waiting: int
    failing: int
    error: str = ""
