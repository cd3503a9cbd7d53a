"""Heed: what hubs announced counts for when feeds are asked next.

A push only ever makes a feed due: what it says is neither believed nor kept. Where pushes led to
new articles and none was missed, the polls between may be fewer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from db import Connection, push_subscriptions
from pipeline.model import Feed, FetchReport, Outcome, PushHealth
from pipeline.pacing import is_adaptive
from pipeline.stages.pace import SHORTEST, from_record, stretch
from pipeline.stages.pause import host_of
from pipeline.stages.reschedule import in_words
from pipeline.stages.trust import GRACE, is_trusted, weigh


def heed(connection: Connection, reports: Sequence[FetchReport]) -> tuple[FetchReport, ...]:
    """Weigh the attempts at feeds that hubs announce, and give each its turn by that.

    Runs inside the transaction that writes the attempts, so no push falls between the two.
    """
    found = push_subscriptions.followed(connection, [report.feed_id for report in reports])
    return tuple(
        _heeded(connection, report, *found[report.feed_id]) if report.feed_id in found else report
        for report in reports
    )


def _heeded(
    connection: Connection, report: FetchReport, feed: Feed, push: PushHealth
) -> FetchReport:
    asked_at = report.started_at
    if report.outcome is Outcome.FAILED or not push.runs(asked_at):
        return report
    trust = weigh(
        push.trust,
        asked_at,
        new=report.articles_new > 0,
        changed=report.articles_new + report.articles_revised > 0,
    )
    if trust != push.trust:
        push_subscriptions.keep(connection, feed.id, trust)
    wait = report.next_fetch_at - asked_at
    pushed_at = trust.pushed_at
    if trust.announced_at is not None and pushed_at is not None:
        if timedelta(0) < pushed_at - asked_at <= GRACE and min(SHORTEST, feed.every) < wait:
            at = asked_at + min(SHORTEST, feed.every)
            return replace(report, next_fetch_at=at, next_fetch_reason=announced_by(push.hub))
        return report
    pace = from_record(report.pace)
    if pace is None or not is_adaptive(feed) or not is_trusted(trust, asked_at):
        return report
    longer = stretch(pace, wait, asked_at, feed.id)
    if longer <= wait:
        return report
    reason = f"pushed by {host_of(push.hub)}, polled every {in_words(longer)}"
    return replace(report, next_fetch_at=asked_at + longer, next_fetch_reason=reason)


def announced_by(hub: str) -> str:
    """Say why a feed's turn comes early."""
    return f"announced by {host_of(hub)}"
