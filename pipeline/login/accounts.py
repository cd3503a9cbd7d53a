"""Accounts: who may log in, made and closed; verdicts keep their names."""

from datetime import datetime

from db import Connection, Database, editors, tokens
from pipeline.errors import AccountError
from pipeline.login.hashes import checked_password, hashed_password
from pipeline.model import Editor, Role
from pipeline.text import fold_key

LONGEST_NAME = 64


def add_editor(
    database: Database, *, name: str, password: str, role: Role, actor: str, now: datetime
) -> Editor:
    """Make an account; raises AccountError when the name or the password will not do."""
    hashed = hashed_password(checked_password(password, name))
    with database.transaction() as connection:
        return add_hashed(connection, name, hashed, role, actor, now)


def add_hashed(
    connection: Connection, name: str, hashed: str, role: Role, actor: str, now: datetime
) -> Editor:
    """Make an account whose password was hashed before; raises AccountError."""
    editor = editors.add(connection, checked_name(name), hashed, role, now)
    editors.audit(
        connection,
        actor=actor,
        action="editor.add",
        subject=editor.name,
        now=now,
        detail={"role": str(role)},
    )
    return editor


def change_password(
    database: Database, *, name: str, password: str, actor: str, now: datetime
) -> None:
    """Set a new password, end all the account's sessions and revoke its tokens of the API.

    Raises AccountError.
    """
    hashed = hashed_password(checked_password(password, name))
    with database.transaction() as connection:
        editor = require_editor(connection, name)
        editors.set_password(connection, editor.id, hashed)
        tokens.revoke_all(connection, editor.id)
        editors.audit(
            connection, actor=actor, action="editor.password", subject=editor.name, now=now
        )


def disable_editor(database: Database, *, name: str, actor: str, now: datetime) -> None:
    """Close an account and end its sessions; its verdicts stay.

    Raises AccountError for the last admin who can still log in: nobody could make accounts then.
    """
    with database.transaction() as connection:
        admins = editors.enabled_admins(connection)
        editor = require_editor(connection, name)
        if editor.disabled_at is not None:
            return
        if {admin.id for admin in admins} == {editor.id}:
            raise AccountError(
                f"{editor.name} is the last admin: make another admin before closing this account"
            )
        editors.disable(connection, editor.id, now)
        tokens.revoke_all(connection, editor.id)
        editors.audit(
            connection, actor=actor, action="editor.disable", subject=editor.name, now=now
        )


def list_editors(database: Database) -> tuple[Editor, ...]:
    """List all accounts by name, closed ones included."""
    with database.reading() as connection:
        return editors.everyone(connection)


def find_editor(database: Database, name: str) -> Editor:
    """Give an open account by name; raises AccountError when there is none."""
    with database.reading() as connection:
        found = require_editor(connection, name)
    if found.disabled_at is not None:
        raise AccountError(f"the account of {found.name} is closed")
    return found


def needs_first_editor(database: Database) -> bool:
    """Tell whether nobody can manage the desk yet: there is no admin who can log in."""
    with database.reading() as connection:
        return not editors.enabled_admins(connection)


def require_editor(connection: Connection, name: str) -> Editor:
    """Give an account by name, open or closed; raises AccountError when there is none."""
    found = editors.find(connection, name)
    if found is None:
        known = ", ".join(editor.name for editor in editors.everyone(connection))
        raise AccountError(f"there is no editor named {name}; there are: {known or 'none yet'}")
    return found[0]


def checked_name(name: str) -> str:
    """Give a name as it is stored; raises AccountError for one that will not do."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise AccountError(f"A name has 1 to {LONGEST_NAME} characters that can be printed.")
    if not 1 <= len(fold_key(name)) <= LONGEST_NAME:
        raise AccountError("A name needs a letter or a digit, and must not be this long.")
    return name
