"""Webhooks: who is told of entries, which version they heard of, and the calls that tell them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from db.tables import webhook_calls, webhook_marks, webhooks
from pipeline.model import Call, LoggedCall, Webhook


def add(connection: Connection, url: str, conflict: str, secret: str, now: datetime) -> Webhook:
    """Add a webhook."""
    row = connection.execute(
        webhooks.insert()
        .values(url=url, conflict=conflict, secret=secret, made_at=now)
        .returning(webhooks)
    ).one()
    return _webhook(row)


def every(connection: Connection, *, ended: bool = False) -> tuple[Webhook, ...]:
    """List the webhooks, those whose server said it is gone only with `ended`."""
    wanted = select(webhooks).order_by(webhooks.c.id)
    if not ended:
        wanted = wanted.where(webhooks.c.ended_at.is_(None))
    return tuple(map(_webhook, connection.execute(wanted)))


def remove(connection: Connection, webhook_id: int) -> bool:
    """Forget a webhook with all its calls; False when there is none."""
    gone = connection.execute(webhooks.delete().where(webhooks.c.id == webhook_id))
    return gone.rowcount == 1


def end(connection: Connection, webhook_id: int, now: datetime) -> None:
    """Tell a webhook no more."""
    connection.execute(webhooks.update().where(webhooks.c.id == webhook_id).values(ended_at=now))
    connection.execute(
        webhook_calls.update()
        .where(webhook_calls.c.webhook_id == webhook_id, webhook_calls.c.state == "waiting")
        .values(state="given_up", due_at=None, ended_at=now)
    )


def marks(connection: Connection, webhook_id: int) -> Mapping[str, str]:
    """Give the version of each entry that a webhook heard of, by the entry's id."""
    rows = connection.execute(
        select(webhook_marks.c.uid, webhook_marks.c.mark).where(
            webhook_marks.c.webhook_id == webhook_id
        )
    )
    return {row.uid: row.mark for row in rows}


def mark(connection: Connection, webhook_id: int, uid: str, version: str) -> None:
    """Note the version of an entry that a webhook hears of."""
    where = (webhook_marks.c.webhook_id == webhook_id, webhook_marks.c.uid == uid)
    changed = connection.execute(webhook_marks.update().where(*where).values(mark=version))
    if not changed.rowcount:
        values = {"webhook_id": webhook_id, "uid": uid, "mark": version}
        connection.execute(webhook_marks.insert().values(values))


def expect(connection: Connection, webhook_id: int, uid: str, body: str, now: datetime) -> None:
    """Make a call that is to be posted."""
    connection.execute(
        webhook_calls.insert().values(
            webhook_id=webhook_id,
            uid=uid,
            body=body,
            made_at=now,
            due_at=now,
            failures=0,
            state="waiting",
        )
    )


def claim(connection: Connection, now: datetime, lease: timedelta, limit: int) -> tuple[Call, ...]:
    """Take calls that are due, for so long; of each entry the oldest, so that order is kept."""
    older = webhook_calls.alias("older")
    waits_for_older = (
        select(older.c.id)
        .where(
            older.c.webhook_id == webhook_calls.c.webhook_id,
            older.c.uid == webhook_calls.c.uid,
            older.c.id < webhook_calls.c.id,
            older.c.state == "waiting",
        )
        .exists()
    )
    rows = connection.execute(
        select(webhook_calls, webhooks.c.url, webhooks.c.secret)
        .join(webhooks, webhooks.c.id == webhook_calls.c.webhook_id)
        .where(webhook_calls.c.due_at <= now, ~waits_for_older)
        .order_by(webhook_calls.c.due_at, webhook_calls.c.id)
        .limit(limit)
        .with_for_update(of=webhook_calls, skip_locked=True)
    ).all()
    for row in rows:
        _set(connection, row.id, due_at=now + lease)
    return tuple(
        Call(
            id=row.id,
            webhook_id=row.webhook_id,
            url=row.url,
            secret=row.secret,
            body=row.body,
            failures=row.failures,
        )
        for row in rows
    )


def told(connection: Connection, call_id: int, now: datetime) -> None:
    """Note that a call was taken."""
    _set(connection, call_id, state="told", due_at=None, ended_at=now, error=None)


def failed(
    connection: Connection, call: Call, error: str, due_at: datetime | None, now: datetime
) -> None:
    """Note that a call was not taken, and when to try again; None gives it up."""
    values: dict[str, Any] = {"error": error, "failures": call.failures + 1, "due_at": due_at}
    if due_at is None:
        values |= {"state": "given_up", "ended_at": now}
    _set(connection, call.id, **values)


def log(connection: Connection, limit: int) -> tuple[LoggedCall, ...]:
    """List the newest calls with what became of them."""
    rows = connection.execute(
        select(webhook_calls).order_by(webhook_calls.c.id.desc()).limit(limit)
    )
    return tuple(
        LoggedCall(
            id=row.id,
            webhook_id=row.webhook_id,
            uid=row.uid,
            state=row.state,
            made_at=row.made_at,
            due_at=row.due_at,
            failures=row.failures,
            error=row.error or "",
        )
        for row in rows
    )


def counts(connection: Connection) -> Mapping[str, int]:
    """Count the calls that wait, and those of them that failed before."""
    waiting = select(func.count()).where(webhook_calls.c.due_at.is_not(None))
    return {
        "waiting": connection.scalar(waiting) or 0,
        "failing": connection.scalar(waiting.where(webhook_calls.c.failures > 0)) or 0,
    }


def prune(connection: Connection, before: datetime) -> int:
    """Forget calls that ended before a time; how many."""
    return connection.execute(
        webhook_calls.delete().where(webhook_calls.c.ended_at < before)
    ).rowcount


def _set(connection: Connection, call_id: int, **values: object) -> None:
    connection.execute(webhook_calls.update().where(webhook_calls.c.id == call_id).values(**values))


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        conflict=row.conflict,
        made_at=row.made_at,
        ended_at=row.ended_at,
    )
