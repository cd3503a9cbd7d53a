"""A thousand feeds can be looked through: those in trouble first, by state, alarm and words."""

from datetime import timedelta

import pytest

from db import Database, alarms, feeds, fetches
from db.tables import host_pauses, matches
from pipeline import oversee, tend
from pipeline.errors import PipelineError
from pipeline.model import AlarmKind, FeedState, FetchReport, MatchStatus, Outcome
from tests.making import NOON, a_feed, an_article, take_in, watch

HOUR = timedelta(hours=1)


def attempt(database: Database, name: str, state: FeedState, *, hours: float = 0) -> None:
    failed = state is not FeedState.WORKING
    report = FetchReport(
        feed_id=name,
        started_at=NOON + hours * HOUR,
        seconds=0.25,
        outcome=Outcome.FAILED if failed else Outcome.UPDATED,
        next_fetch_at=NOON + (hours + 1) * HOUR,
        next_fetch_reason="every 1 h",
        state=state,
        failures=float(failed),
        status=503 if failed else 200,
        wire_bytes=1200,
        articles_new=0 if failed else 3,
        error_kind="http_503" if failed else None,
        error_message="It is overloaded." if failed else None,
    )
    with database.transaction() as connection:
        fetches.record(connection, report)


def alarm(database: Database, name: str, kind: AlarmKind = AlarmKind.QUIET) -> None:
    with database.transaction() as connection:
        assert alarms.raise_(connection, name, kind, "something is wrong", NOON)


def ids(page: oversee.FeedsPage) -> list[str]:
    return [each.feed.id for each in page.feeds]


@pytest.fixture
def five(database: Database) -> Database:
    watch(database, polled=[*map(a_feed, ("a", "b", "c", "d")), a_feed("off", enabled=False)])
    attempt(database, "a", FeedState.WORKING)
    attempt(database, "b", FeedState.FAILING)
    attempt(database, "c", FeedState.GONE)
    attempt(database, "d", FeedState.WORKING)
    alarm(database, "d")
    return database


def test_feeds_in_trouble_come_first(five: Database) -> None:
    found = oversee.feeds_page(five, NOON)
    assert ids(found) == ["c", "b", "d", "a", "off"]
    assert [each.feed.id for each in oversee.every_feed(five, NOON)] == ids(found)
    assert (found.total, found.watched, found.alarmed) == (5, 5, 1)
    assert found.states[FeedState.WORKING] == 2
    assert found.kinds == {AlarmKind.QUIET: 1}


def test_filters_choose_by_state_alarm_and_words(five: Database) -> None:
    def chosen(**wanted) -> list[str]:
        return ids(oversee.feeds_page(five, NOON, **wanted))

    assert chosen(state=FeedState.FAILING) == ["b"]
    assert chosen(alarmed=True) == ["d"]
    assert chosen(alarm=AlarmKind.QUIET) == ["d"]
    assert chosen(alarm=AlarmKind.GONE) == []
    assert chosen(words="B.example HTTPS") == ["b"]
    assert chosen(words="nothing like it") == []


def test_pages_hold_fifty_feeds(database: Database) -> None:
    watch(database, polled=[a_feed(f"f{number:03}") for number in range(120)])
    pages = [oversee.feeds_page(database, NOON, number=number) for number in (1, 2, 3, 4)]
    assert [len(page.feeds) for page in pages] == [50, 50, 20, 0]
    assert pages[1].feeds[0].feed.id == "f050"


def test_what_an_outage_explains_is_not_listed_again(database: Database) -> None:
    names = [f"f{number}" for number in range(7)]
    watch(database, polled=[a_feed(name) for name in names])
    for name in names[:6]:
        attempt(database, name, FeedState.FAILING)
        alarm(database, name, AlarmKind.FAILING)
    alarm(database, "f6")
    found = oversee.feeds_page(database, NOON)
    assert [each.error_kind for each in found.outages] == ["http_503"]
    assert [each.feed_id for each in found.alarms] == ["f6"]
    assert found.alarmed == 7
    assert oversee.alarm_counts(database) == {AlarmKind.FAILING: 6, AlarmKind.QUIET: 1}
    assert len(oversee.shared_failures(database)) == 1


