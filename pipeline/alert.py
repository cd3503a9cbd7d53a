"""Alert: notice what is wrong with feeds, tell it once, and once more when it is over."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from db import Database, alarms, health
from pipeline.model import AlarmKind, FeedSigns, FeedState, Outage
from pipeline.stages.alarm import BROKEN, HISTORY_DAYS, ending, judge, outages
from pipeline.stages.describe import named
from pipeline.stages.describe import outage as in_words
from pipeline.stages.pace import from_record

# More of one kind at once are told in one line.
_TOLD_SINGLY = 5
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerted:
    """How many alarms a look raised, and how many it found to be over; false when none."""

    raised: int
    ended: int

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.raised or self.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """An alarm that was raised or is over; `quiet` ones are not told."""

    feed_id: str
    kind: AlarmKind
    detail: str
    quiet: bool = False


def alert(database: Database, now: datetime) -> Alerted:
    """Look at every feed, write the alarms that begin and end, and log each of them once.

    Several processes may do it at once: an alarm is told by the one that wrote it.
    """
    with database.reading() as connection:
        found = health.signs(connection, now.date() - timedelta(days=HISTORY_DAYS))
        standing = alarms.standing(connection)
    signs = [_with_pace(each, record) for each, record in found]
    shared = outages(signs)
    raised, over = [], []
    for each in signs:
        stands = judge(each, now, shared)
        raised += [
            _Change(feed_id=each.feed_id, kind=kind, detail=detail)
            for kind, detail in stands.items()
            if kind not in each.standing
        ]
        over += [
            (alarm.id, _ended(each, alarm.kind, alarm.raised_at, now))
            for alarm in standing.get(each.feed_id, ())
            if alarm.kind not in stands
        ]
    if raised or over:
        with database.transaction() as connection:
            over = [
                (alarm_id, change)
                for alarm_id, change in over
                if alarms.end(connection, alarm_id, change.detail, now)
            ]
            raised = [
                change
                for change in raised
                if alarms.raise_(connection, change.feed_id, change.kind, change.detail, now)
            ]
        _tell_raised(raised, shared)
        _tell_over([change for _, change in over if not change.quiet])
    return Alerted(raised=len(raised), ended=len(over))


def _with_pace(signs: FeedSigns, record: object) -> FeedSigns:
    pace = from_record(record) if isinstance(record, dict) else None
    if pace is None:
        return signs
    return replace(signs, overflowed=pace.overflowed, window=pace.window)


def _ended(signs: FeedSigns, kind: AlarmKind, raised_at: datetime, now: datetime) -> _Change:
    unwatched = signs.state in (FeedState.DISABLED, FeedState.RETIRED)
    still_broken = kind in BROKEN and signs.state in (FeedState.BLOCKED, FeedState.GONE)
    return _Change(
        feed_id=signs.feed_id,
        kind=kind,
        detail=ending(kind, signs, raised_at, now),
        quiet=unwatched or still_broken,
    )


def _tell_raised(raised: Sequence[_Change], shared: Sequence[Outage]) -> None:
    rest = list(raised)
    for outage in shared:
        inside = [each for each in rest if _belongs(each, outage)]
        if inside:
            _log.warning(in_words(outage), alarm=AlarmKind.FAILING, feeds=len(inside))
        rest = [each for each in rest if not _belongs(each, outage)]
    for kind, changes in _by_kind(rest).items():
        if len(changes) > _TOLD_SINGLY:
            names = named([each.feed_id for each in changes])
            _log.warning(f"{len(changes)} feeds: {_SHORT[kind]}: {names}", alarm=kind)
        else:
            for each in changes:
                _log.warning(f"{each.feed_id}: {each.detail}", alarm=kind)


def _tell_over(over: Sequence[_Change]) -> None:
    for kind, changes in _by_kind(over).items():
        if len(changes) > _TOLD_SINGLY:
            names = named([each.feed_id for each in changes])
            _log.info(f"{len(changes)} feeds: no longer {_SHORT[kind]}: {names}", alarm=kind)
        else:
            for each in changes:
                _log.info(f"{each.feed_id}: {each.detail}", alarm=kind)


def _belongs(change: _Change, outage: Outage) -> bool:
    return change.kind is AlarmKind.FAILING and change.feed_id in outage.feed_ids


def _by_kind(changes: Sequence[_Change]) -> dict[AlarmKind, list[_Change]]:
    found: dict[AlarmKind, list[_Change]] = defaultdict(list)
    for each in changes:
        found[each.kind].append(each)
    return found


_SHORT = {
    AlarmKind.GONE: "gone for good, say their publishers",
    AlarmKind.BLOCKED: "refused by their publishers",
    AlarmKind.FAILING: "failing for a day or longer",
    AlarmKind.OVERFLOW: "losing entries between two looks",
    AlarmKind.QUIET: "silent for longer than usual",
    AlarmKind.VOLUME: "far from their usual number of articles",
}
