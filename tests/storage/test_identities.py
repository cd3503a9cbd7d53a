"""Identities: one person at a provider has one account, and it goes with the account."""

import pytest

from db import Database, editors, identities
from pipeline.errors import AccountError
from pipeline.model import Role
from tests.making import NOON

ISSUER = "https://sso.example"


def test_a_person_has_one_account_found_by_issuer_and_subject(database: Database) -> None:
    with database.transaction() as connection:
        awa = editors.add(connection, "Awa", "h", Role.EDITOR, NOON)
        eve = editors.add(connection, "Eve", "h", Role.EDITOR, NOON)
        identities.link(connection, awa.id, ISSUER, "1", NOON)
    with pytest.raises(AccountError, match="already"), database.transaction() as connection:
        identities.link(connection, eve.id, ISSUER, "1", NOON)
    with database.reading() as connection:
        assert identities.find(connection, ISSUER, "1") == awa
        assert identities.find(connection, ISSUER, "2") is None
        assert identities.find(connection, "https://other.example", "1") is None


def test_unlinking_ends_the_sessions_of_that_account_only(database: Database) -> None:
    with database.transaction() as connection:
        awa = editors.add(connection, "Awa", "h", Role.EDITOR, NOON)
        eve = editors.add(connection, "Eve", "h", Role.EDITOR, NOON)
        for editor in (awa, eve):
            identities.link(connection, editor.id, ISSUER, editor.name, NOON)
            editors.begin_session(
                connection, editor.id, editor.name, NOON, NOON - NOON.replace(hour=0)
            )
        assert identities.unlink(connection, awa.id) == 1
    with database.reading() as connection:
        assert identities.find(connection, ISSUER, "Awa") is None
        assert identities.find(connection, ISSUER, "Eve") == eve
        assert not editors.sessions_of(connection, awa.id, NOON)
        assert editors.sessions_of(connection, eve.id, NOON)
