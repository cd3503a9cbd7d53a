"""Subscribers: who asked for letters. They confirm before they get any, and are deleted when they
leave."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from db.rows import insert_missing
from db.tables import subscribers
from pipeline.model import Subscriber, Wants, Wish


def ask(
    connection: Connection, address: str, key: str, nonce: str, wants: Wants, now: datetime
) -> Subscriber:
    """Note that somebody wants letters; gives the subscriber that stands.

    One that is not confirmed yet takes the new wishes; a confirmed one keeps theirs.
    """
    connection.execute(
        insert_missing(connection, subscribers, ["address_key"]).values(
            address=address,
            address_key=key,
            nonce=nonce,
            **_columns(wants),
            asked_at=now,
            seen_placement=0,
            bounces=0,
            failing="",
        )
    )
    connection.execute(
        subscribers.update()
        .where(subscribers.c.address_key == key, subscribers.c.confirmed_at.is_(None))
        .values(**_columns(wants))
    )
    connection.execute(
        subscribers.update().where(subscribers.c.address_key == key).values(asked_at=now)
    )
    return _one(connection, subscribers.c.address_key == key)


def find(connection: Connection, nonce: str) -> Subscriber | None:
    """Give the subscriber whose letters carry tokens made from this."""
    row = connection.execute(select(subscribers).where(subscribers.c.nonce == nonce)).one_or_none()
    return None if row is None else _subscriber(row)


def find_address(connection: Connection, key: str) -> Subscriber | None:
    """Give the subscriber with this folded address."""
    wanted = select(subscribers).where(subscribers.c.address_key == key)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _subscriber(row)


def confirm(connection: Connection, subscriber_id: int, seen: int, now: datetime) -> None:
    """Note that the address is theirs; alerts begin after the placement `seen`."""
    connection.execute(
        subscribers.update()
        .where(subscribers.c.id == subscriber_id)
        .values(
            confirmed_at=func.coalesce(subscribers.c.confirmed_at, now),
            seen_placement=case(
                (subscribers.c.confirmed_at.is_(None), seen), else_=subscribers.c.seen_placement
            ),
            bounces=0,
            failing="",
        )
    )


def change(connection: Connection, subscriber_id: int, wants: Wants, seen: int) -> None:
    """Let a subscriber have other letters from now on; alerts begin after the placement `seen`."""
    connection.execute(
        subscribers.update()
        .where(subscribers.c.id == subscriber_id)
        .values(**_columns(wants), seen_placement=seen)
    )


def remove(connection: Connection, subscriber_id: int) -> None:
    """Forget a subscriber and every letter to them."""
    connection.execute(subscribers.delete().where(subscribers.c.id == subscriber_id))


def every(connection: Connection) -> tuple[Subscriber, ...]:
    """List everybody, those who have not confirmed too, in the order they came."""
    rows = connection.execute(select(subscribers).order_by(subscribers.c.id))
    return tuple(map(_subscriber, rows))


def to_alert(
    connection: Connection, newest: int, alerted_before: datetime, most_bounces: int
) -> tuple[Subscriber, ...]:
    """List who wants alerts, was not looked up to the placement `newest` and got none lately."""
    rows = connection.execute(
        select(subscribers)
        .where(
            subscribers.c.wish == Wish.ALERT,
            subscribers.c.confirmed_at.is_not(None),
            subscribers.c.bounces < most_bounces,
            subscribers.c.seen_placement < newest,
            (subscribers.c.alerted_at.is_(None)) | (subscribers.c.alerted_at <= alerted_before),
        )
        .order_by(subscribers.c.id)
        .with_for_update(skip_locked=True)
    )
    return tuple(map(_subscriber, rows))


def note_alerted(
    connection: Connection, subscriber_id: int, newest: int, wrote_at: datetime | None
) -> None:
    """Note that alerts were looked up to a placement, and when one was written, if it was."""
    values: dict[str, Any] = {"seen_placement": newest}
    if wrote_at is not None:
        values["alerted_at"] = wrote_at
    connection.execute(
        subscribers.update().where(subscribers.c.id == subscriber_id).values(**values)
    )


def with_editions(
    connection: Connection, most_bounces: int
) -> tuple[tuple[Subscriber, date | None], ...]:
    """List who wants daily letters, with the day of the last one in their zone."""
    rows = connection.execute(
        select(subscribers)
        .where(
            subscribers.c.wish == Wish.EDITION,
            subscribers.c.confirmed_at.is_not(None),
            subscribers.c.bounces < most_bounces,
        )
        .order_by(subscribers.c.id)
        .with_for_update(skip_locked=True)
    )
    return tuple((_subscriber(row), row.edition_day) for row in rows)


def note_edition(connection: Connection, subscriber_id: int, day: date) -> None:
    """Note the day, in the subscriber's zone, of their last daily letter."""
    connection.execute(
        subscribers.update().where(subscribers.c.id == subscriber_id).values(edition_day=day)
    )


def note_taken(connection: Connection, subscriber_id: int) -> None:
    """Note that their server took a letter: whatever was wrong before is over."""
    connection.execute(
        subscribers.update()
        .where(subscribers.c.id == subscriber_id, subscribers.c.bounces > 0)
        .values(bounces=0, failing="")
    )


def note_bounce(connection: Connection, subscriber_id: int, reason: str) -> None:
    """Note that their server refused a letter for good."""
    connection.execute(
        subscribers.update()
        .where(subscribers.c.id == subscriber_id)
        .values(bounces=subscribers.c.bounces + 1, failing=reason)
    )


def counts(connection: Connection) -> Mapping[str, int]:
    """Count subscribers that wait for confirmation, that are confirmed, and whose mail bounces."""
    state = case(
        (subscribers.c.confirmed_at.is_(None), "unconfirmed"),
        (subscribers.c.bounces > 0, "failing"),
        else_="confirmed",
    )
    found = {"unconfirmed": 0, "confirmed": 0, "failing": 0}
    rows = connection.execute(select(state.label("state"), func.count().label("n")).group_by(state))
    return found | {row.state: row.n for row in rows}


def sweep(connection: Connection, asked_before: datetime) -> int:
    """Forget who asked before a time and never confirmed; how many."""
    return connection.execute(
        subscribers.delete().where(
            subscribers.c.confirmed_at.is_(None), subscribers.c.asked_at < asked_before
        )
    ).rowcount


def _columns(wants: Wants) -> dict[str, Any]:
    return {
        "wish": wants.wish,
        "conflicts": list(wants.conflicts),
        "hour": wants.hour,
        "zone": wants.zone,
    }


def _one(connection: Connection, where: Any) -> Subscriber:
    return _subscriber(connection.execute(select(subscribers).where(where)).one())


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address,
        nonce=row.nonce,
        wants=Wants(
            wish=Wish(row.wish), conflicts=tuple(row.conflicts), hour=row.hour, zone=row.zone
        ),
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
        seen_placement=row.seen_placement,
        bounces=row.bounces,
        failing=row.failing,
    )
