"""What was written while the clock was ten years ahead neither sleeps nor lasts for ten years."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from db import (
    Connection,
    Database,
    claims,
    editors,
    feeds,
    hub_pings,
    letters,
    pages,
    public_files,
    set_back,
    subscribers,
    tokens,
    webhooks,
)
from db.tables import article_pages
from pipeline.model import LetterKind, Role, Scope, Subscriber, Wants, Wish
from tests.making import NOON, a_feed, an_article, take_in

AHEAD = NOON + timedelta(days=3_653)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def put_right(database: Database, now: datetime = NOON) -> int:
    with database.transaction() as connection:
        return set_back.put_right(connection, now)


def a_subscriber(connection: Connection, wish: Wish = Wish.ALERT) -> Subscriber:
    found = subscribers.ask(connection, "a@b.example", "a@b.example", "n", Wants(wish=wish), NOON)
    subscribers.confirm(connection, found.id, 0, NOON)
    return found


def a_letter(connection: Connection) -> Callable[[], object]:
    to = a_subscriber(connection)
    letters.draw_up(connection, to.id, LetterKind.ALERT, "alert:1", ["news:x"], AHEAD)
    return lambda: letters.claim(connection, NOON, HOUR, 9)


def a_call(connection: Connection) -> Callable[[], object]:
    added = webhooks.add(connection, "https://a.example/", "", "secret", NOON)
    webhooks.expect(connection, added.id, "uid", "{}", AHEAD)
    return lambda: webhooks.claim(connection, NOON, HOUR, 9)


def a_ping(connection: Connection) -> Callable[[], object]:
    for sha256 in "ab":
        public_files.note(connection, {"latest-news.atom": (sha256 * 64, AHEAD)})
        hub_pings.notice(connection, ["https://hub.example/"], lambda path: True, AHEAD, HOUR)
    return lambda: hub_pings.claim(connection, NOON, HOUR, 9)


@pytest.mark.parametrize("make", [a_letter, a_call, a_ping])
def test_what_waits_for_ten_years_is_due_at_once(
    database: Database, make: Callable[[Connection], Callable[[], object]]
) -> None:
    with database.transaction() as connection:
        due = make(connection)
        assert not due()
        assert set_back.put_right(connection, NOON)
        assert due()


def test_a_page_that_is_held_for_ten_years_is_read(watching: Database) -> None:
    whole = a_feed(full_text=True)
    with watching.transaction() as connection:
        feeds.declare(connection, [whole], NOON)
    take_in(watching, an_article(), feed=whole, now=NOON)
    with watching.transaction() as connection:
        connection.execute(article_pages.update().values(lease_until=AHEAD))
        assert not pages.claim(connection, NOON + MINUTE, lease=HOUR, per_host=1, limit=1)
        set_back.put_right(connection, NOON)
        assert pages.claim(connection, NOON + MINUTE, lease=HOUR, per_host=1, limit=1)


def test_no_login_lasts_longer_for_it(database: Database) -> None:
    with database.transaction() as connection:
        editor = editors.add(connection, "ada", "hash", Role.EDITOR, NOON)
        editors.begin_session(connection, editor.id, "t", AHEAD, 8 * HOUR)
        editors.invite(connection, "i", Role.EDITOR, AHEAD, 8 * HOUR)
        tokens.add(
            connection, editor.id, name="program", token_hash="k", scopes=[Scope.READ], now=AHEAD,
            expires_at=AHEAD + 8 * HOUR,
        )  # fmt: skip
    put_right(database)
    with database.reading() as connection:
        for after, lasts in ((7 * HOUR, True), (9 * HOUR, False)):
            now = NOON + after
            assert (editors.in_session(connection, "t", now, 24 * HOUR) is not None) is lasts
            assert (editors.invitation(connection, "i", now) is not None) is lasts
            assert bool(tokens.of_editor(connection, editor.id, now)) is lasts


def test_failed_logins_of_the_future_keep_nobody_out_for_long(database: Database) -> None:
    with database.transaction() as connection:
        editors.note_login_failure(connection, "ada", "192.0.2.1", AHEAD)
    put_right(database)
    with database.reading() as connection:
        later = NOON + 2 * HOUR
        assert editors.login_failures_since(connection, "ada", "192.0.2.1", NOON - HOUR)[0] == 1
        assert editors.login_failures_since(connection, "ada", "192.0.2.1", later - HOUR)[0] == 0


def test_claims_and_holds_end_when_they_would_have(watching: Database) -> None:
    take_in(watching, an_article(), now=NOON)
    with watching.transaction() as connection:
        claims.claim(connection, [1], "ada", AHEAD, AHEAD + HOUR)
        claims.hold(connection, [1], "ada", AHEAD, AHEAD + 8 * HOUR)
    put_right(watching)
    with watching.reading() as connection:
        assert claims.claimed(connection, [1], NOON + MINUTE)
        assert not claims.claimed(connection, [1], NOON + 2 * HOUR)
        assert claims.held(connection, [1], NOON + 7 * HOUR)
        assert not claims.held(connection, [1], NOON + 9 * HOUR)


def test_subscribers_who_were_written_to_in_the_future_are_written_to_again(
    database: Database,
) -> None:
    with database.transaction() as connection:
        to = a_subscriber(connection)
        subscribers.note_alerted(connection, to.id, 0, AHEAD)
        subscribers.note_edition(connection, to.id, AHEAD.date())
        assert not subscribers.to_alert(connection, 1, NOON + HOUR, 3)
        set_back.put_right(connection, NOON)
        assert subscribers.to_alert(connection, 1, NOON + HOUR, 3)
        subscribers.change(connection, to.id, Wants(wish=Wish.EDITION), 0)
        assert subscribers.with_editions(connection, 3)[0][1] is None


def test_what_stands_as_it_should_is_left_alone(database: Database) -> None:
    with database.transaction() as connection:
        to = a_subscriber(connection)
        letters.draw_up(connection, to.id, LetterKind.ALERT, "alert:1", ["news:x"], NOON + HOUR)
        subscribers.note_edition(connection, to.id, NOON.date())
        assert set_back.put_right(connection, NOON) == 0
