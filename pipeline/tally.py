"""Tally: what attempts at feeds came to, a report for each and a sum for a pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from pipeline.document import Document
from pipeline.errors import FeedError
from pipeline.model import (
    DueFeed,
    Fetched,
    FetchReport,
    NotModified,
    Outcome,
    Redirected,
    Validators,
)
from pipeline.pacing import Answer, Pacing
from pipeline.stages.confirm import DISTRUSTED_FOR, is_settled, sighted
from pipeline.stages.follow import hub_and_topic
from pipeline.stages.pace import Wishes
from pipeline.stages.reschedule import Turn, in_words
from pipeline.store import Stored

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A feed that failed in a pass."""

    feed: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What one pass did; `feeds` counts the attempts."""

    feeds: int = 0
    updated: int = 0
    not_modified: int = 0
    unchanged: int = 0
    failed: int = 0
    entries: int = 0
    articles_new: int = 0
    articles_revised: int = 0
    matches_new: int = 0
    seconds: float = 0.0
    failures: tuple[Failure, ...] = ()


def nothing_new(
    pacing: Pacing, due: DueFeed, now: datetime, result: Fetched | NotModified
) -> FetchReport:
    """Report an attempt that brought a 304, or the very bytes we had."""
    is_304 = isinstance(result, NotModified)
    answer = Answer(wire_bytes=result.wire_bytes, not_modified=is_304, fresh_for=result.fresh_for)
    pace, turn = pacing.after_answer(due, now, answer)
    known = _redirected(due, result, now)
    outcome = Outcome.NOT_MODIFIED if is_304 else Outcome.UNCHANGED
    status = 304 if isinstance(result, NotModified) else result.status
    return replace(
        _report_on(due, now, turn, result.seconds, outcome, status=status),
        validators=result.validators,
        wire_bytes=result.wire_bytes,
        pace=pace,
        spared=due.spared + 1 if is_304 else 0,
        redirected=known,
        moved_to=_moved(due, known, now),
    )


def updated(
    pacing: Pacing,
    due: DueFeed,
    now: datetime,
    result: Fetched,
    body_hash: str,
    document: Document,
    stored: Stored,
    *,
    lies: bool,
) -> FetchReport:
    """Report an attempt that brought a document, and what was stored of it.

    `body_hash` is the SHA-256 of the body. `lies` says that the server denied by a 304 that there
    was another one.
    """
    pace, turn = pacing.after_answer(due, now, _answer_of(result, document, stored))
    known = _redirected(due, result, now)
    hub, topic = _followed(due, result, document)
    report = replace(
        _report_on(due, now, turn, result.seconds, Outcome.UPDATED, status=result.status),
        # A document that broke off is asked for anew: its validators would hide the rest for ever.
        validators=result.validators if document.complete else Validators(),
        body_hash=body_hash if document.complete else "",
        title=document.title or None,
        home_url=document.home_url,
        wire_bytes=result.wire_bytes,
        entries=document.entries,
        skipped=len(document.skipped),
        newest_entry_at=document.newest_entry_at,
        articles_new=stored.articles_new,
        articles_revised=stored.articles_revised,
        matches_new=stored.matches_new,
        pace=pace,
        redirected=known,
        # Another document at the end of a redirect may be another feed.
        moved_to=_moved(due, known, now) if stored.articles_new < len(document.articles) else None,
        hub_url=hub,
        topic_url=topic,
    )
    if not (lies and stored.articles_new):
        return report
    _log.warning(
        f"{due.feed.id}: its server says nothing changed when something did; "
        f"for {in_words(DISTRUSTED_FOR)} it is asked for everything"
    )
    return replace(report, distrusted_until=now + DISTRUSTED_FOR)


def failed(
    pacing: Pacing, due: DueFeed, now: datetime, seconds: float, error: FeedError
) -> FetchReport:
    """Report an attempt that failed after so many seconds."""
    turn = pacing.after_failure(due, now, error)
    return replace(
        _report_on(due, now, turn, seconds, Outcome.FAILED, status=error.status),
        error_kind=error.kind,
        error_message=f"{error}{_leave_that_ended(due, now, error)}",
    )


def _leave_that_ended(due: DueFeed, now: datetime, error: FeedError) -> str:
    leave = due.feed.unverified_tls
    if leave is None or leave.holds(now) or not error.kind.startswith("tls"):
        return ""
    return f"; the leave to read it all the same ended on {leave.until}"


def _redirected(due: DueFeed, result: Fetched | NotModified, now: datetime) -> Redirected | None:
    """What is known of permanent redirects after an answer; None: what was.

    A 304 counts: its validators were issued by the address the redirects lead to.
    """
    known = sighted(due.redirected, result.permanent_url, now)
    return None if known == due.redirected else known


def _moved(due: DueFeed, known: Redirected | None, now: datetime) -> str | None:
    """Where a feed is polled from now on; None: where it was."""
    if due.feed.unverified_tls is not None:
        # Anybody may have answered for its host; nor was the leave given for another one.
        return None
    return known.to if known is not None and is_settled(known, now) else None


def _followed(
    due: DueFeed, result: Fetched, document: Document
) -> tuple[str, str] | tuple[None, None]:
    """Who announces the feed, and what as; None where half a document does not tell."""
    if result.status == 226 or not document.complete:
        return None, None
    header, inside = (result.hub_url, result.self_url), (document.hub_url, document.self_url)
    return hub_and_topic(due.feed.url, header, inside)


def _answer_of(result: Fetched, document: Document, stored: Stored) -> Answer:
    """What a document that was stored tells about its feed's pace."""
    return Answer(
        wire_bytes=result.wire_bytes,
        fresh_for=result.fresh_for,
        new_dates=stored.new_dates,
        matched=stored.new_matched,
        # A delta (226) lists only what is new, which says nothing of how far a document reaches.
        window=None if result.status == 226 else len(document.articles),
        wishes=Wishes(
            every=document.ttl, skip_hours=document.skip_hours, skip_days=document.skip_days
        ),
    )


