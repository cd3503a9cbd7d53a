"""Set back: what was written while the clock was ahead, brought near again once it is right.

Feeds and editions look after themselves (`turns`, `editions`); this is for all else that waits for
a moment, or lasts up to one. Nothing is lost, and nothing lasts longer than it was meant to.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Table, and_, select

from db.tables import (
    api_tokens,
    article_pages,
    claims,
    desk_visits,
    holds,
    hub_pings,
    invitations,
    letters,
    login_failures,
    push_subscriptions,
    sessions,
    subscribers,
    webhook_calls,
)

CLOCK_SLACK = timedelta(minutes=5)
# The longest anybody waits to be told again is a day.
FURTHEST = timedelta(days=2)

# A hub is asked again when half of a lease is over, and no lease is longer than thirty days.
FURTHEST_ASKED = timedelta(days=16)

# What waits for its turn, and until when somebody has it; how far ahead that may be.
_WAITING: Sequence[tuple[Column[datetime], timedelta]] = (
    (letters.c.due_at, FURTHEST),
    (webhook_calls.c.due_at, FURTHEST),
    (hub_pings.c.due_at, FURTHEST),
    (article_pages.c.due_at, FURTHEST),
    (article_pages.c.lease_until, FURTHEST),
    (claims.c.expires_at, FURTHEST),
    (push_subscriptions.c.due_at, FURTHEST_ASKED),
)
# What began at a moment, and what follows from that, as far behind it as before.
_BEGAN: Sequence[tuple[Column[datetime], tuple[Column[datetime], ...]]] = (
    (sessions.c.created_at, (sessions.c.expires_at,)),
    (invitations.c.created_at, (invitations.c.expires_at,)),
    (api_tokens.c.created_at, (api_tokens.c.expires_at,)),
    (claims.c.claimed_at, (claims.c.expires_at,)),
    (holds.c.held_at, (holds.c.until,)),
    (sessions.c.seen_at, ()),
    (login_failures.c.failed_at, ()),
    (subscribers.c.alerted_at, ()),
    (desk_visits.c.last_at, ()),
    (push_subscriptions.c.verified_at, (push_subscriptions.c.expires_at,)),
    (push_subscriptions.c.pushed_at, ()),
    (push_subscriptions.c.announced_at, ()),
    (push_subscriptions.c.found_at, ()),
)


def put_right(connection: Connection, now: datetime) -> int:
    """Bring near what stands further ahead than anything can that was written by a right clock; how
    many rows."""
    changed = 0
    for began, behind in _BEGAN:
        changed += _begin_now(connection, began, behind, now)
    for waiting, furthest in _WAITING:
        changed += connection.execute(
            waiting.table.update().where(waiting > now + furthest).values({waiting.name: now})
        ).rowcount
    # A daily letter of a day to come would keep that of today back; none is told twice anyway.
    day = (now + timedelta(days=1)).date()
    changed += connection.execute(
        subscribers.update().where(subscribers.c.edition_day > day).values(edition_day=None)
    ).rowcount
    return changed


def _begin_now(
    connection: Connection,
    began: Column[datetime],
    behind: Sequence[Column[datetime]],
    now: datetime,
) -> int:
    table: Table = began.table
    keys = list(table.primary_key.columns)
    wanted = select(*keys, began, *behind).where(began > now + CLOCK_SLACK)
    rows = connection.execute(wanted).mappings().all()
    for row in rows:
        ahead = row[began.name] - now
        connection.execute(
            table.update()
            .where(and_(*(key == row[key.name] for key in keys)))
            .values({began.name: now, **{each.name: row[each.name] - ahead for each in behind}})
        )
    return len(rows)
