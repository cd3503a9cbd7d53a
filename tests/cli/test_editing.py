"""`review`, `background` and `editor`: what editors do from the shell."""

import getpass
from base64 import b32decode
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from db import digests, editors, reviews
from pipeline import login
from pipeline.cli.opening import out
from pipeline.login import begin_session
from pipeline.model import MatchStatus, Scope, Verdict
from pipeline.settings import load_settings, secret_key
from pipeline.stages.totp import code_at, step_at
from pipeline.tokens import caller_of
from tests.cli.conftest import ATTACK, JUNTA, Shell
from tests.making import NOON, an_article

APPROVED, PENDING, REJECTED = MatchStatus.APPROVED, MatchStatus.PENDING, MatchStatus.REJECTED
TRACKER_PAGE = Path(__file__).parents[2] / "../shared/reference/mali-tracker-page.txt"
PAGE = """\
---
title: Unrest in Niger
updated: 2026-10-02
---

## Background

Niger’s army took power in July 2023.

## Concerns

The junta left the regional bloc.
"""


# Review


def test_the_queue_lists_what_waits_best_first_with_the_words_found(filled: Shell) -> None:
    shown = filled.run("review", "list").out
    assert shown.index(ATTACK) < shown.index(JUNTA)
    assert "place: Kidal, Mali; subject: attacked" in shown
    filled.patch.setattr(out, "width", 80)
    narrow = filled.run("review", "list").out
    assert max(map(len, narrow.splitlines())) <= 80
    assert "Kidal" in narrow
    assert "publisher" not in narrow
    found = filled.json("review", "list")
    assert [each["id"] for each in found] == [1, 2]
    assert {"conflict", "status", "score", "hits", "title", "url", "publisher"} <= set(found[0])


def test_the_queue_is_filtered_by_conflict_status_and_number(filled: Shell) -> None:
    filled.run("review", "reject", "1")

    def listed(*words: str) -> list[int]:
        return [each["id"] for each in filled.json("review", "list", *words)]

    assert listed() == [2]
    assert listed("--status", "rejected") == [1]
    assert sorted(listed("--status", "all")) == [1, 2]
    assert listed("--status", "all", "--conflict", "niger") == [2]
    assert len(listed("--status", "all", "--limit", "1")) == 1


def test_an_empty_queue_says_so(shell: Shell) -> None:
    assert shell.run("review", "list").out == "Nothing is waiting.\n"
    assert shell.run("review", "list", "--status", "all").out == "There is no such match.\n"
    assert "all or one of pending" in shell.run("review", "list", "--status", "x", status=2).err


def test_a_match_without_headline_is_listed_by_its_summary(shell: Shell) -> None:
    shell.store(an_article("", path="bare", summary="JNIM attacks a convoy"))
    assert "JNIM attacks a convoy" in shell.run("review", "list").out


def test_several_verdicts_are_taken_at_once_and_logged_under_the_shells_user(
    filled: Shell,
) -> None:
    told = filled.run("review", "approve", "1", "2", "1").out
    assert told == "match 1 is now approved\nmatch 2 is now approved\n"
    with filled.database() as database, database.reading() as connection:
        log = reviews.log(connection)
    assert [(each.match_id, each.editor) for each in log] == [
        (2, getpass.getuser()),
        (1, getpass.getuser()),
    ]


def test_one_unknown_match_and_nothing_is_changed(filled: Shell) -> None:
    failed = filled.run("review", "approve", "1", "77", "2", status=1)
    assert "there is no match 77" in failed.err
    assert "`dateline review list --status all`" in failed.err
    assert failed.out == ""
    assert filled.statuses() == {1: PENDING, 2: PENDING}
    with filled.database() as database, database.reading() as connection:
        assert reviews.log(connection) == ()
        assert digests.slugs(connection) == ()


