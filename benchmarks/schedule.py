"""The schedule alone, at sizes no network here could feed: many feeds, a simulated clock, answers
made up.

Feeds are claimed, answered and recorded as a pass does it, each with a rate of news of its own;
only network and documents are left out. Every simulated `--step` the clock hands out what is due.
What must hold: claims stay cheap however many feeds there are, and memory is bounded.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

from benchmarks.figures import Figure, at_most, give
from benchmarks.table import machine, show
from db import Database, fetches, leases, open_database, turns
from db.tables import feeds as feed_table
from db.upgrade import upgrade
from pipeline.model import DueFeed, Feed, FeedState, FetchReport, Outcome, Validators
from pipeline.pacing import Answer, Pacing, how_urgent
from pipeline.stages.pace import Pace, to_record
from pipeline.stages.reschedule import Turn

_BEGAN = datetime(2026, 11, 22, 0, tzinfo=UTC)
_AT_A_HOST = 20
_LEASE = timedelta(minutes=10)
_MOST_CLAIMED = 96
_TOGETHER = 32
_REFRESHED = timedelta(minutes=1)
_DOCUMENT = 30
_DECLARED_AT_ONCE = 20_000
_MOST_MEMORY = 1024.0


def main(arguments: Sequence[str]) -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks schedule", description=__doc__)
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--hours", type=float, default=2.0, help="simulated")
    parser.add_argument("--step", type=float, default=30.0, help="simulated seconds between claims")
    parser.add_argument(
        "--every", type=float, default=12.0, help="hours: the feeds' usual interval"
    )
    parser.add_argument(
        "--database", help="a PostgreSQL address; by default SQLite in a new folder"
    )
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(wanted.database or f"sqlite:///{Path(folder) / 'schedule.db'}")
        try:
            upgrade(database)
            _simulate(
                database,
                wanted.feeds,
                hours=wanted.hours,
                step=timedelta(seconds=wanted.step),
                every=timedelta(hours=wanted.every),
            )
        finally:
            database.close()
    return 0


class _Publishers:
    """Made-up publishers: each feed brings news at a steady rate of its own, Pareto over feeds."""

    def __init__(self, many: int) -> None:
        dice = random.Random(20261122)
        self.per_day = {_name(number): 0.2 * dice.paretovariate(0.9) for number in range(many)}
        self.dice = dice
        self.asked_at: dict[str, datetime] = {}

    def answer(self, feed_id: str, now: datetime) -> Answer:
        before = self.asked_at[feed_id]
        self.asked_at[feed_id] = now
        wanted = self.per_day[feed_id] * ((now - before) / timedelta(days=1))
        new = int(wanted) + (self.dice.random() < wanted % 1)
        if not new:
            return Answer(wire_bytes=300, not_modified=True)
        return Answer(
            wire_bytes=33_000,
            new_dates=[now] * min(new, _DOCUMENT),
            matched=int(self.dice.random() < 0.1),
            window=_DOCUMENT,
        )


def _name(number: int) -> str:
    return f"feed-{number:07}"


def _simulate(
    database: Database, many: int, *, hours: float, step: timedelta, every: timedelta
) -> None:
    publishers = _Publishers(many)
    began = time.process_time()
    _watch(database, publishers, many, every)
    rows = [("declare", many, time.process_time() - began, _peak())]
    end = _BEGAN + timedelta(hours=hours)
    steady = _run(database, publishers, _BEGAN, step, until=lambda done, now: now >= end)
    rows.append((f"{hours:g} hours", steady.fetched, steady.cpu, _peak()))
    back = end + timedelta(hours=48)
    late = _run(database, publishers, back, step, until=lambda done, now: done >= 20_000)
    rows.append(("after 48 hours off", late.fetched, late.cpu, _peak()))
    _hand_over(many, hours, steady)
    seconds = f"{step.total_seconds():g} s"
    print(f"{many:,} feeds, {_AT_A_HOST} a host, a claim every {seconds}; {machine()}")
    show(
        "Processor time, without what PostgreSQL takes",
        ("part", "fetches", "CPU s", "ms a fetch", "peak MB"),
        [
            (name, f"{done:,}", f"{cpu:.1f}", f"{1000 * cpu / max(done, 1):.2f}", f"{peak:.0f}")
            for name, done, cpu, peak in rows
        ],
    )
    show(
        "Milliseconds",
        ("what", "median", "95 %", "most"),
        [
            ("a claim", *_spread(steady.claims)),
            ("a claim after 48 hours off", *_spread(late.claims)),
            ("the law of pacing, once a minute", *_spread(steady.laws)),
        ],
    )


def _hand_over(many: int, hours: float, steady: "_Ran") -> None:
    what = f"{many:,} feeds on schedule, {hours:g} h simulated"
    claim, each = _spread(steady.claims)[0], 1000 * steady.cpu / max(steady.fetched, 1)
    give(
        at_most(f"{what}, then 48 h off: most memory", _peak(), _MOST_MEMORY, "MiB", digits=0),
        Figure(what=f"{what}: a fetch planned and recorded", dateline=f"{each:.2f} ms CPU"),
        Figure(what=f"{what}: a claim", dateline=f"{claim} ms"),
    )


def _watch(database: Database, publishers: _Publishers, many: int, every: timedelta) -> None:
    """Declare feeds as if they had been asked for weeks: their paces are known, their turns
    spread over an interval."""
    for start in range(0, many, _DECLARED_AT_ONCE):
        numbers = range(start, min(start + _DECLARED_AT_ONCE, many))
        with database.transaction() as connection:
            feeds_at_once = [_feed(number, every) for number in numbers]
            for feed in feeds_at_once:
                publishers.asked_at[feed.id] = _BEGAN
            connection.execute(
                feed_table.insert(), [_row(each, publishers) for each in feeds_at_once]
            )


def _feed(number: int, every: timedelta) -> Feed:
    host, at_host = divmod(number, _AT_A_HOST)
    url = f"https://host-{host}.example/{at_host}.xml"
    return Feed(id=_name(number), url=url, publisher="", every=every)


def _row(feed: Feed, publishers: _Publishers) -> dict[str, object]:
    rate = publishers.per_day[feed.id]
    pace = Pace(
        learned_at=_BEGAN, slow=10 * rate, slow_days=10, hours_days=30, window=_DOCUMENT,
        seen=30 * rate, matched=3 * rate, full_bytes=33_000, quiet=20, spared=18, turns=20,
    )  # fmt: skip
    return {
        "id": feed.id,
        "publisher": "",
        "url": feed.url,
        "language": "en",
        "country": "",
        "every_seconds": int(feed.every.total_seconds()),
        "tags": [],
        "enabled": True,
        "adaptive": True,
        "full_text": False,
        "owner": "file",
        "declared_at": _BEGAN,
        "state": FeedState.WORKING,
        "failures": 0.0,
        "next_fetch_at": _BEGAN + turns.share(feed.id) * feed.every,
        "next_fetch_reason": "by its rate and relevance",
        "last_attempt_at": _BEGAN,
        "last_success_at": _BEGAN,
        "pace": to_record(pace),
    }


class _Ran:
    """What a stretch of simulated time took."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.fetched = 0
        self.cpu = 0.0
        self.claims: list[float] = []
        self.laws: list[float] = []