def _report_on(
    due: DueFeed, now: datetime, turn: Turn, seconds: float, outcome: Outcome, *, status: int | None
) -> FetchReport:
    """Report an attempt at `now` that took `seconds`: how it ended, and the turn that follows."""
    return FetchReport(
        feed_id=due.feed.id,
        started_at=now,
        seconds=seconds,
        outcome=outcome,
        status=status,
        next_fetch_at=turn.next_fetch_at,
        next_fetch_reason=turn.reason,
        state=turn.state,
        failures=turn.failures,
    )


def say(report: FetchReport) -> None:
    """Log how one attempt went, in one line."""
    if report.outcome is Outcome.FAILED:
        _log.warning(
            f"{report.feed_id}: failed, {report.error_message}",
            kind=report.error_kind,
            next_fetch_at=report.next_fetch_at.isoformat(timespec="seconds"),
        )
        return
    news = f", {report.articles_new} new, {report.matches_new} matched"
    revised = f", {report.articles_revised} revised" if report.articles_revised else ""
    _log.info(
        f"{report.feed_id}: {report.outcome.replace('_', ' ')}"
        + (news + revised if report.outcome is Outcome.UPDATED else "")
    )


def sum_up(reports: Sequence[FetchReport], seconds: float) -> IngestReport:
    """Sum up a pass that took `seconds`."""

    def count(outcome: Outcome) -> int:
        return sum(report.outcome is outcome for report in reports)

    failures = [
        Failure(feed=each.feed_id, kind=each.error_kind, message=each.error_message or "")
        for each in reports
        if each.error_kind is not None
    ]
    return IngestReport(
        feeds=len(reports),
        updated=count(Outcome.UPDATED),
        not_modified=count(Outcome.NOT_MODIFIED),
        unchanged=count(Outcome.UNCHANGED),
        failed=count(Outcome.FAILED),
        entries=sum(report.entries for report in reports),
        articles_new=sum(report.articles_new for report in reports),
        articles_revised=sum(report.articles_revised for report in reports),
        matches_new=sum(report.matches_new for report in reports),
        seconds=round(seconds, 3),
        failures=tuple(sorted(failures, key=lambda failure: failure.feed)),
    )
