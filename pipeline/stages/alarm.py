"""Alarm: tell which feeds need somebody, and why, by what each usually does itself.

An alarm that stands is harder to end than to raise, so that a feed on the edge is told once and not
every five minutes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import exp, sqrt
from statistics import median

from pipeline.model import AlarmKind, FeedDay, FeedGlance, FeedSigns, FeedState, Outage

HISTORY_DAYS = 28
_DAY = timedelta(days=1)
FAILING_FOR = _DAY
# A silence this improbable for a feed of its rate (Poisson) is no accident.
_CHANCE = 0.001
_QUIET_HISTORY = 7
_VOLUME_HISTORY = 14
# A deviation of the median, in standard deviations (1.4826 of it for a normal spread).
_SPREADS_ABOVE, _SPREADS_BELOW, _DEVIATION = 6.0, 4.0, 1.4826
_OVERFLOW_STANDS = _DAY
_OUTAGE_FEEDS = 5
_OUTAGE_SHARE = 0.2
_OUTAGE_GAP = timedelta(hours=6)

# Not working at all, the mildest first: one of them stands at a time, until the feed works again.
BROKEN = (AlarmKind.FAILING, AlarmKind.BLOCKED, AlarmKind.GONE)
_STATES = {
    FeedState.FAILING: AlarmKind.FAILING,
    FeedState.BLOCKED: AlarmKind.BLOCKED,
    FeedState.GONE: AlarmKind.GONE,
}
_UNWATCHED = (FeedState.DISABLED, FeedState.RETIRED)


def outages(feeds: Iterable[FeedSigns | FeedGlance]) -> tuple[Outage, ...]:
    """Find failures that many feeds share: alike in kind, and begun within hours of each other.

    At least five feeds and a fifth of those that are polled; the largest outage comes first.
    """
    polled = [each for each in feeds if each.state not in _UNWATCHED]
    alike: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for each in polled:
        if each.state is FeedState.FAILING and each.error_kind and each.failing_since:
            alike[each.error_kind].append((each.failing_since, each.feed_id))
    found = []
    for kind, began in alike.items():
        together = max(_runs(sorted(began)), key=len)
        if len(together) >= max(_OUTAGE_FEEDS, _OUTAGE_SHARE * len(polled)):
            names = frozenset(feed_id for _, feed_id in together)
            since = together[0][0]
            found.append(Outage(error_kind=kind, feed_ids=names, since=since, watched=len(polled)))
    return tuple(sorted(found, key=lambda each: (-len(each.feed_ids), each.error_kind)))


def _runs(began: Sequence[tuple[datetime, str]]) -> list[list[tuple[datetime, str]]]:
    """Part times where more than a few hours lie between two of them."""
    runs = [[began[0]]]
    for each in began[1:]:
        if each[0] - runs[-1][-1][0] > _OUTAGE_GAP:
            runs.append([])
        runs[-1].append(each)
    return runs


def judge(
    signs: FeedSigns, now: datetime, shared: Sequence[Outage] = ()
) -> Mapping[AlarmKind, str]:
    """Tell which alarms stand for a feed, each with a sentence; none for one that is not polled.

    `shared` are the outages of the moment: feeds of one outage alarm together.
    """
    if signs.state in _UNWATCHED:
        return {}
    found = {
        AlarmKind.OVERFLOW: _overflow(signs, now),
        AlarmKind.QUIET: _quiet(signs),
        AlarmKind.VOLUME: _volume(signs, now),
    }
    broken = _broken(signs, now, shared)
    if broken is not None:
        found[broken] = _how_broken(broken, signs)
    return {kind: sentence for kind, sentence in found.items() if sentence}


def ending(kind: AlarmKind, signs: FeedSigns, raised_at: datetime, now: datetime) -> str:
    """Say how an alarm ended."""
    if signs.state in _UNWATCHED:
        return "it is not polled any more"
    if kind in BROKEN:
        if signs.state in _STATES:
            return "it got worse"
        return f"it works again, after {_in_words(now - raised_at)}"
    return {
        AlarmKind.QUIET: "new articles came",
        AlarmKind.VOLUME: "its articles a day are as usual again",
        AlarmKind.OVERFLOW: "its documents join up again",
    }[kind]


def _broken(signs: FeedSigns, now: datetime, shared: Sequence[Outage]) -> AlarmKind | None:
    present = _STATES.get(signs.state)
    if present is None:
        return None
    stands = [kind for kind in BROKEN if kind in signs.standing]
    if present is AlarmKind.FAILING and not stands and not _for_long(signs, now, shared):
        return None
    return max([*stands, present], key=BROKEN.index)


def _for_long(signs: FeedSigns, now: datetime, shared: Sequence[Outage]) -> bool:
    since = signs.failing_since
    if since is None:
        return False
    since = min([since, *(each.since for each in shared if signs.feed_id in each.feed_ids)])
    return now - since >= FAILING_FOR


def _how_broken(kind: AlarmKind, signs: FeedSigns) -> str:
    since = f" since {_moment(signs.failing_since)}" if signs.failing_since else ""
    said = f": {signs.error_message}" if signs.error_message else ""
    return {
        AlarmKind.FAILING: f"it fails{since}{said}",
        AlarmKind.BLOCKED: f"the publisher refuses us{since}{said}",
        AlarmKind.GONE: f"the publisher says it is gone for good{since}{said}",
    }[kind]


def _overflow(signs: FeedSigns, now: datetime) -> str:
    if signs.overflowed:
        shown = f"its {signs.window:.0f} entries" if signs.window else "its entries"
        return (
            f"the last document shared none of {shown} with the one before: "
            "some entries in between were lost"
        )
    raised = signs.standing.get(AlarmKind.OVERFLOW)
    if raised is not None and signs.overflowed is not None and now - raised < _OVERFLOW_STANDS:
        return "entries were lost less than a day ago"
    return ""


def _quiet(signs: FeedSigns) -> str:
    """Judge a silence by looks that found nothing: time without a look is no silence."""
    if signs.last_new_at is None or signs.last_success_at is None:
        return ""
    silence = signs.last_success_at - signs.last_new_at
    told = f"no new article since {_moment(signs.last_new_at)}, {_in_words(silence)} long"
    if AlarmKind.QUIET in signs.standing:
        return told if silence >= _DAY else ""
    before = [
        each
        for each in _usual(signs.days, signs.last_success_at.date())
        if each.looked and each.day < signs.last_new_at.date()
    ]
    if signs.state is not FeedState.WORKING or len(before) < _QUIET_HISTORY or silence < _DAY:
        return ""
    rate = sum(each.articles_new for each in before) / len(before)
    if exp(-rate * (silence / _DAY)) >= _CHANCE or silence <= _longest_pause(before):
        return ""
    return f"{told}; usually there are {_number(rate)} a day"


def _longest_pause(days: Sequence[FeedDay]) -> timedelta:
    """How long a pause its own days explain: weekends, a weekly issue."""
    longest = pause = 0
    for each in days:
        pause = 0 if each.articles_new else pause + 1
        longest = max(longest, pause)
    return 1.25 * (longest + 1) * _DAY if longest else _DAY


def _volume(signs: FeedSigns, now: datetime) -> str:
    today, yesterday = now.date(), now.date() - _DAY
    by_day = {each.day: each for each in _usual(signs.days, today)}
    raised = signs.standing.get(AlarmKind.VOLUME)
    if raised is not None:
        over = yesterday >= raised.date() and _is_usual(by_day, yesterday)
        return "" if over else "its articles a day are still far from its usual"
    return _too_many(by_day, today) or _too_many(by_day, yesterday) or _too_few(by_day, yesterday)


def _usual(days: Sequence[FeedDay], today: date) -> list[FeedDay]:
    """Leave out a feed's very first day: it brought the whole document, however old its entries."""
    kept = [each for each in days if each.day >= today - HISTORY_DAYS * _DAY]
    is_first = bool(kept) and kept[0].day > today - HISTORY_DAYS * _DAY
    return kept[1:] if is_first else kept


