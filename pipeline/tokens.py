"""Tokens: the keyed hash under which the database keeps them, and the tokens of the API.

A token of the API lets a program ask in its owner's name: 32 random bytes after `dateline_`, so
that scanners of leaked secrets know it. It is shown once; the database keeps its keyed hash.
"""

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import Database, editors, tokens
from pipeline.errors import AccountError
from pipeline.model import ApiToken, Editor, Role, Scope

PREFIX = "dateline_"
LONGEST_NAME = 64
MOST_TOKENS = 20
LONGEST_LIFETIME = timedelta(days=365)
USUAL_LIFETIME = timedelta(days=90)
_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
_USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks the API, and with what."""

    editor: Editor
    token: ApiToken

    def may(self, scope: Scope) -> bool:
        """Tell whether the token and its owner's role both allow something."""
        allowed = scope is Scope.READ or self.editor.role is not Role.VIEWER
        return allowed and scope in self.token.scopes


def keyed(key: bytes, purpose: str, token: str) -> str:
    """Hash a token under the secret key; each purpose has hashes of its own."""
    return hmac.digest(key, f"{purpose}:{token}".encode(errors="replace"), "sha256").hex()


def make_token(
    database: Database,
    key: bytes,
    *,
    editor: Editor,
    name: str,
    scopes: Collection[Scope],
    lifetime: timedelta,
    actor: str,
    now: datetime,
) -> tuple[str, ApiToken]:
    """Make a token of the API; gives the token itself, which nobody sees again, and its record.

    Raises AccountError for a name, scopes or a lifetime that will not do.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise AccountError(
            f"A token needs a name of 1 to {LONGEST_NAME} characters that can be printed."
        )
    if not scopes:
        raise AccountError("Choose what the token may do: read, review, or both.")
    if Scope.REVIEW in scopes and editor.role is Role.VIEWER:
        raise AccountError("A viewer's token can only read.")
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        raise AccountError(f"A token works for 1 to {LONGEST_LIFETIME.days} days.")
    token = PREFIX + secrets.token_urlsafe(32)
    with database.transaction() as connection:
        if len(tokens.of_editor(connection, editor.id, now)) >= MOST_TOKENS:
            raise AccountError(f"You have {MOST_TOKENS} tokens already: revoke one first.")
        made = tokens.add(
            connection,
            editor.id,
            name=name,
            token_hash=keyed(key, "api", token),
            scopes=scopes,
            now=now,
            expires_at=now + lifetime,
        )
        editors.audit(
            connection,
            actor=actor,
            action="token.make",
            subject=editor.name,
            now=now,
            detail={"name": name, "scopes": " ".join(sorted(scopes)), "days": lifetime.days},
        )
    return token, made


def tokens_of(database: Database, editor: Editor, now: datetime) -> tuple[ApiToken, ...]:
    """List somebody's tokens that still work, newest first."""
    with database.reading() as connection:
        return tokens.of_editor(connection, editor.id, now)


def revoke_token(
    database: Database, *, editor: Editor, token_id: int, actor: str, now: datetime
) -> bool:
    """Revoke one of somebody's tokens; False when they have no such token."""
    with database.transaction() as connection:
        name = tokens.revoke(connection, editor.id, token_id)
        if name is None:
            return False
        editors.audit(
            connection,
            actor=actor,
            action="token.revoke",
            subject=editor.name,
            now=now,
            detail={"name": name},
        )
    return True


def caller_of(database: Database, key: bytes, token: str, now: datetime) -> Caller | None:
    """Give who asks with a token, or None for one that is unknown, expired, or of nobody."""
    if not _TOKEN.fullmatch(token):
        return None
    with database.reading() as connection:
        found = tokens.find(connection, keyed(key, "api", token), now)
    if found is None:
        return None
    editor, record = found
    if record.used_at is None or now - record.used_at >= _USED_EVERY:
        with database.transaction() as connection:
            tokens.note_used(connection, record.id, now)
    return Caller(editor=editor, token=record)
