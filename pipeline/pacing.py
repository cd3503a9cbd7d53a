"""Pacing: a day's requests go where they shorten the wait for relevant news most.

One law for all feeds, solved from the budget their intervals add up to; every answer teaches a
feed's pace, and the pace says when its next turn is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from db import Connection, Database, instance, paces
from pipeline.errors import FeedError
from pipeline.model import DueFeed, Feed, FeedState
from pipeline.stages.pace import (
    SHORTEST,
    WORTH_EXPONENT,
    Pace,
    Wishes,
    from_record,
    interval,
    learn,
    plan,
    requests_per_day,
    skip,
    solve_k,
    to_record,
    urgency,
)
from pipeline.stages.reschedule import Turn, after_failure, after_success

_KEY = "pace"
_SOLVED_FOR = timedelta(hours=24)
_DAY = timedelta(days=1)
# A law solved while little was known is solved again when this many times as many feeds have
# answered.
_MORE_KNOWN = 1.25
_LONGEST_SKIP = timedelta(hours=24)
_SAMPLE = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What all adaptive feeds share.

    `k` spends `budget` requests a day, the sum of what their intervals would take; `predicted` is
    what they will take under it, guards and publishers' wishes counted in. `usual` is the interval
    of an average feed: one with a shorter `every` is asked as many times as often. `feeds` it was
    solved for, of which `learnt` had a pace.
    """

    k: float
    usual: timedelta
    budget: float
    predicted: float
    feeds: int
    learnt: int
    solved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one answer tells about a feed's pace.

    `new_dates` are those of articles not known before, None where undated, `matched` how many of
    them fall under a conflict; `window` is how many articles the document shows. Without a document
    (a 304, the bytes we had) `window` and `wishes` are None.
    """

    wire_bytes: int = 0
    not_modified: bool = False
    fresh_for: timedelta | None = None
    new_dates: Sequence[datetime | None] = ()
    matched: int = 0
    window: int | None = None
    wishes: Wishes | None = None


class Pacing:
    """The law in force, as one process knows it."""

    def __init__(self) -> None:
        self._law: Law | None = None

    @property
    def law(self) -> Law:
        """The law in force."""
        assert self._law is not None, "refresh() comes first"
        return self._law

    def refresh(self, database: Database, now: datetime) -> None:
        """Take the law from the database; solve it anew when feeds came or went, more is known of
        them, or a day is over."""
        with database.reading() as connection:
            census = paces.census(connection)
            law = law_in_force(connection)
        if law is None or not _fits(law, census, now):
            law = solve(database, now)
        self._law = law

    def after_answer(
        self, due: DueFeed, now: datetime, answer: Answer
    ) -> tuple[Mapping[str, Any], Turn]:
        """Learn from an answer and plan the next turn; gives the pace as it is kept, and the turn.

        Pure: what it is given decides.
        """
        pace = learn(
            from_record(due.pace),
            now=now,
            new_dates=answer.new_dates,
            window=answer.window,
            matched=answer.matched,
            wire_bytes=answer.wire_bytes,
            not_modified=answer.not_modified,
            wishes=answer.wishes,
            fresh_for=answer.fresh_for,
        )
        if not is_adaptive(due.feed):
            return to_record(pace), _at_its_interval(due, now, pace)
        turn = plan(
            pace, k=self.law.k, now=now, key=due.feed.id, boost=boost(due.feed, self.law.usual)
        )
        return to_record(pace), Turn(
            next_fetch_at=turn.at, reason=turn.reason, state=FeedState.WORKING, failures=0.0
        )

    def after_failure(self, due: DueFeed, now: datetime, error: FeedError) -> Turn:
        """Back off from the interval the feed's pace would give, or from `every`."""
        pace = from_record(due.pace)
        if pace is None or not is_adaptive(due.feed):
            return after_failure(due, now, error)
        usual = interval(
            pace, k=self.law.k, now=now, key=due.feed.id, boost=boost(due.feed, self.law.usual)
        )
        return after_failure(due, now, error, usual=usual)