def test_reason_and_editor_are_kept_and_need_no_account(filled: Shell) -> None:
    filled.run("review", "reject", "2", "--reason", "sport", "--editor", "Awa Koné")
    with filled.database() as database, database.reading() as connection:
        (review,) = reviews.log(connection)
    assert (review.verdict, review.editor, review.reason) == (Verdict.REJECT, "Awa Koné", "sport")


def test_a_verdict_can_be_taken_back_and_taking_it_twice_changes_nothing(filled: Shell) -> None:
    filled.run("review", "approve", "1")
    assert "match 1 was already approved" in filled.run("review", "approve", "1").out
    assert "match 1 is now pending" in filled.run("review", "reopen", "1").out
    assert filled.statuses()[1] == PENDING
    assert "match 1 is now rejected" in filled.run("review", "reject", "1").out


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (("approve",), 2, "Missing argument"),
        (("approve", "one"), 2, "valid integer"),
        (("approve", "1", "--reason", "x" * 501), 1, "at most 500 characters"),
        (("approve", "1", "--editor", " "), 1, "editor's name"),
        (("approve", "9" * 30), 2, "9223372036854775807"),
    ],
)
def test_a_verdict_that_cannot_be_taken_changes_nothing(
    filled: Shell, words: tuple[str, ...], status: int, why: str
) -> None:
    assert why in filled.run("review", *words, status=status).err
    assert set(filled.statuses().values()) == {PENDING}


# Background


def test_a_page_becomes_a_conflicts_background_and_is_shown_as_written(shell: Shell) -> None:
    (shell.folder / "niger.md").write_text(PAGE, encoding="utf-8-sig")
    told = shell.run("background", "import", "niger.md", "--conflict", "niger").out
    assert "niger: revision 1, Unrest in Niger" in told
    assert "updated 2026-10-02, 0 captions" in told
    assert "Background: 7 words" in told
    shown = shell.run("background", "show", "niger").out
    assert "Niger’s army took power in July 2023." in shown
    (shell.folder / "again.md").write_text(shown, encoding="utf-8")
    shell.run("background", "import", "again.md", "--conflict", "niger")
    assert shell.run("background", "show", "niger").out == shown


def test_every_saved_state_stays_in_the_history_newest_first(shell: Shell) -> None:
    file = shell.folder / "niger.md"
    file.write_text(PAGE, encoding="utf-8")
    shell.run("background", "import", "niger.md", "--conflict", "niger")
    file.write_text(PAGE.replace("July 2023", "the summer of 2023"), encoding="utf-8")
    second = shell.json("background", "import", "niger.md", "--conflict", "niger")
    assert (second["conflict"], second["revision"]) == ("niger", 2)
    assert second["background"]["updated_on"] == "2026-10-02"
    found = shell.json("background", "history", "niger")
    assert [each["number"] for each in found] == [2, 1]
    assert "July 2023" in found[1]["background"]["sections"][0]["markdown"]
    table = shell.run("background", "history", "niger").out
    assert "imported" in table
    assert getpass.getuser() in table
    assert shell.json("background", "show", "niger")["title"] == "Unrest in Niger"


def test_the_shipped_background_is_there_from_the_first_command_on(shell: Shell) -> None:
    assert "## Background" in shell.run("background", "show", "mali").out
    (first,) = shell.json("background", "history", "mali")
    assert first["author"] == "Dateline"


def test_a_conflict_without_background_says_how_to_give_it_one(shell: Shell) -> None:
    told = shell.run("background", "show", "niger", status=1).err
    assert "`dateline background import FILE --conflict niger`" in told
    assert shell.json("background", "history", "niger") == []


@pytest.mark.parametrize(
    "command",
    [
        ("show", "malli"),
        ("history", "malli"),
        ("import", "niger.md", "--conflict", "malli"),
    ],
)
def test_a_background_of_an_unknown_conflict_names_the_known_ones(
    shell: Shell, command: tuple[str, ...]
) -> None:
    (shell.folder / "niger.md").write_text(PAGE, encoding="utf-8")
    told = shell.run("background", *command, status=1).err
    assert "there is no conflict 'malli' in sources.yaml; there are: mali, niger" in told


