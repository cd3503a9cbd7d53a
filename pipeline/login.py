"""Login: accounts, passwords, sessions and invitations of the desk.

Tokens (session cookies, invitation links) are 32 random bytes; the database keeps only their keyed
hash, so that a stolen copy of it lets nobody in. `key` is the installation's secret key.
"""

import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from db import Connection, Database, editors, tokens
from pipeline.errors import AccountError
from pipeline.model import Editor, Role, Session
from pipeline.passwords import is_leaked, is_made_of_known_words
from pipeline.text import fold_key
from pipeline.tokens import keyed

SESSION_LIFETIME = timedelta(days=14)
SESSION_IDLE = timedelta(hours=24)
INVITATION_LIFETIME = timedelta(days=7)
LONGEST_NAME = 64
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1_000
# The figures the Python package index uses for its own login.
ATTEMPTS_WINDOW = timedelta(minutes=5)
ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 10
ATTEMPTS_IN_ALL = 1_000
_SEEN_EVERY = timedelta(minutes=5)
_WRONG = "The name or the password is not right."
_INVITATION = "invitation"
_FIRST = "first editor"
_DEAD_LINK = "This link was used already or is too old: ask for a new one."
_hasher = PasswordHash.recommended()
# One Argon2 hash takes 64 MiB: a flood of logins must not take the memory of everything else.
_hashing = BoundedSemaphore(2)


class TooManyAttempts(AccountError):
    """Too many failed logins of late; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


# Accounts


def add_editor(
    database: Database, *, name: str, password: str, role: Role, actor: str, now: datetime
) -> Editor:
    """Make an account; raises AccountError when the name or the password will not do."""
    hashed = _hash(_checked_password(password, name))
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
    hashed = _hash(_checked_password(password, name))
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


def _checked_password(password: str, name: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; "
            "a few random words make a good one."
        )
    if "\0" in password or not _is_text(password):
        raise AccountError("A password must not contain a NUL or half a character.")
    if password.strip().casefold() == name.strip().casefold():
        raise AccountError("A password must not be the name.")
    if is_leaked(password):
        raise AccountError(
            "This password is in lists of leaked ones, which are tried first. Take another one."
        )
    if is_made_of_known_words(password, name):
        raise AccountError(
            "A password must not be made of the name, or of words that everybody here knows."
        )
    return password


def _is_text(value: str) -> bool:
    return not any(unicodedata.category(character) == "Cs" for character in value)


# Sessions


def begin_session(
    database: Database, key: bytes, *, name: str, password: str, address: str, now: datetime
) -> str:
    """Log somebody in; gives the new session's token, for the cookie.

    Raises AccountError: the same, after the same work, for an unknown name, a wrong password and a
    closed account; TooManyAttempts after too many failures of this name, this address or in all.
    """
    address = address[:64]
    count_attempt(database, name, address, now)
    with database.reading() as connection:
        found = editors.find(connection, name)
    dummy = unguessable_hash()
    fits, better = _verify(password, found[1] if found else dummy)
    if found is None or not fits or found[0].disabled_at is not None:
        raise AccountError(_WRONG)
    editor, stored = found
    with database.transaction() as connection:
        if editors.find(connection, name) != (editor, stored):
            raise AccountError(_WRONG)
        if better is not None:
            editors.rehash(connection, editor.id, better)
        editors.forgive_login_failures(connection, name, address)
        return begin_for(connection, key, editor, now)


def count_attempt(database: Database, name: str, address: str, now: datetime) -> None:
    """Note the attempt as failed before trying it: parallel attempts cannot slip past the limit."""
    with database.transaction() as connection:
        of_name, of_address, in_all = editors.login_failures_since(
            connection, name, address, now - ATTEMPTS_WINDOW
        )
        if (
            of_name >= ATTEMPTS_PER_ACCOUNT
            or of_address >= ATTEMPTS_PER_ADDRESS
            or in_all >= ATTEMPTS_IN_ALL
        ):
            minutes = int(ATTEMPTS_WINDOW.total_seconds() // 60)
            raise TooManyAttempts(
                f"Too many attempts. Try again in {minutes} minutes.", minutes * 60
            )
        editors.note_login_failure(connection, name, address, now)


def begin_for(connection: Connection, key: bytes, editor: Editor, now: datetime) -> str:
    """Begin a session of somebody who has shown who they are; gives its token."""
    token = secrets.token_urlsafe(32)
    editors.begin_session(
        connection, editor.id, keyed(key, "session", token), now, SESSION_LIFETIME
    )
    return token


def session_of(database: Database, key: bytes, token: str, now: datetime) -> Editor | None:
    """Give who is logged in under a token, or None.

    A session ends 14 days after the login, after 24 hours without a request, at logout, and when
    the password changes or the account is closed.
    """
    hashed = keyed(key, "session", token)
    with database.reading() as connection:
        found = editors.in_session(connection, hashed, now, SESSION_IDLE)
    if found is None:
        return None
    editor, seen_at = found
    if now - seen_at >= _SEEN_EVERY:
        with database.transaction() as connection:
            editors.note_seen(connection, hashed, now)
    return editor


def end_session(database: Database, key: bytes, token: str) -> None:
    """Log out; the token lets nobody in any more."""
    with database.transaction() as connection:
        editors.end_session(connection, keyed(key, "session", token))


def sessions_of(database: Database, editor: Editor, now: datetime) -> tuple[Session, ...]:
    """List where somebody is logged in, the last used first."""
    with database.reading() as connection:
        found = editors.sessions_of(connection, editor.id, now)
    return tuple(each for each in found.values() if each.seen_at > now - SESSION_IDLE)


def number_of(key: bytes, token: str) -> str:
    """Give the number under which `sessions_of` lists a token's session."""
    return keyed(key, "session", token)[:16]


