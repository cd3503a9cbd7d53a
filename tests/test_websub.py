"""Hubs announce what is new: asked, confirmed, heard, trusted only as far as their pushes led."""

import asyncio
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from datetime import datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db import Database, feeds, open_database, push_subscriptions
from db.tables import push_subscriptions as table
from pipeline.browse import figures
from pipeline.fetch import FetchPolicy, Poster
from pipeline.follow import Follower, FollowReport
from pipeline.model import Following, PushHealth
from pipeline.settings import Network, Settings
from pipeline.stages.describe import notes, pushed
from pipeline.sweep import sweep
from pipeline.watch import Watch
from pipeline.web import create_app
from tests.hubs import LoopbackHub, Manners, request, serving
from tests.passes import HOUR, Rig, rss
from tests.replay import Publisher

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LOOPBACK = (ip_network("127.0.0.0/8"),)
KEY = "a key for tests only"
ATOM = 'xmlns:a="http://www.w3.org/2005/Atom"'


class House(Rig):
    """An installation on a real port, a publisher and a hub."""

    def __init__(
        self, database: Database, publisher: Publisher, hub: LoopbackHub, settings: Settings
    ) -> None:
        super().__init__(database, publisher)
        self.hub, self.settings = hub, settings
        self.heeds_hubs = True
        self.polled: list[str] = []
        self.dates: dict[str, datetime] = {}

    def app(self) -> Any:
        return create_app(
            self.database,
            self.settings,
            self.policy(),
            clock=lambda: self.now,
            on_change=lambda: None,
        )

    def policy(self, networks: Sequence[Network] = LOOPBACK) -> FetchPolicy:
        return FetchPolicy(user_agent="Dateline/test", allow_private=tuple(networks), deadline=5)

    def manners(self, name: str) -> Manners:
        return self.hub.at(name)

    def head(self, name: str) -> str:
        """What a feed says of its hub, which is the one at the path of the feed's name."""
        return f'<a:link {ATOM} rel="hub" href="{self.hub.url}/{name}"/>'

    def say(self, name: str, new: int = 0, hub: bool = True) -> None:
        """Let a feed list thirty articles of the last week, and so many that are just out."""
        for number in range(30 + new):
            ago = (30 - number) * 6 * HOUR if number < 30 else MINUTE
            self.dates.setdefault(f"{name}{number}", self.now - ago)
        items = "".join(
            f"<item><guid>{name}{number}</guid><title>Grain prices at {name}{number}</title>"
            f"<pubDate>{format_datetime(self.dates[f'{name}{number}'])}</pubDate></item>"
            for number in reversed(range(30 + new))
        )
        head = self.head(name) if hub else ""
        document = f"<rss version='2.0'><channel><title>W</title>{head}{items}</channel></rss>"
        self.serve(name, document.encode())

    def poll(self, *names: str) -> None:
        self.polled += names
        self.watch(*(self.feed(name) for name in self.polled))

    def follow(self, networks: Sequence[Network] = LOOPBACK) -> FollowReport | None:
        async def go() -> FollowReport | None:
            async with Poster(self.policy(networks)) as poster:
                return await Follower(
                    database=self.database,
                    poster=poster,
                    key=KEY.encode(),
                    base_url=self.settings.base_url,
                    networks=networks,
                    clock=lambda: self.now,
                ).follow()

        return asyncio.run(go())

    def subscribed(self, name: str) -> Manners:
        """A feed whose hub was asked after the first look at it."""
        self.say(name)
        self.poll(name)
        self.run()
        self.follow()
        return self.manners(name)

    def announced(self, name: str, new: int) -> None:
        """The feed lists so many more, the hub says so, and whoever is due is asked."""
        self.say(name, new)
        assert self.hub.push(name)[0] == 204
        self.run(every=False)

    def proven(self, name: str) -> None:
        self.subscribed(name)
        self.now += 10 * MINUTE
        self.announced(name, 1)

    def push(self, name: str) -> PushHealth:
        with self.database.reading() as connection:
            return push_subscriptions.health(connection, [name])[name]

    def rows(self) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)))

    def clear(self) -> None:
        """Watch nothing and follow nobody, for the next test."""
        with self.database.transaction() as connection:
            connection.execute(table.delete())
            feeds.declare(connection, [], self.now)
        self.polled, self.now = [], self.now + DAY


