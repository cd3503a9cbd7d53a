"""Gather: newcomers find their stories in the database, in whatever order and number they come."""

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text

from db import Database, articles, stories
from db.tables import articles as article_rows
from db.tables import stories as story_rows
from db.tables import story_keys
from pipeline.gather import KEEP_KEYS, count_copies, forget_keys, group_into_stories
from pipeline.model import Article, Copies
from tests.making import NOON, a_feed, an_article, watch
from tests.racing import at_once

TOLD = {
    "en": ("Twelve soldiers die as convoy is attacked near Kidal", "Gunmen attack army convoy: 12 soldiers die near Kidal"),
    "fr": ("Douze soldats tués dans une embuscade près de Kidal", "Embuscade près de Kidal : douze soldats maliens tués"),
    "ar": ("مقتل جنود في هجوم على قافلة قرب كيدال", "هجوم على قافلة قرب كيدال ومقتل جنود ماليين"),
}  # fmt: skip
OTHERS = [
    "Grain prices fall at the coast market after harvest",
    "Junta in Bamako postpones the February election again",
    "Floods cut the road between Niamey and Dosso",
]


@pytest.fixture
def watched(database: Database) -> Database:
    return watch(database)


def take(database: Database, *items: Article) -> list[int]:
    """Store articles and gather them; gives their stories in the same order."""
    with database.transaction() as connection:
        added = articles.add(connection, items, a_feed(), NOON)
        ids = [added[item.identity] for item in items]
        group_into_stories(connection, ids, NOON)
    return stories_of(database, ids)


def stories_of(database: Database, ids: Sequence[int]) -> list[int]:
    with database.reading() as connection:
        rows = connection.execute(select(article_rows.c.id, article_rows.c.story_id))
        found = {row.id: row.story_id for row in rows}
    return [found[each] for each in ids]


@pytest.mark.parametrize("language", TOLD)
@pytest.mark.parametrize("together", [True, False])
def test_reports_of_one_event_gather_in_any_language(
    watched: Database, language: str, together: bool
) -> None:
    items = [an_article(title, path=title, publisher=title[:9]) for title in TOLD[language]]
    news = [*items, an_article(OTHERS[0])]
    if together:
        first, second, other = take(watched, *news)
    else:
        (first,), (second,), (other,) = (take(watched, each) for each in news)
    assert first == second != other


def test_gathering_again_changes_nothing(watched: Database) -> None:
    items = [an_article(title, path=title) for title in (*TOLD["en"], *OTHERS)]
    take(watched, *items)
    before = stories_of(watched, range(1, 6))
    with watched.transaction() as connection:
        group_into_stories(connection, range(1, 6), NOON + timedelta(hours=1))
        assert (connection.scalar(select(func.max(story_rows.c.id))) or 0) == max(before)
    assert stories_of(watched, range(1, 6)) == before


def test_a_joined_article_keeps_its_reason_and_the_first_has_none(watched: Database) -> None:
    [story, _] = take(watched, *(an_article(title, path=title) for title in TOLD["en"]))
    with watched.reading() as connection:
        first, second = stories.copies(connection, [story])[story]
    assert first.reason == ""
    assert second.reason.startswith("same event: ")


def test_copies_and_origins_are_counted(watched: Database) -> None:
    lede = "BAMAKO (Reuters) - " + "Gunmen killed twelve soldiers on the road to the north. " * 2
    items = [
        an_article(title, path=str(n), publisher=f"Outlet {n}", summary=lede)
        for n, title in enumerate((TOLD["en"][0], TOLD["en"][0], TOLD["en"][1]))
    ]
    [story] = set(take(watched, *items))
    with watched.reading() as connection:
        assert count_copies(connection, [story]) == {story: Copies(copies=3, origins=1)}
        assert count_copies(connection, []) == {}


