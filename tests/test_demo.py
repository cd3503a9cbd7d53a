"""The demo: the whole product on made-up news, and nothing of the operator's own touched."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import feedparser
import pytest
import structlog
from typer.testing import CliRunner

from db import Database
from pipeline import login
from pipeline.cli import command_line
from pipeline.demo import (
    ACCOUNT,
    DemoFolder,
    PublisherServer,
    claim_folder,
    demo_settings,
    open_account,
    port_to_use,
)
from pipeline.demo.documents import document
from pipeline.demo.fresh import EVERY, FIRST, fresh_samples
from pipeline.demo.publishers import PUBLISHERS
from pipeline.demo.samples import Publisher
from pipeline.demo.show import ROUNDS
from pipeline.errors import AccountError, PipelineError, StoreError
from pipeline.model import ArticleText, Fetched, Sources
from pipeline.settings import Settings
from pipeline.sources import check_sources
from pipeline.stages.match import compile_keywords
from pipeline.stages.parse import parse

SHOW_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRITING = [publisher for publisher in PUBLISHERS if not publisher.failing]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The command line in an empty folder; logging is as before afterwards."""
    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    before = structlog.get_config()
    yield CliRunner()
    structlog.configure(**before)


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """What a process of the operator sees: settings of their own that no demo may follow."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("DATELINE_")}
    return {
        **clean,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "DATELINE_DATABASE_URL": f"sqlite:///{folder}/mine.db",
        "DATELINE_SOURCES": str(folder / "mine.yaml"),
        "DATELINE_PUBLIC_DIR": str(folder / "mine"),
        "DATELINE_BASE_URL": "https://mine.example",
        **{f"DATELINE_{name}": str(value) for name, value in settings.items()},
    }


def watched() -> Sources:
    text = files("pipeline.demo").joinpath("sources.yaml").read_text(encoding="utf-8")
    sources, faults, warnings = check_sources(
        text.replace("PUBLISHER", "http://127.0.0.1:1"), "sources.yaml"
    )
    assert (faults, warnings) == ((), ())
    assert sources is not None
    return sources


# Once


def test_the_demo_fills_and_publishes_without_touching_the_operators_own(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pipeline", "demo", "--once", "--folder", "show"]
    done = subprocess.run(
        words, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["show"]
    public = tmp_path / "show" / "public"
    atom, rss = (feedparser.parse((public / f"latest-news.{kind}").read_bytes()) for kind in
                 ("atom", "rss"))  # fmt: skip
    news = json.loads((public / "latest-news.json").read_text(encoding="utf-8"))
    assert len(atom.entries) == len(rss.entries) == len(news["items"]) > 40
    assert not atom.bozo
    assert not rss.bozo
    mali = (public / "conflicts/mali/index.html").read_text(encoding="utf-8")
    assert "Blockade of Nioro du Sahel" in mali
    assert "Operation Serval" in mali  # the background that ships


def test_the_demo_says_what_there_is_and_which_feed_fails(shell: CliRunner) -> None:
    shown = shell.invoke(command_line(), ["demo", "--once"])
    assert shown.exit_code == 0, shown.output
    figures = [int(number) for number in re.findall(r"(\d+) (?:articles|approved|rejected|waiting)",
                                                    shown.output)]  # fmt: skip
    assert len(figures) == 4
    assert min(figures) > 0
    assert "old-harbour-post" in shown.output
    assert "503" in shown.output
    assert Path("var/demo/dateline.db").is_file()


def test_a_second_demo_starts_anew_and_a_kept_one_goes_on(shell: CliRunner) -> None:
    first = shell.invoke(command_line(), ["demo", "--once"])
    Path("var/demo/public/stray.html").write_text("of the first")
    second = shell.invoke(command_line(), ["demo", "--once"])
    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    assert not Path("var/demo/public/stray.html").exists()
    atom = Path("var/demo/public/latest-news.atom")
    ids = {entry.id for entry in feedparser.parse(atom.read_bytes()).entries}
    kept = shell.invoke(command_line(), ["demo", "--once", "--keep"])
    assert kept.exit_code == 0, kept.output
    assert "Playing" not in kept.output
    assert {entry.id for entry in feedparser.parse(atom.read_bytes()).entries} == ids


def test_every_sort_of_review_is_there_to_see(shell: CliRunner) -> None:
    assert shell.invoke(command_line(), ["demo", "--once"]).exit_code == 0
    theirs = {
        "DATELINE_DATABASE_URL": "sqlite:///var/demo/dateline.db",
        "DATELINE_SOURCES": "var/demo/sources.yaml",
    }
    listed = shell.invoke(command_line(), ["articles", "--all", "--json"], env=theirs)
    articles = {article["title"]: article for article in json.loads(listed.stdout)}

    def stands(title: str) -> set[str]:
        return {match["status"] for match in articles[title]["matches"]}

    assert stands("Mali shoot down Tunisia in Abidjan") == {"rejected"}
    assert stands("JNIM claims ambush on military convoy west of Kayes") == {"pending"}
    assert stands("Sixteen killed in raid on a market outside Mopti") == {"approved"}
    withdrawn = "Correction: no army helicopter is missing near Kidal"
    assert stands(withdrawn) == {"rejected"}
    atom = feedparser.parse(Path("var/demo/public/latest-news.atom").read_bytes())
    assert any("Kidal" in entry.title and "ithdrawn" in str(entry) for entry in atom.entries)
    wire = [article for article in articles.values() if "local elections" in article["title"]]
    assert len({article["publisher"] for article in wire}) == 3
    assert len({article["story"] for article in wire}) == 1
    undated = articles["Rice growers of Ségou ask for soldiers at harvest time"]
    assert undated["published_at"] == undated["first_seen_at"]
    assert "Attaque repoussée à Bourem\u00a0: deux soldats blessés" in articles
    assert not any("utm_" in article["url"] for article in articles.values())


# The folder


def test_a_folder_that_is_not_a_demos_is_left_alone(shell: CliRunner) -> None:
    Path("mine").mkdir()
    Path("mine/sources.yaml").write_text("precious")
    with pytest.raises(StoreError, match="not a demo's"):
        shell.invoke(command_line(), ["demo", "--once", "--folder", "mine"], catch_exceptions=False)
    assert Path("mine/sources.yaml").read_text() == "precious"
    with pytest.raises(StoreError, match="not a folder"):
        shell.invoke(
            command_line(),
            ["demo", "--once", "--folder", "mine/sources.yaml"],
            catch_exceptions=False,
        )


def test_a_folder_holds_one_demo_at_a_time(tmp_path: Path) -> None:
    with claim_folder(tmp_path, keep=False) as folder:
        (tmp_path / "dateline.db").write_text("in use")
        with (
            pytest.raises(StoreError, match="another demo"),
            claim_folder(folder.path, keep=False),
        ):
            pass
        assert (tmp_path / "dateline.db").read_text() == "in use"


def test_files_of_others_in_a_demos_folder_stay(tmp_path: Path) -> None:
    with claim_folder(tmp_path, keep=False):
        pass
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "dateline.db").write_text("the demo's")
    with claim_folder(tmp_path, keep=False):
        assert [path.name for path in tmp_path.iterdir() if path.suffix != ".json"] == ["notes.txt"]


@pytest.mark.parametrize(
    "mark", ["", "{}", "[1]", '{"show_at": "soon"}', '{"show_at": "2026-01-01"}']
)
def test_a_show_that_was_broken_off_is_played_anew(tmp_path: Path, mark: str) -> None:
    (tmp_path / "demo.json").write_text(mark)
    (tmp_path / "dateline.db").write_text("half")
    with claim_folder(tmp_path, keep=True) as folder:
        assert folder.show_at is None
        assert not (tmp_path / "dateline.db").exists()


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with (
        pytest.raises(StoreError, match="cannot be written"),
        claim_folder(Path("x" * 300), keep=False),
    ):
        pass


# Where it is served, and who is let in


def test_only_where_to_listen_is_taken_from_the_operators_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = environment(tmp_path, HOST="::1", SECRET_KEY="mine", HOST_INTERVAL=60, CONTACT_URL="me")
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    folder = DemoFolder(path=tmp_path / "show", show_at=None)
    settings = demo_settings(Settings(), folder, port=81)
    assert (settings.host, settings.port, settings.base_url) == ("::1", 81, "http://[::1]:81")
    shown = settings.model_dump_json()
    assert "mine" not in shown
    assert (settings.host_interval, settings.contact_url) == (0, "")
    everywhere = demo_settings(Settings(host="0.0.0.0"), folder, port=81)
    assert everywhere.base_url == "http://127.0.0.1:81"


def test_a_taken_port_gives_way_to_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port_to_use("127.0.0.1", port) != port
    assert port_to_use("127.0.0.1", 0) > 0


def test_an_address_that_is_not_ours_is_refused_before_anything_is_played() -> None:
    with pytest.raises(PipelineError, match="DATELINE_HOST"):
        port_to_use("192.0.2.1", 8000)


def test_every_demo_has_a_new_password(sqlite: Database) -> None:
    first = open_account(sqlite, SHOW_AT)
    second = open_account(sqlite, SHOW_AT)
    assert first != second

    def log_in(password: str) -> str:
        return login.begin_session(
            sqlite, b"key", name=ACCOUNT, password=password, address="127.0.0.1", now=SHOW_AT
        )

    assert log_in(second)
    with pytest.raises(AccountError):
        log_in(first)


# What the publishers write


@pytest.mark.parametrize("publisher", WRITING, ids=lambda publisher: publisher.id)
def test_feeds_read_as_they_were_written(publisher: Publisher) -> None:
    written = document(publisher, SHOW_AT, SHOW_AT)
    media, _, charset = written.content_type.partition("; charset=")
    read = parse(
        Fetched(
            url="http://127.0.0.1/", status=200, body=written.body, content_type=media,
            charset=charset or None,
        )
    )  # fmt: skip
    assert "(sample)" in read.title
    assert read.language == publisher.language
    assert {entry.guid for entry in read.entries} == {
        publisher.address(sample) for sample in publisher.samples
    }
    assert sum(
        entry.published_at is None and entry.updated_at is None for entry in read.entries
    ) == sum(not sample.dated for sample in publisher.samples)


def test_a_feed_has_only_what_appeared_by_then() -> None:
    dispatch = WRITING[0]
    early = document(dispatch, SHOW_AT, SHOW_AT - timedelta(hours=60.5)).body.decode()
    assert "Twelve killed in raid" in early
    assert "Desert music festival" not in early
    late = document(dispatch, SHOW_AT, SHOW_AT).body.decode()
    assert "Sixteen killed in raid" in late
    assert "Twelve killed in raid" not in late


def test_publishers_go_on_writing_after_the_show() -> None:
    def fresh(after: timedelta) -> list[str]:
        return [
            f"{publisher.id}/{sample.name}"
            for publisher in PUBLISHERS
            for sample in fresh_samples(publisher.id, SHOW_AT, SHOW_AT + after)
        ]

    assert fresh(timedelta(0)) == []
    assert len(fresh(FIRST)) == 1
    assert len(set(fresh(FIRST + 9 * EVERY))) == 10
    assert len(set(fresh(timedelta(days=9)))) == 30
    dispatch = WRITING[0]
    assert b"fresh-0" in document(dispatch, SHOW_AT, SHOW_AT + FIRST).body


def test_the_editor_sees_every_article_a_verdict_is_meant_for() -> None:
    last_round = ROUNDS[-2]
    for publisher in PUBLISHERS:
        for sample in publisher.samples:
            assert sample.verdict is None or sample.hours >= last_round, sample.name
            if sample.taken_back:
                assert sample.edit is not None
                assert sample.edit.hours >= last_round


def test_the_watch_list_names_every_publisher() -> None:
    polled = {(feed.id, feed.publisher, feed.language) for feed in watched().feeds}
    assert polled == {(each.id, each.title, each.language) for each in PUBLISHERS}


@pytest.mark.parametrize(
    "title",
    [
        "Gao Yang wins gold after army team is disqualified",
        "GAO report: military cannot trace a tenth of its drone parts",
        "Critics attack museum over its Mali Empire show",
        "AFCON: Mali hold Tunisia to a draw as captain attacks the referee’s verdict",
        "Mali midfielder Keïta back in training after shot to the ankle",
        "تقرير مالي عن ميزانية البلديات",
        "Farmers in Niger State attack plan for a toll road",
        "South Sudan: cabinet reshuffle delays budget, minister says",
    ],
)
def test_traps_stay_out_of_the_queue(title: str) -> None:
    samples = {sample.title: sample for publisher in PUBLISHERS for sample in publisher.samples}
    text = ArticleText(title=title, summary=samples[title].summary)
    assert compile_keywords(watched().conflicts).match(text) == ()


def test_somalias_army_is_not_malis() -> None:
    title = "Somalia’s army retakes a coastal town from al-Shabaab"
    found = compile_keywords(watched().conflicts).match(ArticleText(title=title))
    assert [match.conflict for match in found] == ["somalia"]


# Their server


def test_the_publishers_server_answers_as_a_good_one() -> None:
    with PublisherServer(SHOW_AT, lambda: SHOW_AT) as server:

        def ask(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
            asked = urllib.request.Request(
                server.address + path,
                headers={name.replace("_", "-"): value for name, value in headers.items()},
            )
            try:
                with urllib.request.urlopen(asked, timeout=10) as answer:
                    return answer.status, dict(answer.headers), answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, dict(error.headers), b""

        status, plain, body = ask("/world-brief.xml")
        assert (status, plain["Content-Type"]) == (200, "application/rdf+xml; charset=utf-8")
        _, packed, packed_body = ask("/world-brief.xml", Accept_Encoding="gzip")
        assert gzip.decompress(packed_body) == body
        assert packed["ETag"] != plain["ETag"]
        assert ask("/world-brief.xml", If_None_Match=plain["ETag"])[0] == 304
        again = ask("/world-brief.xml", If_None_Match=packed["ETag"], Accept_Encoding="gzip")
        assert again[0] == 304
        assert again[1]["Last-Modified"] == plain["Last-Modified"]
        assert ask("/old-harbour-post.xml")[0] == 503
        assert ask("/../etc/passwd")[0] == 404


# Serving


def test_the_demo_serves_everything_and_ends_well_on_sigterm(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pipeline", "demo", "--folder", "show"],
            cwd=tmp_path, env=environment(tmp_path, PORT=taken.getsockname()[1]),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            told = ""
            for line in process.stdout:
                told += line
                if line.startswith("Desk"):
                    break
            base = re.search(r"Public page +(http://127\.0\.0\.1:\d+)/", told)
            assert base is not None, told
            assert "Instability in Mali" in _answer(f"{base[1]}/")[1]
            atom = _answer(f"{base[1]}/latest-news.atom")[1]
            assert len(feedparser.parse(atom.encode()).entries) > 40
            assert base[1] in atom
            url, page = _answer(f"{base[1]}/desk")
            assert "/login" in url
            assert "password" in page
            assert re.search(r"Password +[a-z]{4}-[a-z]{4}-[a-z]{4}\n", told)
            asked_at = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
            assert time.monotonic() - asked_at < 10
            assert process.returncode == 0, errors
            assert "is taken" in errors
            assert [path.name for path in tmp_path.iterdir()] == ["show"]
        finally:
            process.kill()
            process.communicate()


def _answer(url: str) -> tuple[str, str]:
    """Where a request ends, and what it reads there; the service may need a moment to be up."""
    deadline = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.url, answer.read().decode()
        except urllib.error.URLError as error:
            refused = isinstance(error.reason, ConnectionRefusedError)
            if not refused or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