@pytest.fixture(scope="module")
def built(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("websub")
    (folder / "dateline.db").write_bytes(sqlite_file.read_bytes())
    url = f"sqlite:///{folder}/dateline.db"
    with ExitStack() as stack:
        publisher = stack.enter_context(Publisher())
        hub = LoopbackHub()
        stack.callback(hub.close)
        database = open_database(url)
        stack.callback(database.close)
        listening = socket.create_server(("127.0.0.1", 0))
        stack.callback(listening.close)
        settings = Settings(
            _env_file=None,
            database_url=url,
            public_dir=folder / "public",
            secret_key=KEY,
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
            websub="on",
        )
        made = House(database, publisher, hub, settings)
        stack.enter_context(serving(listening, made.app))
        yield made


@pytest.fixture
def house(built: House) -> Iterator[House]:
    yield built
    built.clear()


def named(house: House, name: str, body: bytes, **more: object) -> tuple[str | None, str | None]:
    """The hub and topic that one look at a document finds."""
    house.serve(name, body, **more)
    house.poll(name)
    house.run()
    row = house.row(name)
    return row.hub_url, row.topic_url


def test_a_hub_is_found_in_every_format_and_in_the_header(house: House) -> None:
    hub, own = house.hub.url + "/", house.publisher.url
    links = f'<link rel="hub" href="{hub}"/><link rel="self" href="{own}/atom?full=1"/>'
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>W</title>{links}</feed>'
    assert named(house, "atom", atom.encode()) == (hub, f"{own}/atom?full=1")
    foreign = f'<a:link {ATOM} rel="hub" href="{hub}"/><a:link {ATOM} rel="self" href="https://x.example/"/>'
    assert named(house, "rss", rss("a", head=foreign)) == (hub, f"{own}/rss")
    hubs = [{"type": "rssCloud", "url": "https://no.example/"}, {"type": "WebSub", "url": hub}]
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [], "hubs": hubs}
    assert named(house, "json", json.dumps(document).encode()) == (hub, f"{own}/json")
    header = f'<{own}/other>; rel="self", </hub>; rel=hub'
    assert named(house, "head", rss("b"), headers={"Link": header}) == (
        f"{own}/hub",
        f"{own}/other",
    )
    assert named(house, "none", rss("c")) == (None, None)


def test_a_feed_that_names_a_hub_is_subscribed_to_and_fetched_early_when_it_is_pushed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = house.subscribed("wire")
    [form] = hub.forms
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", f"{house.publisher.url}/wire")
    assert form["hub.callback"].startswith(f"{house.settings.base_url}/websub/")
    assert len(form["hub.secret"]) >= 64
    assert form["hub.lease_seconds"] == "864000"
    [(status, headers, challenge)] = hub.answers
    assert (status, challenge) == (200, b"c0ffee <b>&")
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert house.push("wire").state is Following.ACTIVE

    planned = house.row("wire").next_fetch_at
    house.now += 10 * MINUTE
    assert house.now < planned
    house.announced("wire", 1)
    row = house.row("wire")
    assert (row.last_attempt_at, row.last_new_at) == (house.now, house.now)
    assert house.publisher.statuses("/wire") == [200, 200]
    assert figures(house.database, house.now).pushes["proven"] == 1
    house.now += MINUTE
    assert house.hub.push("wire")[0] == 204
    assert house.row("wire").next_fetch_at == row.last_attempt_at + 5 * MINUTE
    assert house.row("wire").next_fetch_reason.startswith("announced by 127.0.0.1")

    printed = "".join(capsys.readouterr()) + repr(house.push("wire"))
    for secret in (form["hub.secret"], form["hub.callback"].rpartition("/")[2]):
        assert secret not in printed
        assert secret not in Path(house.settings.database_url[10:]).read_bytes().decode("latin-1")