def test_alarms_of_feeds_that_left_are_not_counted(five: Database) -> None:
    with five.transaction() as connection:
        feeds.declare(connection, [a_feed("a")], NOON)
    assert oversee.alarm_counts(five) == {}
    assert oversee.feeds_page(five, NOON).alarmed == 0


def test_one_feed_is_shown_in_full(five: Database) -> None:
    take_in(five, an_article(), an_article("Market reopens"), feed=a_feed("a"))
    with five.transaction() as connection:
        connection.execute(matches.update().values(status=MatchStatus.APPROVED))
        connection.execute(
            host_pauses.insert().values(host="a.example", until=NOON + HOUR, reason="429")
        )
    attempt(five, "a", FeedState.FAILING, hours=1)
    page = oversee.one_feed(five, "a", NOON)
    assert page is not None
    assert [each.outcome for each in page.attempts] == [Outcome.FAILED, Outcome.UPDATED]
    assert (page.attempts[0].status, page.attempts[1].wire_bytes) == (503, 1200)
    assert {each.title: each.matches for each in page.articles} == {
        "Convoy attacked near Kidal in northern Mali": (("mali", "approved"),),
        "Market reopens": (),
    }
    seen = page.health
    assert (seen.articles, seen.matched, seen.approved) == (2, 1, 1)
    assert [(day.fetches, day.failed, day.articles_new) for day in seen.days] == [(2, 1, 3)]
    assert (seen.paused_until, seen.pause_reason) == (NOON + HOUR, "429")


def test_a_rejected_proposal_counts_and_a_withdrawn_one_does_not(five: Database) -> None:
    take_in(five, an_article(), feed=a_feed("a"))
    for status, proposed in ((MatchStatus.REJECTED, 1), (MatchStatus.WITHDRAWN, 0)):
        with five.transaction() as connection:
            connection.execute(matches.update().values(status=status))
        page = oversee.one_feed(five, "a", NOON)
        assert page is not None
        assert (page.health.matched, page.health.approved) == (proposed, 0)


def test_past_alarms_are_shown_and_standing_ones_stand(five: Database) -> None:
    page = oversee.one_feed(five, "d", NOON)
    assert page is not None
    assert ([each.kind for each in page.health.alarms], page.past) == ([AlarmKind.QUIET], ())
    with five.transaction() as connection:
        assert alarms.end(connection, page.health.alarms[0].id, "new articles came", NOON + HOUR)
        assert not alarms.end(connection, page.health.alarms[0].id, "again", NOON + HOUR)
    page = oversee.one_feed(five, "d", NOON)
    assert page is not None
    assert page.health.alarms == ()
    assert [each.end_detail for each in page.past] == ["new articles came"]


def test_a_feed_that_is_none_is_none(five: Database) -> None:
    assert oversee.one_feed(five, "nobody", NOON) is None


# What editors do to feeds


def test_asking_for_a_feed_lets_its_turn_come_and_is_logged(five: Database) -> None:
    tend.fetch_soon(five, "a", NOON + 2 * HOUR, "Awa")
    page = oversee.one_feed(five, "a", NOON)
    assert page is not None
    assert page.health.next_fetch_at == NOON + 2 * HOUR
    assert page.health.next_fetch_reason == "Awa asked for it"
    with pytest.raises(PipelineError, match="off is not polled"):
        tend.fetch_soon(five, "off", NOON, "Awa")


def test_only_feeds_of_the_desk_are_switched(five: Database) -> None:
    with pytest.raises(PipelineError, match=r"sources\.yaml"):
        tend.switch(five, "a", NOON, "Awa", enabled=False)
    with five.transaction() as connection:
        feeds.set_owner(connection, "a", "desk")
    tend.switch(five, "a", NOON, "Awa", enabled=False)
    page = oversee.one_feed(five, "a", NOON)
    assert page is not None
    assert page.health.state is FeedState.DISABLED
    with pytest.raises(PipelineError, match="already"):
        tend.switch(five, "a", NOON, "Awa", enabled=False)
    tend.switch(five, "a", NOON + HOUR, "Awa", enabled=True)
    page = oversee.one_feed(five, "a", NOON)
    assert page is not None
    assert (page.health.state, page.health.next_fetch_at) == (FeedState.WORKING, NOON + HOUR)
