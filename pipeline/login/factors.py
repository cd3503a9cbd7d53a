"""Second factors: a code of an app after the password, and recovery codes where the app is lost.

What codes are made from is derived from the installation's secret key and a nonce: a stolen
database makes no code. With another secret key the apps' codes are wrong; recovery codes still
work, and an admin can take the factor off.
"""

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from db import Connection, Database, editors, second_factors
from pipeline.errors import AccountError
from pipeline.login.accounts import require_editor
from pipeline.model import Editor, SecondFactor
from pipeline.stages.totp import DIGITS, SECRET_BYTES, key_uri, spelled, step_of

RECOVERY_CODES = 10
# Of a million codes three are right at a time; after so many wrong ones in a row no more are tried.
MOST_WRONG = 20
ISSUER = "Dateline"
_RECOVERY_BYTES = 15  # 120 bits: no list of them can be tried through
_WRONG = "The code is not right. Each code works once, for half a minute."
_LOCKED = "Too many wrong codes. Use a recovery code, or ask an admin to take the factor off."
_NONE = "This account has no second factor."


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an app needs to know, to type or to open; shown until a first code confirms it."""

    secret: str
    uri: str


def factor_of(database: Database, editor: Editor) -> SecondFactor | None:
    """Give an account's second factor, where logins ask for one."""
    with database.reading() as connection:
        found = second_factors.find(connection, editor.id)
    return found if found is not None and found.confirmed_at is not None else None


def with_factors(database: Database) -> frozenset[int]:
    """Name the accounts that are asked for a code."""
    with database.reading() as connection:
        return second_factors.having(connection)


def begin_factor(database: Database, key: bytes, editor: Editor, now: datetime) -> Enrolment:
    """Make a secret for an app; raises AccountError where the account has a factor already."""
    nonce = secrets.token_hex(16)
    with database.transaction() as connection:
        standing = second_factors.find(connection, editor.id, hold=True)
        if standing is not None and standing.confirmed_at is not None:
            raise AccountError("This account has a second factor already: take it off first.")
        second_factors.begin(connection, editor.id, nonce, now)
    return _enrolment(key, editor, nonce)


def resume_factor(database: Database, key: bytes, editor: Editor) -> Enrolment | None:
    """Show a secret again that no code confirmed yet; None where there is none."""
    with database.reading() as connection:
        standing = second_factors.find(connection, editor.id)
    if standing is None or standing.confirmed_at is not None:
        return None
    return _enrolment(key, editor, standing.nonce)


def confirm_factor(
    database: Database, key: bytes, editor: Editor, code: str, *, session: str, now: datetime
) -> tuple[str, ...]:
    """Ask for codes from now on, once the app has shown a right one; gives the recovery codes,
    which nobody sees again.

    All sessions but the one with the hash `session` end. Raises AccountError.
    """
    with database.transaction() as connection:
        standing = second_factors.find(connection, editor.id, hold=True)
        if standing is None or standing.confirmed_at is not None:
            raise AccountError("Begin anew: there is no secret that waits for its first code.")
        step = step_of(_secret(key, editor.id, standing.nonce), _plain(code), now, after=0)
        if step is None:
            raise AccountError(_WRONG)
        second_factors.confirm(connection, editor.id, now)
        second_factors.note_use(connection, editor.id, step)
        codes = _new_codes(connection, editor.id, standing.nonce)
        editors.end_other_sessions(connection, editor.id, session)
        editors.strengthen(connection, session)
        _note(connection, editor.name, "editor.factor_on", editor, now)
    return codes


def renew_codes(
    database: Database, key: bytes, editor: Editor, code: str, now: datetime
) -> tuple[str, ...]:
    """Replace the recovery codes, for a right code; raises AccountError."""
    require_code(database, key, editor, code, now)
    with database.transaction() as connection:
        standing = second_factors.find(connection, editor.id, hold=True)
        if standing is None:
            raise AccountError(_NONE)
        codes = _new_codes(connection, editor.id, standing.nonce)
        _note(connection, editor.name, "editor.factor_codes", editor, now)
    return codes


def remove_own_factor(
    database: Database, key: bytes, editor: Editor, code: str, *, session: str, now: datetime
) -> None:
    """Take one's factor off, for a right code; other sessions end. Raises AccountError."""
    require_code(database, key, editor, code, now)
    with database.transaction() as connection:
        second_factors.remove(connection, editor.id)
        editors.end_other_sessions(connection, editor.id, session)
        _note(connection, editor.name, "editor.factor_off", editor, now)


def remove_factor(database: Database, *, name: str, actor: str, now: datetime) -> None:
    """Take an account's factor off, as an admin whose colleague lost everything; its sessions end.

    Raises AccountError where there is no such account, or it has none.
    """
    with database.transaction() as connection:
        editor = require_editor(connection, name)
        if not second_factors.remove(connection, editor.id):
            raise AccountError(f"{editor.name} has no second factor")
        editors.end_other_sessions(connection, editor.id)
        _note(connection, actor, "editor.factor_off", editor, now)


def require_code(database: Database, key: bytes, editor: Editor, code: str, now: datetime) -> None:
    """Use a code up, of the app or for recovery; raises AccountError where it is wrong or used."""
    with database.transaction() as connection:
        fault = use_code(connection, key, editor, code, now)
    # Only now: a wrong code is counted, whatever comes of it.
    if fault:
        raise AccountError(fault)


def use_code(
    connection: Connection, key: bytes, editor: Editor, code: str, now: datetime
) -> str | None:
    """Use a code up inside the caller's transaction, which must commit; gives what is wrong."""
    standing = second_factors.find(connection, editor.id, hold=True)
    if standing is None or standing.confirmed_at is None:
        return _NONE
    given = _plain(code)
    if len(given) > DIGITS:
        if second_factors.use_recovery_code(connection, editor.id, _hash(standing.nonce, given)):
            second_factors.note_use(connection, editor.id)
            _note(connection, editor.name, "editor.factor_recovery", editor, now)
            return None
    elif standing.failures >= MOST_WRONG:
        return _LOCKED
    else:
        secret = _secret(key, editor.id, standing.nonce)
        step = step_of(secret, given, now, after=standing.last_step)
        if step is not None:
            second_factors.note_use(connection, editor.id, step)
            return None
    second_factors.note_failure(connection, editor.id)
    return _WRONG


def _enrolment(key: bytes, editor: Editor, nonce: str) -> Enrolment:
    secret = _secret(key, editor.id, nonce)
    return Enrolment(
        secret=spelled(secret), uri=key_uri(secret, issuer=ISSUER, account=editor.name)
    )


def _secret(key: bytes, editor_id: int, nonce: str) -> bytes:
    made = hmac.digest(key, f"second factor:{editor_id}:{nonce}".encode(), "sha256")
    return made[:SECRET_BYTES]


def _new_codes(connection: Connection, editor_id: int, nonce: str) -> tuple[str, ...]:
    made = [b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    hashes = [_hash(nonce, each) for each in made]
    second_factors.keep_recovery_codes(connection, editor_id, hashes)
    return tuple("-".join(each[at : at + 4] for at in range(0, len(each), 4)) for each in made)


def _hash(nonce: str, code: str) -> str:
    return sha256(f"{nonce}:{code}".encode(errors="replace")).hexdigest()


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()[:100]


def _note(connection: Connection, actor: str, action: str, editor: Editor, now: datetime) -> None:
    editors.audit(connection, actor=actor, action=action, subject=editor.name, now=now)