def end_session_of(database: Database, editor: Editor, number: str, now: datetime) -> bool:
    """End one of somebody's own sessions; False when they have none of this number."""
    with database.transaction() as connection:
        for hashed, each in editors.sessions_of(connection, editor.id, now).items():
            if each.number == number:
                editors.end_session(connection, hashed)
                editors.audit(
                    connection,
                    actor=editor.name,
                    action="session.end",
                    subject=editor.name,
                    now=now,
                )
                return True
    return False


def change_own_password(
    database: Database,
    key: bytes,
    *,
    editor: Editor,
    old: str,
    new: str,
    address: str,
    now: datetime,
) -> str:
    """Change somebody's password who knows the present one; gives a new session's token.

    All other sessions end. Raises AccountError, TooManyAttempts after too many wrong ones.
    """
    old_session = begin_session(
        database, key, name=editor.name, password=old, address=address, now=now
    )
    try:
        change_password(database, name=editor.name, password=new, actor=editor.name, now=now)
    except AccountError:
        end_session(database, key, old_session)
        raise
    with database.transaction() as connection:
        return begin_for(connection, key, editor, now)


def csrf_token(key: bytes, token: str) -> str:
    """Give what a session's forms carry, so that no other site can submit them."""
    return keyed(key, "csrf", token)


def is_csrf_token(key: bytes, token: str, given: str) -> bool:
    """Tell whether a form carried its session's token, in time that says nothing about it."""
    return hmac.compare_digest(csrf_token(key, token).encode(), given.encode(errors="replace"))


# Invitations


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
    hashed = _hash(_checked_password(password, name))
    with database.transaction() as connection:
        hashes = (keyed(key, purpose, token) for purpose in _purposes(connection))
        if not any(editors.use_invitation(connection, each, now) for each in hashes):
            raise AccountError(_DEAD_LINK)
        editor = add_hashed(connection, name, hashed, role, name, now)
        return begin_for(connection, key, editor, now)


# Hashes


def _composed(password: str) -> bytes:
    """Give a password's bytes: the same whether the keyboard composes its accents or not."""
    return unicodedata.normalize("NFC", password).encode(errors="replace")


def _hash(password: str) -> str:
    with _hashing:
        return _hasher.hash(_composed(password))


def _verify(password: str, hashed: str) -> tuple[bool, str | None]:
    with _hashing:
        fits, better = _hasher.verify_and_update(_composed(password), hashed)
    return fits and "\0" not in password, better


@lru_cache(maxsize=1)
def unguessable_hash() -> str:
    """A hash nobody's password fits, so that an unknown name costs as much time as a known one."""
    return _hash(secrets.token_urlsafe(32))
