"""Paces: what the law of all adaptive feeds is solved from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from db.feeds import feed_of
from db.tables import feeds
from pipeline.model import Feed, FeedState

_LEAST_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How many feeds follow their pace, how many requests a day their intervals add up to, and how
    many have a pace already."""

    feeds: int
    per_day: float
    learnt: int


def census(connection: Connection) -> Census:
    """Count the adaptive feeds that are polled, those asked more often than every five minutes and
    those gone left out."""
    row = connection.execute(
        select(
            func.count().label("feeds"),
            func.coalesce(func.sum(86_400.0 / feeds.c.every_seconds), 0.0).label("per_day"),
            func.count(feeds.c.pace).label("learnt"),
        ).where(_follow())
    ).one()
    return Census(feeds=row.feeds, per_day=float(row.per_day), learnt=row.learnt)


def sample(connection: Connection, most: int) -> tuple[tuple[Feed, Mapping[str, Any] | None], ...]:
    """Give at most so many of these feeds, each with its pace as it is kept: all, or every second,
    third and so on by id."""
    numbered = select(feeds.c.id, func.row_number().over(order_by=feeds.c.id).label("place")).where(
        _follow()
    )
    counted = connection.scalar(select(func.count()).select_from(feeds).where(_follow())) or 0
    step = max(-(-counted // most), 1)
    chosen = numbered.subquery()
    rows = connection.execute(
        select(feeds)
        .join(chosen, chosen.c.id == feeds.c.id)
        .where(chosen.c.place % step == 0)
        .order_by(feeds.c.id)
    )
    return tuple((feed_of(row), row.pace) for row in rows)


def _follow() -> ColumnElement[bool]:
    return and_(
        feeds.c.adaptive,
        feeds.c.enabled,
        feeds.c.retired_at.is_(None),
        feeds.c.state != FeedState.GONE,
        feeds.c.every_seconds >= _LEAST_SECONDS,
    )
