"""What is wrong with a feed is told once, and once more when it is over."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from db import Database, alarms, feeds, fetches
from db.tables import feeds as rows
from pipeline.alert import Alerted, alert
from pipeline.model import AlarmKind, FeedState, FetchReport, Outcome
from pipeline.stages.pace import Pace, to_record
from tests.making import NOON, a_feed, watch
from tests.racing import at_once

HOUR = timedelta(hours=1)
NAMES = [f"feed-{number}" for number in range(8)]


@pytest.fixture
def watching(database: Database) -> Database:
    return watch(database, polled=[a_feed(name) for name in NAMES])


@pytest.fixture
def said() -> Iterator[Callable[[], list[tuple[str, str]]]]:
    """Gives what was logged since it was last asked: (level, sentence)."""
    with capture_logs() as lines:

        def since() -> list[tuple[str, str]]:
            found = [(line["log_level"], line["event"]) for line in lines]
            lines.clear()
            return found

        yield since


def fail(database: Database, *names: str, hours: float = 0, kind: str = "dns") -> None:
    state = {"blocked": FeedState.BLOCKED, "http_410": FeedState.GONE}.get(kind, FeedState.FAILING)
    answer(database, *names, hours=hours, state=state, kind=kind)


def answer(
    database: Database,
    *names: str,
    hours: float = 0,
    state: FeedState = FeedState.WORKING,
    kind: str | None = None,
) -> None:
    with database.transaction() as connection:
        for name in names:
            report = FetchReport(
                feed_id=name,
                started_at=NOON + hours * HOUR,
                seconds=0.1,
                outcome=Outcome.FAILED if kind else Outcome.NOT_MODIFIED,
                next_fetch_at=NOON + (hours + 1) * HOUR,
                next_fetch_reason="",
                state=state,
                failures=1.0,
                error_kind=kind,
                error_message="It did not answer." if kind else None,
            )
            fetches.record(connection, report)


def stands(database: Database) -> dict[str, list[AlarmKind]]:
    with database.reading() as connection:
        found = alarms.standing(connection)
    return {name: [each.kind for each in of_feed] for name, of_feed in found.items()}


def test_an_alarm_is_told_once_and_its_end_once(watching: Database, said) -> None:
    fail(watching, "feed-1", kind="timeout")
    assert alert(watching, NOON + HOUR) == Alerted(raised=0, ended=0)
    assert alert(watching, NOON + 24 * HOUR) == Alerted(raised=1, ended=0)
    assert not alert(watching, NOON + 25 * HOUR)
    assert said() == [
        ("warning", "feed-1: it fails since 2026-11-22 12:00 UTC: It did not answer.")
    ]
    answer(watching, "feed-1", hours=26)
    assert alert(watching, NOON + 27 * HOUR) == Alerted(raised=0, ended=1)
    assert not alert(watching, NOON + 28 * HOUR)
    assert said() == [("info", "feed-1: it works again, after 3 hours")]
    assert stands(watching) == {}


def test_an_outage_of_many_feeds_is_told_in_one_line(watching: Database, said) -> None:
    for number, name in enumerate(NAMES[:7]):
        fail(watching, name, hours=number / 10)
    assert alert(watching, NOON + 24 * HOUR) == Alerted(raised=7, ended=0)
    ((level, sentence),) = said()
    assert level == "warning"
    assert sentence.startswith("7 of 8 feeds fail with dns since 2026-11-22 12:00 UTC")
    answer(watching, *NAMES[:7], hours=25)
    assert alert(watching, NOON + 25 * HOUR) == Alerted(raised=0, ended=7)
    ((level, sentence),) = said()
    assert level == "info"
    assert sentence.startswith("7 feeds: no longer failing")
    assert sentence.endswith("feed-0, feed-1, feed-2, feed-3, feed-4 and 2 more")


def test_many_alarms_of_one_kind_are_told_in_one_line(watching: Database, said) -> None:
    fail(watching, *NAMES[:6], kind="blocked")
    assert alert(watching, NOON).raised == 6
    assert [line.partition(":")[0] for _, line in said()] == ["6 feeds"]


def test_a_refusal_takes_the_place_of_a_failure_quietly(watching: Database, said) -> None:
    fail(watching, "feed-1", kind="timeout")
    alert(watching, NOON + 24 * HOUR)
    fail(watching, "feed-1", hours=25, kind="blocked")
    assert alert(watching, NOON + 25 * HOUR) == Alerted(raised=1, ended=1)
    assert stands(watching) == {"feed-1": [AlarmKind.BLOCKED]}
    assert [level for level, _ in said()] == ["warning", "warning"]


def test_a_feed_that_is_no_longer_polled_ends_its_alarms_quietly(watching: Database, said) -> None:
    fail(watching, "feed-1", "feed-2", kind="http_410")
    alert(watching, NOON)
    said()
    kept = [a_feed(name, enabled=name != "feed-2") for name in NAMES if name != "feed-1"]
    with watching.transaction() as connection:
        feeds.declare(connection, kept, NOON)
    assert alert(watching, NOON + HOUR) == Alerted(raised=0, ended=2)
    assert said() == []
    with watching.reading() as connection:
        (past,) = alarms.of_feed(connection, "feed-1", 5)
    assert (past.end_detail, past.ended_at) == ("it is not polled any more", NOON + HOUR)


def test_lost_entries_are_read_from_the_pace(watching: Database, said) -> None:
    answer(watching, "feed-1")
    record = to_record(Pace(learned_at=NOON, overflowed=True, window=25.0))
    with watching.transaction() as connection:
        connection.execute(rows.update().where(rows.c.id == "feed-1").values(pace=record))
    assert alert(watching, NOON).raised == 1
    assert stands(watching) == {"feed-1": [AlarmKind.OVERFLOW]}
    assert "its 25 entries" in said()[0][1]


def test_two_processes_that_notice_it_at_once_tell_it_once(watching: Database, said) -> None:
    fail(watching, "feed-1", kind="http_410")
    done = at_once(*[lambda: alert(watching, NOON)] * 4)
    assert sorted(each.raised for each in done) == [0, 0, 0, 1]
    assert len(said()) == 1
    answer(watching, "feed-1", hours=1)
    done = at_once(*[lambda: alert(watching, NOON + HOUR)] * 4)
    assert sorted(each.ended for each in done) == [0, 0, 0, 1]


def test_alarms_that_are_long_over_are_forgotten(watching: Database) -> None:
    fail(watching, "feed-1", "feed-2", kind="http_410")
    alert(watching, NOON)
    answer(watching, "feed-1", hours=1)
    alert(watching, NOON + HOUR)
    with watching.transaction() as connection:
        assert alarms.prune(connection, NOON + 2 * HOUR) == 1
    assert stands(watching) == {"feed-2": [AlarmKind.GONE]}
