"""Who gets letters, from the shell: listed, exported, erased."""

import json

from db import open_database
from pipeline import enrol
from pipeline.model import Wants
from tests.cli.conftest import Shell
from tests.making import NOON


def test_subscribers_are_listed_exported_and_erased(shell: Shell) -> None:
    assert json.loads(shell.run("subscribers", "list", "--json").out) == []
    database = open_database(f"sqlite:///{shell.folder}/var/dateline.db")
    enrol.ask(database, "ada@example.org", Wants(conflicts=("mali",), zone="Asia/Tokyo"), NOON)
    [kept] = enrol.everybody(database)
    database.close()
    listed = shell.run("subscribers", "list").out
    assert "ada@example.org" in listed
    assert "unconfirmed" in listed
    exported = shell.run("subscribers", "export", "--json").out
    assert kept.nonce not in exported
    [one] = json.loads(exported)
    assert (one["address"], one["conflicts"], one["zone"]) == (
        "ada@example.org",
        ["mali"],
        "Asia/Tokyo",
    )
    assert shell.run("subscribers", "remove", "ADA@example.org").out == "Forgotten.\n"
    assert (
        "no such subscriber" in shell.run("subscribers", "remove", "ada@example.org", status=1).err
    )
    assert json.loads(shell.run("subscribers", "list", "--json").out) == []
