"""The command as a whole: names, options, exit codes, and pure JSON on standard output."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any

import pytest
import structlog
import typer.main

from pipeline import __version__
from pipeline.cli import ROOMS, command_line, opening
from pipeline.model import MatchStatus
from pipeline.settings import Settings
from tests.cli.conftest import ROOT, Shell
from tests.making import a_feed

COMMANDS = (
    "run", "ingest", "check", "try", "evaluate", "backtest", "rematch", "articles", "publish", "jobs", "web",
    "demo", "doctor", "settings", "review.list", "review.approve", "review.reject",
    "review.reopen", "background.import", "background.show", "background.history", "sources.diff",
    "sources.export", "sources.adopt", "feeds.list", "feeds.add", "feeds.import", "feeds.export",
    "editor.add", "editor.list", "editor.disable", "editor.password", "db.upgrade", "db.backup",
    "db.restore", "db.stats", "db.prune",
)  # fmt: skip
LISTING = (
    "ingest", "check", "try", "evaluate", "backtest", "articles", "publish", "doctor", "settings",
    "review.list", "background.show", "background.history", "sources.diff", "feeds.list",
    "editor.list", "db.stats",
)  # fmt: skip
QUIET = (
    ("articles",), ("articles", "--all"), ("review", "list"), ("feeds", "list"), ("check",),
    ("sources", "diff"), ("editor", "list"), ("db", "stats"), ("settings",), ("publish",),
    ("background", "history", "mali"), ("background", "show", "mali"), ("try", "JNIM"),
)  # fmt: skip


def command(path: str) -> Any:
    found: Any = typer.main.get_command(command_line())
    for word in path.split("."):
        found = found.commands[word]
    return found


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_of_the_contract_is_there_and_explains_itself(path: str) -> None:
    assert command(path).help
    for parameter in command(path).params:
        assert parameter.help or parameter.name == "help"


def test_what_a_first_word_loads_is_all_there_is_of_it() -> None:
    whole: Any = typer.main.get_command(command_line())
    assert set(whole.commands) == set(ROOMS)
    for word, there in whole.commands.items():
        alone: Any = typer.main.get_command(command_line([word]))
        assert set(getattr(alone.commands[word], "commands", ())) == set(
            getattr(there, "commands", ())
        )


def test_a_short_command_does_not_load_the_web_server() -> None:
    loaded = (
        "import sys, pipeline.cli as c; c.command_line(['db']); print('fastapi' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"False\n"


@pytest.mark.parametrize("path", LISTING)
def test_every_listing_command_has_json(path: str) -> None:
    assert any("--json" in parameter.opts for parameter in command(path).params)


@pytest.mark.parametrize("words", QUIET, ids=" ".join)
def test_standard_output_with_json_is_json_and_nothing_else(
    filled: Shell, words: tuple[str, ...]
) -> None:
    assert filled.json(*words) is not None


def test_the_version_is_printed_without_any_settings(shell: Shell) -> None:
    shell.patch.setenv("DATELINE_PORT", "wrong")
    assert shell.run("--version").out == f"dateline {__version__}\n"


def test_without_a_command_the_commands_are_listed_as_a_usage_error(shell: Shell) -> None:
    answer = shell.run(status=2)
    assert "ingest" in answer.out + answer.err


@pytest.mark.parametrize("words", [("ingst",), ("db", "drop"), ("articles", "--colour")])
def test_what_the_command_line_does_not_know_is_a_usage_error(
    shell: Shell, words: tuple[str, ...]
) -> None:
    assert "No such" in shell.run(*words, status=2).err


def test_a_process_keeps_json_and_logs_apart(online: tuple[Shell, Any]) -> None:
    shell, _ = online
    done = shell.process("ingest", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["updated"] == 2
    logged = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["level"] for line in logged} == {"info"}
    assert any(line["event"].startswith("sahel-wire: updated") for line in logged)


def test_exit_codes_are_those_of_the_process(shell: Shell) -> None:
    failed = shell.process("review", "approve", "9")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("error: there is no match 9")
    shell.sources.write_text("version: 2\n", encoding="utf-8")
    wrong = shell.process("publish")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: sources.yaml:")
    assert "Traceback" not in failed.stderr + wrong.stderr


def test_closed_streams_are_no_reason_to_fail(shell: Shell) -> None:
    asked = [sys.executable, "-m", "pipeline", "settings"]
    closed = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *asked]
    environment = {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(closed, cwd=shell.folder, env=environment, check=False).returncode == 0


def test_a_reader_that_stops_reading_ends_the_command_quietly(shell: Shell) -> None:
    """As in `dateline try --jsonl - | head -1`."""
    row = json.dumps({"id": "x" * 1000, "title": "JNIM in Mali"}) + "\n"
    (shell.folder / "many.jsonl").write_text(row * 500, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "try", "--jsonl", "many.jsonl"],
        cwd=shell.folder, env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert json.loads(process.stdout.readline())["matches"]
        process.stdout.close()
        told = process.stderr.read()
    assert process.wait(timeout=20) == 1
    assert told == ""


# What every command opens


def test_a_user_the_system_does_not_know_answers_as_shell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_242_424)
    assert opening.shell_user() == "shell"
    monkeypatch.setenv("LOGNAME", "awa")
    assert opening.shell_user() == "awa"


def test_log_lines_are_json_or_readable_as_the_setting_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for chosen, shown in [("json", '"event": "tick"'), ("console", "tick"), ("", '"event"')]:
        opening.start_logging(Settings(log_format=chosen))  # type: ignore[arg-type]
        structlog.get_logger().info("tick", feeds=3)
        told = capsys.readouterr()
        assert shown in told.err
        assert told.out == ""


def test_what_libraries_log_is_json_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    opening.start_logging(Settings(log_format="json"))
    library = logging.Logger("some.library")
    library.addHandler(opening.LibraryLines())
    library.warning("%d of %d connections lost", 2, 3)
    try:
        raise OSError("no route")
    except OSError:
        library.exception("gave up")
    library.warning("%d is no number", "two")
    first, second, *rest = capsys.readouterr().err.splitlines()
    assert json.loads(first) | {"timestamp": ""} == {
        "event": "2 of 3 connections lost",
        "by": "some.library",
        "level": "warning",
        "timestamp": "",
    }
    assert "OSError: no route" in json.loads(second)["exception"]
    assert "--- Logging error ---" in rest


def test_values_for_other_programs_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    opening.print_json(
        {
            "feed": a_feed(),
            "at": datetime(2026, 11, 22, 12, tzinfo=UTC),
            "every": timedelta(minutes=30),
            "status": MatchStatus.PENDING,
            "words": frozenset({"b", "a"}),
            "titles": MappingProxyType({"mali": "Mali"}),
            "ids": range(2),
            "network": ip_network("127.0.0.0/8"),
            "text": "مالي é 😀 half \ud83d",
        }
    )
    told = capsys.readouterr().out
    assert "مالي é 😀 half \\ud83d" in told
    found = json.loads(told)
    assert (found["at"], found["every"]) == ("2026-11-22T12:00:00+00:00", 1800.0)
    assert (found["status"], found["words"], found["ids"]) == ("pending", ["a", "b"], [0, 1])
    assert (found["titles"], found["network"]) == ({"mali": "Mali"}, "127.0.0.0/8")
    assert found["feed"]["every"] == 1800.0
