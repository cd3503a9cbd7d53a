"""Hub pings: what each hub knows of each feed's file, so that no change is lost by a restart."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from db.tables import hub_pings, public_files
from pipeline.model import Ping, PingsHealth


def notice(
    connection: Connection,
    hubs: Collection[str],
    is_topic: Callable[[str], bool],
    now: datetime,
    wait: timedelta,
) -> None:
    """Make due, after a wait, each ping whose file changed since the hub was told.

    A file seen for the first time is only noted: nobody can have asked a hub about it before. What
    was noted of hubs that are no longer among `hubs` is forgotten.
    """
    connection.execute(hub_pings.delete().where(hub_pings.c.hub.not_in(hubs)))
    known = {
        (row.hub, row.path): row
        for row in connection.execute(
            select(hub_pings.c.hub, hub_pings.c.path, hub_pings.c.sha256, hub_pings.c.due_at)
        )
    }
    files = connection.execute(select(public_files.c.path, public_files.c.sha256)).all()
    for path, sha256 in ((path, sha256) for path, sha256 in files if is_topic(path)):
        for hub in hubs:
            row = known.get((hub, path))
            if row is None:
                values = {"hub": hub, "path": path, "sha256": sha256, "failures": 0}
                connection.execute(hub_pings.insert().values(values))
            elif row.sha256 != sha256 and row.due_at is None:
                _set(connection, hub, path, due_at=now + wait, failures=0)


def claim(connection: Connection, now: datetime, lease: timedelta, limit: int) -> tuple[Ping, ...]:
    """Take pings that are due, for so long; who does not end them in time loses them to others."""
    rows = connection.execute(
        select(hub_pings.c.hub, hub_pings.c.path, hub_pings.c.failures, public_files.c.sha256)
        .join(public_files, public_files.c.path == hub_pings.c.path)
        .where(hub_pings.c.due_at <= now)
        .order_by(hub_pings.c.due_at, hub_pings.c.path, hub_pings.c.hub)
        .limit(limit)
        .with_for_update(of=hub_pings, skip_locked=True)
    ).all()
    for row in rows:
        _set(connection, row.hub, row.path, due_at=now + lease)
    return tuple(
        Ping(hub=row.hub, path=row.path, sha256=row.sha256, failures=row.failures) for row in rows
    )


def told(connection: Connection, ping: Ping, now: datetime) -> None:
    """Note that the hub knows this version of the file."""
    _set(
        connection,
        ping.hub,
        ping.path,
        sha256=ping.sha256,
        due_at=None,
        failures=0,
        error=None,
        told_at=now,
    )


def failed(connection: Connection, ping: Ping, error: str, due_at: datetime | None) -> None:
    """Note that the hub was not told, and when to try again; None gives up this version."""
    values = {"error": error, "failures": ping.failures + 1, "due_at": due_at}
    if due_at is None:
        values["sha256"] = ping.sha256
    _set(connection, ping.hub, ping.path, **values)


def health(connection: Connection) -> PingsHealth:
    """Say how telling hubs goes."""
    waiting = connection.scalar(
        select(func.count()).select_from(hub_pings).where(hub_pings.c.due_at.is_not(None))
    )
    errors = connection.scalars(
        select(hub_pings.c.error)
        .where(hub_pings.c.error.is_not(None))
        .order_by(hub_pings.c.failures.desc())
    ).all()
    return PingsHealth(
        waiting=waiting or 0, failing=len(errors), error=(errors[0] or "") if errors else ""
    )


def _set(connection: Connection, hub: str, path: str, **values: object) -> None:
    connection.execute(
        hub_pings.update().where(hub_pings.c.hub == hub, hub_pings.c.path == path).values(**values)
    )
