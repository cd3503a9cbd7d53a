"""Webhooks from the shell: the secret is shown once, the log says what became of calls."""

import json

from tests.cli.conftest import Shell


def test_a_webhook_is_added_listed_and_removed(shell: Shell) -> None:
    shell.run("check")
    added = shell.run("webhooks", "add", "https://example.org/hook")
    secret = added.out.splitlines()[-1]
    assert secret.startswith("whsec_")
    listed = shell.run("webhooks", "list").out
    assert "https://example.org/hook" in listed
    assert secret not in listed + shell.run("webhooks", "list", "--json").out
    [one] = json.loads(shell.run("webhooks", "list", "--json").out)
    assert (one["id"], one["conflict"]) == (1, "")
    assert json.loads(shell.run("webhooks", "log", "--json").out) == []
    assert "call" in shell.run("webhooks", "log").out
    assert shell.run("webhooks", "remove", "1").out == "Removed.\n"
    assert "no webhook 1" in shell.run("webhooks", "remove", "1", status=1).err


def test_a_webhook_needs_a_web_address(shell: Shell) -> None:
    assert "only http" in shell.run("webhooks", "add", "ftp://example.org/", status=1).err
