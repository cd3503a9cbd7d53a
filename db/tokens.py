"""Tokens of the API: what programs ask with in somebody's name. They come hashed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from db.editors import editor_of
from db.tables import api_tokens, editors
from pipeline.model import ApiToken, Editor, Scope


def add(
    connection: Connection,
    editor_id: int,
    *,
    name: str,
    token_hash: str,
    scopes: Collection[Scope],
    now: datetime,
    expires_at: datetime,
) -> ApiToken:
    """Make a token known."""
    row = connection.execute(
        api_tokens.insert()
        .values(
            editor_id=editor_id,
            name=name,
            token_hash=token_hash,
            scopes=" ".join(sorted(scopes)),
            created_at=now,
            expires_at=expires_at,
        )
        .returning(api_tokens)
    ).one()
    return _token(row)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes.split())),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def of_editor(connection: Connection, editor_id: int, now: datetime) -> tuple[ApiToken, ...]:
    """List an account's tokens that still work, newest first."""
    rows = connection.execute(
        select(api_tokens)
        .where(api_tokens.c.editor_id == editor_id, api_tokens.c.expires_at > now)
        .order_by(api_tokens.c.id.desc())
    )
    return tuple(map(_token, rows))


def find(connection: Connection, token_hash: str, now: datetime) -> tuple[Editor, ApiToken] | None:
    """Give whose token this is, while it works and its account is open."""
    held = connection.execute(
        select(api_tokens).where(
            api_tokens.c.token_hash == token_hash, api_tokens.c.expires_at > now
        )
    ).one_or_none()
    if held is None:
        return None
    row = connection.execute(
        select(editors).where(editors.c.id == held.editor_id, editors.c.disabled_at.is_(None))
    ).one_or_none()
    return None if row is None else (editor_of(row), _token(held))


def note_used(connection: Connection, token_id: int, now: datetime) -> None:
    """Note that a token is in use."""
    connection.execute(api_tokens.update().where(api_tokens.c.id == token_id).values(used_at=now))


def revoke(connection: Connection, editor_id: int, token_id: int) -> str | None:
    """Delete one of an account's tokens; gives its name, None when the account has no such."""
    return connection.execute(
        api_tokens.delete()
        .where(api_tokens.c.id == token_id, api_tokens.c.editor_id == editor_id)
        .returning(api_tokens.c.name)
    ).scalar_one_or_none()


def revoke_all(connection: Connection, editor_id: int) -> None:
    """Delete all of an account's tokens."""
    connection.execute(api_tokens.delete().where(api_tokens.c.editor_id == editor_id))


def sweep(connection: Connection, now: datetime) -> None:
    """Forget tokens that stopped working."""
    connection.execute(api_tokens.delete().where(api_tokens.c.expires_at <= now))
