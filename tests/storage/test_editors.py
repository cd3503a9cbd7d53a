"""Accounts: names taken once, sessions that end, invitations that work once, failures counted."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from db import Database, editors
from pipeline.errors import AccountError
from pipeline.model import Editor, Role
from tests.making import NOON
from tests.racing import at_once

HOUR = timedelta(hours=1)
LIFETIME, IDLE = timedelta(hours=12), timedelta(hours=2)


def add(database: Database, name: str, role: Role = Role.EDITOR) -> Editor:
    with database.transaction() as connection:
        return editors.add(connection, name, f"hash of {name}", role, NOON)


def begin(database: Database, editor: Editor, token: str = "t", hours: int = 0) -> None:
    with database.transaction() as connection:
        editors.begin_session(connection, editor.id, token, NOON + hours * HOUR, LIFETIME)


def who(database: Database, token: str = "t", hours: float = 0) -> str | None:
    with database.reading() as connection:
        found = editors.in_session(connection, token, NOON + hours * HOUR, IDLE)
    return found and found[0].name


def test_an_account_is_found_by_its_name_however_it_is_typed(database: Database) -> None:
    ada = add(database, "Ada Traoré", Role.ADMIN)
    with database.reading() as connection:
        assert editors.find(connection, "  ada TRAORE ") == (ada, "hash of Ada Traoré")
        assert editors.find(connection, "eve") is None
        assert editors.find(connection, "") is None
    assert (ada.role, ada.created_at, ada.disabled_at) == (Role.ADMIN, NOON, None)


def test_a_name_is_taken_once_whatever_its_case_and_accents(database: Database) -> None:
    add(database, "Zoé")
    with pytest.raises(AccountError, match="named zoe already"):
        add(database, "zoe")
    add(database, "Ada")
    with database.reading() as connection:
        assert [each.name for each in editors.everyone(connection)] == ["Ada", "Zoé"]


def test_a_name_asked_for_at_the_same_moment_is_given_once(database: Database) -> None:
    results = at_once(*[lambda: add(database, "Ada")] * 4)
    assert sorted(type(each).__name__ for each in results) == ["AccountError"] * 3 + ["Editor"]


def test_only_admins_who_can_log_in_count(database: Database) -> None:
    ada, eve = add(database, "Ada", Role.ADMIN), add(database, "Eve", Role.ADMIN)
    add(database, "Bo")
    with database.transaction() as connection:
        editors.disable(connection, eve.id, NOON)
        assert editors.enabled_admins(connection) == (ada,)


def test_a_session_ends_when_it_is_idle_and_lives_when_it_is_used(database: Database) -> None:
    begin(database, add(database, "Ada"))
    assert who(database, hours=1.9) == "Ada"
    assert who(database, hours=2) is None
    with database.transaction() as connection:
        editors.note_seen(connection, "t", NOON + 1.9 * HOUR)
    assert who(database, hours=3.8) == "Ada"
    assert who(database, "another") is None


def test_a_session_ends_at_last_however_much_it_is_used(database: Database) -> None:
    begin(database, add(database, "Ada"))
    with database.transaction() as connection:
        editors.note_seen(connection, "t", NOON + 11.9 * HOUR)
    assert who(database, hours=11.9) == "Ada"
    assert who(database, hours=12) is None


def test_a_session_tells_when_it_was_last_used(database: Database) -> None:
    begin(database, add(database, "Ada"))
    with database.reading() as connection:
        found = editors.in_session(connection, "t", NOON + HOUR, IDLE)
    assert found is not None
    assert found[1] == NOON


def test_logging_out_ends_one_session_only(database: Database) -> None:
    ada = add(database, "Ada")
    begin(database, ada, "laptop")
    begin(database, ada, "phone")
    with database.transaction() as connection:
        editors.end_session(connection, "laptop")
    assert (who(database, "laptop"), who(database, "phone")) == (None, "Ada")


@pytest.mark.parametrize("how", ["password", "disable"])
def test_a_new_password_or_a_closed_account_ends_all_its_sessions(
    database: Database, how: str
) -> None:
    ada, eve = add(database, "Ada"), add(database, "Eve")
    begin(database, ada, "laptop")
    begin(database, ada, "phone")
    begin(database, eve, "eve")
    with database.transaction() as connection:
        if how == "password":
            editors.set_password(connection, ada.id, "new")
        else:
            editors.disable(connection, ada.id, NOON)
    assert [who(database, token) for token in ("laptop", "phone", "eve")] == [None, None, "Eve"]


def test_a_closed_account_keeps_its_name_and_cannot_act(database: Database) -> None:
    ada = add(database, "Ada")
    with database.transaction() as connection:
        editors.disable(connection, ada.id, NOON + HOUR)
        [closed] = editors.everyone(connection)
    assert closed.disabled_at == NOON + HOUR
    begin(database, ada)
    assert who(database) is None


def test_hashing_a_password_anew_keeps_the_sessions(database: Database) -> None:
    ada = add(database, "Ada")
    begin(database, ada)
    with database.transaction() as connection:
        editors.rehash(connection, ada.id, "stronger")
        found = editors.find(connection, "Ada")
    assert found == (ada, "stronger")
    assert who(database) == "Ada"


def test_an_invitation_works_once_and_not_for_ever(database: Database) -> None:
    with database.transaction() as connection:
        editors.invite(connection, "first", Role.ADMIN, NOON, HOUR)
        editors.invite(connection, "late", Role.EDITOR, NOON, HOUR)
        assert editors.invitation(connection, "first", NOON) is Role.ADMIN
        assert editors.use_invitation(connection, "first", NOON)
        assert not editors.use_invitation(connection, "first", NOON)
        assert editors.invitation(connection, "first", NOON) is None
        assert editors.invitation(connection, "late", NOON + HOUR) is None
        assert not editors.use_invitation(connection, "late", NOON + HOUR)
        assert editors.invitation(connection, "guessed", NOON) is None


def test_an_invitation_used_at_the_same_moment_lets_one_in(database: Database) -> None:
    with database.transaction() as connection:
        editors.invite(connection, "first", Role.ADMIN, NOON, HOUR)

    def use(name: str) -> Callable[[], bool]:
        def work() -> bool:
            with database.transaction() as connection:
                used = editors.use_invitation(connection, "first", NOON)
                if used:
                    editors.add(connection, name, "", Role.ADMIN, NOON)
                return used

        return work

    assert sorted(map(str, at_once(use("Ada"), use("Eve"), use("Bo")))) == ["False"] * 2 + ["True"]
    with database.reading() as connection:
        assert len(editors.everyone(connection)) == 1


def test_failed_logins_are_counted_by_name_address_and_in_all(database: Database) -> None:
    def counts(name: str, address: str, hours: float = -1) -> tuple[int, int, int]:
        with database.reading() as connection:
            return editors.login_failures_since(connection, name, address, NOON + hours * HOUR)

    with database.transaction() as connection:
        editors.note_login_failure(connection, "Ada", "10.0.0.1", NOON)
        editors.note_login_failure(connection, "adá", "10.0.0.2", NOON)
        editors.note_login_failure(connection, "Eve", "10.0.0.1", NOON)
        editors.note_login_failure(connection, "x" * 5_000, "10.0.0.9", NOON)
    assert counts("ADA", "10.0.0.1") == (2, 2, 4)
    assert counts("x" * 5_000, "10.0.0.9") == (1, 1, 4)
    assert counts("nobody", "10.0.0.3") == (0, 0, 4)
    assert counts("Ada", "10.0.0.1", hours=0) == (0, 0, 0)

    with database.transaction() as connection:
        editors.forgive_login_failures(connection, "ada", "10.0.0.1")
    assert counts("Ada", "10.0.0.1") == (1, 1, 3)


def test_sweeping_forgets_only_what_has_ended(database: Database) -> None:
    ada = add(database, "Ada")
    begin(database, ada, "old", hours=-13)
    begin(database, ada, "new")
    with database.transaction() as connection:
        editors.invite(connection, "used", Role.EDITOR, NOON, 99 * HOUR)
        editors.use_invitation(connection, "used", NOON)
        editors.invite(connection, "open", Role.EDITOR, NOON, 99 * HOUR)
        editors.note_login_failure(connection, "Ada", "10.0.0.1", NOON - 25 * HOUR)
        editors.note_login_failure(connection, "Ada", "10.0.0.1", NOON)
        editors.sweep(connection, NOON + HOUR)
        assert editors.login_failures_since(connection, "Ada", "", NOON - 99 * HOUR)[0] == 1
        assert not editors.use_invitation(connection, "used", NOON + HOUR)
        editors.sweep(connection, NOON + 25 * HOUR)
        assert editors.invitation(connection, "open", NOON + 25 * HOUR) is Role.EDITOR
    assert who(database, "new") is None


def test_the_audit_log_is_only_added_to_and_newest_first(database: Database) -> None:
    with database.transaction() as connection:
        editors.audit(connection, actor="ada", action="editor.add", subject="eve", now=NOON)
        editors.audit(
            connection,
            actor="eve",
            action="sources.adopt",
            subject="mali",
            now=NOON + HOUR,
            detail={"why": "l’été", "count": 3},
        )
        newest, oldest = editors.audit_trail(connection)
        assert editors.audit_trail(connection, limit=1) == (newest,)
    assert (newest.actor, newest.detail) == ("eve", {"why": "l’été", "count": 3})
    assert (oldest.at, oldest.action, oldest.subject, oldest.detail) == (
        NOON,
        "editor.add",
        "eve",
        {},
    )
