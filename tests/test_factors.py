"""A second factor: a code after the password, good once; lost apps, thieves with time."""

from base64 import b32decode
from datetime import datetime, timedelta

import pytest

from db import Database, editors
from db.tables import recovery_codes, second_factors
from pipeline import login
from pipeline.errors import AccountError
from pipeline.login import CodeNeeded, StepOver, TooManyAttempts
from pipeline.model import Editor, Role
from pipeline.stages.totp import PERIOD, code_at, step_at
from tests.making import NOON as NOW
from tests.racing import at_once

KEY = b"a key for tests only"
PASSWORD = "four quiet garden gates"
HOME = "192.0.2.7"


class App:
    """An authenticator app that holds the secret it was given."""

    def __init__(self, secret: str) -> None:
        self.secret = b32decode(secret.replace(" ", ""))

    def code(self, now: datetime) -> str:
        return code_at(self.secret, step_at(now))


class Person:
    """Somebody with an account, and soon with a second factor."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.editor: Editor = login.add_editor(
            database, name="Awa", password=PASSWORD, role=Role.ADMIN, actor="test", now=NOW
        )
        self.app = App(login.begin_factor(database, KEY, self.editor, NOW).secret)
        with database.transaction() as connection:
            self.session, self.elsewhere = (
                login.begin_for(connection, KEY, self.editor, NOW) for _ in range(2)
            )
        self.codes = login.confirm_factor(
            database,
            KEY,
            self.editor,
            self.app.code(NOW),
            session=login.hash_of(KEY, self.session),
            now=NOW,
        )
        self.later()

    def later(self, passed: timedelta = timedelta(minutes=1)) -> None:
        self.now += passed

    def step(self) -> str:
        with pytest.raises(CodeNeeded) as needed:
            login.begin_session(
                self.database, KEY, name="Awa", password=PASSWORD, address=HOME, now=self.now
            )
        return needed.value.step

    def finish(self, step: str, code: str, *, key: bytes = KEY) -> str:
        return login.finish_session(
            self.database, key, step=step, code=code, address=HOME, now=self.now
        )

    def come_in(self, code: str = "") -> str:
        return self.finish(self.step(), code or self.app.code(self.now))

    def is_in(self, session: str) -> bool:
        return login.session_of(self.database, KEY, session, self.now) is not None


@pytest.fixture
def awa(database: Database) -> Person:
    return Person(database)


@pytest.fixture
def ada(sqlite: Database) -> Person:
    return Person(sqlite)


def test_a_login_asks_for_a_code_and_each_code_lets_in_once(awa: Person) -> None:
    step = awa.step()
    code = awa.app.code(awa.now)
    assert awa.is_in(awa.finish(step, code))
    with pytest.raises(AccountError, match="not right"):
        awa.finish(awa.step(), code)
    awa.later()
    assert awa.is_in(awa.come_in())


def test_of_two_who_hold_the_same_code_one_gets_in(awa: Person) -> None:
    step, code = awa.step(), awa.app.code(awa.now)
    found = at_once(*[lambda: awa.finish(step, code)] * 2)
    assert sum(isinstance(each, str) for each in found) == 1
    assert sum(isinstance(each, AccountError) for each in found) == 1


def test_until_a_first_code_confirms_it_the_password_alone_does(sqlite: Database) -> None:
    editor = login.add_editor(
        sqlite, name="Awa", password=PASSWORD, role=Role.EDITOR, actor="test", now=NOW
    )
    login.begin_factor(sqlite, KEY, editor, NOW)
    with pytest.raises(AccountError, match="not right"):
        login.confirm_factor(sqlite, KEY, editor, "000000", session="", now=NOW)
    assert login.factor_of(sqlite, editor) is None
    assert login.begin_session(sqlite, KEY, name="Awa", password=PASSWORD, address=HOME, now=NOW)
    first = login.resume_factor(sqlite, KEY, editor)
    assert login.begin_factor(sqlite, KEY, editor, NOW) != first


def test_turning_it_on_ends_other_sessions_and_cannot_be_done_twice(ada: Person) -> None:
    assert ada.is_in(ada.session)
    assert not ada.is_in(ada.elsewhere)
    with pytest.raises(AccountError, match="already"):
        login.begin_factor(ada.database, KEY, ada.editor, ada.now)
    with pytest.raises(AccountError, match="Begin anew"):
        login.confirm_factor(
            ada.database, KEY, ada.editor, ada.app.code(ada.now), session="", now=ada.now
        )
    assert login.resume_factor(ada.database, KEY, ada.editor) is None


def test_a_recovery_code_stands_in_once_and_is_kept_as_a_hash(awa: Person) -> None:
    assert len(set(awa.codes)) == login.RECOVERY_CODES
    with awa.database.reading() as connection:
        kept = {row.code_hash for row in connection.execute(recovery_codes.select())}
    assert kept.isdisjoint({code.replace("-", "") for code in awa.codes})
    assert awa.is_in(awa.come_in(awa.codes[0].lower().replace("-", " ")))
    with pytest.raises(AccountError, match="not right"):
        awa.come_in(awa.codes[0])
    found = login.factor_of(awa.database, awa.editor)
    assert found is not None
    assert found.codes_left == login.RECOVERY_CODES - 1
    with awa.database.reading() as connection:
        assert "editor.factor_recovery" in [each.action for each in editors.audit_trail(connection)]


def test_new_recovery_codes_replace_the_old_ones(ada: Person) -> None:
    fresh = login.renew_codes(ada.database, KEY, ada.editor, ada.app.code(ada.now), ada.now)
    assert set(fresh).isdisjoint(ada.codes)
    with pytest.raises(AccountError, match="not right"):
        ada.come_in(ada.codes[3])
    assert ada.is_in(ada.come_in(fresh[3]))


def test_guessing_codes_is_slowed_down_and_then_stopped(ada: Person) -> None:
    step = ada.step()
    for _ in range(login.ATTEMPTS_PER_ACCOUNT - 1):
        with pytest.raises(AccountError, match="not right"):
            ada.finish(step, "000000")
    with pytest.raises(TooManyAttempts):
        ada.finish(step, ada.app.code(ada.now))
    # Right passwords in between forgive nothing, and patience does not help either.
    for _ in range(2):
        ada.later(login.ATTEMPTS_WINDOW + timedelta(minutes=1))
        step = ada.step()
        for _ in range(login.ATTEMPTS_PER_ACCOUNT - 1):
            with pytest.raises(AccountError):
                ada.finish(step, "000000")
    ada.later(timedelta(hours=1))
    with pytest.raises(AccountError, match="recovery code, or ask an admin"):
        ada.come_in()
    assert ada.is_in(ada.come_in(ada.codes[0]))
    assert ada.is_in(ada.come_in()), "a right code clears the count"


@pytest.mark.parametrize(
    "forge",
    [
        lambda step: "",
        lambda step: step[:-1] + ("0" if step[-1] != "0" else "1"),
        lambda step: "2" + step[1:],
        lambda step: step.replace(".", ".1", 1),
        lambda step: step + "0",
        lambda step: "1.99999999999." + "0" * 64,
        lambda step: "x" * 5_000,
        lambda step: "\u0661" + step[1:],
    ],
)
def test_no_code_helps_whoever_did_not_give_the_password(ada: Person, forge) -> None:
    with pytest.raises(StepOver):
        ada.finish(forge(ada.step()), ada.app.code(ada.now))


def test_a_step_is_over_in_minutes_with_another_key_and_with_a_new_password(ada: Person) -> None:
    step = ada.step()
    with pytest.raises(StepOver):
        ada.finish(step, ada.app.code(ada.now), key=b"another key, that is not ours")
    ada.later(login.STEP_LIFETIME + timedelta(seconds=PERIOD))
    with pytest.raises(StepOver):
        ada.finish(step, ada.app.code(ada.now))
    step = ada.step()
    login.change_password(
        ada.database, name="Awa", password="five other garden gates", actor="test", now=ada.now
    )
    with pytest.raises(StepOver):
        ada.finish(step, ada.app.code(ada.now))


def test_a_closed_account_gets_no_further_with_a_code(ada: Person) -> None:
    step = ada.step()
    login.add_editor(
        ada.database, name="Binta", password=PASSWORD, role=Role.ADMIN, actor="test", now=ada.now
    )
    login.disable_editor(ada.database, name="Awa", actor="test", now=ada.now)
    with pytest.raises(StepOver):
        ada.finish(step, ada.app.code(ada.now))


def test_a_stolen_database_makes_no_code(ada: Person) -> None:
    with ada.database.reading() as connection:
        [row] = connection.execute(second_factors.select()).all()
    assert ada.app.secret.hex() not in str(row)
    assert bytes.fromhex(row.nonce) not in ada.app.secret
    step = ada.step()
    with pytest.raises(AccountError, match="not right"):
        ada.finish(step, code_at(bytes.fromhex(row.nonce), step_at(ada.now)))


def test_its_owner_takes_it_off_with_a_code_and_an_admin_without(awa: Person) -> None:
    with pytest.raises(AccountError, match="not right"):
        login.remove_own_factor(awa.database, KEY, awa.editor, "000000", session="", now=awa.now)
    login.remove_own_factor(
        awa.database,
        KEY,
        awa.editor,
        awa.app.code(awa.now),
        session=login.hash_of(KEY, awa.session),
        now=awa.now,
    )
    assert login.factor_of(awa.database, awa.editor) is None
    assert awa.is_in(awa.session)
    with awa.database.reading() as connection:
        assert not connection.execute(recovery_codes.select()).all()
    with pytest.raises(AccountError, match="no second factor"):
        login.require_code(awa.database, KEY, awa.editor, "123456", awa.now)
    with pytest.raises(AccountError, match="no second factor"):
        login.remove_factor(awa.database, name="Awa", actor="root", now=awa.now)

    again = App(login.begin_factor(awa.database, KEY, awa.editor, awa.now).secret)
    assert again.secret != awa.app.secret
    login.confirm_factor(
        awa.database, KEY, awa.editor, again.code(awa.now), session="", now=awa.now
    )
    assert login.with_factors(awa.database) == {awa.editor.id}
    login.remove_factor(awa.database, name="Awa", actor="root", now=awa.now)
    assert login.begin_session(
        awa.database, KEY, name="Awa", password=PASSWORD, address=HOME, now=awa.now
    )
    with awa.database.reading() as connection:
        actions = [each.action for each in editors.audit_trail(connection)]
    assert actions.count("editor.factor_off") == 2


def test_a_present_password_changes_the_password_and_the_factor_stays(ada: Person) -> None:
    session = login.change_own_password(
        ada.database,
        KEY,
        editor=ada.editor,
        old=PASSWORD,
        new="five other garden gates",
        address=HOME,
        now=ada.now,
    )
    assert ada.is_in(session)
    assert login.factor_of(ada.database, ada.editor) is not None
