"""Editors: accounts, their sessions, invitations, and failed logins. Passwords come hashed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select
from sqlalchemy.exc import IntegrityError

from db.tables import audit_log, editors, invitations, login_failures, sessions
from pipeline.errors import AccountError
from pipeline.model import AuditRecord, Editor, Role, Session
from pipeline.text import fold_key


def add(connection: Connection, name: str, password_hash: str, role: Role, now: datetime) -> Editor:
    """Make an account; raises AccountError when the name is taken (case and accents do not tell
    apart)."""
    try:
        row = connection.execute(
            editors.insert()
            .values(
                name=name,
                name_key=fold_key(name),
                password_hash=password_hash,
                role=role,
                created_at=now,
            )
            .returning(editors)
        ).one()
    except IntegrityError:
        raise AccountError(f"there is an editor named {name} already") from None
    return editor_of(row)


def editor_of(row: Row[Any]) -> Editor:
    """Give the account that a row of its table holds."""
    return Editor(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def everyone(connection: Connection) -> tuple[Editor, ...]:
    """List all accounts by name."""
    return tuple(map(editor_of, connection.execute(select(editors).order_by(editors.c.name_key))))


def find(connection: Connection, name: str) -> tuple[Editor, str] | None:
    """Find an account by name, with its password hash."""
    row = connection.execute(
        select(editors).where(editors.c.name_key == fold_key(name))
    ).one_or_none()
    return None if row is None else (editor_of(row), row.password_hash)


def by_id(connection: Connection, editor_id: int) -> tuple[Editor, str] | None:
    """Find an account by its number, with its password hash."""
    row = connection.execute(select(editors).where(editors.c.id == editor_id)).one_or_none()
    return None if row is None else (editor_of(row), row.password_hash)


def enabled_admins(connection: Connection) -> tuple[Editor, ...]:
    """List the admins who can log in, held until the transaction ends."""
    rows = connection.execute(
        select(editors)
        .where(editors.c.role == Role.ADMIN, editors.c.disabled_at.is_(None))
        .order_by(editors.c.id)
        .with_for_update()
    )
    return tuple(map(editor_of, rows))


def set_password(connection: Connection, editor_id: int, password_hash: str) -> None:
    """Change a password and end all the account's sessions."""
    connection.execute(
        editors.update().where(editors.c.id == editor_id).values(password_hash=password_hash)
    )
    connection.execute(sessions.delete().where(sessions.c.editor_id == editor_id))


def rehash(connection: Connection, editor_id: int, password_hash: str) -> None:
    """Store the same password under newer hashing parameters; sessions stay."""
    connection.execute(
        editors.update().where(editors.c.id == editor_id).values(password_hash=password_hash)
    )


def disable(connection: Connection, editor_id: int, now: datetime) -> None:
    """Close an account and end its sessions; its verdicts stay."""
    connection.execute(editors.update().where(editors.c.id == editor_id).values(disabled_at=now))
    connection.execute(sessions.delete().where(sessions.c.editor_id == editor_id))


def begin_session(
    connection: Connection,
    editor_id: int,
    token_hash: str,
    now: datetime,
    lifetime: timedelta,
    *,
    strong: bool = False,
) -> None:
    """Log an editor in, `strong` when by more than a password; expired sessions of anybody are
    swept on the way."""
    connection.execute(sessions.delete().where(sessions.c.expires_at <= now))
    connection.execute(
        sessions.insert().values(
            token_hash=token_hash,
            editor_id=editor_id,
            created_at=now,
            seen_at=now,
            expires_at=now + lifetime,
            strong=strong,
        )
    )


def is_strong(connection: Connection, token_hash: str) -> bool:
    """Tell whether more than a password stands behind a session."""
    return bool(
        connection.scalar(select(sessions.c.strong).where(sessions.c.token_hash == token_hash))
    )


def strengthen(connection: Connection, token_hash: str) -> None:
    """Note that a right code was given in a session."""
    connection.execute(
        sessions.update().where(sessions.c.token_hash == token_hash).values(strong=True)
    )


