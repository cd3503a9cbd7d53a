"""Fetches: every attempt at a feed, and what it leaves of the feed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from db import feed_days
from db.feeds import move
from db.tables import UTCDateTime, feeds, fetches
from pipeline.model import FetchReport, Outcome

# Made once: every fetch asks them, and to put a statement together takes longer than its answer.
_ATTEMPT = fetches.insert()
_CHANGE = feeds.update().where(feeds.c.id == bindparam("which"))
_FAILED = _CHANGE.values(
    failing_since=func.coalesce(feeds.c.failing_since, bindparam("failed_at", type_=UTCDateTime()))
)


def record(connection: Connection, *reports: FetchReport) -> None:
    """Write attempts at different feeds: their rows in `fetches`, and each feed's new state and
    turn."""
    if not reports:
        return
    in_order = sorted(reports, key=lambda report: report.feed_id)
    connection.execute(_ATTEMPT, list(map(_attempt, in_order)))
    feed_days.count(connection, *in_order)
    # One statement for all that change the same columns.
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for report in in_order:
        changes = {"which": report.feed_id, **_after(report)}
        alike.setdefault(tuple(changes), []).append(changes)
    for columns, rows in alike.items():
        connection.execute(_FAILED if "failed_at" in columns else _CHANGE, rows)
    for report in in_order:
        if report.moved_to is not None:
            move(connection, report.feed_id, report.moved_to)


def _attempt(report: FetchReport) -> dict[str, Any]:
    return {
        "feed_id": report.feed_id,
        "started_at": report.started_at,
        "seconds": round(report.seconds, 3),
        "outcome": report.outcome,
        "status": report.status,
        "wire_bytes": report.wire_bytes,
        "entries": report.entries,
        "articles_new": report.articles_new,
        "articles_revised": report.articles_revised,
        "matches_new": report.matches_new,
        "skipped": report.skipped,
        "error_kind": report.error_kind,
        "error_message": report.error_message,
        "next_fetch_at": report.next_fetch_at,
    }


def _after(report: FetchReport) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": report.state,
        "failures": report.failures,
        "next_fetch_at": report.next_fetch_at,
        "next_fetch_reason": report.next_fetch_reason,
        "last_attempt_at": report.started_at,
        "lease_until": None,
        "lease_by": None,
    }
    if report.outcome is Outcome.FAILED:
        values |= {
            "error_kind": report.error_kind,
            "error_message": report.error_message,
            "failed_at": report.started_at,
        }
    else:
        values |= {
            "error_kind": None,
            "error_message": None,
            "failing_since": None,
            "last_success_at": report.started_at,
        }
    if report.validators is not None:
        values |= {
            "etag": report.validators.etag,
            "last_modified": report.validators.last_modified,
            "validators_url": report.validators.url,
        }
    optional = {
        "body_hash": report.body_hash,
        "title": report.title,
        "home_url": report.home_url,
        "newest_entry_at": report.newest_entry_at,
        "pace": report.pace,
        "distrusted_until": report.distrusted_until,
    }
    values |= {key: value for key, value in optional.items() if value is not None}
    if report.outcome is not Outcome.FAILED:
        values["spared"] = report.spared
        if report.outcome is not Outcome.NOT_MODIFIED:
            values["whole_at"] = report.started_at
    if report.hub_url is not None:
        values |= {"hub_url": report.hub_url or None, "topic_url": report.topic_url or None}
    if report.redirected is not None:
        values |= {
            "moved_to": report.redirected.to,
            "moved_since": report.redirected.since,
            "moved_seen": report.redirected.seen,
        }
    if report.articles_new:
        values["last_new_at"] = report.started_at
    return values


def outcomes_since(connection: Connection, since: datetime) -> dict[Outcome, int]:
    """Count attempts that began since a time by how they ended."""
    rows = connection.execute(
        select(fetches.c.outcome, func.count().label("n"))
        .where(fetches.c.started_at >= since)
        .group_by(fetches.c.outcome)
    )
    return {Outcome(row.outcome): row.n for row in rows}


def prune(connection: Connection, before: datetime) -> int:
    """Delete attempts that began before a time; how many."""
    return connection.execute(fetches.delete().where(fetches.c.started_at < before)).rowcount
