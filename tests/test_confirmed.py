"""304s and permanent redirects are not taken at their word for ever."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog

from db import Database, feeds
from pipeline.cli.opening import start_logging
from pipeline.model import Feed, Unverified
from pipeline.settings import Settings
from tests.making import NOON, a_feed
from tests.passes import Rig, rss
from tests.replay import Page, Publisher

DAY = timedelta(days=1)


@pytest.fixture
def either(database: Database) -> Iterator[Rig]:
    with Publisher() as publisher:
        yield Rig(database, publisher)


class Lying(Page):
    """A page whose validator stays while its bytes change."""

    @property
    def etag(self) -> str:
        return '"the same for ever"'


def test_a_server_that_lies_with_304_is_found_out_within_three_days(either: Rig) -> None:
    either.publisher.pages["/wire"] = Lying(body=rss("a", "b"))
    either.watch(either.feed("wire"))
    either.run()
    either.publisher.pages["/wire"] = Lying(body=rss("n", "a", "b", at=NOON))
    for _ in range(13):
        either.now += DAY / 4
        if either.run().articles_new:
            break
    found = either.now
    assert DAY <= found - NOON <= 3 * DAY
    assert either.row("wire").distrusted_until == found + 7 * DAY

    either.publisher.pages["/wire"] = Lying(body=rss("o", "n", "a", at=NOON))
    either.now += DAY / 4
    assert either.run().articles_new == 1, "its 304s are not believed"
    either.now = found + 8 * DAY
    assert either.run().not_modified == 1, "after a week they are again"


def test_all_that_is_logged_of_one_attempt_carries_one_mark(
    either: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    try:
        start_logging(Settings(log_format="json"))
        either.serve("calm", rss("c"))
        either.publisher.pages["/wire"] = Lying(body=rss("a", "b"))
        either.watch(either.feed("wire"), either.feed("calm", host="127.0.0.2"))
        either.run()
        either.publisher.pages["/wire"] = Lying(body=rss("n", "a", "b", at=NOON))
        for _ in range(13):
            either.now += DAY / 4
            capsys.readouterr()
            if either.run().articles_new:
                break
    finally:
        structlog.reset_defaults()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    of_wire = [line["fetch"] for line in lines if line["event"].startswith("wire: ")]
    of_calm = [line["fetch"] for line in lines if line["event"].startswith("calm: ")]
    assert len(of_wire) == 2, "that the server lies, from the writer's thread, and what came"
    assert len(set(of_wire)) == 1
    assert set(of_wire).isdisjoint(of_calm)


def test_an_honest_server_is_asked_for_everything_once_a_day_at_most(either: Rig) -> None:
    either.serve("wire", rss("a", "b"))
    either.watch(either.feed("wire"))
    for _ in range(60):
        either.run()
        either.now += DAY / 8
    whole = either.publisher.statuses("/wire").count(200)
    assert 2 <= whole <= 1 + 60 / 8
    assert either.row("wire").distrusted_until is None


def test_news_since_the_last_304_is_no_lie(either: Rig) -> None:
    either.serve("wire", rss("a", "b"))
    either.watch(either.feed("wire"))
    for _ in range(4):
        either.run()
        either.now += DAY
    either.serve("wire", rss("n", "a", "b", at=either.now))
    assert either.run().articles_new == 1
    assert either.row("wire").distrusted_until is None


def redirect(rig: Rig, status: int = 301, to: str = "new") -> None:
    rig.publisher.pages["/wire"] = Page(
        status=status, headers={"Location": f"{rig.publisher.url}/{to}"}
    )


def days(rig: Rig, count: int) -> None:
    """Pass over days, each with news on the new address."""
    for _ in range(count):
        rig.now += DAY
        rig.serve("new", rss(f"day{rig.now:%m%d}", "a", at=rig.now))
        rig.run()


def polled(rig: Rig) -> str:
    return str(rig.row("wire").url.rpartition("/")[2])


@pytest.fixture
def moving(either: Rig) -> Rig:
    either.serve("wire", rss("a", "b"))
    either.watch(either.feed("wire"))
    either.run()
    redirect(either)
    return either


def test_a_feed_moves_after_a_week_of_permanent_redirects_to_the_same_entries(moving: Rig) -> None:
    days(moving, 7)
    assert polled(moving) == "wire", "six days are no week"
    days(moving, 1)
    assert polled(moving) == "new"
    assert moving.row("wire").declared_url.endswith("/wire")
    assert moving.row("wire").next_fetch_reason == feeds.MOVED
    before = len(moving.publisher.statuses("/wire"))
    days(moving, 2)
    assert len(moving.publisher.statuses("/wire")) == before


def test_an_unverified_server_moves_no_feed_and_still_tells_where_it_leads(moving: Rig) -> None:
    leave = Unverified(because="they know", until=NOON.date() + 60 * DAY)
    moving.watch(moving.feed("wire", unverified_tls=leave))
    days(moving, 9)
    assert polled(moving) == "wire"
    assert moving.row("wire").moved_to.endswith("/new")


def test_a_quiet_feed_that_answers_304_behind_its_redirects_moves_too(moving: Rig) -> None:
    moving.serve("new", rss("a", "b"))
    for _ in range(8):
        moving.now += DAY
        moving.run()
    assert 304 in moving.publisher.statuses("/new")
    assert polled(moving) == "new"


def test_what_the_file_says_all_along_does_not_undo_a_move(moving: Rig) -> None:
    days(moving, 8)
    learnt = moving.pace()
    moving.watch(moving.feed("wire", publisher="Sahel Wire Agency"))
    assert polled(moving) == "new"
    assert moving.pace() == learnt
    moving.watch(a_feed("wire", url="https://third.example/feed"))
    assert moving.row("wire").url == "https://third.example/feed"
    assert moving.row("wire").declared_url is None


def test_a_file_that_follows_a_move_changes_nothing_else(moving: Rig) -> None:
    days(moving, 8)
    learnt = moving.pace()
    moving.watch(a_feed("wire", url=f"{moving.publisher.url}/new"))
    assert (moving.row("wire").declared_url, moving.pace()) == (None, learnt)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_never_moves_a_feed(moving: Rig, status: int) -> None:
    redirect(moving, status)
    days(moving, 30)
    assert polled(moving) == "wire"
    assert moving.row("wire").moved_to is None


def test_a_redirect_to_a_web_page_never_moves_a_feed(moving: Rig) -> None:
    for _ in range(30):
        moving.now += DAY
        page = b"<!doctype html><html><body>We will be back</body></html>"
        moving.publisher.pages["/new"] = Page(body=page, content_type="text/html")
        moving.run()
    assert polled(moving) == "wire"


def test_a_redirect_to_another_feed_never_moves_a_feed(moving: Rig) -> None:
    for _ in range(9):
        moving.now += DAY
        moving.serve("new", rss(f"other{moving.now:%m%d}", at=moving.now))
        moving.run()
    assert polled(moving) == "wire"


def test_redirects_that_change_their_target_count_from_the_start(moving: Rig) -> None:
    days(moving, 6)
    redirect(moving, to="elsewhere")
    moving.serve("elsewhere", rss("a", "b"))
    moving.now += DAY
    moving.run()
    redirect(moving)
    days(moving, 6)
    assert polled(moving) == "wire"


def test_a_feed_does_not_move_to_where_another_is_watched(moving: Rig) -> None:
    other: Feed = moving.feed("new")
    moving.watch(moving.feed("wire"), other)
    days(moving, 9)
    assert polled(moving) == "wire"
    with moving.database.transaction() as connection:
        assert not feeds.move(connection, "wire", other.url)