def test_copies_add_no_keys(watched: Database) -> None:
    copies = [an_article(OTHERS[0], path=str(n), publisher=f"P{n}") for n in range(150)]
    assert len(set(take(watched, *copies))) == 1
    with watched.reading() as connection:
        holders = select(func.count(func.distinct(story_keys.c.article_id)))
        assert connection.scalar(holders) == 1
    # However often it was copied, the text is still found.
    assert take(watched, an_article(OTHERS[0], path="late")) == [1]


def test_keys_of_old_stories_are_forgotten(watched: Database) -> None:
    take(watched, an_article(OTHERS[0]))
    with watched.transaction() as connection:
        assert forget_keys(connection, NOON + KEEP_KEYS) == 0
        assert forget_keys(connection, NOON + KEEP_KEYS + timedelta(seconds=1)) > 0
        assert not connection.scalar(select(func.count()).select_from(story_keys))


def test_an_article_deleted_takes_its_keys_along(watched: Database) -> None:
    take(watched, an_article(OTHERS[0]))
    with watched.transaction() as connection:
        connection.execute(article_rows.delete())
        assert not connection.scalar(select(func.count()).select_from(story_keys))


def test_a_word_that_everything_holds_tells_nothing(watched: Database) -> None:
    dice = random.Random(4)

    def word() -> str:
        return "".join(dice.choices("bcdfgklmnprstvz", k=7))

    crowd = [an_article(f"Mali army {word()} {word()} {word()} {word()}") for _ in range(110)]
    assert len(set(take(watched, *crowd))) == 110
    assert take(watched, an_article(f"Mali army {word()} {word()}")) == [111]


def test_a_group_is_looked_up_with_as_many_questions_as_one(watched: Database) -> None:
    def asked(*items: Article) -> int:
        statements: list[str] = []

        def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        with watched.transaction() as connection:
            added = articles.add(connection, items, a_feed(), NOON)
            event.listen(watched.engine, "before_cursor_execute", note)
            group_into_stories(connection, added.values(), NOON)
            event.remove(watched.engine, "before_cursor_execute", note)
        return len(statements)

    take(watched, *(an_article(title, path=title) for title in TOLD["en"]))
    many = [an_article(f"{title} {n}", path=f"{title}{n}") for n in range(20) for title in OTHERS]
    assert asked(*many) <= 12
    assert asked(an_article(TOLD["fr"][0])) <= 12


COPIES = [
    *(an_article(title, path=f"{n}{title[:5]}", publisher=f"P{n}") for title in OTHERS for n in range(3)),
    an_article("Live: war in Sudan as rivals fight over Khartoum", path="live"),
]  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(COPIES))), cuts=st.sets(st.integers(1, 9), max_size=3))
def test_exact_copies_gather_the_same_in_whatever_order_they_come(
    sqlite: Database, order: list[int], cuts: set[int]
) -> None:
    clear(sqlite)
    bounds = [0, *sorted(cuts), len(order)]
    found: dict[str, set[int]] = {}
    for start, end in pairwise(bounds):
        some = [COPIES[number] for number in order[start:end]]
        for item, story in zip(some, take(watch(sqlite), *some), strict=True):
            found.setdefault(item.title, set()).add(story)
    assert all(len(each) == 1 for each in found.values())
    assert len(set.union(*found.values())) == len(OTHERS) + 1


def clear(database: Database) -> None:
    with database.transaction() as connection:
        for table in ("articles", "stories"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_processes_that_store_at_once_begin_a_story_once(postgres: Database) -> None:
    watch(postgres)
    title = "Twelve soldiers die as convoy is attacked near Kidal"
    papers = ["Sahel Wire", "Delta Post", "Courrier", "Nile Observer"]
    items = [an_article(title, path=paper, publisher=paper) for paper in papers]
    found = at_once(*[lambda item=item: take(postgres, item) for item in items])
    assert [each for each in found if isinstance(each, Exception)] == []
    with postgres.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM stories")) == 1
