"""Pruning deletes only what nobody needs: never matched, never reviewed, no longer listed."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest

from db import Database, articles, digests, forgotten, matches, search
from pipeline.model import ArticleText, Decision, Listing, Verdict
from pipeline.review import review
from tests.making import NOON, a_feed, an_article, rules, take_in

OLD = NOON - timedelta(days=40)
MONTH_AGO = NOON - timedelta(days=30)
MARKET = an_article("Grain prices fall at the coast market again")


def prune(database: Database, before: datetime = MONTH_AGO) -> int:
    with database.transaction() as connection:
        return articles.prune_unmatched(
            connection, articles.unmatched(connection, before), before, NOON
        )


def withdraw_all(database: Database) -> None:
    with database.transaction() as connection:
        ids = [id for id, _, _ in articles.texts(connection, after=0, limit=99)]
        matches.propose(connection, dict.fromkeys(ids, ()), dict.fromkeys(ids, 1), OLD)


def test_an_old_article_that_matched_nothing_goes_with_all_its_rows(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    with watching.transaction() as connection:
        search.index_new(connection)
    assert prune(watching) == 1
    with watching.reading() as connection:
        assert articles.count(connection) == 0
        assert search.find(connection, words="grain", unmatched=True) == ()


def test_a_match_that_is_being_found_keeps_its_article(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    found = rules().matcher.match(
        ArticleText(title="JNIM attacks Kidal", summary="", language="en")
    )
    with ThreadPoolExecutor(1) as pool:
        with watching.transaction() as connection:
            matches.propose(connection, {1: found}, {1: 1}, NOON)
            pruning = pool.submit(prune, watching)
            wait([pruning], timeout=0.3)
        assert pruning.result() == 0
    with watching.reading() as connection:
        assert articles.count(connection) == 1


def test_what_was_pruned_does_not_come_back_as_new(watching: Database) -> None:
    # For a month the feed says that nothing changed; then it lists one item more.
    take_in(watching, MARKET, now=OLD)
    take_in(watching, MARKET, feed=a_feed("delta-post"), now=OLD)
    prune(watching)
    later = an_article("Millet prices rise at the coast market again")
    for feed in ("sahel-wire", "delta-post"):
        again = take_in(watching, MARKET, later, feed=a_feed(feed), now=NOON)
        assert again.articles_new == (feed == "sahel-wire")
    with watching.reading() as connection:
        assert articles.count(connection) == 1


def test_what_was_pruned_comes_back_when_its_text_changed(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    prune(watching)
    edited = an_article("JNIM attacks the coast market again", path=MARKET.guid)
    assert take_in(watching, edited, now=NOON).articles_new == 1


def test_each_wording_of_a_pruned_article_is_remembered(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    other = an_article("Grain is cheaper at the coast market again", path=MARKET.guid)
    take_in(watching, other, feed=a_feed("delta-post"), now=OLD)
    prune(watching)
    assert take_in(watching, other, feed=a_feed("delta-post"), now=NOON).articles_new == 0
    assert take_in(watching, MARKET, now=NOON).articles_new == 0


def test_what_was_forgotten_long_ago_is_forgotten_for_good(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    prune(watching)
    with watching.transaction() as connection:
        assert forgotten.prune(connection, NOON) == 0
        assert forgotten.prune(connection, NOON + timedelta(seconds=1)) == 1
    assert take_in(watching, MARKET, now=NOON).articles_new == 1


def test_a_matched_article_stays(watching: Database) -> None:
    take_in(watching, an_article(), now=OLD)
    assert prune(watching) == 0


def test_a_young_article_stays(watching: Database) -> None:
    take_in(watching, MARKET, now=MONTH_AGO)
    assert prune(watching) == 0


def test_what_a_feed_still_lists_stays(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    take_in(watching, MARKET, now=NOON)
    assert prune(watching) == 0
    take_in(watching, MARKET, feed=a_feed("delta-post"), now=OLD)
    assert prune(watching, NOON + timedelta(seconds=1)) == 1


def test_a_withdrawn_match_that_nobody_reviewed_keeps_nothing(watching: Database) -> None:
    take_in(watching, an_article(), now=OLD)
    withdraw_all(watching)
    assert prune(watching) == 1


@pytest.mark.parametrize(
    "verdicts", [["approve"], ["reject"], ["approve", "reopen"], ["reject", "reopen"]]
)
def test_what_was_ever_reviewed_stays_even_when_the_keywords_let_go(
    watching: Database, verdicts: list[str]
) -> None:
    take_in(watching, an_article(), MARKET, now=OLD)
    for verdict in verdicts:
        review(watching, [Decision(match_id=1, verdict=Verdict(verdict), editor="ada")], OLD)
    withdraw_all(watching)
    assert prune(watching) == 1
    with watching.reading() as connection:
        assert articles.count(connection) == 1
        assert len(digests.published(connection)) == ("approve" in verdicts)


def test_a_pruned_article_takes_its_revisions_along(watching: Database) -> None:
    take_in(watching, MARKET, now=OLD)
    edited = an_article("Grain prices fall again", path=MARKET.guid)
    with watching.transaction() as connection:
        assert articles.revise(connection, Listing(article_id=1, article=edited), a_feed(), OLD)
    assert prune(watching) == 1
    with watching.reading() as connection:
        assert articles.revisions(connection, 1) == ()
