"""Commands about how feeds are doing: `feeds list`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import typer
from rich.table import Table

from pipeline import oversee
from pipeline.cli.opening import (
    AsJson,
    out,
    print_json,
    ready,
    short_time,
    table_that_fits,
    watching,
)
from pipeline.cli.watching import feeds_commands
from pipeline.model import FeedHealth, FeedState
from pipeline.now import utc_now
from pipeline.stages.chart import blocks, summary
from pipeline.stages.describe import (
    advice,
    duration,
    in_words,
    interval,
    notes,
    outage,
    pushed,
    share_approved,
)

_UNWATCHED = (FeedState.DISABLED, FeedState.RETIRED)
_IN_TROUBLE = (FeedState.FAILING, FeedState.BLOCKED, FeedState.GONE)


def register(app: typer.Typer) -> None:
    """Add this room's commands, beside `feeds add`."""
    feeds_commands.command("list")(list_feeds)


def list_feeds(
    alarms: bool = typer.Option(False, "--alarms", help="Only what is wrong and needs somebody."),
    as_json: bool = AsJson,
) -> None:
    """List every feed with its health: what is failing, why, and when its next turn comes."""
    settings = ready()
    now = utc_now()
    with watching(settings) as (database, _):
        found = oversee.every_feed(database, now)
        shared = oversee.shared_failures(database)
    failing = sum(each.state in _IN_TROUBLE for each in found)
    if alarms:
        found = tuple(each for each in found if each.alarms)
    if as_json:
        told = [alarm for each in found for alarm in each.alarms]
        print_json([asdict(each) for each in told] if alarms else [_json(e, now) for e in found])
        return
    for each in shared:
        out.print(f"{outage(each)}.", markup=False)
    if alarms:
        _print_alarms(found)
        if not found and not shared:
            out.print(_no_alarm(failing))
        return
    out.print(_table(found, now))
    for one in found:
        _print_troubles(one, now)


def _table(found: Sequence[FeedHealth], now: datetime) -> Table:
    plain = not out.encoding.startswith("utf")
    return table_that_fits(
        {
            "feed": [each.feed.id for each in found],
            "state": [str(each.state) for each in found],
            "alarms": [", ".join(alarm.kind for alarm in each.alarms) for each in found],
            "four weeks": [blocks(each.days, now.date(), plain=plain) for each in found],
            "last success": [short_time(each.last_success_at) for each in found],
            "last new": [short_time(each.last_new_at) for each in found],
            "next fetch": [_next_fetch(each) for each in found],
            "why then": [each.next_fetch_reason for each in found],
            "interval": [_interval(each) for each in found],
            "articles": [str(each.articles) for each in found],
            "approved of proposed": [share_approved(each) for each in found],
        },
        narrow=("feed", "state", "alarms", "last success", "next fetch"),
    )


def _next_fetch(each: FeedHealth) -> str:
    return "none" if each.state in _UNWATCHED else short_time(each.next_fetch_at)


def _interval(each: FeedHealth) -> str:
    wait = None if each.state in _UNWATCHED else interval(each)
    return duration(wait or each.feed.every)


def _print_troubles(each: FeedHealth, now: datetime) -> None:
    if each.error_kind and each.state not in _UNWATCHED:
        since = short_time(each.failing_since)
        out.print(f"{each.feed.id} fails since {since}: {each.error_message}", markup=False)
        out.print(f"    {each.error_kind}, to do: {advice(each.error_kind)}", markup=False)
    for note in notes(each, now):
        out.print(f"{each.feed.id}: {note}", markup=False)


def _print_alarms(found: Sequence[FeedHealth]) -> None:
    for each in found:
        for alarm in each.alarms:
            told = short_time(alarm.raised_at)
            out.print(f"{alarm.kind:<9} {each.feed.id}: {alarm.detail} (told {told})", markup=False)


def _no_alarm(failing: int) -> str:
    if not failing:
        return "Nothing is wrong with any feed."
    fail = "1 feed fails" if failing == 1 else f"{failing} feeds fail"
    return f"No alarm stands. {fail}, not for long enough to need you: `dateline feeds list`."


def _json(each: FeedHealth, now: datetime) -> dict[str, object]:
    """A feed's health for other programs: its values, and beside them what they mean."""
    return asdict(each) | {
        "state_in_words": in_words(each.state),
        "advice": advice(each.error_kind) if each.error_kind else None,
        "interval": interval(each),
        "share_approved": round(each.approved / each.matched, 4) if each.matched else None,
        "chart": blocks(each.days, now.date()),
        "chart_in_words": summary(each.days, now.date()),
        "notes": notes(each, now),
        "push_in_words": pushed(each.push, now) if each.push else None,
    }
