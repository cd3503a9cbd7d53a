"""Approved days: how many approved articles each conflict has on each day."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, select

from db.tables import articles, matches
from pipeline.model import MatchStatus


def since(
    connection: Connection, first: date, among: Collection[str]
) -> dict[str, dict[date, int]]:
    """Count approved articles by conflict and UTC day of the article, from a day on.

    An article of several conflicts counts for each; days and conflicts without one are left out.
    """
    rows = connection.execution_options(yield_per=5_000).execute(
        select(matches.c.conflict, articles.c.ordered_at)
        .join(articles, articles.c.id == matches.c.article_id)
        .where(
            matches.c.status == MatchStatus.APPROVED,
            matches.c.conflict.in_(among),
            articles.c.ordered_at >= datetime.combine(first, time.min, UTC),
        )
    )
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for conflict, ordered_at in rows:
        found[conflict][ordered_at.astimezone(UTC).date()] += 1
    return {conflict: dict(days) for conflict, days in found.items()}
