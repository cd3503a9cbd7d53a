"""Identities: which account belongs to which person at an OpenID provider."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from db.editors import editor_of
from db.tables import editors, identities, sessions
from pipeline.errors import AccountError
from pipeline.model import Editor


def find(connection: Connection, issuer: str, subject: str) -> Editor | None:
    """Find the account of somebody at a provider, closed ones included."""
    row = connection.execute(
        select(editors)
        .join(identities, identities.c.editor_id == editors.c.id)
        .where(identities.c.issuer == issuer, identities.c.subject == subject)
    ).one_or_none()
    return None if row is None else editor_of(row)


def link(connection: Connection, editor_id: int, issuer: str, subject: str, now: datetime) -> None:
    """Link an account; raises AccountError when that person has an account already."""
    try:
        connection.execute(
            identities.insert().values(
                editor_id=editor_id, issuer=issuer, subject=subject, created_at=now
            )
        )
    except IntegrityError:
        raise AccountError("This person at the provider is linked to an account already.") from None


def unlink(connection: Connection, editor_id: int) -> int:
    """Forget all an account's links and end its sessions; gives how many links there were."""
    gone = connection.execute(identities.delete().where(identities.c.editor_id == editor_id))
    connection.execute(sessions.delete().where(sessions.c.editor_id == editor_id))
    return gone.rowcount
