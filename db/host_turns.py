"""Host turns: when each host may be asked next, for workers that share them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from db.rows import insert_missing
from db.tables import host_turns


def take(
    connection: Connection, hosts: Collection[str], now: datetime, interval: timedelta
) -> dict[str, datetime]:
    """Take the next turn of each of these hosts; gives when each may be asked, by host.

    Turns of one host are `interval` apart at least. The rows stay locked until the transaction
    ends. None is further away than `interval`: what says so was written while a clock was wrong.
    """
    turns = {}
    # In order, as everywhere: two workers must not wait in a circle.
    for host in sorted(set(hosts)):
        missing = insert_missing(connection, host_turns, ["host"])
        connection.execute(missing.values(host=host, next_at=now))
        wanted = select(host_turns.c.next_at).where(host_turns.c.host == host).with_for_update()
        next_at = connection.execute(wanted).scalar_one()
        turns[host] = min(max(next_at, now), now + interval)
        connection.execute(
            host_turns.update()
            .where(host_turns.c.host == host)
            .values(next_at=turns[host] + interval)
        )
    return turns


def prune(connection: Connection, now: datetime) -> int:
    """Delete turns that are over; how many."""
    return connection.execute(host_turns.delete().where(host_turns.c.next_at <= now)).rowcount
