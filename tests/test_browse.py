"""What doors show of the database is what it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import Database, articles, conflicts, feeds, fetches, matches, open_database, runs
from db.upgrade import downgrade, upgrade
from pipeline import browse
from pipeline.browse import Order
from pipeline.model import (
    Article,
    Conflict,
    DateOrigin,
    Decision,
    Feed,
    FeedState,
    FetchReport,
    Field,
    Hit,
    Keywords,
    Kind,
    Match,
    MatchStatus,
    Outcome,
    Verdict,
)
from pipeline.review import review
from pipeline.text import fold_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEEDS = [
    Feed(id=name, url=f"https://{name}.example/feed", publisher=name.title())
    for name in ("alpha", "beta", "gamma")
]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/dateline.db")
    upgrade(opened)
    with opened.transaction() as connection:
        feeds.declare(connection, FEEDS, NOW)
        conflicts.declare(
            connection,
            [
                Conflict(slug="mali", title="Mali", keywords=Keywords()),
                Conflict(slug="sudan", title="Sudan", keywords=Keywords()),
            ],
            NOW,
        )
    yield opened
    opened.close()


def store(
    database: Database,
    title: str,
    *under: str,
    score: int = 1,
    hours: float = 1,
    summary: str = "",
) -> int:
    """Store an article that was published some hours ago, with a pending match a conflict."""
    item = Article(
        entry_key=title,
        identity=title,
        guid=title,
        url="https://alpha.example/story",
        link="https://alpha.example/story",
        title=title,
        summary=summary,
        publisher="Alpha",
        language="en",
        published_at=NOW - timedelta(hours=hours),
        ordered_at=NOW - timedelta(hours=hours),
        date_origin=DateOrigin.PUBLISHED,
        title_key=fold_key(title),
        content_hash=title,
    )
    hit = Hit(term="x", kind=Kind.PLACE, field=Field.TITLE, start=0, end=len(title), text=title)
    with database.transaction() as connection:
        article_id = articles.add(connection, [item], FEEDS[0], NOW - timedelta(hours=hours))[title]
        found = [
            Match(conflict=slug, score=score, hits=(hit,), rule_version="r1") for slug in under
        ]
        matches.propose(
            connection, {article_id: found}, {article_id: 1}, NOW - timedelta(hours=hours)
        )
    return article_id


def decide(database: Database, title: str, verdict: Verdict, reason: str = "") -> None:
    (found,) = [each for each in browse.matches(database, status=None) if each.title == title]
    decision = Decision(match_id=found.id, verdict=verdict, editor="Awa", reason=reason)
    review(database, [decision], NOW)


def titles(page: browse.QueuePage) -> list[str]:
    return [match.title for match in page.matches]


def fetched(feed: str, outcome: Outcome, state: FeedState, minutes: int = 5) -> FetchReport:
    return FetchReport(
        feed_id=feed,
        started_at=NOW - timedelta(minutes=minutes),
        seconds=0.1,
        outcome=outcome,
        next_fetch_at=NOW + timedelta(minutes=20),
        next_fetch_reason="every 30 min",
        state=state,
        failures=0.0,
    )


# The queue


def test_the_queue_counts_what_is_left_in_all_and_by_conflict(database: Database) -> None:
    store(database, "one", "mali")
    store(database, "two", "mali", "sudan")
    store(database, "three", "mali")
    decide(database, "three", Verdict.APPROVE)
    page = browse.queue(database, conflict="sudan")
    assert titles(page) == ["two"]
    assert (page.total, page.waiting) == (1, 3)
    assert [(each.slug, each.waiting) for each in page.conflicts] == [("mali", 2), ("sudan", 1)]
    assert page.conflicts[0].by_status[MatchStatus.APPROVED] == 1


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.SCORE, ["best", "new", "old"]),
        (Order.NEWEST, ["new", "best", "old"]),
        (Order.OLDEST, ["old", "best", "new"]),
    ],
)
def test_the_queue_is_sorted_as_asked(
    database: Database, order: Order, expected: list[str]
) -> None:
    store(database, "old", "mali", hours=9)
    store(database, "best", "mali", hours=5, score=9)
    store(database, "new", "mali", hours=1)
    assert titles(browse.queue(database, order=order)) == expected


def test_pages_together_are_the_whole_queue(database: Database) -> None:
    for number in range(7):
        store(database, f"article {number}", "mali")
    pages = [browse.queue(database, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert sorted(title for page in pages for title in titles(page)) == [
        f"article {number}" for number in range(7)
    ]
    assert {page.total for page in pages} == {7}


def test_the_queue_finds_words_in_headline_and_summary(database: Database) -> None:
    store(database, "Fighting near Ménaka", "mali")
    store(database, "Market day", "mali", summary="Traders from Menaka return")
    store(database, "Elsewhere", "mali", "sudan")
    page = browse.queue(database, words="MENAKA")
    assert sorted(titles(page)) == ["Fighting near Ménaka", "Market day"]
    assert (page.total, page.waiting) == (2, 4)
    found = browse.queue(database, words="menaka", conflict="mali", limit=1, offset=1)
    assert (len(found.matches), found.total) == (1, 2)
    assert browse.queue(database, words="menaka", status=None).total == 2
    assert browse.queue(database, words="menaka", conflict="sudan").total == 0
    assert browse.queue(database, words="?!").total == 0


@pytest.mark.parametrize(
    "words", ['"', "menaka OR", "NEAR(", "* *", "a" * 500, "'; DROP", "(b+)+$"]
)
def test_no_search_is_a_query_language(database: Database, words: str) -> None:
    store(database, "Fighting at Ménaka", "mali")
    assert browse.queue(database, words=words).total == 0


def test_decided_matches_can_be_listed_last_decided_first(database: Database) -> None:
    store(database, "one", "mali")
    store(database, "two", "mali")
    decide(database, "one", Verdict.REJECT)
    page = browse.queue(database, status=MatchStatus.REJECTED, order=Order.DECIDED)
    assert titles(page) == ["one"]
    assert browse.queue(database, status=None).total == 2


def test_a_retired_conflict_with_matches_is_still_counted(database: Database) -> None:
    store(database, "one", "sudan")
    with database.transaction() as connection:
        conflicts.declare(
            connection, [Conflict(slug="mali", title="Mali", keywords=Keywords())], NOW
        )
    page = browse.queue(database)
    assert [(each.slug, each.title) for each in page.conflicts] == [
        ("mali", "Mali"),
        ("sudan", "sudan"),
    ]
    assert page.waiting == 1
    assert browse.conflict_titles(database) == {"mali": "Mali"}


def test_the_queue_tells_when_the_next_fetch_comes(database: Database) -> None:
    assert browse.queue(database).next_fetch_at == NOW
    with database.transaction() as connection:
        feeds.declare(connection, [], NOW)
    assert browse.next_fetch(database) is None


# One article, many articles


def test_an_article_comes_with_its_texts_matches_and_verdicts(database: Database) -> None:
    article_id = store(database, "one", "mali", "sudan")
    both = browse.matches(database)
    review(
        database,
        [Decision(match_id=both[0].id, verdict=Verdict.REJECT, editor="Awa", reason="sport")],
        NOW,
    )
    page = browse.article(database, article_id)
    assert page is not None
    assert page.article.title == "one"
    assert [revision.number for revision in page.revisions] == [1]
    assert {match.conflict for match in page.matches} == {"mali", "sudan"}
    assert page.matches[0].hits[0].text == "one"
    assert [each.reason for each in page.reviews] == ["sport"]
    assert browse.article(database, article_id + 1) is None


def test_an_article_that_matched_nothing_can_be_read(database: Database) -> None:
    page = browse.article(database, store(database, "one"))
    assert page is not None
    assert page.matches == ()


def test_articles_are_found_by_words_conflict_and_status(database: Database) -> None:
    store(database, "Convoy near Gao", "mali")
    store(database, "Convoy near Khartoum", "sudan")
    store(database, "Convoy elsewhere")

    def found(**filters: object) -> list[str]:
        return [each.title for each in browse.articles(database, **filters)]

    assert found(search="convoy g") == ["Convoy near Gao"]
    assert found(conflict="sudan") == ["Convoy near Khartoum"]
    assert len(found(search="convoy", unmatched=True)) == 3
    assert len(found(limit=1)) == 1
    assert found(status=MatchStatus.APPROVED) == []


# Health


def test_figures_count_every_state_even_those_at_zero(database: Database) -> None:
    store(database, "one", "mali")
    store(database, "two", "mali")
    decide(database, "two", Verdict.APPROVE)
    with database.transaction() as connection:
        fetches.record(connection, fetched("alpha", Outcome.UPDATED, FeedState.WORKING))
        fetches.record(connection, fetched("beta", Outcome.FAILED, FeedState.FAILING))
        fetches.record(connection, fetched("beta", Outcome.FAILED, FeedState.FAILING, minutes=90))
        feeds.declare(connection, FEEDS[:2], NOW)
        runs.miss(connection, "ingest", NOW, NOW)
    found = browse.figures(database, NOW)
    assert found.feeds[FeedState.WORKING] == found.feeds[FeedState.FAILING] == 1
    assert found.feeds[FeedState.RETIRED] == 1
    assert found.feeds[FeedState.GONE] == 0
    assert (found.matches[MatchStatus.PENDING], found.matches[MatchStatus.APPROVED]) == (1, 1)
    assert found.fetches_last_hour == {
        Outcome.UPDATED: 1,
        Outcome.FAILED: 1,
        Outcome.NOT_MODIFIED: 0,
        Outcome.UNCHANGED: 0,
    }
    assert (found.articles, found.missed_last_day) == (2, 1)


def ready(database: Database, now: datetime = NOW) -> dict[str, bool]:
    return {check.name: check.well for check in browse.readiness(database, now)}


def test_ready_means_the_clock_ticked_lately(database: Database) -> None:
    assert ready(database) == {"database": True, "clock": False}
    with database.transaction() as connection:
        runs.begin(connection, "ingest", NOW)
    assert ready(database, NOW + timedelta(minutes=5)) == {"database": True, "clock": True}
    assert ready(database, NOW + timedelta(minutes=6)) == {"database": True, "clock": False}


def test_a_run_noted_as_missed_shows_that_the_clock_lives(database: Database) -> None:
    with database.transaction() as connection:
        runs.begin(connection, "ingest", NOW - timedelta(hours=1))
        runs.miss(connection, "ingest", NOW - timedelta(minutes=50), NOW)
    assert ready(database) == {"database": True, "clock": True}


def test_a_database_that_is_not_set_up_is_not_ready(database: Database) -> None:
    downgrade(database, "base")
    assert ready(database) == {"database": False, "clock": False}
