"""Accounts, sessions and invitations hold: who gets in, for how long, and what is kept of it."""

import ast
import inspect
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from db import Database, editors, open_database
from db.upgrade import upgrade
from pipeline import login
from pipeline.errors import AccountError
from pipeline.login import TooManyAttempts
from pipeline.model import Editor, Role

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = b"a key for tests only"
PASSWORD = "four quiet garden gates"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/dateline.db")
    upgrade(opened)
    yield opened
    opened.close()


def add(database: Database, name: str = "Awa", role: Role = Role.EDITOR, **more: str) -> Editor:
    values = {"password": PASSWORD, "actor": "shell"} | more
    return login.add_editor(database, name=name, role=role, now=NOW, **values)


def enter(
    database: Database,
    name: str = "Awa",
    password: str = PASSWORD,
    *,
    address: str = "192.0.2.1",
    now: datetime = NOW,
) -> str:
    return login.begin_session(
        database, KEY, name=name, password=password, address=address, now=now
    )


def everything_stored(database: Database) -> str:
    with database.reading() as connection:
        tables = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%search%'")
        ).scalars()
        return "\n".join(
            str(tuple(row))
            for table in tables
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))
        )


# Accounts


def test_an_editor_who_was_added_can_log_in(database: Database) -> None:
    made = add(database, "  Awa Traoré ")
    assert (made.name, made.role) == ("Awa Traoré", Role.EDITOR)
    assert login.session_of(database, KEY, enter(database, "awa traore"), NOW) == made


def test_a_name_is_taken_once_whatever_its_case_and_accents(database: Database) -> None:
    add(database, "Zoë")
    with pytest.raises(AccountError, match="already"):
        add(database, "ZOE")


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\0b", "!!!", "马" * 60])
def test_a_name_that_cannot_be_used_is_refused_with_what_to_do(
    database: Database, name: str
) -> None:
    with pytest.raises(AccountError, match="name"):
        add(database, name)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 1_001,
        "nul in \0 the middle",
        "half \ud800 of one",
        "Awa Traore",
        "Password123",
        "Dateline 2026!",
    ],
)
def test_a_password_that_will_not_do_is_refused(database: Database, password: str) -> None:
    with pytest.raises(AccountError, match="password"):
        add(database, "awa traore", password=password)


@pytest.mark.parametrize(
    "password", ["   spaces count   ", "пароль из слов", "x" * 1_000, "🌍" * 10]
)
def test_any_other_characters_make_a_password(database: Database, password: str) -> None:
    add(database, password=password)
    assert enter(database, password=password)


def test_every_character_of_a_long_password_counts(database: Database) -> None:
    add(database, password="p" * 100)
    for wrong in ("p" * 72, "p" * 72 + "q" + "p" * 27, "p" * 100 + "\0"):
        with pytest.raises(AccountError, match="not right"):
            enter(database, password=wrong)


def test_an_accent_typed_on_another_keyboard_is_the_same_password(database: Database) -> None:
    add(database, password="caf\u00e9 au lait sucr\u00e9")
    assert enter(database, password="cafe\u0301 au lait sucre\u0301")


def test_a_new_password_ends_every_session(database: Database) -> None:
    add(database)
    tokens = [enter(database), enter(database)]
    login.change_password(
        database, name="Awa", password="another long password", actor="shell", now=NOW
    )
    assert [login.session_of(database, KEY, token, NOW) for token in tokens] == [None, None]
    with pytest.raises(AccountError, match="not right"):
        enter(database)
    assert enter(database, password="another long password")


def test_changing_an_unknown_account_names_the_known_ones(database: Database) -> None:
    add(database)
    with pytest.raises(AccountError, match="there are: Awa"):
        login.change_password(database, name="Nobody", password=PASSWORD, actor="shell", now=NOW)


def test_a_closed_account_is_out_at_once(database: Database) -> None:
    add(database)
    token = enter(database)
    for _ in range(2):
        login.disable_editor(database, name="Awa", actor="shell", now=NOW)
    assert login.session_of(database, KEY, token, NOW) is None
    with pytest.raises(AccountError, match="not right"):
        enter(database)
    assert [each.disabled_at for each in login.list_editors(database)] == [NOW]


def test_the_last_admin_cannot_be_closed(database: Database) -> None:
    add(database, "Binta", Role.ADMIN)
    add(database, "Chad", Role.ADMIN)
    login.disable_editor(database, name="Chad", actor="Binta", now=NOW)
    with pytest.raises(AccountError, match="last admin"):
        login.disable_editor(database, name="Binta", actor="Binta", now=NOW)
    assert not login.needs_first_editor(database)


def test_an_editor_alone_is_not_the_first_admin(database: Database) -> None:
    assert login.needs_first_editor(database)
    add(database)
    assert login.needs_first_editor(database)