def test_a_file_that_is_no_page_is_refused_and_the_background_stays(shell: Shell) -> None:
    before = shell.run("background", "show", "mali").out
    (shell.folder / "latin.txt").write_bytes("Mali, caf\xe9".encode("latin-1"))
    (shell.folder / "empty.txt").write_text("", encoding="utf-8")
    for name, why in [
        ("gone.txt", "gone.txt cannot be read: No such file"),
        ("latin.txt", "latin.txt is not UTF-8 (byte 9): save it as UTF-8"),
        ("empty.txt", ""),
    ]:
        told = shell.run("background", "import", name, "--conflict", "mali", status=1).err
        assert told.startswith("error: ")
        assert why in told
    assert shell.run("background", "show", "mali").out == before
    assert len(shell.json("background", "history", "mali")) == 1


@pytest.mark.skipif(not TRACKER_PAGE.exists(), reason="the published page is not here")
def test_a_published_tracker_page_is_read_line_by_line(shell: Shell) -> None:
    found = shell.json("background", "import", str(TRACKER_PAGE), "--conflict", "mali")
    page = found["background"]
    assert found["revision"] == 2
    assert date.fromisoformat(page["updated_on"])
    assert len(page["captions"]) == 5
    assert all(caption["text"] and caption["credit"] for caption in page["captions"])
    sections = {section["kind"]: section["markdown"] for section in page["sections"]}
    assert list(sections)[:3] == ["background", "concerns", "recent-developments"]
    text = TRACKER_PAGE.read_text(encoding="utf-8")
    paragraphs = {line.strip() for line in text.splitlines() if line.strip()}
    for markdown in sections.values():
        assert all(part.strip() in paragraphs for part in markdown.split("\n\n") if part.strip())
    assert sum("’" in markdown for markdown in sections.values())
    told = shell.run("background", "import", str(TRACKER_PAGE), "--conflict", "mali").out
    assert "5 captions" in told
    assert "Latest News: empty" in told


# Accounts


def test_an_account_is_made_with_a_password_from_standard_input(shell: Shell) -> None:
    told = shell.run("editor", "add", "Awa", "--role", "admin", stdin="copper kettle moon\n").out
    assert told == "Awa can log in now, as admin.\n"
    with shell.database() as database:
        key = secret_key(load_settings())
        assert begin_session(
            database, key, name="Awa", password="copper kettle moon", address="::1", now=NOON
        )
        with database.reading() as connection:
            trail = editors.audit_trail(connection)
    assert (trail[0].actor, trail[0].action) == (getpass.getuser(), "editor.add")


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(shell: Shell) -> None:
    screen = shell.type("editor", "add", "Awa", answers=["copper kettle moon"] * 2)
    assert "Password: " in screen
    assert "Repeat for confirmation: " in screen
    assert "copper" not in screen
    assert "Awa can log in now, as editor." in screen


def test_an_admin_takes_a_second_factor_off(shell: Shell) -> None:
    shell.run("editor", "add", "Awa", "--role", "admin", stdin="copper kettle moon")
    assert "Awa has no second factor." in shell.run("editor", "factor", "Awa").out
    key = secret_key(load_settings())
    with shell.database() as database:
        awa = login.find_editor(database, "Awa")
        secret = b32decode(login.begin_factor(database, key, awa, NOON).secret.replace(" ", ""))
        code = code_at(secret, step_at(NOON))
        login.confirm_factor(database, key, awa, code, session="", now=NOON)
    assert "recovery codes left: 10" in shell.run("editor", "factor", "Awa").out
    assert "password alone again" in shell.run("editor", "factor", "Awa", "--off").out
    assert "no second factor" in shell.run("editor", "factor", "Awa", "--off", status=1).err


