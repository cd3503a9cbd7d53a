"""`ingest`, `articles` and `rematch`: news from the shell."""

import json
import os
import re
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db import leases
from tests.cli.conftest import ATTACK, JUNTA, MARKET, Shell, rss
from tests.making import NOON, an_article
from tests.replay import Page, Publisher

INGEST_KEYS = [
    "feeds", "updated", "not_modified", "unchanged", "failed", "entries", "articles_new",
    "articles_revised", "matches_new", "seconds", "failures",
]  # fmt: skip
ARTICLE_KEYS = {
    "id", "url", "title", "summary", "publisher", "language", "published_at", "first_seen_at",
    "feeds", "story", "matches",
}  # fmt: skip


def titles(found: list[dict[str, Any]]) -> set[str]:
    return {each["title"] for each in found}


def test_a_pass_reports_in_the_contracts_shape_and_a_second_brings_nothing(
    online: tuple[Shell, Publisher],
) -> None:
    shell, _ = online
    first = shell.run("ingest", "--json")
    report = json.loads(first.out)
    assert list(report) == INGEST_KEYS
    assert (report["feeds"], report["updated"], report["entries"]) == (2, 2, 3)
    assert (report["articles_new"], report["matches_new"], report["failures"]) == (3, 2, [])
    assert "sahel-wire: updated" in first.err
    again = shell.json("ingest", "--all")
    assert (again["feeds"], again["not_modified"], again["articles_new"]) == (2, 2, 0)


def test_on_a_terminal_a_bar_shows_the_progress_and_then_goes(
    online: tuple[Shell, Publisher],
) -> None:
    shell, _ = online
    screen = shell.type("ingest")
    assert "sahel-wire" in screen
    assert "2/2" in screen
    assert screen.rindex("2/2") < screen.index("Done in ")


def test_a_pass_ends_with_the_pages_of_new_articles_where_a_feed_asks_for_it(
    online: tuple[Shell, Publisher],
) -> None:
    shell, publisher = online
    text = "Men of JNIM came down from Kidal at dawn and left at noon, a chief said. " * 4
    story = f"<article><p>{text}</p></article>".encode()
    feed = rss(MARKET).replace(b"https://wire.example", publisher.url.encode())
    name = re.findall(rb"<guid>(\w+)", feed)[0].decode()
    publisher.pages |= {
        "/wire": Page(body=feed),
        f"/{name}": Page(body=story, content_type="text/html"),
    }
    wanted = shell.sources.read_text(encoding="utf-8").replace(
        "publisher: Sahel Wire", "publisher: Sahel Wire, full_text: true"
    )
    shell.sources.write_text(wanted, encoding="utf-8")
    first = shell.run("ingest", "--json")
    assert json.loads(first.out)["matches_new"] == 1  # Delta Post's; the page comes after
    assert "page of article" in first.err
    [found] = shell.json("articles", "--conflict", "mali")
    assert not {"body", "page"} & set(found)
    assert {hit["field"] for hit in found["matches"][0]["hits"]} == {"body"}
    assert "a chief said" not in json.dumps(found)
    assert publisher.statuses("/robots.txt") == [404]
    shell.json("ingest", "--all")
    assert publisher.statuses(f"/{name}") == [200]


def test_failing_feeds_are_named_and_the_pass_still_exits_0(
    online: tuple[Shell, Publisher],
) -> None:
    shell, publisher = online
    publisher.pages["/post"] = Page(body=b"<html>Down</html>", content_type="text/html")
    told = shell.run("ingest").out
    assert "failed  delta-post  html:" in told
    publisher.pages["/post"] = Page(status=503)
    report = shell.json("ingest", "--feed", "delta-post")
    assert (report["feeds"], report["failed"]) == (1, 1)
    (failure,) = report["failures"]
    assert set(failure) == {"feed", "kind", "message"}
    assert (failure["feed"], failure["kind"]) == ("delta-post", "http_503")


def test_a_pass_without_due_feeds_says_when_the_next_is_due(
    online: tuple[Shell, Publisher],
) -> None:
    shell, publisher = online
    shell.json("ingest")
    told = shell.run("ingest").out
    assert "No feed is due. The next is due 20" in told
    assert "`dateline ingest --all`" in told
    assert publisher.statuses("/wire") == [200]
    assert publisher.statuses("/gazette") == []


def test_a_pass_that_is_told_to_stop_ends_at_once_and_says_what_is_left(
    online: tuple[Shell, Publisher],
) -> None:
    shell, publisher = online
    shell.patch.setenv("DATELINE_HOST_INTERVAL", "30")

    def tell() -> None:
        while not publisher.requests:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=tell).start()
    began = time.monotonic()
    told = shell.run("ingest", "--all")
    assert time.monotonic() - began < 8
    assert re.search(
        r"Stopped: (1 feed was|\d feeds were) not taken in; (it is|they are) due as before",
        told.err,
    )
    assert len(publisher.requests) == 1


