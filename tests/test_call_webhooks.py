"""Programs are told of every significant change: signed, in order, at least once under one id."""

import asyncio
import base64
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest

from db import Database, matches, webhooks
from pipeline import call_webhooks
from pipeline.call_webhooks import CallsReport, add_webhook, notice_changes, remove_webhook
from pipeline.errors import FetchError, WebhookError
from pipeline.fetch import FetchPolicy, Poster
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.publish import found_installation
from pipeline.review import review
from tests.making import NOON, a_conflict, an_article, take_in, watch

BASE = "https://tracker.example"
MALI = a_conflict()
NIGER = a_conflict("niger", "Unrest in Niger", places=("Niger", "Niamey"))
MINUTE = timedelta(minutes=1)
ATTACK = "Convoy attacked near Kidal"


class House:
    """An installation, and a program that takes calls."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        house = self

        class Program(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                house.heard.append((headers, body))
                self.send_response(house.answers.pop(0) if house.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Program)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        found_installation(database, BASE, NOON)
        watch(database, tracked=(MALI, NIGER))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, conflict: str = "", now: datetime = NOON) -> str:
        return add_webhook(self.database, self.url, conflict, BASE, "ada", now)[1]

    def publish(self, headline: str, now: datetime) -> int:
        item = an_article(headline, published_at=now - timedelta(hours=1))
        take_in(self.database, item, tracked=(MALI, NIGER), now=now)
        with self.database.reading() as connection:
            waiting = matches.queue(connection, status=MatchStatus.PENDING)
        [match] = [each for each in waiting if each.title == headline]
        self.decide(match.id, Verdict.APPROVE, now)
        return match.id

    def decide(self, match_id: int, verdict: Verdict, now: datetime) -> None:
        review(self.database, [Decision(match_id=match_id, verdict=verdict, editor="ada")], now)

    def call(self, now: datetime) -> CallsReport | None:
        notice_changes(self.database, BASE, now)
        policy = FetchPolicy(
            user_agent="Dateline/test", allow_private=(ip_network("127.0.0.0/8"),), deadline=5
        )

        async def go() -> CallsReport | None:
            async with Poster(policy) as poster:
                return await call_webhooks.call_webhooks(self.database, poster, lambda: now)

        return asyncio.run(go())

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]

    def told(self) -> list[tuple[str, str]]:
        return [(each["type"], each["data"]["title"]) for each in self.bodies()]


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    made = House(database)
    yield made
    made.close()


@pytest.fixture
def small(sqlite: Database) -> Iterator[House]:
    made = House(sqlite)
    yield made
    made.close()


def test_a_program_hears_of_publication_and_withdrawal_signed(house: House) -> None:
    house.publish("Army base attacked in Bamako", NOON - MINUTE)
    secret = house.add()
    assert house.call(NOON) is None
    match = house.publish(ATTACK, NOON + MINUTE)
    assert house.call(NOON + MINUTE) == CallsReport(told=1, failed=0)
    assert house.call(NOON + MINUTE) is None
    house.decide(match, Verdict.REOPEN, NOON + 2 * MINUTE)
    house.call(NOON + 2 * MINUTE)
    house.decide(match, Verdict.APPROVE, NOON + 3 * MINUTE)
    house.call(NOON + 3 * MINUTE)
    assert [kind for kind, _ in house.told()] == [
        "entry.published", "entry.withdrawn", "entry.updated",
    ]  # fmt: skip
    first = house.bodies()[0]["data"]
    assert first["title"] == ATTACK
    assert first["tags"] == ["mali"]
    assert len({each["data"]["id"] for each in house.bodies()}) == 1
    for headers, body in house.heard:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.digest(key, signed, sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    assert len({headers["webhook-id"] for headers, _ in house.heard}) == 3


def test_a_program_hears_only_of_its_conflict(small: House) -> None:
    small.add("niger")
    small.publish(ATTACK, NOON + MINUTE)
    small.publish("Junta announced in Niamey, Niger", NOON + 2 * MINUTE)
    small.call(NOON + 3 * MINUTE)
    assert small.told() == [("entry.published", "Junta announced in Niamey, Niger")]


def test_a_call_that_fails_comes_again_under_its_id_and_later_ones_wait(house: House) -> None:
    house.add()
    match = house.publish(ATTACK, NOON + MINUTE)
    house.answers[:] = [500]
    report = house.call(NOON + MINUTE)
    assert report is not None
    assert report.failed == 1
    house.decide(match, Verdict.REOPEN, NOON + MINUTE)
    other = "Army base attacked in Bamako"
    house.publish(other, NOON + MINUTE)
    house.call(NOON + MINUTE)
    house.call(NOON + 3 * MINUTE)
    house.call(NOON + 3 * MINUTE)
    assert [kind for kind, title in house.told() if title != other] == [
        "entry.published", "entry.published", "entry.withdrawn",
    ]  # fmt: skip
    ids = [headers["webhook-id"] for headers, _ in house.heard]
    assert (ids[0], house.heard[0][1]) == (ids[2], house.heard[2][1])
    times = [headers["webhook-timestamp"] for headers, _ in house.heard]
    assert times[0] != times[2]


def test_a_process_that_dies_with_calls_in_hand_loses_none(small: House) -> None:
    small.add()
    small.publish(ATTACK, NOON + MINUTE)
    notice_changes(small.database, BASE, NOON + MINUTE)
    with small.database.transaction() as connection:
        assert len(webhooks.claim(connection, NOON + MINUTE, 10 * MINUTE, 10)) == 1
    assert small.call(NOON + 2 * MINUTE) is None
    assert small.call(NOON + 11 * MINUTE) == CallsReport(told=1, failed=0)


def test_a_program_that_is_gone_is_told_no_more(small: House) -> None:
    small.add()
    small.publish(ATTACK, NOON + MINUTE)
    small.answers[:] = [410]
    small.call(NOON + MINUTE)
    small.publish("Army base attacked in Bamako", NOON + 2 * MINUTE)
    assert small.call(NOON + 2 * MINUTE) is None
    [hook] = call_webhooks.all_webhooks(small.database)
    assert hook.ended_at == NOON + MINUTE
    [logged] = call_webhooks.call_log(small.database, 10)
    assert (logged.state, "answered 410" in logged.error) == ("given_up", True)


def test_a_call_nobody_takes_for_three_days_is_given_up(small: House) -> None:
    small.add()
    small.publish(ATTACK, NOON + MINUTE)
    small.answers[:] = [500] * 100
    now = NOON + MINUTE
    for _ in range(90):
        small.call(now)
        now += timedelta(hours=1)
    assert len(small.heard) == 10
    [logged] = call_webhooks.call_log(small.database, 10)
    assert logged.state == "given_up"


def test_what_was_withdrawn_before_anybody_heard_is_not_told(small: House) -> None:
    small.add()
    match = small.publish(ATTACK, NOON + MINUTE)
    small.decide(match, Verdict.REOPEN, NOON + MINUTE)
    assert small.call(NOON + 2 * MINUTE) is None


def test_addresses_that_are_none_and_conflicts_that_are_not_tracked_are_refused(
    small: House,
) -> None:
    with pytest.raises(FetchError):
        add_webhook(small.database, "ftp://example.org/", "", BASE, "ada", NOON)
    with pytest.raises(FetchError):
        add_webhook(small.database, "https://me:secret@example.org/", "", BASE, "ada", NOON)
    with pytest.raises(WebhookError, match="atlantis"):
        small.add("atlantis")
    assert call_webhooks.all_webhooks(small.database) == ()


def test_a_removed_webhook_is_forgotten_with_its_calls(small: House) -> None:
    small.add()
    small.publish(ATTACK, NOON + MINUTE)
    notice_changes(small.database, BASE, NOON + MINUTE)
    assert remove_webhook(small.database, 1, "ada", NOON)
    assert not remove_webhook(small.database, 1, "ada", NOON)
    assert small.call(NOON + 2 * MINUTE) is None
    assert call_webhooks.call_log(small.database, 10) == ()
