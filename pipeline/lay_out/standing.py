"""The standing: what a folder was last published from, kept in the folder itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipeline.model import Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found out about one conflict: it stays true until something of its feed changes.

    `trend` counts approved articles by day, oldest first; `newest` is the slug of the newest entry
    that stands, or empty.
    """

    pulse: Pulse | None
    newest: str
    trend: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a folder was last published from.

    While the database gives the same `watermark`, every file is as it should be from `since` to
    `until`. `change` is the newest change of the digest that was seen, `today` the day the trends
    end with, `known` what was found out by conflict, `files` the number of public files,
    `swept_at` when each was looked for.
    """

    watermark: str
    since: datetime
    until: datetime
    change: int
    today: date
    known: Mapping[str, Known]
    files: int
    swept_at: datetime

    def holds(self, watermark: str, now: datetime) -> bool:
        """Tell whether nothing can have changed."""
        return self.watermark == watermark and self.since <= now <= self.until


def write_standing(standing: Standing) -> str:
    """Write a standing down."""
    known = {
        slug: {
            "pulse": each.pulse and [each.pulse.changed_at.isoformat(), each.pulse.revision],
            "newest": each.newest,
            "trend": each.trend,
        }
        for slug, each in standing.known.items()
    }
    return json.dumps(
        {
            "watermark": standing.watermark,
            "since": standing.since.isoformat(),
            "until": standing.until.isoformat(),
            "change": standing.change,
            "today": standing.today.isoformat(),
            "known": known,
            "files": standing.files,
            "swept_at": standing.swept_at.isoformat(),
        }
    )


def read_standing(path: Path) -> Standing | None:
    """Read a standing; None where there is none, or one that a power loss cut."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Standing(
            watermark=str(told["watermark"]),
            since=_moment(told["since"]),
            until=_moment(told["until"]),
            change=int(told["change"]),
            today=date.fromisoformat(told["today"]),
            known={slug: _known(each) for slug, each in told["known"].items()},
            files=int(told["files"]),
            swept_at=_moment(told["swept_at"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _known(told: Mapping[str, Any]) -> Known:
    pulse = told["pulse"]
    return Known(
        pulse=pulse and Pulse(changed_at=_moment(pulse[0]), revision=int(pulse[1])),
        newest=str(told["newest"]),
        trend=tuple(map(int, told["trend"])),
    )


def _moment(told: str) -> datetime:
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment
