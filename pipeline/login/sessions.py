"""Sessions: who is logged in, where, for how long; an attempt is counted before it is tried."""

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta

from db import Connection, Database, editors, second_factors
from pipeline.errors import AccountError
from pipeline.login.accounts import change_password
from pipeline.login.factors import factor_of, use_code
from pipeline.login.hashes import unguessable_hash, verify
from pipeline.model import Editor, Session
from pipeline.tokens import keyed

SESSION_LIFETIME = timedelta(days=14)
SESSION_IDLE = timedelta(hours=24)
# The figures the Python package index uses for its own login.
ATTEMPTS_WINDOW = timedelta(minutes=5)
ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 10
ATTEMPTS_IN_ALL = 1_000
STEP_LIFETIME = timedelta(minutes=5)
_SEEN_EVERY = timedelta(minutes=5)
_STEP = r"[1-9][0-9]{0,17}\.[0-9]{1,11}\.[0-9a-f]{64}"
_WRONG = "The name or the password is not right."


class TooManyAttempts(AccountError):
    """Too many failed logins of late; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class CodeNeeded(AccountError):
    """The password is right, and the account has a second factor: `step` is what to go on with."""

    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__("The account asks for a code as well.")


class StepOver(AccountError):
    """Too long ago, or not from here: log in from the start."""

    def __init__(self) -> None:
        super().__init__("That took too long. Log in again from the start.")


def begin_session(
    database: Database, key: bytes, *, name: str, password: str, address: str, now: datetime
) -> str:
    """Log somebody in; gives the new session's token, for the cookie.

    Raises AccountError: the same, after the same work, for an unknown name, a wrong password and a
    closed account; TooManyAttempts after too many failures of this name, this address or in all;
    CodeNeeded where `finish_session` goes on.
    """
    editor, stored = prove_password(
        database, name=name, password=password, address=address, now=now
    )
    with database.transaction() as connection:
        if editors.find(connection, name) != (editor, stored):
            raise AccountError(_WRONG)
        factor = second_factors.find(connection, editor.id)
        if factor is None or factor.confirmed_at is None:
            editors.forgive_login_failures(connection, name, address[:64])
            return begin_for(connection, key, editor, now)
    # The attempt stays counted until the code is right as well.
    raise CodeNeeded(_step(key, editor, stored, now))


def finish_session(
    database: Database, key: bytes, *, step: str, code: str, address: str, now: datetime
) -> str:
    """Log somebody in whose password was right, for a right code; gives the session's token.

    Raises AccountError for a code that is wrong or was used, StepOver when the password has to be
    given again, TooManyAttempts.
    """
    editor_id = int(step.partition(".")[0]) if re.fullmatch(_STEP, step) else 0
    with database.reading() as connection:
        found = editors.by_id(connection, editor_id)
    if found is None or found[0].disabled_at is not None or not _holds(key, *found, step, now):
        raise StepOver
    editor, stored = found
    count_attempt(database, editor.name, address[:64], now)
    with database.transaction() as connection:
        if editors.by_id(connection, editor.id) != (editor, stored):
            raise StepOver
        fault = use_code(connection, key, editor, code, now)
        if fault is None:
            editors.forgive_login_failures(connection, editor.name, address[:64])
            return begin_for(connection, key, editor, now, strong=True)
    raise AccountError(fault)


def _step(key: bytes, editor: Editor, stored: str, now: datetime) -> str:
    """Sign that somebody gave the right password just now."""
    said = f"{editor.id}.{int(now.timestamp())}"
    return f"{said}.{keyed(key, 'second step', f'{said}.{stored}')}"


def _holds(key: bytes, editor: Editor, stored: str, step: str, now: datetime) -> bool:
    at = datetime.fromtimestamp(int(step.split(".")[1]), UTC)
    fresh = abs(now - at) <= STEP_LIFETIME
    return fresh and hmac.compare_digest(_step(key, editor, stored, at), step)


def prove_password(
    database: Database, *, name: str, password: str, address: str, now: datetime
) -> tuple[Editor, str]:
    """Give whose name and password these are, with the hash that is stored; counts the attempt.

    Raises AccountError and TooManyAttempts, as `begin_session` does.
    """
    count_attempt(database, name, address[:64], now)
    with database.reading() as connection:
        found = editors.find(connection, name)
    dummy = unguessable_hash()
    fits, better = verify(password, found[1] if found else dummy)
    if found is None or not fits or found[0].disabled_at is not None:
        raise AccountError(_WRONG)
    if better is None:
        return found
    with database.transaction() as connection:
        if editors.find(connection, name) != found:
            raise AccountError(_WRONG)
        editors.rehash(connection, found[0].id, better)
    return found[0], better


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


def begin_for(
    connection: Connection, key: bytes, editor: Editor, now: datetime, *, strong: bool = False
) -> str:
    """Begin a session of somebody who has shown who they are, `strong` when by more than a
    password; gives its token."""
    token = secrets.token_urlsafe(32)
    editors.begin_session(
        connection,
        editor.id,
        keyed(key, "session", token),
        now,
        SESSION_LIFETIME,
        strong=strong,
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


def is_strong(database: Database, key: bytes, token: str) -> bool:
    """Tell whether a session was begun with a code or by a provider, not by a password alone."""
    with database.reading() as connection:
        return editors.is_strong(connection, keyed(key, "session", token))


def end_session(database: Database, key: bytes, token: str) -> None:
    """Log out; the token lets nobody in any more."""
    with database.transaction() as connection:
        editors.end_session(connection, keyed(key, "session", token))


def sessions_of(database: Database, editor: Editor, now: datetime) -> tuple[Session, ...]:
    """List where somebody is logged in, the last used first."""
    with database.reading() as connection:
        found = editors.sessions_of(connection, editor.id, now)
    return tuple(each for each in found.values() if each.seen_at > now - SESSION_IDLE)


def hash_of(key: bytes, token: str) -> str:
    """Give the hash under which a token's session is kept."""
    return keyed(key, "session", token)


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
    prove_password(database, name=editor.name, password=old, address=address, now=now)
    # Whoever has a second factor is in a session that a code began.
    strong = factor_of(database, editor) is not None
    change_password(database, name=editor.name, password=new, actor=editor.name, now=now)
    with database.transaction() as connection:
        editors.forgive_login_failures(connection, editor.name, address[:64])
        return begin_for(connection, key, editor, now, strong=strong)


def csrf_token(key: bytes, token: str) -> str:
    """Give what a session's forms carry, so that no other site can submit them."""
    return keyed(key, "csrf", token)


def is_csrf_token(key: bytes, token: str, given: str) -> bool:
    """Tell whether a form carried its session's token, in time that says nothing about it."""
    return hmac.compare_digest(csrf_token(key, token).encode(), given.encode(errors="replace"))