def test_every_account_change_is_in_the_audit_log_without_secrets(database: Database) -> None:
    add(database, "Binta", Role.ADMIN)
    add(database)
    login.change_password(
        database, name="Awa", password="another long password", actor="Binta", now=NOW
    )
    login.disable_editor(database, name="Awa", actor="Binta", now=NOW)
    invitation = login.invite(database, KEY, role=Role.EDITOR, now=NOW, actor="Binta")
    login.accept_invitation(database, KEY, invitation, name="Dédé", password=PASSWORD, now=NOW)
    with database.reading() as connection:
        trail = editors.audit_trail(connection)
    assert [(each.actor, each.action, each.subject) for each in reversed(trail)] == [
        ("shell", "editor.add", "Binta"),
        ("shell", "editor.add", "Awa"),
        ("Binta", "editor.password", "Awa"),
        ("Binta", "editor.disable", "Awa"),
        ("Binta", "editor.invite", "editor"),
        ("Dédé", "editor.add", "Dédé"),
    ]


# Sessions


def test_no_token_and_no_password_is_stored(database: Database) -> None:
    add(database)
    token = enter(database)
    invitation = login.invite(database, KEY, role=Role.EDITOR, now=NOW)
    stored = everything_stored(database)
    for secret in (token, invitation, PASSWORD, KEY.decode(), login.csrf_token(KEY, token)):
        assert secret not in stored
    assert "$argon2id$" in stored


def test_every_login_gives_another_token(database: Database) -> None:
    add(database)
    tokens = {enter(database) for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)


def test_a_token_under_another_key_lets_nobody_in(database: Database) -> None:
    add(database)
    token = enter(database)
    assert login.session_of(database, b"another key", token, NOW) is None
    assert login.session_of(database, KEY, "made up \ud800", NOW) is None


def test_a_session_ends_at_logout(database: Database) -> None:
    add(database)
    token = enter(database)
    login.end_session(database, KEY, token)
    assert login.session_of(database, KEY, token, NOW) is None


def test_a_session_ends_after_a_day_without_a_request(database: Database) -> None:
    add(database)
    token = enter(database)
    assert login.session_of(database, KEY, token, NOW + timedelta(hours=23))
    assert login.session_of(database, KEY, token, NOW + timedelta(hours=46))
    assert login.session_of(database, KEY, token, NOW + timedelta(hours=71)) is None


def test_a_session_ends_after_two_weeks_even_in_use(database: Database) -> None:
    add(database)
    token = enter(database)
    for hours in range(12, 14 * 24, 12):
        assert login.session_of(database, KEY, token, NOW + timedelta(hours=hours))
    assert login.session_of(database, KEY, token, NOW + timedelta(days=14)) is None


def test_use_is_noted_every_five_minutes_at_most(database: Database) -> None:
    add(database)
    token = enter(database)

    def seen_at() -> str:
        with database.reading() as connection:
            return str(connection.scalar(text("SELECT seen_at FROM sessions")))

    began = seen_at()
    login.session_of(database, KEY, token, NOW + timedelta(minutes=4))
    assert seen_at() == began
    login.session_of(database, KEY, token, NOW + timedelta(minutes=6))
    assert seen_at() > began


def test_a_form_token_belongs_to_one_session(database: Database) -> None:
    given = login.csrf_token(KEY, "one")
    assert login.is_csrf_token(KEY, "one", given)
    assert not login.is_csrf_token(KEY, "two", given)
    assert not login.is_csrf_token(KEY, "one", "é\ud800")


# Guessing


def test_unknown_wrong_and_closed_get_the_same_answer(database: Database) -> None:
    add(database)
    add(database, "Closed")
    login.disable_editor(database, name="Closed", actor="shell", now=NOW)
    answers = set()
    for name, password in (("Nobody", PASSWORD), ("Awa", "wrong password"), ("Closed", PASSWORD)):
        with pytest.raises(AccountError) as refused:
            enter(database, name, password)
        answers.add((type(refused.value), str(refused.value)))
    assert len(answers) == 1


def test_an_unknown_name_takes_as_long_as_a_known_one(database: Database) -> None:
    add(database)

    def seconds(name: str) -> float:
        began = time.perf_counter()
        with pytest.raises(AccountError):
            enter(database, name, "wrong password", address=f"{name}{began}")
        return time.perf_counter() - began

    seconds("Nobody")
    known = statistics.median(seconds("Awa") for _ in range(7))
    unknown = statistics.median(seconds("Nobody") for _ in range(7))
    assert unknown > known / 3


@pytest.mark.parametrize(
    ("name", "address"), [("Awa", "192.0.2.{}"), ("Nobody{}", "192.0.2.1")], ids=["name", "address"]
)
def test_the_eleventh_attempt_in_five_minutes_is_not_tried(
    database: Database, name: str, address: str
) -> None:
    add(database)
    for number in range(10):
        with pytest.raises(AccountError, match="not right"):
            enter(database, name.format(number), "wrong", address=address.format(number))
    with pytest.raises(TooManyAttempts, match="again in 5 minutes") as refused:
        enter(database, "Awa", address="192.0.2.1")
    assert refused.value.retry_after == 300
    assert enter(database, now=NOW + timedelta(minutes=6))


