"""When a daily edition closes, and which one is due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from pipeline.model import CutOff, EditionHead

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One edition's window: it holds what was approved after `since_at` and up to `cut_off_at`.

    `missed` are the days before it that have no edition of their own, oldest first.
    """

    day: date
    since_at: datetime
    cut_off_at: datetime
    missed: tuple[date, ...] = ()


def closes_at(day: date, cut_off: CutOff, zone: tzinfo) -> datetime:
    """Give the moment a day's edition closes, in UTC.

    An hour that the clocks pass twice means the first time. One that they skip is read as if they
    had not yet been put forward: 02:30 is then 03:30 (PEP 495).
    """
    return datetime.combine(day, cut_off.at, tzinfo=zone).astimezone(UTC)


def due(
    cut_off: CutOff,
    zone: tzinfo,
    *,
    newest: EditionHead | None,
    declared_at: datetime,
    now: datetime,
) -> Closing | None:
    """Give the edition that is to be made now, or None.

    What stands in the database decides, not how often or how late it is looked at: the newest cut-
    off that has passed has an edition, or it is due. When several passed unnoticed, one edition
    covers them. A conflict's first edition is that of the first cut-off after it was declared.
    """
    day = _latest_closed(cut_off, zone, now)
    at = closes_at(day, cut_off, zone)
    if newest is None:
        if at <= declared_at:
            return None
        return Closing(day=day, since_at=closes_at(day - _DAY, cut_off, zone), cut_off_at=at)
    if day <= newest.day or at <= newest.cut_off_at:
        return None
    missed = [newest.day + _DAY * count for count in range(1, (day - newest.day).days)]
    return Closing(day=day, since_at=newest.cut_off_at, cut_off_at=at, missed=tuple(missed))


def next_closing(
    cut_off: CutOff,
    zone: tzinfo,
    *,
    newest: EditionHead | None,
    declared_at: datetime,
    now: datetime,
) -> Closing:
    """Give the next edition: the one that is due, or else the one that closes next."""
    overdue = due(cut_off, zone, newest=newest, declared_at=declared_at, now=now)
    if overdue is not None:
        return overdue
    day = _latest_closed(cut_off, zone, now) + _DAY
    if newest is not None:
        day = max(day, newest.day + _DAY)
    since_at = closes_at(day - _DAY, cut_off, zone) if newest is None else newest.cut_off_at
    return Closing(day=day, since_at=since_at, cut_off_at=closes_at(day, cut_off, zone))


def _latest_closed(cut_off: CutOff, zone: tzinfo, now: datetime) -> date:
    day = now.astimezone(zone).date()
    return day if closes_at(day, cut_off, zone) <= now else day - _DAY
