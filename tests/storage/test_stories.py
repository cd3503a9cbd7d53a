"""Stories hold articles that report one event; an article joins one and stays."""

from datetime import timedelta

from sqlalchemy import select

from db import Database, articles, stories
from db.tables import stories as table
from pipeline.model import Placed
from tests.making import NOON, a_feed, an_article

SPAN = (NOON - timedelta(days=2), NOON + timedelta(days=2))
LATER = NOON + timedelta(hours=1)


def test_a_story_begins_with_an_article_and_others_join(watching: Database) -> None:
    items = [an_article(), an_article("Convoy attacked, army says", path="b"), an_article("Rain")]
    with watching.transaction() as connection:
        added = articles.add(connection, items, a_feed(), NOON)
        first, second, third = (added[item.identity] for item in items)
        story_id = stories.begin(connection, first, items[0].title, NOON)
        joining = Placed(article_id=second, story_id=story_id, reason="same event: convoy")
        stories.put_in(connection, [joining], LATER)

        [one, other] = stories.copies(connection, [story_id])[story_id]
        assert (one.article_id, one.reason) == (first, "")
        assert (other.article_id, other.reason) == (second, "same event: convoy")
        waiting = stories.without_story(connection, [first, second, third])
        assert [told.article_id for told in waiting] == [third]
        story = connection.execute(select(table)).one()
    assert (story.title, story.first_seen_at, story.last_seen_at) == (items[0].title, NOON, LATER)


def test_stories_begun_together_keep_their_order(watching: Database) -> None:
    with watching.transaction() as connection:
        ids = stories.begin_all(connection, ["one", "two", "three"], NOON)
        titles = {row.id: row.title for row in connection.execute(select(table))}
        assert [titles[each] for each in ids] == ["one", "two", "three"]
        assert stories.begin_all(connection, [], NOON) == ()
        stories.put_in(connection, [], NOON)


def test_keys_are_counted_up_to_a_limit_and_only_within_the_span(watching: Database) -> None:
    old = an_article("Old news", published_at=NOON - timedelta(days=9))
    items = [old, *(an_article(f"News {n}", path=str(n)) for n in range(4))]
    with watching.transaction() as connection:
        added = articles.add(connection, items, a_feed(), NOON)
        ids = [added[item.identity] for item in items]
        dated = zip(ids, items, strict=True)
        keys = {id: (item.published_at, (-7, 5)) for id, item in dated}
        stories.keep_keys(connection, keys, NOON)
        stories.keep_keys(connection, {}, NOON)
        assert stories.how_common(connection, [-7, 8], *SPAN, most=3) == {-7: 3, 8: 0}
        assert stories.how_common(connection, [-7], *SPAN, most=99) == {-7: 4}
        assert sorted(stories.holding(connection, [-7], *SPAN)[-7]) == ids[1:]


def test_articles_without_a_story_come_oldest_first(watching: Database) -> None:
    young = an_article("Young")
    old = an_article("Old", published_at=NOON - timedelta(days=9))
    with watching.transaction() as connection:
        added = articles.add(connection, [young, old], a_feed(), NOON)
        found = stories.without_story(connection, added.values())
    assert [told.title for told in found] == ["Old", "Young"]


def test_a_candidate_brings_the_first_article_of_its_story(watching: Database) -> None:
    items = [an_article(title) for title in ("First", "Second", "Third", "Apart")]
    with watching.transaction() as connection:
        added = articles.add(connection, items, a_feed(), NOON)
        ids = sorted(added[item.identity] for item in items)
        story_id = stories.begin(connection, ids[0], "First", NOON)
        joining = [Placed(article_id=each, story_id=story_id, reason="r") for each in ids[1:3]]
        stories.put_in(connection, joining, NOON)
        found = stories.with_leads(connection, [ids[2], ids[3]])
    assert [told.article_id for told in found] == [ids[0], ids[2]]
    assert {told.story_id for told in found} == {story_id}
