"""`feeds add`, `feeds import` and `feeds export`, as typed at a terminal or in a script."""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db import Database, editors, feeds, open_database
from pipeline.cli import main
from pipeline.enlist import enlist
from pipeline.errors import PipelineError
from pipeline.model import FeedHealth, FeedState
from pipeline.sources import parse_sources
from pipeline.stages.opml import read_opml
from tests.making import NOON, a_feed, watch
from tests.replay import Page, Publisher

SOURCES = """
version: 1
defaults: {every: 45m, language: fr}
feeds:
  - {id: post, url: "http://127.0.0.1:9/post", publisher: Delta Post, tags: [delta]}
  - {id: asleep, url: "http://127.0.0.1:9/asleep", enabled: false}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords: {decisive: [JNIM], places: [Mali, Kidal], subjects: [attack*, junta]}
"""
RSS = b"""<rss version='2.0'><channel><title>Sahel Wire</title>
<item><guid>a</guid><link>https://wire.example/a</link><title>Convoy attacked near Kidal</title>
<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>
<item><guid>b</guid><link>https://wire.example/b</link><title>Grain [b]prices[/b]</title>
<pubDate>Sun, 22 Nov 2026 09:00:00 GMT</pubDate></item></channel></rss>"""


class Terminal(io.StringIO):
    """Standard input or output at which somebody sits."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class House:
    """A folder with a sources.yaml, a loopback publisher, and the command run in it."""

    def __init__(
        self,
        folder: Path,
        publisher: Publisher,
        patch: pytest.MonkeyPatch,
        captured: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self.publisher = publisher
        self._patch = patch
        self._captured = captured
        (folder / "sources.yaml").write_text(SOURCES)

    def run(self, *words: str, answers: str | None = None, given: bytes = b"") -> Done:
        """Run one command; `answers` is what somebody types at a terminal."""
        with self._patch.context() as patch:
            patch.setattr(sys, "argv", ["dateline", *words])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            screen = Terminal()
            if answers is not None:
                patch.setattr(sys, "stdin", Terminal(answers))
                patch.setattr(sys, "stdout", screen)
            self._captured.readouterr()
            try:
                main()
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        output = self._captured.readouterr()
        return Done(status=status, out=output.out + screen.getvalue(), err=output.err)

    def add(self, path: str, *words: str, answers: str | None = None) -> Done:
        return self.run("feeds", "add", self.publisher.url + path, *words, answers=answers)

    def feed(self, feed_id: str) -> FeedHealth:
        database = self.database()
        with database.reading() as connection:
            found = {each.feed.id: each for each in feeds.health(connection, retired=True)}
        database.close()
        return found[feed_id]

    def ids(self) -> list[str]:
        database = self.database()
        with database.reading() as connection:
            found = [feed.id for feed in feeds.watched(connection)]
        database.close()
        return found

    def database(self) -> Database:
        return open_database(f"sqlite:///{self.folder}/var/dateline.db")

    def asked(self) -> list[str]:
        return [path for path, _, _ in self.publisher.requests]


@pytest.fixture
def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATELINE_ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("DATELINE_HOST_INTERVAL", "0")
    with Publisher() as publisher:
        publisher.pages["/wire"] = Page(body=RSS)
        yield House(tmp_path, publisher, monkeypatch, capsys)


def page(*links: str) -> Page:
    tags = "".join(f"<link rel=alternate type=application/rss+xml href={link}>" for link in links)
    return Page(body=f"<!doctype html><html><head>{tags}</head>".encode(), content_type="text/html")


def test_a_single_entry_is_told_as_one(house: House) -> None:
    item = "<item><title>Convoy attacked near Kidal</title></item>"
    rss = f"<rss version='2.0'><channel><title>W</title>{item}</channel></rss>"
    house.publisher.pages["/one"] = Page(body=rss.encode())
    assert "  1 entry, 1 would match (mali 1)" in house.add("/one").out


def test_a_script_sees_the_preview_and_is_told_how_to_agree(house: House) -> None:
    done = house.add("/wire")
    assert done.status == 1
    assert "Sahel Wire  (RSS 2.0)" in done.out
    assert "2 entries, 1 would match (mali 1)" in done.out
    assert "2026-11-22 10:00  Convoy attacked near Kidal\n      mali: attacked, Kidal" in done.out
    assert "Grain [b]prices[/b]" in done.out
    assert "Repeat the command with --yes" in done.err
    assert house.ids() == ["asleep", "post"]
    assert house.asked() == ["/wire"]


def test_a_title_turns_no_direction_on_the_terminal(house: House) -> None:
    title = "A\u202e\u2067B\u200f"
    rss = f"<rss version='2.0'><channel><title>{title}</title><item><title>{title}</title></item>"
    house.publisher.pages["/evil"] = Page(body=f"{rss}</channel></rss>".encode())
    done = house.add("/evil", "--yes")
    assert "AB\u200f" in done.out
    assert not set("\u202e\u2067") & set(done.out + done.err)


def test_an_added_feed_is_the_desks_and_has_its_turn_soon(house: House) -> None:
    done = house.add("/wire", "--yes")
    assert done.status == 0
    assert "Watched as sahel-wire" in done.out
    health = house.feed("sahel-wire")
    assert (health.owner, health.state) == ("desk", FeedState.NEW)
    assert health.feed.publisher == "Sahel Wire"
    assert (health.feed.language, health.feed.every) == ("fr", timedelta(minutes=45))
    assert house.asked() == ["/wire"]


def test_a_feed_may_be_described_when_it_is_added(house: House) -> None:
    words = ("--id", "wire-1", "--publisher", "The Wire", "--language", "en", "--every", "2h")
    assert house.add("/wire", *words, "--yes").status == 0
    feed = house.feed("wire-1").feed
    assert (feed.publisher, feed.language, feed.every) == ("The Wire", "en", timedelta(hours=2))


def test_the_id_is_made_of_the_publisher_and_is_free(house: House) -> None:
    house.publisher.pages["/two"] = Page(body=RSS)
    assert house.add("/wire", "--publisher", "Post", "--yes").status == 0
    assert house.add("/two", "--publisher", "Pöst!", "--yes").status == 0
    assert house.ids() == ["asleep", "post", "post-2", "post-3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--every", "soon"), "--every is a time such as 30m"),
        (("--every", "1s"), "out of range"),
        (("--id", "Sahel Wire"), "write sahel-wire"),
        (("--language", "French"), "write fr"),
    ],
)
def test_a_wrong_value_is_named_before_anybody_is_asked(
    house: House, words: tuple[str, ...], said: str
) -> None:
    done = house.add("/wire", *words, "--yes")
    assert done.status == 2
    assert said in done.err
    assert house.asked() == []


def test_an_id_in_use_is_refused_with_a_better_one(house: House) -> None:
    done = house.add("/wire", "--id", "post", "--yes")
    assert done.status == 1
    assert "choose another, such as post-2" in done.err


def test_somebody_at_a_terminal_is_asked(house: House) -> None:
    declined = house.add("/wire", answers="n\n")
    assert (declined.status, house.ids()) == (1, ["asleep", "post"])
    assert "Nothing was added." in declined.err
    agreed = house.add("/wire", answers="y\n")
    assert (agreed.status, house.ids()) == (0, ["asleep", "post", "sahel-wire"])


def test_a_page_with_one_feed_leads_to_it(house: House) -> None:
    house.publisher.pages["/"] = page("/wire")
    done = house.add("/", "--yes")
    assert done.status == 0
    assert f"{house.publisher.url}/ names this feed" in done.out
    assert house.feed("sahel-wire").feed.url == house.publisher.url + "/wire"
    assert house.asked() == ["/", "/wire"]


def test_a_page_with_several_feeds_lists_them_for_a_script(house: House) -> None:
    house.publisher.pages["/"] = page("/wire", "/other")
    done = house.add("/", "--yes")
    assert done.status == 1
    assert f"2  {house.publisher.url}/other  (RSS)" in done.out
    assert "Repeat the command with the address of one of these" in done.err

    listed = house.add("/", "--yes", "--json").json
    assert listed["added"] is False
    assert [link["url"] for link in listed["choices"]] == [
        house.publisher.url + "/wire",
        house.publisher.url + "/other",
    ]


def test_somebody_at_a_terminal_chooses_among_several_feeds(house: House) -> None:
    house.publisher.pages["/"] = page("/other", "/wire")
    done = house.add("/", answers="7\n2\ny\n")
    assert done.status == 0
    assert house.ids() == ["asleep", "post", "sahel-wire"]
    assert house.asked() == ["/", "/wire"]


def test_json_tells_what_was_seen_and_what_was_done(house: House) -> None:
    seen = house.add("/wire", "--json")
    assert (seen.status, seen.json["added"], seen.json["first_fetch_at"]) == (1, False, None)
    done = house.add("/wire", "--json", "--yes")
    assert (done.status, done.json["added"], done.json["id"]) == (0, True, "sahel-wire")
    assert (done.json["entries"], done.json["matching"]) == (2, 1)
    assert done.json["conflicts"] == {"mali": 1}
    first = done.json["newest"][0]
    assert (first["title"], first["published_at"]) == (
        "Convoy attacked near Kidal",
        "2026-11-22T10:00:00+00:00",
    )
    for hit in first["matches"][0]["hits"]:
        assert first[hit["field"]][hit["start"] : hit["end"]] == hit["text"]


def test_a_broken_off_feed_without_a_title_is_previewed(house: House) -> None:
    house.publisher.pages["/cut"] = Page(body=RSS.replace(b"Sahel Wire", b"")[:-60])
    done = house.add("/cut")
    assert "Without a title" in done.out
    assert "The document broke off" in done.out


@pytest.mark.parametrize(
    ("path", "said"),
    [("/missing", "http_404: "), ("/page", "no_feed: ")],
)
def test_a_failure_gives_its_kind_and_what_to_do(house: House, path: str, said: str) -> None:
    house.publisher.pages["/page"] = page()
    done = house.add(path, "--yes")
    assert done.status == 1
    assert f"error: {said}" in done.err
    assert "look for" in done.err.lower()


def test_an_address_is_watched_only_once(house: House) -> None:
    house.add("/wire", "--yes")
    done = house.add("/wire?utm_source=x#top", "--id", "again", "--yes")
    assert done.status == 1
    assert "already watched, as sahel-wire" in done.err
    done = house.run("feeds", "add", "127.0.0.1:9/asleep", "--yes")
    assert "already watched, as asleep" in done.err
    assert house.asked() == ["/wire"]


def test_a_feed_of_the_desk_lives_beside_the_file(house: House) -> None:
    house.add("/wire", "--yes")
    assert house.run("check").status == 0

    assert "sahel-wire" in house.run("feeds", "list").out
    assert "not in sources.yaml" in house.run("sources", "diff").out
    assert house.run("sources", "diff", "--json").json == [
        {"name": "sahel-wire", "differs": True, "in_file": False}
    ]
    report = house.run("ingest", "--feed", "sahel-wire", "--json").json
    assert (report["feeds"], report["articles_new"]) == (1, 2)
    exported = parse_sources(house.run("sources", "export").out, "export")
    assert [feed.id for feed in exported.feeds] == ["post", "asleep", "sahel-wire"]


def test_an_export_that_becomes_the_file_agrees_with_the_desk(house: House) -> None:
    house.add("/wire", "--yes")
    (house.folder / "sources.yaml").write_text(house.run("sources", "export").out)
    assert house.run("sources", "diff", "--json").json == [
        {"name": "sahel-wire", "differs": False, "in_file": True}
    ]
    assert house.run("sources", "adopt", "sahel-wire").status == 0
    assert house.run("sources", "diff", "--json").json == []
    assert house.feed("sahel-wire").owner == "file"


def test_where_the_file_says_otherwise_the_desk_holds_until_it_is_given_back(
    house: House,
) -> None:
    house.add("/wire", "--yes")
    other = '  - {id: sahel-wire, url: "http://127.0.0.1:9/other"}\nconflicts:'
    (house.folder / "sources.yaml").write_text(SOURCES.replace("conflicts:", other))
    assert "differs from sources.yaml" in house.run("sources", "diff").out
    assert house.feed("sahel-wire").feed.url == house.publisher.url + "/wire"
    house.run("sources", "adopt", "sahel-wire")
    assert house.feed("sahel-wire").feed.url == "http://127.0.0.1:9/other"


def test_a_feed_given_back_to_a_file_without_it_is_retired_and_may_return(house: House) -> None:
    house.add("/wire", "--yes")
    assert house.run("sources", "adopt", "sahel-wire").status == 0
    assert house.feed("sahel-wire").state is FeedState.RETIRED
    assert house.run("ingest", "--feed", "sahel-wire").status == 2

    done = house.add("/wire", "--publisher", "Another name", "--yes")
    assert "Watched as sahel-wire" in done.out
    assert house.feed("sahel-wire").owner == "desk"


def test_who_added_a_feed_is_on_record(house: House) -> None:
    house.add("/wire", "--yes")
    database = house.database()
    with database.reading() as connection:
        (record, *_) = editors.audit_trail(connection)
    database.close()
    assert (record.action, record.subject) == ("feed added", "sahel-wire")
    assert record.detail == {"url": house.publisher.url + "/wire"}


def test_two_people_adding_one_feed_add_it_once(database: Database) -> None:
    watch(database, polled=[a_feed()])
    enlist(database, a_feed("one", url="https://new.example/feed"), NOON, "one")
    with pytest.raises(PipelineError, match="already watched, as one"):
        enlist(database, a_feed("two", url="http://new.example/feed"), NOON, "two")


LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><body><outline text="West Africa">
<outline text="BBC Afrique" xmlUrl="feed://bbc.example/afrique" language="fr-FR"/>
<outline text="No: a [title]" xmlUrl="https://wire.example/feed?id=1&amp;x=2"/>
<outline text="Twice" xmlUrl="http://bbc.example/afrique#top"/></outline>
<outline text="Files" xmlUrl="file:///etc/passwd"/>
<outline text="The Post" xmlUrl="http://127.0.0.1:9/post"/>
<outline xmlUrl="www.radio.example/rss"/></body></opml>"""