def test_a_thousand_failures_close_the_door_for_everybody(database: Database) -> None:
    add(database)
    with database.transaction() as connection:
        for number in range(1_000):
            editors.note_login_failure(connection, f"n{number}", f"a{number}", NOW)
    with pytest.raises(TooManyAttempts):
        enter(database)


def test_parallel_attempts_do_not_slip_past_the_limit(database: Database) -> None:
    add(database)

    def attempt(number: int) -> str:
        try:
            return enter(database, "Awa", "wrong", address=str(number))
        except AccountError as error:
            return type(error).__name__

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(attempt, range(40)))
    assert answers.count("AccountError") == 10
    assert answers.count("TooManyAttempts") == 30


def test_logging_in_forgives_the_typos_before_it(database: Database) -> None:
    add(database)
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(AccountError, match="not right"):
                enter(database, password="typo in password")
        assert enter(database)


def test_an_old_hash_is_renewed_at_login(database: Database) -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64),)).hash(PASSWORD)
    with database.transaction() as connection:
        editors.add(connection, "Awa", weak, Role.EDITOR, NOW)
    enter(database)
    assert weak not in everything_stored(database)
    assert enter(database)


# Invitations


def test_an_invitation_makes_one_account_with_its_role_and_logs_it_in(database: Database) -> None:
    link = login.invite(database, KEY, role=Role.ADMIN, now=NOW)
    assert login.invited_role(database, KEY, link, NOW) is Role.ADMIN
    token = login.accept_invitation(database, KEY, link, name="Awa", password=PASSWORD, now=NOW)
    found = login.session_of(database, KEY, token, NOW)
    assert found is not None
    assert (found.name, found.role) == ("Awa", Role.ADMIN)
    assert login.invited_role(database, KEY, link, NOW) is None
    with pytest.raises(AccountError, match="used already"):
        login.accept_invitation(database, KEY, link, name="Eve", password=PASSWORD, now=NOW)
    assert [each.name for each in login.list_editors(database)] == ["Awa"]


def test_links_for_the_first_editor_are_void_once_there_is_an_admin(database: Database) -> None:
    used, forgotten = (
        login.invite(database, KEY, role=Role.ADMIN, now=NOW, first=True) for _ in "12"
    )
    asked_for = login.invite(database, KEY, role=Role.ADMIN, now=NOW)
    assert login.invited_role(database, KEY, forgotten, NOW) is Role.ADMIN
    login.accept_invitation(database, KEY, used, name="Awa", password=PASSWORD, now=NOW)
    assert login.invited_role(database, KEY, forgotten, NOW) is None
    with pytest.raises(AccountError, match="used already"):
        login.accept_invitation(database, KEY, forgotten, name="Eve", password=PASSWORD, now=NOW)
    assert login.invited_role(database, KEY, asked_for, NOW) is Role.ADMIN


def test_an_invitation_lasts_a_week(database: Database) -> None:
    link = login.invite(database, KEY, role=Role.EDITOR, now=NOW)
    late = NOW + timedelta(days=7)
    with pytest.raises(AccountError, match="too old"):
        login.accept_invitation(database, KEY, link, name="Awa", password=PASSWORD, now=late)


def test_a_refused_name_leaves_the_invitation_good(database: Database) -> None:
    add(database)
    link = login.invite(database, KEY, role=Role.EDITOR, now=NOW)
    for name, password in (("Awa", PASSWORD), ("Eve", "short"), ("", PASSWORD)):
        with pytest.raises(AccountError):
            login.accept_invitation(database, KEY, link, name=name, password=password, now=NOW)
    assert login.accept_invitation(database, KEY, link, name="Eve", password=PASSWORD, now=NOW)


def test_of_two_who_use_an_invitation_at_once_one_gets_in(database: Database) -> None:
    link = login.invite(database, KEY, role=Role.EDITOR, now=NOW)

    def accept(name: str) -> bool:
        try:
            login.accept_invitation(database, KEY, link, name=name, password=PASSWORD, now=NOW)
        except AccountError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(accept, ["Awa", "Binta", "Chad", "Dede"])) == 1
    assert len(login.list_editors(database)) == 1


def test_an_account_closed_while_its_password_is_checked_stays_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database)
    verify = login.sessions.verify

    def meanwhile(password: str, hashed: str) -> tuple[bool, str | None]:
        login.disable_editor(database, name="Awa", actor="shell", now=NOW)
        return verify(password, hashed)

    monkeypatch.setattr(login.sessions, "verify", meanwhile)
    with pytest.raises(AccountError, match="not right"):
        enter(database)


def test_tokens_come_from_the_system_and_from_nothing_else() -> None:
    rooms = (login.accounts, login.factors, login.hashes, login.invitations, login.sessions)
    imported = {
        alias.name
        for room in rooms
        for node in ast.walk(ast.parse(inspect.getsource(room)))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert "secrets" in imported
    assert "random" not in imported
