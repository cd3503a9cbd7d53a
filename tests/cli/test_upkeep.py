"""`publish`, `settings`, `doctor` and `db`: the operator's commands."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import runs
from tests.cli.conftest import ATTACK, MARKET, Shell
from tests.making import an_article

# publish


def test_publishing_writes_the_contracts_files_and_a_second_time_nothing(filled: Shell) -> None:
    filled.run("review", "approve", "1")
    report = filled.json("publish")
    assert set(report) == {"files", "changed", "editions", "editions_corrected"}
    assert len(report["changed"]) == report["files"]
    assert {"index.html", "latest-news.atom", "conflicts/mali/index.html"} <= set(report["changed"])
    assert all((filled.public / path).is_file() for path in report["changed"])
    again = filled.json("publish")
    assert (again["files"], again["changed"]) == (report["files"], [])
    told = filled.run("publish").out
    assert told == f"{report['files']} files in var/public, 0 changed.\n"


def test_a_due_edition_is_made_once_and_rebuilt_byte_for_byte(filled: Shell) -> None:
    with closing(sqlite3.connect(filled.folder / "var" / "dateline.db")) as database, database:
        database.execute("UPDATE conflicts SET declared_at = '2026-01-01 00:00:00.000000'")
    made = filled.json("publish")["editions"]
    assert [(each["number"], each["conflict"]) for each in made] == [(1, "mali"), (2, "niger")]
    assert filled.json("publish")["editions"] == []
    day = made[0]["day"]
    assert (filled.public / "conflicts" / "mali" / day / "index.html").is_file()
    told = f"Edition 1, mali {day}, revision 1: rebuilt byte for byte.\n"
    assert filled.run("publish", "--verify", "1").out == told
    assert filled.run("publish", "--verify", f"mali/{day}").out == told
    assert filled.json("publish", "--verify", "2")[0]["differences"] == []
    with closing(sqlite3.connect(filled.folder / "var" / "dateline.db")) as database, database:
        database.execute("UPDATE edition_revisions SET manifest = replace(manifest, 'mali', 'x')")
    broken = filled.run("publish", "--verify", "1", status=1).out
    assert "revision 1: differs." in broken
    assert "  html: rebuilt " in broken
    unknowns = (("9", 1), ("9" * 25, 1), ("niger/1999-01-01", 1), ("today", 2), ("mali/today", 2))
    for unknown, status in unknowns:
        filled.run("publish", "--verify", unknown, status=status)


def test_a_corrected_edition_is_told_when_publishing(filled: Shell) -> None:
    filled.run("review", "approve", "1")
    with closing(sqlite3.connect(filled.folder / "var" / "dateline.db")) as database, database:
        database.execute("UPDATE conflicts SET declared_at = '2026-01-01 00:00:00.000000'")
        database.execute("UPDATE matches SET decided_at = '2026-01-01 00:00:00.000000'")
        # As if an edition had been made long ago: everything since is in the next one.
        database.execute(
            "INSERT INTO digest_editions VALUES (1, 'mali', '2025-12-30', 'tag:1',"
            " '2025-12-30 06:00:00.000000', '2025-12-31 06:00:00.000000', 0,"
            " '2025-12-31 06:00:00.000000', '2025-12-31 06:00:00.000000', 1)"
        )
    told = filled.run("publish").out
    assert ", 1 stories" not in told
    assert "Edition 2: Instability in Mali: " in told
    assert ", 1 story.\n" in told
    filled.run("review", "reject", "1", "--reason", "wrong place")
    assert f"Edition 2 corrected: “{ATTACK}” was withdrawn.\n" in filled.run("publish").out


def test_a_folder_that_cannot_be_written_is_a_clear_error(shell: Shell) -> None:
    (shell.folder / "taken").touch()
    shell.patch.setenv("DATELINE_PUBLIC_DIR", "taken/public")
    told = shell.run("publish", status=1).err
    assert "error: taken/public cannot be written: " in told
    assert "DATELINE_PUBLIC_DIR" in told


# settings


def test_settings_are_shown_with_value_origin_and_meaning_and_no_secret(shell: Shell) -> None:
    (shell.folder / ".env").write_text("DATELINE_HOST=0.0.0.0\nDATELINE_SECRET_KEY=hunter2\n")
    shell.patch.setenv("DATELINE_PORT", "9000")
    found = shell.json("settings")
    assert found["DATELINE_PORT"] == {"value": "9000", "origin": "environment"}
    assert found["DATELINE_HOST"] == {"value": "0.0.0.0", "origin": ".env"}
    assert found["DATELINE_BASE_URL"]["origin"] == "default"
    told = shell.run("settings").out
    assert "Port the service listens on" in told
    assert "hunter2" not in told + json.dumps(found)


def test_a_name_that_is_no_setting_is_pointed_out(shell: Shell) -> None:
    shell.patch.setenv("DATELINE_PROT", "9000")
    answer = shell.run("settings", "--json")
    assert "DATELINE_PROT: is no setting (did you mean DATELINE_PORT?)" in answer.err
    assert json.loads(answer.out)["DATELINE_PORT"]["value"] == "8000"


@pytest.mark.parametrize("command", ["settings", "run", "articles", "doctor", "check"])
def test_wrong_settings_are_all_named_before_anything_else(shell: Shell, command: str) -> None:
    shell.patch.setenv("DATELINE_PORT", "http")
    shell.patch.setenv("DATELINE_DATABASE_URL", "mysql://x")
    failed = shell.run(command, status=2)
    assert failed.out == ""
    assert failed.err.count("error: DATELINE_") == 2


# doctor


def test_doctor_says_what_is_wrong_and_what_to_do(empty_shell: Shell) -> None:
    told = empty_shell.run("doctor", status=1).out
    assert "well  sources: 2 feeds, 2 conflicts" in told
    assert (
        "bad   database: there is no database at var/dateline.db yet\n      → `dateline run`"
        in told
    )
    found = empty_shell.json("doctor", status=1)
    assert all(set(each) == {"level", "about", "what", "advice"} for each in found)
    assert {each["level"] for each in found} == {"well", "note", "bad"}


def test_doctor_exits_0_when_nothing_is_bad(shell: Shell) -> None:
    now = datetime.now(UTC)
    with shell.database() as database, database.transaction() as connection:
        runs.finish(connection, runs.begin(connection, "ingest", now), "done", "", now)
    assert "note  contact: " in shell.run("doctor").out


# db


def test_a_new_database_is_made_and_upgrading_again_changes_nothing(empty_shell: Shell) -> None:
    assert "went from nothing to" in empty_shell.run("db", "upgrade").out
    assert "The schema was at " in empty_shell.run("db", "upgrade").out


def test_figures_count_what_is_stored(filled: Shell) -> None:
    found = filled.json("db", "stats")
    assert (found["articles"], found["matches"], found["conflicts"]) == (3, 2, 2)
    assert found["schema"]
    assert "articles" in filled.run("db", "stats").out


@pytest.mark.parametrize("command", [("stats",), ("backup", "copy.db")])
def test_a_database_that_is_not_set_up_says_what_to_run(
    empty_shell: Shell, command: tuple[str, ...]
) -> None:
    assert "`dateline db upgrade`" in empty_shell.run("db", *command, status=1).err


def test_a_backup_brings_everything_back(filled: Shell) -> None:
    assert "copy.db holds the whole database, " in filled.run("db", "backup", "copy.db").out
    filled.run("review", "reject", "1")
    told = filled.run("db", "restore", "copy.db").out
    assert "var/dateline.db is restored; what stood there is dateline.db.before-restore" in told
    assert set(filled.statuses().values()) == {"pending"}
    kept = filled.folder / "var" / "dateline.db.before-restore"
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM reviews").fetchone() == (1,)


def test_a_backup_can_be_put_where_there_was_no_database(filled: Shell) -> None:
    filled.run("db", "backup", "copy.db")
    filled.patch.setenv("DATELINE_DATABASE_URL", "sqlite:///elsewhere/news.db")
    assert filled.run("db", "restore", "copy.db").out == "elsewhere/news.db is restored.\n"
    assert len(filled.json("articles")) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("backup", "sources.yaml"), "sources.yaml exists already; choose another name"),
        (("backup", "no/such/folder/copy.db"), "no/such/folder/copy.db"),
        (("restore", "gone.db"), "there is no backup at gone.db"),
        (("restore", "sources.yaml"), "sources.yaml is not a Dateline database"),
    ],
)
def test_a_copy_that_cannot_be_made_or_taken_changes_nothing(
    filled: Shell, words: tuple[str, ...], why: str
) -> None:
    before = sorted(path.name for path in filled.folder.rglob("*"))
    assert why in filled.run("db", *words, status=1).err
    assert sorted(path.name for path in filled.folder.rglob("*")) == before
    assert len(filled.json("articles", "--all")) == 3


def test_restoring_is_refused_while_the_database_is_in_use(filled: Shell) -> None:
    filled.run("db", "backup", "copy.db")
    with closing(sqlite3.connect(filled.folder / "var" / "dateline.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "stop the service" in filled.run("db", "restore", "copy.db", status=1).err


def test_postgresql_is_restored_with_its_own_tools(shell: Shell) -> None:
    shell.patch.setenv("DATELINE_DATABASE_URL", "postgresql://db/dateline")
    assert "pg_restore" in shell.run("db", "restore", "copy.db", status=1).err


def test_pruning_forgets_old_unmatched_articles_only(shell: Shell) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=4000)
    shell.store(
        an_article(ATTACK, published_at=long_ago), an_article(MARKET, published_at=long_ago)
    )
    with closing(sqlite3.connect(shell.folder / "var" / "dateline.db")) as database:
        database.execute("UPDATE articles SET first_seen_at = '2016-01-01 00:00:00.000000'")
        database.execute("UPDATE entries SET last_seen_at = '2016-01-01 00:00:00.000000'")
        database.commit()
    told = shell.run("db", "prune").out
    assert told == "1 unmatched articles and 0 old attempts removed.\n"
    assert [each["title"] for each in shell.json("articles", "--all")] == [ATTACK]


def test_where_the_database_file_stands_is_where_the_setting_says(shell: Shell) -> None:
    shell.patch.setenv("DATELINE_DATABASE_URL", "sqlite:///deep/down/news.db")
    shell.run("db", "upgrade")
    assert Path("deep/down/news.db").is_file()