def imported(house: House, document: bytes, *words: str) -> Done:
    (house.folder / "list.opml").write_bytes(document)
    return house.run("feeds", "import", "list.opml", *words)


def test_a_list_is_taken_in_without_asking_anybody(house: House) -> None:
    done = imported(house, LIST)
    assert "3 feeds added, 1 already watched, 1 listed twice, 1 left out." in done.out
    assert "left out  list.opml:6: Files: " in done.out
    assert done.status == 1
    assert house.ids() == ["asleep", "bbc-afrique", "no-a-title", "post", "radio-example"]
    feed = house.feed("bbc-afrique")
    assert (feed.owner, feed.feed.url) == ("desk", "https://bbc.example/afrique")
    assert (feed.feed.language, feed.feed.tags) == ("fr", ("west-africa",))
    assert feed.next_fetch_reason == "imported, never fetched yet"
    gap = house.feed("radio-example").next_fetch_at - feed.next_fetch_at
    assert gap == timedelta(seconds=2)
    assert house.asked() == []


def test_a_list_taken_in_again_adds_nothing(house: House) -> None:
    imported(house, LIST)
    again = imported(house, LIST, "--json").json
    assert (again["added"], again["already_watched"], again["repeated"]) == ([], 5, 0)
    assert [fault["where"] for fault in again["faults"]] == ["list.opml:6"]


