"""Hubs are told of feeds that changed, after they are public, once, and until they answer."""

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs

import feedparser
import pytest

from db import Database, hub_pings, matches
from pipeline.fetch import FetchPolicy, Poster
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.ping import DEBOUNCE, PingReport, is_topic, ping_hubs
from pipeline.publish import found_installation, publish
from pipeline.review import review
from tests.making import NOON, a_conflict, an_article, take_in, watch

MALI = a_conflict()
NIGER = a_conflict("niger", "Unrest in Niger", places=("Niger", "Niamey"))
SECOND = timedelta(seconds=1)


class Hub(BaseHTTPRequestHandler):
    """A hub: it takes a ping and at once fetches the topic, as hubs do."""

    heard: list[tuple[str, bytes]]
    answers: list[int]

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            assert form["hub.mode"] == ["publish"]
            [topic] = form["hub.url"]
            with urllib.request.urlopen(topic) as answer:
                self.heard.append((topic, answer.read()))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Site(SimpleHTTPRequestHandler):
    """The public folder, as any web server hands it out."""

    def log_message(self, *_: object) -> None:
        pass


class House:
    """An installation with a public folder on the web, and a hub that knows it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        folder.mkdir()
        self.heard: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        handler = type("Own", (Hub,), {"heard": self.heard, "answers": self.answers})
        self.servers = [
            ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(folder))),
            ThreadingHTTPServer(("127.0.0.1", 0), handler),
        ]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.base_url, self.hub = (f"http://127.0.0.1:{s.server_port}" for s in self.servers)
        found_installation(database, self.base_url, NOON)
        watch(database, tracked=(MALI, NIGER))

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def publish(self, now: datetime = NOON) -> None:
        publish(self.database, self.folder, self.base_url, now, hubs=(self.hub,))

    def approve(self, headline: str, now: datetime = NOON) -> None:
        item = an_article(headline, published_at=now - timedelta(hours=1))
        take_in(self.database, item, tracked=(MALI, NIGER), now=now)
        with self.database.reading() as connection:
            waiting = matches.queue(connection, status=MatchStatus.PENDING)
        [match] = [each for each in waiting if each.title == headline]
        decision = Decision(match_id=match.id, verdict=Verdict.APPROVE, editor="ada")
        review(self.database, [decision], now)

    def ping(self, now: datetime, hub: str | None = None) -> PingReport | None:
        policy = FetchPolicy(
            user_agent="Dateline/test", allow_private=(ip_network("127.0.0.0/8"),), deadline=5
        )

        async def go() -> PingReport | None:
            async with Poster(policy) as poster:
                return await ping_hubs(
                    self.database, poster, (hub or self.hub,), self.base_url, lambda: now
                )

        return asyncio.run(go())

    def topics(self) -> set[str]:
        return {topic.removeprefix(self.base_url) for topic, _ in self.heard}


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    made = House(database, tmp_path / "public")
    yield made
    made.close()


@pytest.fixture
def small(sqlite: Database, tmp_path: Path) -> Iterator[House]:
    made = House(sqlite, tmp_path / "public")
    yield made
    made.close()


def rel_self(topic: str, body: bytes) -> str:
    if topic.endswith(".json"):
        return str(json.loads(body)["feed_url"])
    links = feedparser.parse(body).feed.links
    return str(next(link.href for link in links if link.rel == "self"))


def test_a_hub_is_told_of_the_changed_feeds_and_finds_them_fresh(house: House) -> None:
    house.publish()
    assert house.ping(NOON) is None
    house.approve("Convoy attacked near Kidal", NOON + SECOND)
    house.publish(NOON + SECOND)
    assert house.ping(NOON + 2 * SECOND) is None
    assert house.heard == []
    report = house.ping(NOON + 2 * SECOND + DEBOUNCE)
    assert report == PingReport(told=6, failed=0)
    kinds = ("atom", "rss", "json")
    assert house.topics() == {
        f"{folder}/latest-news.{kind}" for folder in ("", "/conflicts/mali") for kind in kinds
    }
    for topic, body in house.heard:
        assert b"Convoy attacked near Kidal" in body
        assert rel_self(topic, body) == topic
        assert house.hub.encode() in body
    assert house.ping(NOON + timedelta(hours=1)) is None


def test_many_changes_within_a_minute_are_one_ping(small: House) -> None:
    small.publish()
    small.ping(NOON)
    for number in range(3):
        now = NOON + (number + 1) * 10 * SECOND
        small.approve(f"Convoy number {number} attacked near Kidal", now)
        small.publish(now)
        small.ping(now)
    small.ping(NOON + 10 * SECOND + DEBOUNCE)
    assert len(small.heard) == 6
    assert all(b"number 2" in body for _, body in small.heard)


def test_a_hub_that_fails_is_told_later_and_says_so_meanwhile(small: House) -> None:
    small.publish()
    small.ping(NOON)
    small.approve("Convoy attacked near Kidal", NOON + SECOND)
    small.publish(NOON + SECOND)
    small.ping(NOON + SECOND)
    small.answers[:] = [503] * 6
    due = NOON + SECOND + DEBOUNCE
    report = small.ping(due)
    assert report is not None
    assert (report.told, report.failed) == (0, 6)
    assert "answered 503" in report.error
    with small.database.reading() as connection:
        assert hub_pings.health(connection).failing == 6
    assert small.ping(due + 30 * SECOND) is None
    assert small.ping(due + 61 * SECOND) == PingReport(told=6, failed=0)
    with small.database.reading() as connection:
        assert hub_pings.health(connection).failing == 0


def test_a_process_that_dies_with_pings_in_hand_loses_none(small: House) -> None:
    small.publish()
    small.ping(NOON)
    small.approve("Convoy attacked near Kidal", NOON + SECOND)
    small.publish(NOON + SECOND)
    small.ping(NOON + SECOND)
    due = NOON + SECOND + DEBOUNCE
    with small.database.transaction() as connection:
        taken = hub_pings.claim(connection, due, timedelta(minutes=10), 100)
    assert len(taken) == 6
    assert small.ping(due) is None
    assert small.ping(due + timedelta(minutes=10)) == PingReport(told=6, failed=0)


def test_after_three_days_a_change_is_given_up_and_the_next_one_told(small: House) -> None:
    small.publish()
    small.ping(NOON)
    small.approve("Convoy attacked near Kidal", NOON + SECOND)
    small.publish(NOON + SECOND)
    now = NOON + SECOND
    small.answers[:] = [500] * 1000
    tries = 0
    for _ in range(100):
        now += timedelta(hours=1)
        tries += small.ping(now) is not None
    assert tries == 10
    small.answers.clear()
    assert small.ping(now + timedelta(days=1)) is None
    small.approve("Second convoy attacked near Kidal", now)
    small.publish(now)
    small.ping(now)
    assert small.ping(now + DEBOUNCE) == PingReport(told=6, failed=0)


def test_a_hub_that_nobody_names_any_more_is_forgotten(small: House) -> None:
    small.publish()
    small.ping(NOON)
    small.approve("Convoy attacked near Kidal", NOON + SECOND)
    small.publish(NOON + SECOND)
    small.ping(NOON + SECOND)
    assert small.ping(NOON + DEBOUNCE * 2, hub=small.hub + "/other") is None
    assert small.ping(NOON + DEBOUNCE * 3, hub=small.hub + "/other") is None
    assert small.heard == []


def test_only_feeds_that_change_are_topics() -> None:
    for path in ("latest-news.atom", "conflicts/mali/daily.json", "regions/sahel/latest-news.rss"):
        assert is_topic(path)
    for path in (
        "index.html",
        "feeds.opml",
        "conflicts/mali/archive/2026-11.atom",
        "static/feed.css",
    ):
        assert not is_topic(path)
