"""Outage: whether it is our own network that is down, and not the publishers."""

from collections.abc import Mapping

_MANY, _NEARLY_ALL = 20, 0.8
_FEW = 3
_OUT_OF_REACH = frozenset({"dns", "connect"})


def is_out_of_reach(kind: str, status: int | None) -> bool:
    """Whether a failure of this kind came before anybody could answer."""
    return kind in _OUT_OF_REACH and status is None


def is_outage(reached: Mapping[str, bool]) -> bool:
    """Judge by the hosts tried lately, and whether they were reached: four in five of twenty or
    more out of reach, or all of three or more."""
    missed = sum(not each for each in reached.values())
    if len(reached) >= _MANY:
        return missed >= _NEARLY_ALL * len(reached)
    return _FEW <= len(reached) == missed