def test_what_was_imported_can_be_exported_as_sources(house: House) -> None:
    imported(house, LIST)
    exported = parse_sources(house.run("sources", "export").out, "export")
    assert {feed.publisher for feed in exported.feeds} >= {"BBC Afrique", "No: a [title]"}


def test_a_list_without_faults_succeeds_from_standard_input(house: House) -> None:
    document = b"<opml><body><outline xmlUrl='https://a.example/f'/></body></opml>"
    done = house.run("feeds", "import", "-", given=document)
    assert (done.status, house.ids()) == (0, ["a-example", "asleep", "post"])


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"<html/>", "not_opml"),
        (b"", "empty"),
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml>&a;</opml>", "entity_bomb"),
        (b"<opml>" + b"<outline xmlUrl='https://a.example'/>" * 100_000 + b"</opml>", "too_large"),
    ],
    ids=["page", "empty", "bomb", "100,000 feeds"],
)
def test_a_list_that_cannot_be_taken_changes_nothing(
    house: House, document: bytes, said: str
) -> None:
    done = imported(house, document)
    assert done.status == 1
    assert f"error: list.opml: {said}: " in done.err
    assert house.ids() == ["asleep", "post"]


def test_a_list_of_no_feeds_is_a_failure(house: House) -> None:
    assert imported(house, b"<opml><body/></opml>").status == 1
    assert house.run("feeds", "import", "not-there.opml").status == 2


def test_the_exported_list_names_every_polled_feed_in_folders(house: House) -> None:
    imported(house, LIST)
    listed = read_opml(house.run("feeds", "export").out.encode())
    assert {(each.url, each.tags) for each in listed} == {
        ("https://bbc.example/afrique", ("west-africa",)),
        ("https://wire.example/feed?id=1&x=2", ("west-africa",)),
        ("https://www.radio.example/rss", ()),
        ("http://127.0.0.1:9/post", ("delta",)),
    }
    by_publisher = house.run("feeds", "export", "--by", "publisher").out
    assert '<outline text="Delta Post" title="Delta Post">' in by_publisher
    assert house.run("feeds", "export", "--by", "colour").status == 2