def test_accounts_are_listed_closed_and_given_new_passwords(shell: Shell) -> None:
    assert "`dateline editor add NAME --role admin`" in shell.run("editor", "list").out
    shell.run("editor", "add", "Awa", "--role", "admin", stdin="copper kettle moon")
    shell.run("editor", "add", "Bo", stdin="another long word\r\n")
    assert (
        "The password of Bo is changed."
        in shell.run("editor", "password", "Bo", stdin="yet another one\n").out
    )
    assert shell.run("editor", "disable", "Bo").out == "Bo can no longer log in.\n"
    found = shell.json("editor", "list")
    assert [(each["name"], each["role"], bool(each["disabled_at"])) for each in found] == [
        ("Awa", "admin", False),
        ("Bo", "editor", True),
    ]
    assert not any("password" in key for each in found for key in each)
    table = shell.run("editor", "list").out
    assert "active" in table
    assert "disabled" in table
    assert all(datetime.fromisoformat(each["created_at"]).tzinfo for each in found)


def test_an_account_is_linked_to_somebody_at_the_provider_and_unlinked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Awa", "Bo"):
        shell.run("editor", "add", name, stdin="copper kettle moon")
    assert "set DATELINE_OIDC_ISSUER first" in shell.run("editor", "link", "Awa", "1", status=1).err
    monkeypatch.setenv("DATELINE_OIDC_ISSUER", "https://sso.example")
    monkeypatch.setenv("DATELINE_OIDC_CLIENT_ID", "dateline")
    monkeypatch.setenv("DATELINE_OIDC_CLIENT_SECRET", "tea-pot")
    told = shell.run("editor", "link", "Awa", "1").out
    assert "Awa is linked to 1 at https://sso.example." in told
    assert "linked to an account already" in shell.run("editor", "link", "Bo", "1", status=1).err
    assert "printed" in shell.run("editor", "link", "Bo", "", status=1).err
    assert shell.run("editor", "unlink", "awa").out == "awa: links that are gone: 1\n"
    assert "Bo is linked" in shell.run("editor", "link", "Bo", "1").out


@pytest.mark.parametrize(
    ("words", "stdin", "why"),
    [
        (("add", "Bo"), "", "no password came on standard input"),
        (("add", "Bo"), "short\n", "10 to 1000 characters"),
        (("add", "Awa"), "copper kettle moon\n", "Awa"),
        (("add", " "), "copper kettle moon\n", "name"),
        (("password", "Nobody"), "copper kettle moon\n", "there is no editor named Nobody"),
        (("disable", "Nobody"), "", "there are: Awa"),
        (("disable", "Awa"), "", "last admin"),
    ],
)
def test_an_account_that_cannot_be_made_or_changed_is_explained(
    shell: Shell, words: tuple[str, ...], stdin: str, why: str
) -> None:
    shell.run("editor", "add", "Awa", "--role", "admin", stdin="copper kettle moon")
    told = shell.run("editor", *words, stdin=stdin, status=1).err
    assert told.startswith("error: ")
    assert why in told
    assert [each["name"] for each in shell.json("editor", "list")] == ["Awa"]


def test_a_role_that_is_none_is_a_usage_error(shell: Shell) -> None:
    assert "admin" in shell.run("editor", "add", "Bo", "--role", "boss", status=2).err


def test_an_invitation_is_a_link_to_the_public_address(shell: Shell) -> None:
    shell.patch.setenv("DATELINE_BASE_URL", "https://tracker.example/")
    link = shell.run("editor", "invite", "--role", "admin").out.strip()
    assert link.startswith("https://tracker.example/invite/")
    assert len(link.rpartition("/")[2]) >= 40


def test_a_token_of_the_api_is_printed_once(shell: Shell) -> None:
    shell.run("editor", "add", "Awa", stdin="copper kettle moon")
    token = shell.run("editor", "token", "Awa", "--scope", "read", "--days", "7").out.strip()
    with shell.database() as database:
        found = caller_of(database, secret_key(load_settings()), token, datetime.now(UTC))
        assert found is not None
        assert (found.editor.name, found.token.scopes) == ("Awa", {Scope.READ})
