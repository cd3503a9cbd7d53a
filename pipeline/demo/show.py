"""The show: six days of made-up news played in a few seconds, with an editor who decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import Database
from pipeline import browse
from pipeline.alert import alert
from pipeline.bring_out import bring_out
from pipeline.demo.publishers import PUBLISHERS
from pipeline.demo.samples import Sample
from pipeline.ingest import Ingest
from pipeline.model import Decision, MatchStatus, QueuedMatch, Verdict
from pipeline.review import review
from pipeline.tally import Failure, IngestReport

EDITOR = "Demo editor"
# Hours before the show's end. The editor goes home before the last round: its news fills the queue.
ROUNDS = (142.5, 130, 118.5, 106, 94, 82, 69, 60, 49, 36, 25, 17, 10.5, 6, 0)
_BETWEEN_VERDICTS = timedelta(minutes=3)
# Between two rounds nobody decides, but feeds are read, or editions would call themselves blind.
_BETWEEN_LOOKS = timedelta(minutes=60)


class Timepiece:
    """A clock that can be set: it stands where it was set, and runs again when set to None."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self.stands_at: datetime | None = None

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.stands_at or self._real()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What there is after a show: articles, matches by status, and the feeds that fail."""

    publishers: int
    articles: int
    matched: int
    by_status: Mapping[MatchStatus, int]
    revised: int
    failures: tuple[Failure, ...]


def began_at(show_at: datetime) -> datetime:
    """When the show begins that ends at a time: a little before its first round."""
    return show_at - timedelta(hours=ROUNDS[0]) - _BETWEEN_LOOKS


async def play(
    database: Database, ingest: Ingest, timepiece: Timepiece, show_at: datetime, base_url: str
) -> tuple[IngestReport, ...]:
    """Take the last six days in round by round, and have the editor decide after each; editions
    come out as they are due.

    `ingest` must read its time from `timepiece`, which runs again when the show is over.
    """
    reports = []
    try:
        for hours in ROUNDS:
            round_at = show_at - timedelta(hours=hours)
            while (last := timepiece.stands_at) and last + _BETWEEN_LOOKS < round_at:
                timepiece.stands_at = last + _BETWEEN_LOOKS
                reports.append(await ingest.run(ingest.claim(even_if_not_due=True)))
                bring_out(database, base_url, timepiece.stands_at)
            timepiece.stands_at = round_at
            reports.append(await ingest.run(ingest.claim(even_if_not_due=True)))
            _decide(database, show_at, round_at)
            alert(database, round_at)
            bring_out(database, base_url, round_at)
    finally:
        timepiece.stands_at = None
    return tuple(reports)


def sum_up(database: Database, reports: tuple[IngestReport, ...]) -> Shown:
    """Count what there is; `reports` are of the passes so far."""
    counted = browse.queue(database, limit=1).conflicts
    return Shown(
        publishers=len(PUBLISHERS),
        articles=len(browse.articles(database, unmatched=True)),
        matched=len(browse.articles(database)),
        by_status={
            status: sum(each.by_status.get(status, 0) for each in counted) for status in MatchStatus
        },
        revised=sum(report.articles_revised for report in reports),
        failures=reports[-1].failures,
    )


def _decide(database: Database, show_at: datetime, now: datetime) -> None:
    """Take the verdicts the samples ask for, a few minutes apart, as somebody would at a desk."""
    decisions = [
        *_verdicts(browse.matches(database)),
        *_second_thoughts(browse.matches(database, status=MatchStatus.APPROVED), show_at, now),
    ]
    for number, decision in enumerate(decisions, start=1):
        review(database, [decision], now + number * _BETWEEN_VERDICTS)


def _verdicts(waiting: tuple[QueuedMatch, ...]) -> list[Decision]:
    found = ((match, _SAMPLES[match.url or ""]) for match in waiting)
    return [
        Decision(
            match_id=match.id,
            verdict=sample.verdict,
            editor=EDITOR,
            reason=sample.reason,
            seen_as=match.status,
        )
        for match, sample in sorted(found, key=lambda pair: -pair[1].hours)
        if sample.verdict is not None
    ]


def _second_thoughts(
    approved: tuple[QueuedMatch, ...], show_at: datetime, now: datetime
) -> list[Decision]:
    """Take approvals back where the publisher took back the report."""
    found = ((match, _SAMPLES[match.url or ""]) for match in approved)
    return [
        Decision(
            match_id=match.id,
            verdict=Verdict.REJECT,
            editor=EDITOR,
            reason=sample.taken_back,
            seen_as=match.status,
        )
        for match, sample in found
        if sample.taken_back and (edited_at := sample.edited_at(show_at)) and edited_at <= now
    ]


def _by_address() -> dict[str, Sample]:
    return {
        publisher.address(sample): sample
        for publisher in PUBLISHERS
        for sample in publisher.samples
    }


_SAMPLES = _by_address()