def test_feeds_another_process_holds_are_left_to_it(online: tuple[Shell, Publisher]) -> None:
    shell, publisher = online
    with shell.database() as database, database.transaction() as connection:
        leases.claim(
            connection, datetime.now(UTC), holder="elsewhere/1", lease=timedelta(minutes=5),
            limit=None, only=["sahel-wire"], even_if_not_due=True,
        )  # fmt: skip
    told = shell.run("ingest", "--all").out
    assert "1 feed was left to another process" in told
    assert publisher.statuses("/wire") == []


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("sahel-wir", "did you mean sahel-wire?"),
        ("xyz", "`dateline feeds list` names them"),
        ("old-gazette", "disabled in sources.yaml"),
    ],
)
def test_a_feed_that_cannot_be_fetched_by_name_is_a_usage_error(
    shell: Shell, name: str, advice: str
) -> None:
    assert advice in shell.run("ingest", "--feed", name, status=2).err


def test_articles_come_in_the_contracts_shape(filled: Shell) -> None:
    found = filled.json("articles")
    assert titles(found) == {ATTACK, JUNTA}
    attack = next(each for each in found if each["title"] == ATTACK)
    assert set(attack) >= ARTICLE_KEYS
    assert attack["feeds"] == ["sahel-wire"]
    assert datetime.fromisoformat(attack["first_seen_at"]) == NOON
    assert isinstance(attack["story"], int)
    assert (attack["copies"], attack["origins"]) == (1, 1)
    (match,) = attack["matches"]
    assert set(match) == {"id", "conflict", "status", "score", "hits"}
    assert (match["conflict"], match["status"]) == ("mali", "pending")
    for hit in match["hits"]:
        assert set(hit) == {"term", "kind", "field", "start", "end", "text"}
        assert attack[hit["field"]][hit["start"] : hit["end"]] == hit["text"]


def test_articles_are_filtered_by_conflict_status_words_and_number(filled: Shell) -> None:
    filled.run("review", "approve", "1")
    assert titles(filled.json("articles", "--conflict", "niger")) == {JUNTA}
    assert titles(filled.json("articles", "--status", "approved")) == {ATTACK}
    assert titles(filled.json("articles", "--status", "approved", "--conflict", "niger")) == set()
    assert titles(filled.json("articles", "--search", "kidal conv")) == {ATTACK}
    assert titles(filled.json("articles", "--search", "market")) == set()
    assert titles(filled.json("articles", "--search", "market", "--all")) == {MARKET}
    assert titles(filled.json("articles", "--all")) == {ATTACK, JUNTA, MARKET}
    assert len(filled.json("articles", "--all", "--limit", "2")) == 2


def test_without_a_limit_every_article_is_listed(shell: Shell) -> None:
    shell.store(*(an_article(f"Attack number {number} near Kidal") for number in range(1, 321)))
    assert len(shell.json("articles")) == 320
    assert len(shell.json("review", "list")) == 320


def test_articles_on_a_terminal_name_headline_and_verdict(filled: Shell) -> None:
    shown = filled.run("articles").out
    assert ATTACK in shown
    assert "mali pending" in shown


def test_an_empty_list_of_articles_says_so(shell: Shell) -> None:
    assert "No article is stored yet." in shell.run("articles").out
    assert "No article fits." in shell.run("articles", "--conflict", "mali").out
    assert shell.json("articles") == []


def test_a_status_that_is_none_is_a_usage_error(shell: Shell) -> None:
    told = shell.run("articles", "--status", "good", status=2).err
    assert "pending, approved, rejected, withdrawn" in told


@pytest.mark.parametrize("command", [("articles",), ("review", "list")])
def test_a_conflict_that_is_none_is_a_usage_error_with_the_likely_name(
    filled: Shell, command: tuple[str, ...]
) -> None:
    assert "did you mean mali?" in filled.run(*command, "--conflict", "malli", status=2).err
    assert "there are: mali, niger" in filled.run(*command, "--conflict", "xyz", status=2).err


@pytest.mark.parametrize("command", [("articles",), ("review", "list")])
def test_a_headline_is_shown_as_it_is_never_read_as_markup(
    shell: Shell, command: tuple[str, ...]
) -> None:
    headline = "[/b] JNIM claims [red]attack[/red] :fire: in Mali [link=x]"
    shell.store(an_article(headline))
    assert headline in shell.run(*command).out


def test_rematch_proposes_what_new_keywords_find_and_keeps_verdicts(filled: Shell) -> None:
    filled.run("review", "reject", "1", "--reason", "off-topic")
    text = filled.sources.read_text(encoding="utf-8")
    filled.sources.write_text(text.replace("places: [Niger,", "places: [coast, Niger,"))
    filled.sources.write_text(
        filled.sources.read_text().replace(
            "subjects: [attack*, junta]", "subjects: [market, junta]"
        )
    )
    assert "3 articles matched again, 1 new matches." in filled.run("rematch").out
    assert titles(filled.json("articles", "--conflict", "niger")) == {JUNTA, MARKET}
    assert filled.json("articles", "--status", "rejected")[0]["title"] == ATTACK


def test_rematch_withdraws_pending_matches_the_keywords_no_longer_find(filled: Shell) -> None:
    text = filled.sources.read_text(encoding="utf-8")
    filled.sources.write_text(text.replace("Niger, Niamey", "Zinder"), encoding="utf-8")
    filled.run("rematch")
    assert set(filled.statuses().values()) == {"pending", "withdrawn"}