def _run(
    database: Database,
    publishers: _Publishers,
    now: datetime,
    step: timedelta,
    until: Callable[[int, datetime], bool],
) -> _Ran:
    ran = _Ran(now)
    pacing = Pacing()
    refreshed = now - _REFRESHED
    began = time.process_time()
    while not until(ran.fetched, ran.now):
        ran.now += step
        while not until(ran.fetched, ran.now - step) and (taken := _claim(database, ran)):
            if ran.now - refreshed >= _REFRESHED:
                refreshed, then = ran.now, time.perf_counter()
                pacing.refresh(database, ran.now)
                ran.laws.append(time.perf_counter() - then)
            for start in range(0, len(taken), _TOGETHER):
                together = taken[start : start + _TOGETHER]
                reports = [_report(each, publishers, pacing, ran.now) for each in together]
                with database.transaction() as connection:
                    fetches.record(connection, *reports)
            ran.fetched += len(taken)
            if len(taken) < _MOST_CLAIMED:
                break
    ran.cpu = time.process_time() - began
    return ran


def _claim(database: Database, ran: _Ran) -> Sequence[DueFeed]:
    then = time.perf_counter()
    with database.transaction() as connection:
        taken = leases.claim(
            connection,
            ran.now,
            holder="benchmark",
            lease=_LEASE,
            limit=_MOST_CLAIMED,
            urgency=lambda due: how_urgent(due, ran.now),
        )
    ran.claims.append(time.perf_counter() - then)
    return taken


def _report(due: DueFeed, publishers: _Publishers, pacing: Pacing, now: datetime) -> FetchReport:
    answer = publishers.answer(due.feed.id, now)
    pace, turn = pacing.after_answer(due, now, answer)
    report = _reported(due, now, turn, answer)
    return replace(report, pace=pace)


def _reported(due: DueFeed, now: datetime, turn: Turn, answer: Answer) -> FetchReport:
    return FetchReport(
        feed_id=due.feed.id,
        started_at=now,
        seconds=0.1,
        outcome=Outcome.NOT_MODIFIED if answer.not_modified else Outcome.UPDATED,
        status=304 if answer.not_modified else 200,
        next_fetch_at=turn.next_fetch_at,
        next_fetch_reason=turn.reason,
        state=turn.state,
        failures=turn.failures,
        validators=Validators(etag='"1"'),
        wire_bytes=answer.wire_bytes,
        articles_new=len(answer.new_dates),
    )


def _spread(values: Sequence[float]) -> tuple[str, str, str]:
    if len(values) < 2:
        return ("–", "–", "–")
    cut = quantiles(values, n=20)
    return f"{1000 * cut[9]:.1f}", f"{1000 * cut[18]:.1f}", f"{1000 * max(values):.1f}"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