def in_session(
    connection: Connection, token_hash: str, now: datetime, idle: timedelta
) -> tuple[Editor, datetime] | None:
    """Give who is logged in under a token and when the session was last noted as used."""
    row = connection.execute(
        select(editors, sessions.c.seen_at)
        .join(sessions, sessions.c.editor_id == editors.c.id)
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.expires_at > now,
            sessions.c.seen_at > now - idle,
            editors.c.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (editor_of(row), row.seen_at)


def note_seen(connection: Connection, token_hash: str, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(
        sessions.update().where(sessions.c.token_hash == token_hash).values(seen_at=now)
    )


def end_other_sessions(connection: Connection, editor_id: int, token_hash: str = "") -> None:
    """Log an account out everywhere but in one session, if one is named."""
    connection.execute(
        sessions.delete().where(
            sessions.c.editor_id == editor_id, sessions.c.token_hash != token_hash
        )
    )


def end_session(connection: Connection, token_hash: str) -> None:
    """Log out."""
    connection.execute(sessions.delete().where(sessions.c.token_hash == token_hash))


def sessions_of(connection: Connection, editor_id: int, now: datetime) -> dict[str, Session]:
    """List an account's sessions by their tokens' hashes, the last used first."""
    rows = connection.execute(
        select(sessions)
        .where(sessions.c.editor_id == editor_id, sessions.c.expires_at > now)
        .order_by(sessions.c.seen_at.desc(), sessions.c.created_at.desc())
    )
    return {
        row.token_hash: Session(
            number=row.token_hash[:16],
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )
        for row in rows
    }


def invite(
    connection: Connection, token_hash: str, role: Role, now: datetime, lifetime: timedelta
) -> None:
    """Make a one-time link's token known."""
    connection.execute(
        invitations.insert().values(
            token_hash=token_hash, role=role, created_at=now, expires_at=now + lifetime
        )
    )


def invitation(connection: Connection, token_hash: str, now: datetime) -> Role | None:
    """Give the role an unused, unexpired invitation makes, or None."""
    row = connection.execute(
        select(invitations.c.role).where(
            invitations.c.token_hash == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
    ).one_or_none()
    return None if row is None else Role(row.role)


def use_invitation(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation up; False when somebody else just did."""
    used = connection.execute(
        invitations.update()
        .where(
            invitations.c.token_hash == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def note_login_failure(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Count a failed login."""
    connection.execute(
        login_failures.insert().values(name_key=fold_key(name)[:64], address=address, failed_at=now)
    )


def login_failures_since(
    connection: Connection, name: str, address: str, since: datetime
) -> tuple[int, int, int]:
    """Count failed logins since a time: of this name, from this address, and in all."""
    key = fold_key(name)[:64]
    recent = login_failures.c.failed_at > since
    row = connection.execute(
        select(
            func.count().filter(login_failures.c.name_key == key),
            func.count().filter(login_failures.c.address == address),
            func.count(),
        )
        .select_from(login_failures)
        .where(recent)
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


def forgive_login_failures(connection: Connection, name: str, address: str) -> None:
    """Forget failures of this name from this address: its owner got in at last."""
    connection.execute(
        login_failures.delete().where(
            login_failures.c.name_key == fold_key(name)[:64], login_failures.c.address == address
        )
    )


def sweep(connection: Connection, now: datetime) -> None:
    """Forget expired sessions, old invitations and old login failures."""
    day_ago = now - timedelta(days=1)
    connection.execute(sessions.delete().where(sessions.c.expires_at <= now))
    connection.execute(
        invitations.delete().where(
            or_(invitations.c.expires_at <= day_ago, invitations.c.used_at <= day_ago)
        )
    )
    connection.execute(login_failures.delete().where(login_failures.c.failed_at <= day_ago))


def audit(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    """Append to the audit log."""
    connection.execute(
        audit_log.insert().values(
            at=now, actor=actor, action=action, subject=subject, detail=detail or {}
        )
    )


def audit_trail(connection: Connection, limit: int | None = None) -> tuple[AuditRecord, ...]:
    """List the audit log, newest first."""
    rows = connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(limit))
    return tuple(
        AuditRecord(
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=dict(row.detail),
        )
        for row in rows
    )
