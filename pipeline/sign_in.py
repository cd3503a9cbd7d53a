"""Sign in: from what an OpenID provider proves to a session of the desk.

An account is found by the provider's issuer and subject, which never change, and by nothing else:
whoever takes another's name at the provider gets nowhere near their account here.
"""

from datetime import datetime

from db import Connection, Database, editors, identities
from pipeline import login
from pipeline.errors import AccountError
from pipeline.model import Editor, Role
from pipeline.openid import LONGEST_SUBJECT, Answer, Person, Provider, resume_errand


async def sign_in(
    database: Database,
    key: bytes,
    provider: Provider,
    *,
    cookie: str,
    answer: Answer,
    role: Role | None,
    address: str,
    now: datetime,
) -> tuple[str, Editor]:
    """Turn a provider's answer into a session; gives its token and whose it is.

    `role` is that of an account made at a first sign-in; None makes none. Raises AccountError
    (NotProven, ProviderAway, TooManyAttempts among them): then nobody is logged in, and nothing is
    stored but the failed attempt.
    """
    errand = resume_errand(key, cookie, now)
    tried = f"openid {address}"[: login.LONGEST_NAME]
    login.count_attempt(database, tried, address[:64], now)
    person = await provider.person_of(errand, answer, now)
    return admit_person(
        database, key, person, role=role, tried=tried, address=address[:64], now=now
    )


def admit_person(
    database: Database,
    key: bytes,
    person: Person,
    *,
    role: Role | None,
    tried: str,
    address: str,
    now: datetime,
) -> tuple[str, Editor]:
    """Begin a session of a proven person; makes their account where `role` allows it.

    Raises AccountError: a closed account, nobody's account, or a name that is taken.
    """
    with database.transaction() as connection:
        editor = identities.find(connection, person.issuer, person.subject)
        if editor is None:
            editor = _made(connection, person, role, now)
        if editor.disabled_at is not None:
            raise AccountError("Your account here is closed. Ask an admin.")
        editors.forgive_login_failures(connection, tried, address)
        return login.begin_for(connection, key, editor, now, strong=True), editor


def _made(connection: Connection, person: Person, role: Role | None, now: datetime) -> Editor:
    if role not in {Role.VIEWER, Role.EDITOR}:
        raise _unknown(person, "You have no account here.")
    assert role is not None
    name = login.checked_name(person.name)
    if editors.find(connection, name) is not None:
        raise _unknown(person, "There is an account of your name here that is not linked to you.")
    editor = login.add_hashed(
        connection, name, login.unguessable_hash(), role, f"openid:{name}", now
    )
    identities.link(connection, editor.id, person.issuer, person.subject, now)
    return editor


def _unknown(person: Person, said: str) -> AccountError:
    return AccountError(
        f"{said} Ask an admin to link one to the subject {person.subject} (dateline editor link)."
    )


def link_editor(
    database: Database, *, name: str, issuer: str, subject: str, actor: str, now: datetime
) -> None:
    """Let somebody at the provider sign in to an account; raises AccountError."""
    if not issuer:
        raise AccountError("no OpenID provider is set: set DATELINE_OIDC_ISSUER first")
    if not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise AccountError(f"a subject has 1 to {LONGEST_SUBJECT} characters that can be printed")
    with database.transaction() as connection:
        editor = login.require_editor(connection, name)
        identities.link(connection, editor.id, issuer, subject, now)
        editors.audit(
            connection,
            actor=actor,
            action="editor.link",
            subject=editor.name,
            now=now,
            detail={"issuer": issuer, "subject": subject},
        )


def unlink_editor(database: Database, *, name: str, actor: str, now: datetime) -> int:
    """Let nobody at a provider sign in to an account any more; all its sessions end.

    Gives how many links there were. Raises AccountError.
    """
    with database.transaction() as connection:
        editor = login.require_editor(connection, name)
        gone = identities.unlink(connection, editor.id)
        editors.audit(connection, actor=actor, action="editor.unlink", subject=editor.name, now=now)
    return gone
