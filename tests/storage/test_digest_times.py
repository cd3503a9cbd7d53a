"""Times in the digest: unique to the millisecond, rising, and safe from a clock that lies."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from db import Database, articles, backgrounds, digests, matches, public_files
from db.tables import digest_items
from pipeline.model import Background, Decision, Match, PublishedItem, Verdict
from pipeline.review import review
from tests.making import NOON, a_feed, an_article
from tests.racing import at_once

SECOND = timedelta(seconds=1)


def fill(database: Database, how_many: int) -> list[int]:
    """Store matches of as many stories, undecided; gives their ids."""
    found = Match(conflict="mali", score=1, hits=(), rule_version="v1")
    with database.transaction() as connection:
        items = [an_article(f"Report {number}") for number in range(how_many)]
        ids = articles.add(connection, items, a_feed(), NOON).values()
        matches.propose(connection, {id: [found] for id in ids}, dict.fromkeys(ids, 1), NOON)
        return [each.id for each in matches.queue(connection, order="oldest")]


def say(database: Database, verdict: Verdict, ids: list[int], now: datetime) -> None:
    decisions = [Decision(match_id=id, verdict=verdict, editor="ada") for id in ids]
    review(database, decisions, now)


def approve(database: Database, ids: list[int], now: datetime) -> None:
    say(database, Verdict.APPROVE, ids, now)


def moments(database: Database) -> list[datetime]:
    """The items' `updated_at`, in the order in which they were minted."""
    with database.reading() as connection:
        return list(
            connection.scalars(select(digest_items.c.updated_at).order_by(digest_items.c.id))
        )


def published(database: Database) -> tuple[PublishedItem, ...]:
    with database.reading() as connection:
        return digests.published(connection)


def test_three_hundred_approvals_in_a_second_have_rising_times_of_their_own(
    watching: Database,
) -> None:
    ids = fill(watching, 300)
    approve(watching, ids[:150], NOON + timedelta(microseconds=987_654))
    approve(watching, ids[150:], NOON)

    times = moments(watching)
    assert times == sorted(set(times))
    assert len(times) == 300
    assert all(moment.microsecond % 1_000 == 0 for moment in times)
    assert times[0] == NOON
    assert times[-1] < NOON + SECOND
    assert [item.published_at for item in published(watching)] == times[::-1]


def test_approvals_at_the_same_moment_have_times_of_their_own(watching: Database) -> None:
    ids = fill(watching, 12)

    def approver(first: int) -> Callable[[], None]:
        return lambda: approve(watching, ids[first : first + 3], NOON)

    assert at_once(*map(approver, (0, 3, 6, 9))) == [None] * 4
    assert len(set(moments(watching))) == 12


def test_withdrawals_and_news_of_one_second_share_no_time(watching: Database) -> None:
    ids = fill(watching, 4)
    approve(watching, ids[:2], NOON)
    say(watching, Verdict.REJECT, ids[:1], NOON)
    approve(watching, ids[2:], NOON)
    times = moments(watching)
    assert len(set(times)) == 4
    assert sorted(times)[-1] == NOON + timedelta(milliseconds=4)


def test_a_clock_once_ten_years_ahead_does_not_drag_later_entries_along(
    watching: Database,
) -> None:
    ids = fill(watching, 3)
    approve(watching, ids[:1], NOON + timedelta(days=3650))
    approve(watching, ids[1:2], NOON)
    approve(watching, ids[2:], NOON + SECOND)
    assert moments(watching)[1:] == [NOON, NOON + SECOND]


@pytest.mark.parametrize(
    "ahead", [timedelta(seconds=5), timedelta(minutes=10), timedelta(minutes=10, seconds=-1)]
)
def test_a_clock_set_back_a_little_gives_no_time_twice(
    watching: Database, ahead: timedelta
) -> None:
    ids = fill(watching, 12)
    approve(watching, ids[:5], NOON + ahead)
    approve(watching, ids[5:10], NOON)
    say(watching, Verdict.REJECT, ids[:2], NOON)
    approve(watching, ids[10:], NOON + SECOND)
    assert len(set(moments(watching))) == 12


def test_publishing_times_are_unique_even_when_an_older_entry_was_updated(
    watching: Database,
) -> None:
    ids = fill(watching, 2)
    approve(watching, ids[:1], NOON)
    say(watching, Verdict.REJECT, ids[:1], NOON + timedelta(hours=1))
    approve(watching, ids[1:], NOON)
    first, second = (item.published_at for item in published(watching))
    assert first != second


def test_the_rolling_digest_holds_what_is_recent_but_never_too_little(watching: Database) -> None:
    ids = fill(watching, 5)
    for age, match_id in enumerate(reversed(ids)):
        approve(watching, [match_id], NOON - timedelta(days=age))
    say(watching, Verdict.REJECT, ids[:1], NOON - timedelta(days=2))

    def ages(**how: object) -> list[int]:
        with watching.reading() as connection:
            found = digests.published(connection, **how)  # type: ignore[arg-type]
        return [(NOON - item.published_at).days for item in found]

    day = timedelta(days=1)
    assert ages() == [0, 1, 2, 3, 4]
    assert ages(since=NOON - day) == [0, 1]
    assert ages(since=NOON - day, least=3) == [0, 1, 2]
    assert ages(since=NOON - day, least=99) == [0, 1, 2, 3, 4]
    assert ages(since=NOON - day, withdrawn_since=NOON - 3 * day) == [0, 1, 4]
    assert ages(since=NOON - day, withdrawn_since=NOON - day) == [0, 1]
    approve(watching, ids[:1], NOON)
    assert ages(since=NOON - day) == [0, 1, 4], "published anew, so it is recent again"
    assert ages(since=NOON - day, least=1, conflict="niger") == []
    slug = published(watching)[2].slug
    assert ages(slugs=[slug]) == [2]
    assert ages(slugs=[]) == []


def test_slugs_name_every_item_ever_published(watching: Database) -> None:
    ids = fill(watching, 3)
    approve(watching, ids, NOON)
    say(watching, Verdict.REJECT, ids[:1], NOON)
    with watching.reading() as connection:
        slugs = digests.slugs(connection)
    assert len(set(slugs)) == 3
    assert set(slugs) == {item.slug for item in published(watching)}


def test_what_tells_that_the_digest_is_old_moves_with_every_change(watching: Database) -> None:
    def state() -> tuple[int, int]:
        with watching.reading() as connection:
            return digests.newest_change(connection), digests.backgrounds_state(connection)

    ids = fill(watching, 1)
    assert state() == (0, 0)
    approve(watching, ids, NOON)
    placed = state()[0]
    assert placed > 0
    say(watching, Verdict.REJECT, ids, NOON + SECOND)
    withdrawn = state()[0]
    assert withdrawn > placed
    with watching.transaction() as connection:
        page = Background(title="Mali", sections=())
        backgrounds.save(connection, "mali", page, author="ada", note="", now=NOON)
    assert state() == (withdrawn, 1)


def test_public_files_are_noted_with_hash_and_time(watching: Database) -> None:
    def note(**written: tuple[str, datetime]) -> None:
        with watching.transaction() as connection:
            public_files.note(connection, written)

    note(index=("abc", NOON), feed=("def", NOON))
    note()
    note(feed=("123", NOON + SECOND))
    with watching.reading() as connection:
        assert public_files.noted(connection) == {
            "index": ("abc", NOON),
            "feed": ("123", NOON + SECOND),
        }
