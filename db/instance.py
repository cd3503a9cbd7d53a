"""Facts about this installation: some set once for ever, some noted for other processes to see."""

from sqlalchemy import Connection, select

from db.rows import insert_missing
from db.tables import instance

TAG_AUTHORITY = "tag_authority"
# Noted as when it was asked for, so that a later request is another one; empty: nobody asks.
REMATCH_WANTED = "rematch_wanted"


def keep(connection: Connection, key: str, value: str) -> str:
    """Remember a fact unless it is known already; gives the one that stands."""
    connection.execute(insert_missing(connection, instance, ["key"]).values(key=key, value=value))
    return recall(connection, key) or value


def recall(connection: Connection, key: str, *, hold: bool = False) -> str | None:
    """Give a fact, or None. With `hold`, nobody else passes here until this transaction ends."""
    wanted = select(instance.c.value).where(instance.c.key == key)
    return connection.scalar(wanted.with_for_update() if hold else wanted)


def note(connection: Connection, key: str, value: str) -> None:
    """Set a fact that may change."""
    if recall(connection, key) is None:
        keep(connection, key, value)
    else:
        connection.execute(instance.update().where(instance.c.key == key).values(value=value))
