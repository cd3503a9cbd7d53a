"""Diagnose: everything wrong is found, each with what to do, and nothing is changed by looking."""

import asyncio
import os
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import text

from db import (
    Database,
    alarms,
    editors,
    feeds,
    fetches,
    instance,
    letters,
    open_database,
    public_files,
    queued_jobs,
    runs,
)
from db.tables import hub_pings, push_subscriptions
from db.upgrade import upgrade
from pipeline import enrol
from pipeline.diagnose import Finding, Level, diagnose
from pipeline.dispatch import HandOver, require_engine
from pipeline.mark_folder import note_folder
from pipeline.model import AlarmKind, FeedState, FetchReport, Outcome, Role, Unverified, Wants
from pipeline.outages import Outages
from pipeline.settings import Settings
from tests.fleet import clock_side, declare
from tests.mailbox import Mailbox, mailbox
from tests.making import NOON, a_feed, an_article, take_in, watch

SOURCES = """\
version: 1
feeds:
  - {id: sahel-wire, url: "https://wire.example/feed"}
conflicts:
  - {slug: mali, title: Mali, keywords: {decisive: [JNIM]}}
"""
WELL, NOTE, BAD = Level.WELL, Level.NOTE, Level.BAD


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with nothing to complain about."""
    for name in os.environ:
        if name.upper().startswith("DATELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    Path("sources.yaml").write_text(SOURCES, encoding="utf-8")
    return Settings(
        base_url="https://tracker.example",
        contact_url="https://tracker.example/about",
        secret_key="correct-horse-battery-staple-kettle",
    )


@pytest.fixture
def ticking(settings: Settings) -> Iterator[Database]:
    """The database of a service that ticked a minute ago."""
    Path("var").mkdir()
    database = open_database(settings.database_url)
    upgrade(database)
    watch(database)
    tick(database, minutes_ago=1)
    with database.transaction() as connection:
        editors.add(connection, "awa", "a hash", Role.ADMIN, NOON)
    yield database
    database.close()


def tick(
    database: Database, minutes_ago: float, outcome: str = "done", job: str = "ingest"
) -> None:
    at = NOON - timedelta(minutes=minutes_ago)
    with database.transaction() as connection:
        runs.finish(connection, runs.begin(connection, job, at), outcome, "the disk is full", at)


def fail(
    database: Database,
    feed_id: str,
    state: FeedState = FeedState.FAILING,
    kind: str = "http_403",
) -> None:
    with database.transaction() as connection:
        fetches.record(
            connection,
            FetchReport(
                feed_id=feed_id, started_at=NOON, seconds=1, outcome=Outcome.FAILED, status=403,
                next_fetch_at=NOON, next_fetch_reason="later", state=state, failures=3,
                error_kind=kind, error_message="the publisher refuses us",
            ),
        )  # fmt: skip


def about(settings: Settings, subject: str) -> list[Finding]:
    return [each for each in diagnose(settings, NOON) if each.about == subject]


def test_a_healthy_service_is_well_throughout(settings: Settings, ticking: Database) -> None:
    findings = diagnose(settings, NOON)
    assert [each.level for each in findings] == [WELL] * len(findings)
    assert [each.about for each in findings] == [
        "sources", "address", "public folder", "data folder", "database", "clock",
    ]  # fmt: skip


def test_whatever_is_not_well_comes_with_advice(settings: Settings) -> None:
    Path("sources.yaml").unlink()
    worst = settings.model_copy(
        update={"base_url": "http://localhost:8000", "contact_url": "", "secret_key": "short"}
    )
    findings = diagnose(worst, NOON)
    assert {each.level for each in findings} == {WELL, NOTE, BAD}
    assert all(each.advice for each in findings if each.level is not WELL)


def test_looking_at_a_new_folder_makes_no_database(settings: Settings) -> None:
    (found,) = about(settings, "database")
    assert found.level is BAD
    assert "there is no database at var/dateline.db yet" in found.what
    assert "`dateline run`" in found.advice
    assert not Path("var/dateline.db").exists()


def test_a_database_that_is_not_upgraded_is_bad(settings: Settings) -> None:
    Path("var").mkdir()
    Path("var/dateline.db").touch()
    (found,) = about(settings, "database")
    assert found.level is BAD
    assert "`dateline db upgrade`" in found.what + found.advice


def test_a_database_server_that_does_not_answer_is_bad_and_keeps_its_password(
    settings: Settings,
) -> None:
    away = "postgresql://dateline:hunter2@127.0.0.1:1/dateline"
    (found,) = about(settings.model_copy(update={"database_url": away}), "database")
    assert found.level is BAD
    assert "hunter2" not in str(found)
    assert found.advice


def test_faults_in_the_sources_are_counted_and_the_first_is_shown(settings: Settings) -> None:
    Path("sources.yaml").write_text("version: 1\nfeeds:\n  - {id: A B}\n", encoding="utf-8")
    (found,) = about(settings, "sources")
    assert found.level is BAD
    assert "sources.yaml:" in found.what
    assert found.advice == "`dateline check` lists them all"


def test_an_edit_refused_while_running_is_bad(settings: Settings, ticking: Database) -> None:
    with ticking.transaction() as connection:
        instance.note(connection, "sources_fault", "sources.yaml:3: no such list\nand more")
    found = about(settings, "sources")
    assert [each.level for each in found] == [WELL, BAD]
    assert found[1].what.endswith("sources.yaml:3: no such list")


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000", "http://[::1]:80", "http://localhost"]
)
def test_an_address_only_this_machine_can_open_is_noted(settings: Settings, base_url: str) -> None:
    (found,) = about(settings.model_copy(update={"base_url": base_url}), "address")
    assert (found.level, found.advice) == (
        NOTE, "set DATELINE_BASE_URL before subscribers come",
    )  # fmt: skip


def test_a_public_folder_that_cannot_be_written_is_bad(settings: Settings) -> None:
    Path("a-file").touch()
    folder = settings.model_copy(update={"public_dir": Path("a-file/public")})
    (found,) = about(folder, "public folder")
    assert found.level is BAD
    assert "a-file/public cannot be written: " in found.what
    assert "DATELINE_PUBLIC_DIR" in found.advice


def test_a_disk_that_is_nearly_full_is_bad(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(2**40, 2**40, 2**20 * 50))
    (found,) = about(settings, "public folder")
    assert (found.level, "only 50 MB are free" in found.what) == (BAD, True)


def test_looking_leaves_nothing_in_the_public_folder(settings: Settings) -> None:
    diagnose(settings, NOON)
    assert list(settings.public_dir.iterdir()) == []


def test_a_clock_that_stands_still_is_bad(settings: Settings, ticking: Database) -> None:
    with ticking.transaction() as connection:
        runs.prune(connection, NOON)
    (found,) = about(settings, "clock")
    assert (found.level, found.what) == (BAD, "it has never ticked")
    tick(ticking, minutes_ago=6)
    (found,) = about(settings, "clock")
    assert (found.level, found.what) == (BAD, "the last tick was 2026-11-22 11:54 UTC")
    assert "`dateline run`" in found.advice


def test_missed_runs_are_counted_for_a_day(settings: Settings, ticking: Database) -> None:
    with ticking.transaction() as connection:
        for hours in (1, 2, 30):
            at = NOON - timedelta(hours=hours)
            runs.miss(connection, "publish", at, at)
    found = about(settings, "clock")
    assert [each.level for each in found] == [WELL, NOTE]
    assert found[1].what == "2 runs were missed in the last day"


def test_a_job_whose_last_run_failed_is_bad_until_one_succeeds(
    settings: Settings, ticking: Database
) -> None:
    tick(ticking, 2, outcome="failed", job="publish")
    (found,) = about(settings, "publish")
    assert (found.level, found.what) == (BAD, "its last run failed: the disk is full")
    assert found.advice
    tick(ticking, 1, job="publish")
    assert about(settings, "publish") == []


def test_failing_feeds_are_noted_and_bad_when_most_fail(
    settings: Settings, ticking: Database
) -> None:
    with ticking.transaction() as connection:
        feeds.declare(connection, [a_feed(f"feed-{number}") for number in range(20)], NOON)
    fail(ticking, "feed-3")
    (found,) = about(settings, "feeds")
    assert (found.level, found.what) == (NOTE, "1 of 20 are failing: feed-3 (http_403)")
    for number in range(11):
        fail(ticking, f"feed-{number}", kind=f"http_{400 + number}")
    (found,) = about(settings, "feeds")
    assert found.level is BAD
    assert found.what.startswith("11 of 20 are failing: feed-0 (http_400), ")
    assert found.what.endswith(" and 3 more")


def test_feeds_that_fail_alike_at_once_are_one_finding(
    settings: Settings, ticking: Database
) -> None:
    with ticking.transaction() as connection:
        feeds.declare(connection, [a_feed(f"feed-{number}") for number in range(9)], NOON)
    for number in range(6):
        fail(ticking, f"feed-{number}", kind="dns")
    (found,) = about(settings, "feeds")
    assert found.level is BAD
    assert found.what.startswith("6 of 9 feeds fail with dns since ")


def test_a_standing_alarm_is_noted(settings: Settings, ticking: Database) -> None:
    with ticking.transaction() as connection:
        alarms.raise_(connection, "delta-post", AlarmKind.QUIET, "no new article", NOON)
    (found,) = about(settings, "delta-post")
    assert (found.level, found.what) == (NOTE, "no new article (told 2026-11-22 12:00 UTC)")


@pytest.mark.parametrize(
    ("days", "what", "advice"),
    [
        (0, "is not verified until", "until then anybody may answer for it"),
        (366, "is not verified until", "until then anybody may answer for it"),
        (367, "is not verified until", "give it a day within a year"),
        (-1, "ended on", "give it a later day"),
    ],
)
def test_a_feed_that_is_read_without_a_good_certificate_is_named(
    settings: Settings, ticking: Database, days: int, what: str, advice: str
) -> None:
    leave = Unverified(because="they know", until=(NOON + timedelta(days=days)).date())
    with ticking.transaction() as connection:
        feeds.declare(connection, [a_feed("gazette", unverified_tls=leave)], NOON)
    (found,) = about(settings, "gazette")
    assert found.level is NOTE
    assert what in found.what
    assert advice in found.advice


def test_a_feed_that_needs_somebody_is_named(settings: Settings, ticking: Database) -> None:
    fail(ticking, "delta-post", FeedState.BLOCKED)
    (found,) = about(settings, "delta-post")
    assert (found.level, found.what) == (NOTE, "blocked: the publisher refuses us")
    assert "ask the publisher" in found.advice


def test_slips_of_the_pen_in_the_environment_are_noted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_PROT", "9000")
    (found,) = about(settings, "DATELINE_PROT")
    assert (found.level, found.what) == (NOTE, "is no setting")
    assert found.advice == "did you mean DATELINE_PORT?"


def test_a_secret_key_that_can_be_guessed_is_noted(settings: Settings) -> None:
    (found,) = about(settings.model_copy(update={"secret_key": "mine"}), "secret key")
    assert found.level is NOTE
    assert "4 characters" in found.what
    assert about(settings.model_copy(update={"secret_key": ""}), "secret key") == []


def test_an_outage_of_our_own_network_is_bad(settings: Settings, ticking: Database) -> None:
    assert about(settings, "network") == []
    with ticking.transaction() as connection:
        Outages().sit_out(connection, "somebody", [], NOON - timedelta(hours=1))
    (found,) = about(settings, "network")
    assert found.level is BAD
    assert "since 2026-11-22 11:00 UTC" in found.what


def test_reading_pages_without_the_extra_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def about() -> list[Finding]:
        return [each for each in diagnose(settings, NOON) if each.about == "full text"]

    monkeypatch.setattr("pipeline.diagnose.installation.find_spec", lambda name: None)
    assert about() == []
    whole = SOURCES.replace('feed"}', 'feed", full_text: true}')
    Path("sources.yaml").write_text(whole, encoding="utf-8")
    [found] = about()
    assert found.level is NOTE
    assert "Beautiful Soup" in found.what
    assert "extra `fulltext`" in found.advice
    monkeypatch.undo()
    assert about() == []


def test_an_address_without_encryption_is_noted(settings: Settings) -> None:
    plain = settings.model_copy(update={"base_url": "http://tracker.example"})
    (found,) = about(plain, "address")
    assert (found.level, "https in DATELINE_BASE_URL" in found.advice) == (NOTE, True)


@pytest.mark.parametrize(
    ("network", "level"), [("169.254.0.0/16", BAD), ("0.0.0.0/0", BAD), ("10.1.2.0/24", None)]
)
def test_feeds_that_may_read_a_clouds_passwords_are_bad(
    settings: Settings, network: str, level: Level | None
) -> None:
    found = about(
        settings.model_copy(update={"allow_private": (ip_network(network),)}), "private networks"
    )
    assert [each.level for each in found] == ([level] if level else [])


def test_secrets_that_anybody_can_read_are_noted(settings: Settings, ticking: Database) -> None:
    assert about(settings, "secrets") == [], "what Dateline makes is its owner's alone"
    Path(".env").write_text("DATELINE_SECRET_KEY=correct-horse-battery-staple\n")
    Path(".env").chmod(0o644)
    Path("var/dateline.db").chmod(0o644)
    assert [each.advice for each in about(settings, "secrets")] == [
        "`chmod o-rwx .env`",
        "`chmod o-rwx var/dateline.db`",
    ]
    Path(".env").chmod(0o640)
    Path("var/dateline.db").chmod(0o600)
    assert about(settings, "secrets") == []


def test_a_database_on_a_file_system_over_the_network_is_bad(
    settings: Settings, ticking: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.diagnose.installation._file_system", lambda path: "nfs4")
    found = about(settings, "data folder")
    assert [each.level for each in found] == [WELL, BAD]
    assert "PostgreSQL" in found[1].advice


def test_a_damaged_database_is_bad(settings: Settings, ticking: Database) -> None:
    with ticking.transaction() as connection:
        for number in range(200):
            instance.keep(connection, f"fact {number}", "x" * 300)
    ticking.close()
    file = Path("var/dateline.db")
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = opened.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'instance'"
        ).fetchone()[0]
        size = opened.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(file.read_bytes())
    whole[(root - 1) * size + 100 : root * size] = bytes(size - 100)
    file.write_bytes(whole)
    found = [each for each in about(settings, "database") if each.level is BAD]
    assert len(found) == 1
    assert "damaged" in found[0].what
    assert "restore" in found[0].advice


def test_a_desk_without_an_admin_is_noted(settings: Settings, ticking: Database) -> None:
    with ticking.transaction() as connection:
        (admin,) = editors.enabled_admins(connection)
        editors.disable(connection, admin.id, NOON)
    (found,) = about(settings, "accounts")
    assert (found.level, "editor add" in found.advice) == (NOTE, True)


def test_a_queue_that_waited_a_week_is_noted(settings: Settings, ticking: Database) -> None:
    take_in(ticking, an_article(title="JNIM attacks a village"))
    assert about(settings, "desk") == []
    later = [each for each in diagnose(settings, NOON + timedelta(days=8)) if each.about == "desk"]
    assert [(each.level, each.what) for each in later] == [
        (NOTE, "1 matches wait for an editor, the first since 2026-11-22")
    ]


def test_published_files_that_are_missing_are_bad(settings: Settings, ticking: Database) -> None:
    settings.public_dir.mkdir(parents=True)
    (settings.public_dir / "index.html").write_text("x")
    with ticking.transaction() as connection:
        public_files.note(connection, {"index.html": ("a", NOON), "latest-news.atom": ("b", NOON)})
    bad = [each for each in about(settings, "public folder") if each.level is BAD]
    assert [each.what for each in bad] == ["1 of 2 published files are missing in var/public"]


def test_public_files_written_to_another_folder_are_bad(
    settings: Settings, ticking: Database
) -> None:
    with ticking.transaction() as connection:
        note_folder(connection, Path("/srv/public"), "another")
    [bad] = [each for each in about(settings, "public folder") if each.level is BAD]
    assert ":/srv/public, than var/public" in bad.what


def test_a_public_folder_that_is_a_file_is_bad(settings: Settings) -> None:
    settings.public_dir.parent.mkdir()
    settings.public_dir.touch()
    [bad] = about(settings, "public folder")
    assert (bad.level, bad.what) == (BAD, "var/public is a file, not a folder")


def test_handing_over_without_postgresql_is_bad(settings: Settings, ticking: Database) -> None:
    handing = settings.model_copy(update={"workers": "queue"})
    [bad] = about(handing, "workers")
    assert bad.level is BAD
    assert "dateline db copy" in bad.advice
    assert about(settings, "workers") == []


def test_jobs_that_nobody_does_and_jobs_set_aside_are_told(
    settings: Settings, postgres: Database
) -> None:
    declare(postgres, [a_feed(), a_feed("delta-post")])
    there = settings.model_copy(update={"database_url": postgres.conninfo})
    assert about(there, "workers") == []
    require_engine(postgres)
    with clock_side(postgres) as ingest:
        HandOver(database=postgres).feeds(ingest)
    [bad] = about(there, "workers")
    assert (bad.level, bad.what.partition(",")[0]) == (BAD, "2 jobs wait")
    with postgres.transaction() as connection:
        queued_jobs.look_there(connection)
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
        connection.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        )
    lives, aside = about(there, "workers")
    assert (lives.level, lives.what) == (WELL, "1 live, 0 jobs wait")
    assert (aside.level, aside.what.partition(" were")[0]) == (NOTE, "2 jobs")


def test_a_clock_that_was_set_back_is_bad(settings: Settings, ticking: Database) -> None:
    tick(ticking, minutes_ago=-600)
    (found,) = about(settings, "clock")
    assert (found.level, "which is to come" in found.what) == (BAD, True)


def mail_findings(settings: Settings, port: int) -> list[tuple[Level, str]]:
    with_mail = settings.model_copy(
        update={"smtp_url": f"smtp://127.0.0.1:{port}", "mail_from": "news@tracker.example"}
    )
    return [(each.level, each.what) for each in diagnose(with_mail, NOON) if each.about == "mail"]


def test_a_mail_server_is_tried_out_without_sending(settings: Settings, ticking: Database) -> None:
    async def go() -> tuple[list[tuple[Level, str]], Mailbox]:
        async with mailbox() as box:
            return await asyncio.to_thread(mail_findings, settings, box.port), box

    found, box = asyncio.run(go())
    assert found == [(WELL, f"127.0.0.1:{box.port} takes letters")]
    assert box.raw == []
    [(level, what)] = mail_findings(settings, box.port)
    assert level is BAD
    assert "cannot be used" in what


def test_hubs_that_cannot_reach_us_or_cannot_be_asked_are_named(
    settings: Settings, ticking: Database
) -> None:
    with ticking.transaction() as connection:
        connection.execute(
            push_subscriptions.insert().values(
                feed_id="sahel-wire", hub="https://hub.example/", topic="t", nonce="n", misses=0,
                state="asked", failures=2, error="https://hub.example/ answered 503",
            )
        )  # fmt: skip

    def told(websub: str, base_url: str) -> list[tuple[Level, str]]:
        asked = settings.model_copy(update={"websub": websub, "base_url": base_url})
        found = diagnose(asked, NOON)
        return [(each.level, each.what) for each in found if each.about == "websub"]

    refused = (
        NOTE,
        "1 feed could not be subscribed to at a hub: https://hub.example/ answered 503",
    )
    public = "https://tracker.example"
    heard = (WELL, f"hubs are asked to announce what is new at {public}")
    assert told("on", public) == [heard, refused]
    for inside in ("https://localhost", "http://127.0.0.1:8000", "https://tracker"):
        unheard = (NOTE, f"hubs elsewhere cannot reach {inside}, so none will confirm")
        assert told("on", inside) == [unheard, refused]
    assert told("off", "http://127.0.0.1:8000") == []


def test_letters_and_pings_that_cannot_go_out_are_named(
    settings: Settings, ticking: Database
) -> None:
    enrol.ask(ticking, "ada@example.org", Wants(), NOON)
    with ticking.transaction() as connection:
        [letter] = letters.claim(connection, NOON, timedelta(minutes=1), 1)
        letters.put_off(connection, letter, "the server is away", NOON)
        connection.execute(
            hub_pings.insert().values(
                hub="https://hub.example/", path="latest-news.atom", sha256="", failures=1,
                due_at=NOON, error="https://hub.example/ answered 503",
            )
        )  # fmt: skip
    found = {each.about: each.what for each in diagnose(settings, NOON)}
    assert found["letters"] == "1 could not be sent yet: the server is away"
    assert "answered 503" in found["hub"]
