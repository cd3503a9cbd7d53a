"""Articles: stored once however often they are listed, with every text they had."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from db import Database, articles, entries
from db.tables import article_revisions
from db.tables import entries as entry_table
from pipeline.model import Article, ArticleText, Delivery, Feed, Known, Listing
from tests.making import NOON, a_feed, an_article, watch
from tests.racing import at_once

LATER = NOON + timedelta(hours=1)
OTHER = a_feed("delta-post")


def add(database: Database, *new: Article, feed: Feed | None = None) -> dict[str, int]:
    with database.transaction() as connection:
        return dict(articles.add(connection, new, feed or a_feed(), NOON))


def known(database: Database, *candidates: Article, feed: Feed | None = None) -> Known:
    with database.reading() as connection:
        delivery = Delivery(feed=feed or a_feed(), articles=candidates, at=NOON)
        [found] = articles.known(connection, [delivery])
    return found


def revise(database: Database, id: int, item: Article, feed: Feed | None = None) -> int | None:
    with database.transaction() as connection:
        return articles.revise(
            connection, Listing(article_id=id, article=item), feed or a_feed(), LATER
        )


def listed(database: Database) -> Sequence[tuple[str, str, int]]:
    with database.reading() as connection:
        rows = connection.execute(select(entry_table).order_by(entry_table.c.id))
        return [(row.feed_id, row.entry_key, row.article_id) for row in rows]


def count(database: Database) -> int:
    with database.reading() as connection:
        return articles.count(connection)


def test_a_new_article_is_known_afterwards_by_entry_address_and_headline(
    watching: Database,
) -> None:
    item = an_article(summary="Two soldiers died.")
    assert known(watching, item) == Known()
    [id] = add(watching, item).values()

    found = known(watching, item)
    assert found.entries[item.entry_key].article_id == id
    assert (found.identities, found.titles) == ({}, {})

    found = known(watching, replace(item, entry_key="guid:another"))
    assert found.entries == {}
    assert found.identities[item.identity].id == id
    assert [each.id for each in found.titles[item.title_key]] == [id]
    assert found.titles[item.title_key][0].summary == "Two soldiers died."


def test_entries_are_known_within_their_feed_and_headlines_within_their_publisher(
    watching: Database,
) -> None:
    item = an_article()
    add(watching, item)
    found = known(watching, item, feed=OTHER)
    assert (found.entries, found.titles) == ({}, {})
    assert set(found.identities) == {item.identity}


def test_no_document_is_nothing_to_store(watching: Database) -> None:
    assert add(watching) == {}
    with watching.transaction() as connection:
        entries.add(connection, [])
        entries.touch(connection, {})
    assert (count(watching), listed(watching)) == (0, [])


def test_a_document_of_two_thousand_entries_is_stored_whole(watching: Database) -> None:
    many = [an_article(f"Report number {number} from Kidal") for number in range(2_000)]
    assert len(add(watching, *many)) == 2_000
    assert len(known(watching, *many).entries) == 2_000
    others = [replace(item, entry_key=f"guid:{number}") for number, item in enumerate(many)]
    found = known(watching, *others)
    assert len(found.identities) == len(found.titles) == 2_000


def test_one_address_twice_in_a_document_is_one_article_with_two_entries(
    watching: Database,
) -> None:
    first, again = an_article(path="x", guid="1"), an_article("Other words", path="x", guid="2")
    added = add(watching, first, again)
    assert list(added) == [first.identity]
    id = added[first.identity]
    assert listed(watching) == [("sahel-wire", "guid:1", id), ("sahel-wire", "guid:2", id)]
    with watching.reading() as connection:
        [(_, _, text)] = articles.texts(connection, after=0, limit=9)
    assert text.title == first.title


def test_what_another_process_stored_meanwhile_is_only_listed(watching: Database) -> None:
    item = an_article()
    [id] = add(watching, item).values()
    assert add(watching, item, feed=OTHER) == {}
    assert listed(watching) == [
        ("sahel-wire", item.entry_key, id),
        ("delta-post", item.entry_key, id),
    ]


def test_adding_the_same_at_the_same_moment_stores_one(database: Database) -> None:
    items = [an_article(f"Report number {number} from Kidal") for number in range(30)]
    feeds = [a_feed(f"feed-{number}") for number in range(4)]
    watch(database, polled=feeds)

    def adder(number: int) -> Callable[[], dict[str, int]]:
        order = items[::-1] if number % 2 else items
        return lambda: add(database, *order, feed=feeds[number])

    results = at_once(*map(adder, range(4)))

    shares = [result for result in results if not isinstance(result, Exception)]
    assert len(shares) == 4, results
    assert sum(map(len, shares)) == count(database) == 30
    assert len(listed(database)) == 120
    with database.reading() as connection:
        for id, _, _ in articles.texts(connection, after=0, limit=99):
            assert [each.number for each in articles.revisions(connection, id)] == [1]


def test_an_edit_is_the_articles_next_revision(watching: Database) -> None:
    [id] = add(watching, an_article(path="x")).values()
    edited = an_article("Convoy attacked near Kidal, 12 dead", path="x", summary="A summary.")
    assert revise(watching, id, edited) == 2
    with watching.reading() as connection:
        first, second = articles.revisions(connection, id)
        assert articles.texts(connection, after=0, limit=1) == (
            (id, 2, ArticleText(title=edited.title, summary="A summary.", language="en")),
        )
    assert (first.number, first.title, first.seen_at) == (1, an_article().title, NOON)
    assert (second.number, second.title, second.seen_at) == (2, edited.title, LATER)
    assert second.feed_id == "sahel-wire"


def test_an_edit_that_another_feed_had_brought_already_is_no_revision(watching: Database) -> None:
    [id] = add(watching, an_article(path="x")).values()
    add(watching, an_article(path="x"), feed=OTHER)
    edited = an_article("Convoy attacked near Kidal, 12 dead", path="x")
    assert revise(watching, id, edited) == 2
    assert revise(watching, id, edited, OTHER) is None
    assert known(watching, edited, feed=OTHER).entries[edited.entry_key].content_hash == (
        edited.content_hash
    )


def test_a_first_text_that_was_kept_already_is_not_kept_twice(watching: Database) -> None:
    [id] = add(watching, an_article(path="x")).values()
    with watching.transaction() as connection:
        [first] = articles.revisions(connection, id)
        connection.execute(
            article_revisions.insert().values(
                article_id=id,
                number=1,
                title=first.title,
                summary=first.summary,
                feed_id=first.feed_id,
                seen_at=first.seen_at,
            )
        )
    assert revise(watching, id, an_article("Convoy attacked near Kidal, 12 dead", path="x")) == 2
    with watching.reading() as connection:
        assert [each.number for each in articles.revisions(connection, id)] == [1, 2]
        assert articles.revisions(connection, id)[0] == first


def test_edits_at_the_same_moment_are_numbered_one_after_the_other(watching: Database) -> None:
    [id] = add(watching, an_article(path="x")).values()
    add(watching, an_article(path="x"), feed=OTHER)

    def editor(number: int) -> Callable[[], int | None]:
        edited = an_article(f"Convoy attacked, {number} dead", path="x")
        return lambda: revise(watching, id, edited, OTHER if number % 2 else None)

    results = at_once(*map(editor, range(8)))
    assert sorted(map(str, results)) == ["2", "3", "4", "5", "6", "7", "8", "9"]


def test_texts_come_in_chunks_by_id(watching: Database) -> None:
    add(watching, *[an_article(f"Report number {number} from Kidal") for number in range(5)])
    seen, after = [], 0
    with watching.reading() as connection:
        while chunk := articles.texts(connection, after=after, limit=2):
            assert len(chunk) <= 2
            after = chunk[-1][0]
            seen += [id for id, _, _ in chunk]
    assert len(seen) == len(set(seen)) == 5


def test_an_article_keeps_every_field(watching: Database) -> None:
    item = an_article("«Ménaka»: l’armée — 12 tués 🕊", summary="نص عربي")
    add(watching, item)
    with watching.reading() as connection:
        [(_, _, text)] = articles.texts(connection, after=0, limit=1)
    assert text == item.text
