"""Days of feeds: their attempts summed up by UTC day.

Four weeks of a thousand feeds are a million attempts; summed up, they are 28,000 rows.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from db.tables import feed_days
from pipeline.model import FeedDay, FetchReport, Outcome


def count(connection: Connection, *reports: FetchReport) -> None:
    """Add attempts to their days."""
    connection.execute(
        _count(connection.dialect.name),
        [
            {
                "feed_id": report.feed_id,
                "day": report.started_at.astimezone(UTC).date(),
                "fetches": 1,
                "failed": int(report.outcome is Outcome.FAILED),
                "articles_new": report.articles_new,
            }
            for report in reports
        ],
    )


@cache
def _count(dialect: str) -> Any:
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    added = make(feed_days).values(
        {column.name: bindparam(column.name) for column in feed_days.columns}
    )
    sums = ("fetches", "failed", "articles_new")
    return added.on_conflict_do_update(
        index_elements=["feed_id", "day"],
        set_={name: feed_days.c[name] + added.excluded[name] for name in sums},
    )


def since(
    connection: Connection, first: date, only: Collection[str] | None = None
) -> dict[str, tuple[FeedDay, ...]]:
    """Give the days of all or some feeds from a day on, oldest first; feeds without any are left
    out."""
    wanted = select(
        feed_days.c.feed_id,
        feed_days.c.day,
        feed_days.c.fetches,
        feed_days.c.failed,
        feed_days.c.articles_new,
    ).where(feed_days.c.day >= first)
    if only is not None:
        wanted = wanted.where(feed_days.c.feed_id.in_(only))
    found: dict[str, list[FeedDay]] = defaultdict(list)
    for feed_id, day, fetches, failed, new in connection.execute(wanted.order_by(feed_days.c.day)):
        found[feed_id].append(FeedDay(day=day, fetches=fetches, failed=failed, articles_new=new))
    return {feed_id: tuple(days) for feed_id, days in found.items()}


def prune(connection: Connection, before: datetime) -> int:
    """Delete days that ended before a time; how many."""
    gone = feed_days.delete().where(feed_days.c.day < before.astimezone(UTC).date())
    return connection.execute(gone).rowcount
