"""A pace as plain values, to be kept as JSON between two turns."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from math import isfinite
from operator import attrgetter
from typing import Any

from pipeline.stages.pace.rates import Pace, Wishes

_NUMBERS = tuple(
    field.name for field in fields(Pace) if field.type is float or field.type == "float"
)
_numbers = attrgetter(*_NUMBERS)


def to_record(pace: Pace) -> dict[str, Any]:
    """Give a pace as values that JSON knows: times in ISO 8601, lengths in seconds."""
    wishes = pace.wishes
    return {name: round(getattr(pace, name), 6) for name in _NUMBERS} | {
        "learned_at": pace.learned_at.isoformat(),
        "hours": [round(count, 3) for count in pace.hours],
        "turns": pace.turns,
        "overflowed": pace.overflowed,
        "every": _seconds(wishes.every),
        "skip_hours": sorted(wishes.skip_hours),
        "skip_days": sorted(wishes.skip_days),
        "fresh_for": _seconds(pace.fresh_for),
    }


def from_record(record: Mapping[str, Any] | None) -> Pace | None:
    """Read a pace back; None where there is none, or it cannot be right: learnt anew."""
    if record is None:
        return None
    try:
        pace = Pace(
            **{name: float(record[name]) for name in _NUMBERS},
            learned_at=datetime.fromisoformat(record["learned_at"]),
            hours=tuple(map(float, record["hours"])),
            turns=int(record["turns"]),
            overflowed=bool(record["overflowed"]),
            wishes=Wishes(
                every=_length(record["every"]),
                skip_hours=frozenset(record["skip_hours"]),
                skip_days=frozenset(record["skip_days"]),
            ),
            fresh_for=_length(record["fresh_for"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return pace if _is_sound(pace) else None


def _is_sound(pace: Pace) -> bool:
    numbers = (*_numbers(pace), *pace.hours)
    return (
        all(map(isfinite, numbers))
        and min(numbers) >= 0
        and len(pace.hours) == 24
        and pace.learned_at.tzinfo is not None
    )


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
