"""Parts of the public files: what they were last made from."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from db.tables import public_parts


def states(connection: Connection) -> dict[str, str]:
    """Give the state every part was last made from, by its name."""
    return {row.name: row.state for row in connection.execute(select(public_parts))}


def note(connection: Connection, made: Mapping[str, str]) -> None:
    """Note what parts were made from, by name."""
    if not made:
        return
    connection.execute(public_parts.delete().where(public_parts.c.name.in_(list(made))))
    connection.execute(
        public_parts.insert(),
        [{"name": name, "state": state} for name, state in sorted(made.items())],
    )
