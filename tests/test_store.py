"""Store: one document becomes articles, matches and stories, however it comes."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db import Database, articles, digests, matches, reviews, search
from db.tables import stories
from pipeline.model import (
    Approval,
    Conflict,
    Decision,
    Field,
    Hit,
    MatchStatus,
    StoredArticle,
    Verdict,
)
from pipeline.review import review
from pipeline.store import AUTOMATIC, Stored
from tests.making import NOON, a_conflict, a_feed, an_article, take_in, watch
from tests.racing import at_once

HEADLINE = "Convoy attacked near Kidal in northern Mali"
MARKET = an_article("Grain prices fall at the coast market again")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def watched(database: Database) -> Database:
    return watch(database)


def stored(database: Database) -> list[StoredArticle]:
    with database.reading() as connection:
        return sorted(search.find(connection, unmatched=True), key=lambda each: each.id)


def only(database: Database) -> StoredArticle:
    [article] = stored(database)
    return article


def how_many_stories(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(stories)) or 0


def shown(article: StoredArticle, hit: Hit) -> str:
    text = article.title if hit.field is Field.TITLE else article.summary
    return text[hit.start : hit.end]


def test_a_document_is_stored_and_matched(watched: Database) -> None:
    brought = take_in(watched, an_article(HEADLINE), MARKET)
    assert brought == Stored(
        articles_new=2,
        articles_revised=0,
        matches_new=1,
        new_dates=(an_article().published_at, MARKET.published_at),
        new_matched=1,
    )
    matched, unmatched = stored(watched)
    assert [match.conflict for match in matched.matches] == ["mali"]
    assert matched.story_id is not None
    assert (unmatched.matches, unmatched.story_id) == ((), None)


def test_the_same_document_again_stores_nothing(watched: Database) -> None:
    document = [an_article(HEADLINE), MARKET]
    take_in(watched, *document)
    before = stored(watched)
    assert take_in(watched, *document, now=LATER) == Stored(
        articles_new=0, articles_revised=0, matches_new=0
    )
    assert stored(watched) == before


def test_no_articles_are_nothing_to_store(watched: Database) -> None:
    assert take_in(watched) == Stored(articles_new=0, articles_revised=0, matches_new=0)


def test_hits_show_the_words_of_the_stored_text(watched: Database) -> None:
    take_in(watched, an_article("Ménaka calm, Bamako’s army says", summary="JNIM said nothing."))
    hits = only(watched).matches[0].hits
    assert {hit.term for hit in hits} == {"Bamako", "army", "JNIM"}
    assert [shown(only(watched), hit) for hit in hits] == [hit.text for hit in hits]


def test_of_one_address_listed_twice_the_stored_text_is_matched(watched: Database) -> None:
    first = an_article(HEADLINE, path="x", guid="1")
    again = an_article(
        "Live: all the news of Mali as the army of the junta moves on", path="x", guid="2"
    )
    assert take_in(watched, first, again) == Stored(
        articles_new=1,
        articles_revised=0,
        matches_new=1,
        new_dates=(first.published_at,),
        new_matched=1,
    )
    article = only(watched)
    assert article.title == HEADLINE
    hits = article.matches[0].hits
    assert [shown(article, hit) for hit in hits] == [hit.text for hit in hits]


def test_a_match_only_the_unstored_text_has_is_not_proposed(watched: Database) -> None:
    again = an_article(HEADLINE, path=MARKET.guid, guid="2")
    assert take_in(watched, MARKET, again).matches_new == 0
    assert only(watched).matches == ()


def test_an_edit_is_matched_anew(watched: Database) -> None:
    take_in(watched, an_article("Something happened", path="x"))
    edited = take_in(watched, an_article(HEADLINE, path="x"), now=LATER)
    assert edited == Stored(articles_new=0, articles_revised=1, matches_new=1)
    assert only(watched).story_id is not None

    take_in(watched, an_article("Nothing happened", path="x"), now=LATER)
    assert [match.status for match in only(watched).matches] == [MatchStatus.WITHDRAWN]
    assert (only(watched).revision, only(watched).title) == (3, "Nothing happened")


def test_an_edit_after_approval_changes_the_article_but_not_the_digest(watched: Database) -> None:
    take_in(watched, an_article(HEADLINE, path="x"))
    review(watched, [Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada")], NOON)
    take_in(watched, an_article("Convoy attacked near Kidal: 12 dead", path="x"), now=LATER)
    with watched.reading() as connection:
        [queued] = matches.queue(connection, status=MatchStatus.APPROVED)
        [item] = digests.published(connection)
    assert queued.changed
    assert (item.title, item.updated_at) == (HEADLINE, NOON)


def test_another_feeds_wording_is_a_listing_not_an_edit(watched: Database) -> None:
    take_in(watched, an_article(HEADLINE, path="x"))
    other = an_article("Kidal: convoy attacked", path="x")
    assert take_in(watched, other, feed=a_feed("delta-post")).articles_revised == 0
    assert only(watched).feeds == ("delta-post", "sahel-wire")
    assert only(watched).title == HEADLINE
    assert take_in(watched, other, feed=a_feed("delta-post"), now=LATER).articles_revised == 0


def test_a_wire_copy_at_another_publisher_joins_the_story(watched: Database) -> None:
    take_in(watched, an_article(HEADLINE, path="wire"))
    copy = an_article(HEADLINE, path="delta", publisher="Delta Post")
    take_in(watched, copy, feed=a_feed("delta-post"))
    first, second = stored(watched)
    assert first.story_id == second.story_id
    assert how_many_stories(watched) == 1


def test_copies_in_one_document_are_one_story(watched: Database) -> None:
    take_in(watched, an_article(HEADLINE, path="a"), an_article(f"{HEADLINE} today", path="b"))
    assert how_many_stories(watched) == 1


def automatic(at: int = 6) -> Conflict:
    return a_conflict(approve=Approval.AUTOMATIC, approve_at=at)


def standing(database: Database) -> list[str]:
    with database.reading() as connection:
        return [item.title for item in digests.published(connection)]


def test_a_conflict_that_asks_for_it_is_approved_from_its_mark_on(database: Database) -> None:
    watch(database, tracked=[automatic(at=6)])
    weak = an_article("Report of the day", path="weak", summary="The army in Mali.")
    take_in(database, an_article(HEADLINE), weak, tracked=[automatic(at=6)])
    assert standing(database) == [HEADLINE]
    with database.reading() as connection:
        [logged] = reviews.log(connection)
        [pending] = matches.queue(connection)
    assert (logged.editor, logged.verdict) == (AUTOMATIC, Verdict.APPROVE)
    assert pending.title == "Report of the day"


def test_an_automatic_approval_is_taken_once(database: Database) -> None:
    watch(database, tracked=[automatic()])
    for _ in range(2):
        take_in(database, an_article(HEADLINE, path="x"), tracked=[automatic()])
    take_in(database, an_article(f"{HEADLINE}, again", path="x"), tracked=[automatic()])
    with database.reading() as connection:
        assert len(reviews.log(connection)) == 1


def test_what_an_editor_rejected_is_not_approved_automatically(database: Database) -> None:
    watch(database, tracked=[automatic()])
    take_in(database, an_article(HEADLINE, path="x"))
    review(database, [Decision(match_id=1, verdict=Verdict.REJECT, editor="ada")], NOON)
    take_in(database, an_article(f"{HEADLINE}: 12 dead", path="x"), tracked=[automatic()])
    assert standing(database) == []


@pytest.mark.parametrize("conflict", [a_conflict(), automatic()], ids=["editor", "automatic"])
def test_feeds_stored_at_the_same_moment_make_no_duplicate_and_no_error(
    database: Database, conflict: Conflict
) -> None:
    feeds = [a_feed(f"feed-{number}") for number in range(4)]
    watch(database, polled=feeds, tracked=[conflict])
    wire = [
        an_article(f"Convoy {number} attacked near Kidal in Mali", path=f"{number}")
        for number in range(8)
    ]
    edited = [
        an_article(f"Convoy {number} attacked near Gao in Mali, army says", path=f"{number}")
        for number in range(8)
    ]

    def storer(number: int) -> Callable[[], list[Stored]]:
        step = 1 if number % 2 else -1
        documents = (wire[::step], edited[::step])
        return lambda: [
            take_in(database, *each, feed=feeds[number], tracked=[conflict]) for each in documents
        ]

    results = at_once(*map(storer, range(4)))

    failed = [each for each in results if isinstance(each, Exception)]
    assert failed == []
    brought: Sequence[Stored] = [
        each for share in results if isinstance(share, list) for each in share
    ]
    assert sum(each.articles_new for each in brought) == len(stored(database)) == 8
    assert sum(each.matches_new for each in brought) == 8
    with database.reading() as connection:
        for article in stored(database):
            numbers = [each.number for each in articles.revisions(connection, article.id)]
            assert numbers == list(range(1, article.revision + 1))
            assert article.title == edited[int(article.url[-1])].title  # type: ignore[index]
            [match] = article.matches
            if match.status is MatchStatus.PENDING:
                assert [shown(article, hit) for hit in match.hits] == ["attacked", "Mali", "army"]


def test_what_an_editor_reopened_waits_for_an_editor(database: Database) -> None:
    watch(database, tracked=[automatic()])
    take_in(database, an_article(HEADLINE, path="x"), tracked=[automatic()])
    (match,) = stored(database)[0].matches
    review(database, [Decision(match_id=match.id, verdict=Verdict.REOPEN, editor="Awa")], LATER)
    take_in(database, an_article(f"{HEADLINE}: 12 dead", path="x"), tracked=[automatic()])
    assert stored(database)[0].matches[0].status is MatchStatus.PENDING
