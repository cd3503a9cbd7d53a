"""Normalise: entries become articles with names that stay."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Article, DateOrigin, Entry, Feed, ParsedFeed, Skipped
from pipeline.stages.normalise import normalise, normalise_document
from pipeline.text import fold_key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = Feed(id="wire", url="https://news.example/feed.xml", publisher="The Wire", language="fr")


def entry(
    guid: str = "", link: str | None = None, title: str = "", summary: str = "", **more: object
) -> Entry:
    return Entry(guid=guid, link=link, title_html=title, summary_html=summary, **more)  # type: ignore[arg-type]


def document(*entries: Entry, **about: str) -> list[Article | Skipped]:
    parsed = ParsedFeed(format="rss20", entries=entries, **about)  # type: ignore[arg-type]
    return list(normalise_document(parsed, feed=FEED, now=NOW))


def articles(*entries: Entry, **about: str) -> list[Article]:
    return [result for result in document(*entries, **about) if isinstance(result, Article)]


def only(given_entry: Entry, **about: str) -> Article:
    [article] = articles(given_entry, **about)
    return article


def test_an_entry_becomes_an_article() -> None:
    article = only(
        entry(
            "g1",
            "http://News.example/a?utm_source=rss#top",
            "Le <b>pont</b> rouvre",
            "<p>Texte</p>",
            author="A &amp; B",
            categories=("Routes", "Routes ", ""),
            published_at=NOW - timedelta(hours=1),
        )
    )
    assert article.title == "Le pont rouvre"
    assert article.summary == "Texte"
    assert article.url == "http://news.example/a#top"
    assert article.link == "http://News.example/a?utm_source=rss#top"
    assert (article.publisher, article.language) == ("The Wire", "fr")
    assert (article.author, article.categories) == ("A & B", ("Routes",))
    assert (article.entry_key, article.identity) == ("guid:g1", "url:https://news.example/a")
    assert article.title_key == "le pont rouvre"
    assert article.stream == " le pont rouvre \n texte "
    assert len(article.content_hash) == 64


def test_one_entry_alone_is_read_like_a_document_of_one() -> None:
    given_entry = entry("g", "https://a.example/1", "T")
    alone = normalise(given_entry, feed=FEED, parsed_language="en-GB", now=NOW)
    assert alone == only(given_entry, language="en-GB")


def test_the_content_stands_in_for_a_missing_summary_and_is_never_kept_whole() -> None:
    article = only(entry("g", None, "T", content_html="<p>" + "word " * 1000 + "</p>"))
    assert article.summary.startswith("word word")
    assert article.summary.endswith("word…")
    assert len(article.summary) <= 2_000


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Market reopens in Gao", "Market Reopens in <b>Gao</b>."),
        ("Market reopens in Gao - Reuters", "<a>Market reopens in Gao</a>&nbsp;&nbsp;<font>Reuters</font>"),
        ("Market reopens in Gao - Reuters", "Market reopens in Gao"),
        ("Market reopens in Gao after a month", "Market reopens in Gao aft…"),
        ("Market reopens in Gao", "Market reopens in Gao - The Wire"),
        ("Market reopens in Gao", "The Wire: Market reopens in Gao"),
        ("سوق في غاو", "سوق في غاو"),
    ],
)  # fmt: skip
def test_a_summary_that_only_repeats_the_headline_is_none(title: str, summary: str) -> None:
    article = only(entry("g", None, title, summary))
    assert (article.title, article.summary) == (title, "")
    assert article.stream == f" {fold_key(title)} \n  "


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Market reopens in Gao", "Market reopens in Gao after a month."),
        ("Market reopens in Gao", "Traders came."),
        ("Market reopens in Gao", "Market reopens in Gao - Reuters"),
        ("", "Market reopens in Gao"),
    ],
)
def test_a_summary_with_words_of_its_own_is_kept(title: str, summary: str) -> None:
    assert only(entry("g", None, title, summary)).summary == summary


def test_the_hash_is_of_what_the_feed_says_though_less_is_kept() -> None:
    repeating, bare = only(entry("g", None, "Raid", "Raid")), only(entry("g", None, "Raid", ""))
    assert repeating.summary == bare.summary
    assert repeating.content_hash == sha256(b"raid\nraid").hexdigest() != bare.content_hash


def test_an_entry_without_a_title_keeps_an_empty_one() -> None:
    assert only(entry("g", None, "", "Only a summary")).title == ""


def test_a_title_nobody_could_see_is_none() -> None:
    assert only(entry(title="\u200b\u2060\ufeff", summary="Text")).title == ""
    assert only(entry(title="\u200bKidal\u202e")).title == "\u200bKidal\u202e"


def test_an_entry_that_says_nothing_is_skipped() -> None:
    assert (
        document(entry("g1"), entry("g1"))
        == [Skipped(guid="g1", reason="no title, no text and no link")] * 2
    )


@pytest.mark.parametrize(
    ("published", "updated", "shown", "ordered", "origin"),
    [
        (-1, 0, -1, -1, DateOrigin.PUBLISHED),
        (None, -2, -2, -2, DateOrigin.UPDATED),
        (None, None, 0, 0, DateOrigin.FETCHED),
        (23, None, 23, 23, DateOrigin.PUBLISHED),
        (25, None, 25, 0, DateOrigin.PUBLISHED),
    ],
)
def test_dates_are_claimed_and_ordered(
    published: int | None, updated: int | None, shown: int, ordered: int, origin: DateOrigin
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOW + timedelta(hours=hours)

    article = only(entry("g", None, "T", published_at=at(published), updated_at=at(updated)))
    assert (article.published_at, article.ordered_at) == (at(shown), at(ordered))
    assert article.date_origin is origin


@pytest.mark.parametrize(
    ("of_entry", "of_document", "language"),
    [
        ("", "", "fr"),
        ("", "en-GB", "en"),
        ("AR_sa", "en", "ar"),
        ("eng", "", "en"),
        ("English", "", "fr"),
        ("und", "xx", "fr"),
        ("x" * 50, "???", "fr"),
    ],
)
def test_the_nearest_believable_language_counts(
    of_entry: str, of_document: str, language: str
) -> None:
    assert only(entry("g", None, "T", language=of_entry), language=of_document).language == language


def test_an_id_that_repeats_on_different_articles_names_none_of_them() -> None:
    first, second = articles(
        entry("same", "https://a.example/1", "One"), entry("same", "https://a.example/2", "Two")
    )
    assert first.entry_key != second.entry_key
    assert first.entry_key.startswith("guid+link+title:")
    assert (first.identity, second.identity) == (
        "url:https://a.example/1",
        "url:https://a.example/2",
    )


def test_identical_repeats_collapse_to_one() -> None:
    twice = entry("g", "https://a.example/1", "One")
    result = document(twice, twice, entry("", None, "No id"), entry("", None, "No id"))
    assert [type(r) for r in result] == [Article, Skipped, Article, Skipped]
    assert result[1] == Skipped(guid="g", reason="listed twice")


def test_an_address_shared_by_different_headlines_identifies_none_of_them() -> None:
    found = articles(
        entry("1", "https://a.example/live", "One"),
        entry("2", "https://a.example/live#2", "Two"),
        entry("3", "https://a.example/else", "Three"),
        entry("", "https://a.example/live", "Four"),
    )
    identities = [article.identity for article in found]
    assert len(set(identities)) == 4
    assert [name.startswith("url+title:") for name in identities] == [True, True, False, True]
    assert found[3].entry_key.startswith("link+title:")


def test_the_home_page_is_nobodys_address() -> None:
    article = only(entry("", "http://news.example", "One"), home_url="https://news.example/")
    assert article.identity.startswith("url+title:")


def test_an_entry_without_id_is_named_by_its_link_else_by_its_text() -> None:
    by_link, by_text, by_summary = articles(
        entry("", "https://a.example/1", "T"), entry("", None, "T"), entry("", None, "", "S")
    )
    assert by_link.entry_key == "link:https://a.example/1"
    assert by_text.entry_key.startswith("text:")
    assert by_text.identity == f"feed:wire:{by_text.entry_key}"
    assert by_summary.entry_key != by_text.entry_key


def test_names_stay_short() -> None:
    article = only(entry("g" * 5000, "https://a.example/" + "x" * 5000, "T" * 5000))
    assert len(article.entry_key) <= 200
    assert len(article.identity) <= 200
    assert len(article.title) <= 1000


def test_names_do_not_depend_on_the_order_or_company_of_entries() -> None:
    one, two = entry("1", "https://a.example/1", "One"), entry("", "https://a.example/2", "Two")
    assert articles(one, two) == articles(two, one)[::-1] == [only(one), only(two)]


def test_the_hash_changes_with_words_not_with_dress() -> None:
    plain = only(entry("g", None, "Le pont rouvre", "Texte"))
    dressed = only(entry("g", None, "<b>Le  pont</b> ROUVRE!", "<p>texte</p>"))
    changed = only(entry("g", None, "Le pont ferme", "Texte"))
    assert plain.content_hash == dressed.content_hash != changed.content_hash


TEXTS = st.text(alphabet="ab<>&;/#:?=é\u00a0\ud800\0 ", max_size=30)


@given(
    st.lists(st.builds(entry, TEXTS, st.none() | TEXTS, TEXTS, TEXTS, language=TEXTS), max_size=6)
)
def test_no_entry_breaks_it_and_keys_are_unique(entries: list[Entry]) -> None:
    result = document(*entries)
    assert len(result) == len(entries)
    keys = [article.entry_key for article in result if isinstance(article, Article)]
    assert len(keys) == len(set(keys))
