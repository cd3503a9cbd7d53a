"""Deduplicate: what is new, what is another listing, what is an edit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import Article, Deduplicated, Known, KnownArticle, KnownEntry, Listing
from pipeline.stages.deduplicate import SAME_TITLE_WITHIN, deduplicate
from tests.making import an_article

HEADLINE = "Convoy attacked near Kidal in northern Mali"
SUMMARY = "Two soldiers died when their convoy was attacked on Sunday"


def known_article(item: Article, id: int = 7) -> KnownArticle:
    return KnownArticle(
        id=id,
        publisher=item.publisher,
        title_key=item.title_key,
        summary=item.summary,
        content_hash=item.content_hash,
        published_at=item.published_at,
        first_seen_at=item.published_at,
    )


def known_entry(item: Article, id: int = 7) -> dict[str, KnownEntry]:
    return {item.entry_key: KnownEntry(id=id, article_id=id, content_hash=item.content_hash)}


def known_title(item: Article, id: int = 7) -> Known:
    return Known(titles={item.title_key: (known_article(item, id),)})


def listing(item: Article, id: int = 7) -> Deduplicated:
    return Deduplicated(listed=(Listing(article_id=id, article=item),))


def test_what_nobody_listed_before_is_new() -> None:
    one, two = an_article("One"), an_article("Two")
    assert deduplicate([one, two], Known()) == Deduplicated(new=(one, two))
    assert deduplicate([], Known()) == Deduplicated()


def test_an_entry_that_says_the_same_is_only_seen() -> None:
    item = an_article()
    assert deduplicate([item], Known(entries=known_entry(item))) == Deduplicated(seen=(item,))


def test_an_entry_that_says_something_else_is_an_edit() -> None:
    before, after = an_article(path="x"), an_article("Convoy attacked: 12 dead", path="x")
    assert deduplicate([after], Known(entries=known_entry(before))) == Deduplicated(
        revised=(Listing(article_id=7, article=after),)
    )


def test_an_address_seen_anywhere_is_the_same_article() -> None:
    item = an_article()
    known = Known(identities={item.identity: known_article(item)})
    assert deduplicate([item], known) == listing(item)


def test_two_feeds_that_word_one_article_differently_do_not_edit_each_other() -> None:
    theirs, ours = an_article(path="x"), an_article("Other words for the same", path="x")
    known = Known(identities={theirs.identity: known_article(theirs)})
    assert deduplicate([ours], known) == listing(ours)


def test_the_entry_decides_before_the_address() -> None:
    item = an_article()
    known = Known(
        entries=known_entry(item, id=1), identities={item.identity: known_article(item, id=2)}
    )
    assert deduplicate([item], known).seen == (item,)


@pytest.mark.parametrize(
    ("apart", "same"),
    [
        (timedelta(0), True),
        (SAME_TITLE_WITHIN, True),
        (-SAME_TITLE_WITHIN, True),
        (SAME_TITLE_WITHIN + timedelta(seconds=1), False),
        (-SAME_TITLE_WITHIN - timedelta(seconds=1), False),
    ],
)
def test_a_headline_repeated_within_days_is_the_same_article(apart: timedelta, same: bool) -> None:
    before = an_article(HEADLINE, path="old")
    moved = an_article(HEADLINE, path="new", published_at=before.published_at + apart)
    expected = listing(moved) if same else Deduplicated(new=(moved,))
    assert deduplicate([moved], known_title(before)) == expected


@pytest.mark.parametrize("headline", ["", "Morning briefing", "Le journal de 20h"])
def test_a_short_headline_names_a_column_not_an_article(headline: str) -> None:
    before = an_article(headline, path="monday")
    after = an_article(headline, path="tuesday")
    assert deduplicate([after], known_title(before)) == Deduplicated(new=(after,))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (SUMMARY, SUMMARY, True),
        (SUMMARY, "", True),
        ("", SUMMARY, True),
        (SUMMARY, f"{SUMMARY} and more was learned about it later that day", True),
        (SUMMARY, SUMMARY.upper(), True),
        (SUMMARY, "Another day, another road: nobody was hurt this time", False),
    ],
)
def test_the_same_headline_over_another_story_is_another_article(
    before: str, after: str, same: bool
) -> None:
    stored = an_article(HEADLINE, path="old", summary=before)
    candidate = an_article(HEADLINE, path="new", summary=after)
    expected = listing(candidate) if same else Deduplicated(new=(candidate,))
    assert deduplicate([candidate], known_title(stored)) == expected


def test_a_headline_the_document_lists_twice_stands_for_two_articles() -> None:
    first, second = an_article(HEADLINE, path="one"), an_article(HEADLINE, path="two")
    known = replace(known_title(first), entries=known_entry(first))
    assert deduplicate([first, second], known) == Deduplicated(new=(second,), seen=(first,))


def test_the_first_fitting_article_under_a_headline_is_taken() -> None:
    stored = an_article(HEADLINE, path="old")
    long_ago = replace(known_article(stored, id=1), published_at=stored.published_at - 99 * DAY)
    known = Known(titles={stored.title_key: (long_ago, known_article(stored, id=2))})
    moved = an_article(HEADLINE, path="new")
    assert deduplicate([moved], known) == listing(moved, id=2)


DAY = timedelta(days=1)


def test_what_was_forgotten_is_not_new_unless_its_text_changed() -> None:
    before = an_article("Grain prices fall", path="grain")
    after = an_article("Grain prices fall again", path="grain")
    known = Known(forgotten=frozenset({(before.identity, before.content_hash)}))
    assert deduplicate([before], known) == Deduplicated()
    assert deduplicate([after], known) == Deduplicated(new=(after,))
