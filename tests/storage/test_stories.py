"""Stories hold articles that report one event; an article joins one and stays."""

from datetime import timedelta

from sqlalchemy import select

from db import Database, articles, stories
from db.tables import stories as table
from tests.making import NOON, a_feed, an_article

SPAN = (NOON - timedelta(days=2), NOON + timedelta(days=2))


def test_a_story_begins_with_an_article_and_others_join(watching: Database) -> None:
    items = [an_article(), an_article("Convoy attacked, army says", path="b"), an_article("Rain")]
    later = NOON + timedelta(hours=1)
    with watching.transaction() as connection:
        added = articles.add(connection, items, a_feed(), NOON)
        first, second, third = (added[item.identity] for item in items)
        assert [row[0] for row in stories.without_story(connection, [first, second])] == [
            first,
            second,
        ]
        story_id = stories.begin(connection, first, items[0].title, NOON)
        stories.join(connection, second, story_id, later)

        assert [(row[0], row[3]) for row in stories.recent(connection, *SPAN)] == [
            (first, story_id),
            (second, story_id),
        ]
        assert [row[0] for row in stories.without_story(connection, [first, second, third])] == [
            third
        ]
        story = connection.execute(select(table)).one()
    assert (story.title, story.first_seen_at, story.last_seen_at) == (items[0].title, NOON, later)


def test_only_stories_published_in_the_span_are_looked_at(watching: Database) -> None:
    old = an_article("Old news", published_at=NOON - timedelta(days=9))
    with watching.transaction() as connection:
        for item in (old, an_article()):
            [id] = articles.add(connection, [item], a_feed(), NOON).values()
            stories.begin(connection, id, item.title, NOON)
        [recent] = stories.recent(connection, *SPAN)
    assert recent[1] == an_article().title_key
    assert recent[2] == an_article().published_at


def test_articles_without_a_story_come_oldest_first(watching: Database) -> None:
    young = an_article("Young")
    old = an_article("Old", published_at=NOON - timedelta(days=9))
    with watching.transaction() as connection:
        added = articles.add(connection, [young, old], a_feed(), NOON)
        found = stories.without_story(connection, added.values())
    assert [title for _, _, title, _ in found] == ["Old", "Young"]