def is_adaptive(feed: Feed) -> bool:
    """Whether a feed's turns follow its pace. An `every` below five minutes is a wish as it
    stands."""
    return feed.adaptive and feed.every >= SHORTEST


def boost(feed: Feed, usual: timedelta) -> float:
    """Weigh a feed so that its interval scales with its `every`."""
    return float((usual / feed.every) ** (1 / WORTH_EXPONENT))


def entries_a_day(due: DueFeed) -> float:
    """How much a feed publishes, as far as is known; 0 where nothing is."""
    pace = from_record(due.pace)
    return 0.0 if pace is None else pace.rate


def how_urgent(due: DueFeed, now: datetime) -> float:
    """Say how much of a feed's document may be lost by now, for those with most to go first.

    A feed never asked counts as a whole document; a failing one lost it already.
    """
    pace = from_record(due.pace)
    if pace is None:
        return 1.0
    return 0.0 if due.failures else urgency(pace, now)


def law_in_force(connection: Connection) -> Law | None:
    """Give the law as it was last solved; None before the first time."""
    kept = instance.recall(connection, _KEY)
    try:
        values = json.loads(kept or "null")
        law = Law(
            k=float(values["k"]),
            usual=timedelta(seconds=values["usual"]),
            budget=float(values["budget"]),
            predicted=float(values["predicted"]),
            feeds=int(values["feeds"]),
            learnt=int(values["learnt"]),
            solved_at=datetime.fromisoformat(values["solved_at"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    sound = isfinite(law.k) and law.k > 0 and law.usual > timedelta(0)
    return law if sound and law.solved_at.tzinfo is not None else None


def solve(database: Database, now: datetime) -> Law:
    """Find the k that spends the budget of all adaptive feeds, and put it in force.

    Of many feeds a sample speaks for all: with 4,000 the requests of a day come out within a few
    per cent, and the cost no longer grows with the feeds.
    """
    with database.reading() as connection:
        census = paces.census(connection)
        sampled = paces.sample(connection, _SAMPLE)
    budget = census.per_day
    usual = _DAY * census.feeds / budget if census.feeds else _DAY / 48
    unknown = Pace(learned_at=now)
    paced = [from_record(record) or unknown for _, record in sampled]
    boosts = [boost(feed, usual) for feed, _ in sampled]
    share = sum(_DAY / feed.every for feed, _ in sampled)
    k = solve_k(paced, share, boosts=boosts) if sampled else 1.0
    taken = sum(
        requests_per_day(pace, k, boost=more) for pace, more in zip(paced, boosts, strict=True)
    )
    law = Law(
        k=k,
        usual=usual,
        budget=budget,
        predicted=taken * budget / share if share else 0.0,
        feeds=census.feeds,
        learnt=census.learnt,
        solved_at=now,
    )
    values = asdict(law) | {
        "usual": law.usual.total_seconds(),
        "solved_at": law.solved_at.isoformat(),
    }
    with database.transaction() as connection:
        instance.note(connection, _KEY, json.dumps(values))
    return law


def _fits(law: Law, census: paces.Census, now: datetime) -> bool:
    return (
        law.feeds == census.feeds
        and abs(law.budget - census.per_day) <= 1e-6 * law.budget
        and law.learnt <= census.learnt <= max(law.learnt * _MORE_KNOWN, law.learnt)
        and timedelta(0) <= now - law.solved_at < _SOLVED_FOR
    )


def _at_its_interval(due: DueFeed, now: datetime, pace: Pace) -> Turn:
    """Plan the turn of a feed with a fixed interval: publishers' wishes count all the same."""
    turn = after_success(due, now, fresh_for=pace.fresh_for, ttl=pace.wishes.every)
    at = turn.next_fetch_at
    allowed = skip(at, pace.wishes.skip_hours, pace.wishes.skip_days)
    if allowed == at:
        return turn
    # As late after the hour as its interval made it, so that not all come at the stroke.
    allowed += (at - now) % timedelta(minutes=10)
    return Turn(
        next_fetch_at=min(allowed, at + _LONGEST_SKIP),
        reason="the feed skips hours or days",
        state=turn.state,
        failures=turn.failures,
    )