def test_a_hub_that_confirms_and_never_pushes_changes_nothing_of_the_schedule(
    house: House, sqlite: Database
) -> None:
    plain = Rig(sqlite, house.publisher)
    plain.now = house.now

    def waits(rig: Rig) -> list[tuple[timedelta, str]]:
        found = []
        for step in range(6):
            house.say("mute", min(step, 4))
            rig.run()
            if isinstance(rig, House):
                rig.follow()
            found.append(rig.wait("mute"))
            rig.now += HOUR
        return found

    house.poll("mute")
    announced = waits(house)
    assert house.manners("mute").answers[0][0] == 200
    plain.watch(plain.feed("mute"))
    assert announced == waits(plain)
    assert not house.push("mute").trust.proven_at
    assert house.push("mute").trust.distrusted_until
    assert "left news unannounced three times" in " ".join(notes_of(house, "mute"))


def notes_of(house: House, name: str) -> tuple[str, ...]:
    from pipeline.oversee import one_feed

    found = one_feed(house.database, name, house.now)
    assert found is not None
    return notes(found.health, house.now)


def test_a_proven_hub_lets_its_feed_be_polled_less_and_a_missed_article_ends_that(
    house: House,
) -> None:
    house.proven("good")
    wait, reason = house.wait("good")
    assert reason.startswith(f"pushed by {house.hub.url[7:]}, polled every ")
    assert HOUR < wait <= 6 * HOUR
    assert "announces its news, proven since" in pushed(house.push("good"), house.now)

    house.now += wait
    house.say("good", 2)
    house.run(every=False)
    usual, reason = house.wait("good")
    assert usual < wait
    assert "pushed" not in reason
    house.now += usual
    house.run(every=False)
    trust = house.push("good").trust
    assert (trust.proven_at, trust.misses) == (None, 1)
    assert "pushed" not in house.wait("good")[1]
    house.now += 10 * MINUTE
    house.announced("good", 3)
    assert house.wait("good")[1].startswith("pushed by")


def test_a_push_that_comes_while_its_feed_is_asked_is_not_lost(house: House) -> None:
    house.proven("quick")
    with house.database.transaction() as connection:
        late = house.now + HOUR + timedelta(seconds=2)
        connection.execute(table.update().values(pushed_at=late, announced_at=late))
    house.now += HOUR
    house.run()
    assert house.wait("quick")[0] == 5 * MINUTE


def test_a_fixed_interval_is_the_operators_and_stays(house: House) -> None:
    house.say("fixed")
    house.polled.append("fixed")
    house.watch(house.feed("fixed", adaptive=False))
    house.run()
    house.follow()
    house.now += 10 * MINUTE
    house.announced("fixed", 1)
    assert house.push("fixed").trust.proven_at
    assert house.wait("fixed")[1] == "every 30 min"


@pytest.mark.parametrize("signed", ["sha1", "sha256", "sha384", "sha512"])
def test_hubs_old_and_new_sign_their_pushes(house: House, signed: str) -> None:
    house.subscribed(signed)
    assert house.hub.push(signed, signed=signed)[0] == 204
    assert house.push(signed).trust.pushed_at == house.now


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "guessed"}, {"signature": ""}, {"signed": "md5"}, {"signature": "sha256=" + "0" * 64}],
    ids=str,
)  # fmt: skip
def test_a_push_that_the_hub_did_not_sign_is_answered_and_does_nothing(
    house: House, wrong: dict[str, str]
) -> None:
    house.subscribed("forged")
    before = house.row("forged").next_fetch_at
    assert house.hub.push("forged", **wrong)[0] == 204
    assert house.row("forged").next_fetch_at == before
    assert house.push("forged").trust.pushed_at is None


