"""Host pauses: hosts that asked to be left alone, for every process to heed."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from db.rows import insert_missing
from db.tables import host_pauses

# None is that long: what lies beyond was written while the clock was wrong.
_LONGEST = timedelta(days=8)


def pause(connection: Connection, host: str, until: datetime, reason: str) -> None:
    """Leave a host alone until a time, or longer if that was said before."""
    connection.execute(
        insert_missing(connection, host_pauses, ["host"]).values(
            host=host, until=until, reason=reason
        )
    )
    connection.execute(
        host_pauses.update()
        .where(host_pauses.c.host == host, host_pauses.c.until < until)
        .values(until=until, reason=reason)
    )


def paused(connection: Connection, now: datetime) -> dict[str, datetime]:
    """List the hosts that are left alone, and until when."""
    wanted = select(host_pauses.c.host, host_pauses.c.until).where(
        host_pauses.c.until > now, host_pauses.c.until <= now + _LONGEST
    )
    return {row.host: row.until for row in connection.execute(wanted)}


def prune(connection: Connection, now: datetime) -> int:
    """Delete pauses that are over; how many."""
    return connection.execute(host_pauses.delete().where(host_pauses.c.until <= now)).rowcount
