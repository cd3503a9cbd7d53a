"""Invitations: links that make an account once, within seven days."""

import secrets
from datetime import datetime, timedelta

from db import Connection, Database, editors
from pipeline.errors import AccountError
from pipeline.login.accounts import add_hashed, checked_name
from pipeline.login.hashes import checked_password, hashed_password
from pipeline.login.sessions import begin_for
from pipeline.model import Role
from pipeline.tokens import keyed

INVITATION_LIFETIME = timedelta(days=7)
_INVITATION = "invitation"
_FIRST = "first editor"
_DEAD_LINK = "This link was used already or is too old: ask for a new one."


def invite(
    database: Database,
    key: bytes,
    *,
    role: Role,
    now: datetime,
    actor: str = "service",
    first: bool = False,
) -> str:
    """Make a one-time link's token: whoever has it makes an account with this role, in seven
    days.

    Each start on a new database prints such a link, into logs that are kept: a `first` one is
    void as soon as somebody can log in as admin.
    """
    token = secrets.token_urlsafe(32)
    hashed = keyed(key, _FIRST if first else _INVITATION, token)
    with database.transaction() as connection:
        editors.invite(connection, hashed, role, now, INVITATION_LIFETIME)
        editors.audit(connection, actor=actor, action="editor.invite", subject=str(role), now=now)
    return token


def invited_role(database: Database, key: bytes, token: str, now: datetime) -> Role | None:
    """Give the role a link's token makes, or None when it was used or is too old."""
    with database.reading() as connection:
        found = (
            editors.invitation(connection, keyed(key, purpose, token), now)
            for purpose in _purposes(connection)
        )
        return next(filter(None, found), None)


def _purposes(connection: Connection) -> tuple[str, ...]:
    """Name the kinds of link that make accounts now."""
    return (_INVITATION,) if editors.enabled_admins(connection) else (_INVITATION, _FIRST)


def accept_invitation(
    database: Database, key: bytes, token: str, *, name: str, password: str, now: datetime
) -> str:
    """Use an invitation up, make the account and log it in; gives the session's token.

    All of it or nothing: a name that is taken leaves the invitation unused. Raises AccountError.
    """
    role = invited_role(database, key, token, now)
    if role is None:
        raise AccountError(_DEAD_LINK)
    name = checked_name(name)
    hashed = hashed_password(checked_password(password, name))
    with database.transaction() as connection:
        hashes = (keyed(key, purpose, token) for purpose in _purposes(connection))
        if not any(editors.use_invitation(connection, each, now) for each in hashes):
            raise AccountError(_DEAD_LINK)
        editor = add_hashed(connection, name, hashed, role, name, now)
        return begin_for(connection, key, editor, now)