def test_an_address_that_no_hub_was_given_is_not_found(house: House) -> None:
    hub = house.subscribed("token")
    callback = hub.form["hub.callback"]
    last = "A" if callback[-1] != "A" else "B"
    guessed = {**hub.form, "hub.callback": callback[:-1] + last}
    assert house.hub.ask(copy(hub), guessed)[0] == 404
    assert request("POST", guessed["hub.callback"], b"x")[0] == 404
    for _ in range(30):
        status = request("POST", f"{house.settings.base_url}/websub/guess", b"x")[0]
    assert status == 429
    assert house.hub.push("token")[0] == 204
    house.now += HOUR


@pytest.mark.parametrize(
    "says",
    [{"topic": "https://other.example/"}, {"mode": "unsubscribe"}, {"mode": "publish"}, {"mode": ""},
     {"challenge": ""}, {"challenge": "c" * 2_000}],
    ids=str,
)  # fmt: skip
def test_only_what_was_asked_for_is_confirmed(house: House, says: dict[str, str]) -> None:
    house.manners("picky").says = {f"hub.{name}": value for name, value in says.items()}
    hub = house.subscribed("picky")
    status, _, body = hub.answers[-1]
    hub.says = {}
    assert status == 404
    assert b"cccc" not in body
    assert house.push("picky").state is Following.ASKED
    assert house.push("picky").error == "the hub took the request, but has not confirmed it yet"


def test_a_lease_is_renewed_at_its_half_and_stays_within_bounds(house: House) -> None:
    house.manners("lease").lease = "172800"
    hub = house.subscribed("lease")
    house.now += DAY - MINUTE
    assert house.follow() is None
    hub.lease = "1"
    house.now += MINUTE
    assert house.follow() == FollowReport(asked=1, failed=0)
    assert hub.forms[0] == hub.forms[1]
    assert house.push("lease").expires_at == house.now + HOUR
    house.now += HOUR
    assert "let its lease run out" in pushed(house.push("lease"), house.now)


def test_a_hub_that_fails_is_asked_ever_more_seldom_and_the_feed_is_polled_as_ever(
    house: House,
) -> None:
    house.manners("down").status = 503
    hub = house.subscribed("down")
    waits = []
    for _ in range(11):
        [row] = house.rows()
        waits.append(row.due_at - house.now)
        house.now = row.due_at
        report = house.follow()
        assert report is not None
        assert (report.asked, report.failed) == (0, 1)
    assert waits[:4] == [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR]
    assert waits[-2:] == [7 * DAY, 7 * DAY]
    assert "answered 503" in " ".join(notes_of(house, "down"))
    assert house.row("down").error_kind is None
    house.run()
    hub.status = 202
    house.now += 7 * DAY
    house.follow()
    assert house.push("down").runs(house.now)


def test_a_hub_leads_no_request_inside(house: House) -> None:
    house.manners("inward").status = 307
    house.manners("inward").location = f"{house.publisher.url}/secret"
    house.subscribed("inward")
    assert "redirects are not followed" in (house.push("inward").error or "")
    assert house.publisher.statuses("/secret") == []
    hub = house.manners("inward")
    told = len(hub.forms)
    house.now += HOUR
    report = house.follow(networks=())
    assert report is not None
    assert report.failed == 1
    assert len(hub.forms) == told


def test_a_feed_that_names_no_hub_any_more_is_unsubscribed(house: House) -> None:
    hub = house.subscribed("gone")
    house.now += HOUR
    house.say("gone", 1, hub=False)
    house.run()
    assert house.follow() == FollowReport(asked=1, failed=0)
    assert hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in hub.forms[-1]
    assert hub.answers[-1][0] == 200
    assert house.hub.push("gone")[0] == 410
    assert house.follow() is None
    assert house.hub.ask(copy(hub), hub.form)[0] == 404


