"""A real database with a small queue, and a browser's view of the application."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db import Database, articles, conflicts, feeds, matches, open_database
from db.upgrade import upgrade
from pipeline import login
from pipeline.fetch import FetchPolicy
from pipeline.gather import group_into_stories
from pipeline.model import (
    Article,
    Conflict,
    DateOrigin,
    Feed,
    Field,
    Hit,
    Keywords,
    Kind,
    Match,
    Role,
    Scope,
)
from pipeline.settings import Settings
from pipeline.text import fold_key
from pipeline.tokens import make_token
from pipeline.web import create_app

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "four quiet garden gates"
LOOPBACK = (ip_network("127.0.0.0/8"),)
ORIGIN = "http://127.0.0.1:8000"
FEED = Feed(id="sahel-wire", url="https://wire.example/feed", publisher="Sahel Wire")


@dataclass
class Place:
    """One installation: its database, its settings, and a clock that stands where it is put."""

    database: Database
    settings: Settings
    now: datetime = NOW
    changes: list[str] = field(default_factory=list)

    @property
    def policy(self) -> FetchPolicy:
        return FetchPolicy(
            user_agent="Dateline tests", allow_private=LOOPBACK, deadline=5.0, host_interval=0.0
        )

    @property
    def key(self) -> bytes:
        return self.settings.secret_key.encode()

    def gather(self) -> None:
        """Put every article into a story, as storing does."""
        with self.database.transaction() as connection:
            group_into_stories(connection, range(1, 100), self.now)

    def store(
        self,
        title: str,
        summary: str = "",
        *,
        words: tuple[str, ...] = ("Kidal",),
        conflict: str = "mali",
        url: str | None = "https://wire.example/story",
        language: str = "en",
        publisher: str = "Sahel Wire",
    ) -> int:
        """Store an article with a pending match; gives the match's id."""
        key = sha256(f"{title}{summary}".encode()).hexdigest()
        item = Article(
            entry_key=key,
            identity=key,
            guid=key,
            url=url,
            link=url,
            title=title,
            summary=summary,
            publisher=publisher,
            language=language,
            published_at=self.now - timedelta(hours=3),
            ordered_at=self.now - timedelta(hours=3),
            date_origin=DateOrigin.PUBLISHED,
            title_key=fold_key(title),
            content_hash=key,
        )
        hits = [
            Hit(
                term=word,
                kind=Kind.PLACE,
                field=where,
                start=text.index(word),
                end=text.index(word) + len(word),
                text=word,
            )
            for word in words
            for where, text in ((Field.TITLE, title), (Field.SUMMARY, summary))
            if word in text
        ]
        found = Match(conflict=conflict, score=len(hits), hits=tuple(hits), rule_version="r1")
        with self.database.transaction() as connection:
            article_id = articles.add(connection, [item], FEED, self.now)[key]
            matches.propose(connection, {article_id: [found]}, {article_id: 1}, self.now)
            return matches.queue(connection, status=None, order="oldest")[-1].id

    def status(self, match_id: int) -> str:
        with self.database.reading() as connection:
            return str(matches.queue(connection, status=None, ids=[match_id])[0].status)

    def bearer(self, name: str, *scopes: Scope) -> dict[str, str]:
        """Give somebody a token of the API; gives the header that carries it."""
        token, _ = make_token(
            self.database,
            self.key,
            editor=login.find_editor(self.database, name),
            name="test",
            scopes=scopes,
            lifetime=timedelta(days=30),
            actor="test",
            now=self.now,
        )
        return {"Authorization": f"Bearer {token}"}

    def app(self):
        return create_app(
            self.database,
            self.settings,
            self.policy,
            clock=lambda: self.now,
            on_change=lambda: self.changes.append("changed"),
        )


def make_place(folder: Path, **settings: object) -> Place:
    """Set up an installation with one feed and two conflicts in a folder."""
    values = {
        "database_url": f"sqlite:///{folder}/dateline.db",
        "public_dir": folder / "public",
        "secret_key": "a key for tests only",
        "base_url": ORIGIN,
    } | settings
    place = Place(
        database=open_database(str(values["database_url"])),
        settings=Settings(_env_file=None, **values),
    )
    upgrade(place.database)
    with place.database.transaction() as connection:
        feeds.declare(connection, [FEED], NOW)
        conflicts.declare(
            connection,
            [
                Conflict(slug="mali", title="Instability in Mali", keywords=Keywords()),
                Conflict(slug="sudan", title="War in Sudan", keywords=Keywords()),
            ],
            NOW,
        )
    return place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = make_place(tmp_path)
    yield made
    made.database.close()


class Browser(TestClient):
    """A test client that says where its forms come from, as browsers do, and fills in forms."""

    def __init__(self, place: Place, origin: str = ORIGIN, **more: object) -> None:
        super().__init__(
            place.app(),
            base_url=origin,
            headers={"Origin": origin},
            follow_redirects=False,
            **more,
        )
        self.place = place

    def token_on(self, path: str = "/desk") -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found is not None
        return found[1]

    def log_in(self, name: str = "Awa", password: str = PASSWORD) -> None:
        answer = self.post("/login", data={"name": name, "password": password})
        assert answer.status_code == 303, answer.text

    def decide(self, verdict: str, *ids: object, **more: str):
        data = {"csrf": self.token_on(), "verdict": verdict, "match": [str(i) for i in ids]} | more
        return self.post("/desk/review", data=data)


@pytest.fixture
def stranger(place: Place) -> Browser:
    return Browser(place)


@pytest.fixture
def editor(place: Place) -> Browser:
    return member(place, "Awa", Role.EDITOR)


@pytest.fixture
def admin(place: Place) -> Browser:
    return member(place, "Binta", Role.ADMIN)


def member(place: Place, name: str, role: Role) -> Browser:
    """Make an account and log it in."""
    login.add_editor(
        place.database, name=name, password=PASSWORD, role=role, actor="test", now=place.now
    )
    browser = Browser(place)
    browser.log_in(name)
    return browser


@pytest.fixture
def make_browser(place: Place) -> Callable[..., Browser]:
    return lambda **more: Browser(place, **more)
