"""The queue as editors see it: filtered, ordered, page by page."""

from datetime import timedelta
from itertools import count, product
from typing import Any

import pytest
from sqlalchemy import select

from db import Database, articles, matches, stories
from db.queue import count as count_rows
from db.queue_walks import walk
from db.tables import articles as articles_table
from pipeline.index import index_news
from pipeline.model import (
    Decision,
    Listing,
    Match,
    MatchStatus,
    QueuedMatch,
    QueueFilter,
    Verdict,
)
from pipeline.queue import hold
from pipeline.review import review
from tests.making import NOON, a_feed, an_article


@pytest.fixture
def filled(watching: Database) -> Database:
    """Three articles: A of yesterday proposed first, then B and C of today; C also under Niger."""
    published = {"A": NOON - timedelta(days=1), "B": NOON, "C": NOON - timedelta(hours=1)}
    wanted = {"A": [("mali", 6)], "B": [("mali", 3)], "C": [("mali", 6), ("niger", 9)]}
    minutes = count()
    for title, found in wanted.items():
        now = NOON + timedelta(minutes=next(minutes))
        with watching.transaction() as connection:
            item = an_article(title, published_at=published[title])
            [id] = articles.add(connection, [item], a_feed(), now).values()
            stories.begin(connection, id, title, now)
            found_now = [
                Match(conflict=conflict, score=score, hits=(), rule_version="v1")
                for conflict, score in found
            ]
            matches.propose(connection, {id: found_now}, {id: 1}, now)
    return watching


def queue(database: Database, **filters: Any) -> list[str]:
    return [each.title for each in listed(database, **filters)]


def listed(database: Database, **filters: Any) -> tuple[QueuedMatch, ...]:
    with database.reading() as connection:
        return matches.queue(connection, **filters)


@pytest.mark.parametrize(
    ("order", "titles"),
    [("score", "CCAB"), ("newest", "BCCA"), ("oldest", "ABCC"), ("decided", "CCBA")],
)
def test_orders(filled: Database, order: str, titles: str) -> None:
    if order == "decided":
        for match_id in (1, 2, 3, 4):
            decision = Decision(match_id=match_id, verdict=Verdict.REJECT, editor="ada")
            review(filled, [decision], NOON + timedelta(minutes=match_id))
    assert queue(filled, order=order, status=None) == list(titles)


def test_filters(filled: Database) -> None:
    assert queue(filled, conflict="niger") == ["C"]
    assert queue(filled, conflict="atlantis") == []
    assert queue(filled, ids=[1, 2], order="oldest") == ["A", "B"]
    assert queue(filled, ids=[]) == []
    assert queue(filled, status=MatchStatus.APPROVED) == []
    of_articles = select(articles_table.c.id).where(articles_table.c.title == "C")
    assert queue(filled, of_articles=of_articles) == ["C", "C"]


def test_pages(filled: Database) -> None:
    assert queue(filled, order="oldest", limit=2) == ["A", "B"]
    assert queue(filled, order="oldest", limit=2, offset=2) == ["C", "C"]
    assert queue(filled, order="oldest", offset=3) == ["C"]
    assert queue(filled, order="oldest", limit=2, offset=4) == []


def test_a_verdict_shows_who_took_it_and_whether_the_article_changed_since(
    filled: Database,
) -> None:
    review(filled, [Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada")], NOON)
    [match] = listed(filled, status=MatchStatus.APPROVED)
    assert (match.decided_by, match.decided_at, match.changed) == ("ada", NOON, False)

    edited = Listing(article_id=match.article_id, article=an_article("A, corrected"))
    with filled.transaction() as connection:
        articles.revise(connection, edited, a_feed(), NOON)
    [match] = listed(filled, status=MatchStatus.APPROVED)
    assert (match.title, match.changed) == ("A, corrected", True)
    assert match.conflict_title == "Instability in Mali"


FILTERS = [
    {},
    {"conflict": "mali"},
    {"publisher": "BBC News", "language": "en"},
    {"language": "xx"},
    {"least_score": 6},
    {"published_after": NOON - timedelta(hours=2)},
    {"found_after": NOON},
    {"held": True},
    {"held": False},
    {"words": "C"},
    {"words": "!"},
]


@pytest.mark.parametrize("status", [MatchStatus.PENDING, None])
def test_walking_and_sorting_meet_the_same_rows_in_the_same_order(
    filled: Database, status: MatchStatus | None
) -> None:
    review(filled, [Decision(match_id=3, verdict=Verdict.REJECT, editor="ada")], NOON)
    hold(filled, [1], "ada", NOON, until=NOON + timedelta(days=1))
    index_news(filled)
    with filled.reading() as connection:
        for filters, order in product(FILTERS, ("score", "newest", "oldest", "decided")):
            wanted = QueueFilter(status=status, **filters)
            walked, sorted_ = (
                walk(connection, wanted, NOON, order=order, enough=9, few=few) for few in (-1, 9)
            )
            assert list(walked[0].items()) == list(sorted_[0].items()), (filters, order)
            assert (len(walked[0]), False) == (count_rows(connection, wanted, NOON), walked[1])


def test_a_walk_ends_where_it_has_enough_and_says_whether_there_is_more(filled: Database) -> None:
    with filled.reading() as connection:
        for enough, more in ((3, True), (4, False), (5, False)):
            leads, goes_on = walk(connection, QueueFilter(), NOON, order="oldest", enough=enough)
            assert (len(leads), goes_on) == (min(enough, 4), more)