@pytest.mark.parametrize("how", ["disabled", "removed"])
def test_a_feed_that_is_not_polled_any_more_is_unsubscribed(house: House, how: str) -> None:
    hub = house.subscribed(how)
    hub.status = 500
    house.polled.clear()
    house.watch(*([house.feed(how, enabled=False)] if how == "disabled" else []))
    house.follow()
    assert hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert house.hub.push(how)[0] == 410


def test_a_hub_that_cannot_be_left_is_asked_for_three_days_and_its_lease_runs_out(
    house: House,
) -> None:
    hub = house.subscribed("sticky")
    hub.status = 500
    house.watch()
    while house.follow() is not None:
        house.now += DAY
    [row] = house.rows()
    assert (row.state, row.due_at, len(hub.forms)) == ("left", None, 11)


def test_a_hub_that_denies_is_noted_and_asked_again_after_a_week(house: House) -> None:
    hub = house.subscribed("denied")
    assert house.hub.ask(hub, hub.form, mode="denied", reason="not\nyours")[0] == 200
    assert house.push("denied").state is Following.DENIED
    assert any("the hub refused it: not yours" in note for note in notes_of(house, "denied"))
    house.now += 7 * DAY
    house.follow()
    assert house.push("denied").runs(house.now)


def test_a_push_hastens_no_feed_that_fails_and_none_that_asked_for_patience(house: House) -> None:
    house.subscribed("sick")
    page = house.publisher.pages["/sick"]
    page.status, page.headers = 503, {"Retry-After": "86400"}
    house.now += HOUR
    house.run()
    planned = house.row("sick").next_fetch_at
    assert planned > house.now + 20 * HOUR
    assert house.hub.push("sick")[0] == 204
    assert house.row("sick").next_fetch_at == planned


def test_a_body_is_bounded_and_pushes_are_counted(house: House) -> None:
    hub = house.subscribed("large")
    callback = hub.form["hub.callback"]
    assert house.hub.push("large", b"x" * 200_000)[0] == 204
    assert house.push("large").trust.pushed_at == house.now
    answer = request("POST", callback, b"x", {"Content-Length": str(11 * 1024 * 1024)})
    assert answer[0] == 413


def test_switched_off_it_asks_nobody_and_tells_hubs_that_it_is_over(
    house: House, tmp_path: Path
) -> None:
    from starlette.testclient import TestClient

    hub = house.subscribed("silent")
    off = copy(house)
    off.settings = house.settings.model_copy(update={"websub": "off"})
    with TestClient(off.app()) as client:
        path = hub.form["hub.callback"].removeprefix(house.settings.base_url)
        assert client.get(path, params={"hub.mode": "subscribe"}).status_code == 404
        assert client.post(path, content=b"x").status_code == 410
        assert client.post("/websub/guess", content=b"x").status_code == 404
    off.heeds_hubs = False
    off.now += HOUR
    off.say("silent", 1)
    off.run()
    assert house.push("silent").trust.found_at is None
    house.now = off.now


def test_the_nightly_sweep_forgets_subscriptions_once_it_is_switched_off(
    house: House, tmp_path: Path
) -> None:
    house.subscribed("over")
    file = tmp_path / "sources.yaml"
    file.write_text("version: 1\nfeeds: []\nconflicts: []\n", encoding="utf-8")
    service = Watch(file, house.database)
    service.start(house.now)
    sweep(house.database, service, house.now)
    assert len(house.rows()) == 1
    sweep(house.database, service, house.now, followed=False)
    assert house.rows() == []
    assert house.hub.push("over")[0] == 410


def test_a_hub_named_by_http_is_told_no_secret_in_the_clear() -> None:
    from pipeline.follow import kept_secret

    assert kept_secret("http://hub.example/x?y", ()) == "https://hub.example/x?y"
    assert kept_secret("https://hub.example/", ()) == "https://hub.example/"
    assert kept_secret("http://10.1.2.3/", [ip_network("10.0.0.0/8")]) == "http://10.1.2.3/"