def _history(by_day: Mapping[date, FeedDay], day: date) -> list[FeedDay]:
    return [each for each in by_day.values() if each.day < day and each.looked]


def _well_looked(by_day: Mapping[date, FeedDay], day: date, history: Sequence[FeedDay]) -> bool:
    """Tell whether a day was watched as closely as usual: else its count says nothing."""
    known = by_day.get(day)
    return known is not None and 2 * known.looked >= median(each.looked for each in history)


def _range(history: Sequence[FeedDay]) -> tuple[int, float, int, float]:
    """Third lowest, median, third highest count, and how far counts usually lie from the median.

    Two days at either end may have been anything. Counts spread at least as Poisson's.
    """
    counts = sorted(each.articles_new for each in history)
    middle = median(counts)
    deviation = median(abs(count - middle) for count in counts)
    return counts[2], middle, counts[-3], max(_DEVIATION * deviation, sqrt(middle), 1.0)


def _too_many(by_day: Mapping[date, FeedDay], day: date) -> str:
    history = _history(by_day, day)
    if day not in by_day or len(history) < _VOLUME_HISTORY:
        return ""
    count = by_day[day].articles_new
    low, middle, high, spread = _range(history)
    if count <= middle + _SPREADS_ABOVE * spread or count <= 1.5 * high:
        return ""
    # After a day nobody looked, two days' articles come at once.
    return _told(count, day, low, high) if _well_looked(by_day, day - _DAY, history) else ""


def _too_few(by_day: Mapping[date, FeedDay], day: date) -> str:
    history = _history(by_day, day)
    if len(history) < _VOLUME_HISTORY or not _well_looked(by_day, day, history):
        return ""
    count = by_day[day].articles_new
    low, middle, high, spread = _range(history)
    far = count < middle - _SPREADS_BELOW * spread and 2 * count < low
    return _told(count, day, low, high) if far else ""


def _is_usual(by_day: Mapping[date, FeedDay], day: date) -> bool:
    history = _history(by_day, day)
    if len(history) < _VOLUME_HISTORY or not _well_looked(by_day, day, history):
        return False
    low, _, high, _ = _range(history)
    return 0.8 * low <= by_day[day].articles_new <= 1.2 * high


def _told(count: int, day: date, low: int, high: int) -> str:
    articles = "1 new article" if count == 1 else f"{count} new articles"
    usual = f"{low}" if low == high else f"{low} to {high}"
    return f"{articles} on {day:%Y-%m-%d}; usually there are {usual} a day"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _in_words(length: timedelta) -> str:
    hours = round(length / timedelta(hours=1))
    if hours < 48:
        return "1 hour" if hours == 1 else f"{hours} hours"
    return f"{round(length / _DAY)} days"


def _number(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 3 else f"{rate:.1f}"
