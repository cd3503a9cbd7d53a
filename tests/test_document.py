"""A document from bytes to articles, as a worker process reads it."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Document, read_document
from pipeline.model import Article, DateOrigin, Fetched, Skipped
from pipeline.stages.parse.dates import EARLIEST, LATEST
from tests.making import NOON, a_feed


def test_a_document_is_read_to_its_articles_with_what_was_left_out() -> None:
    item = (
        "<item><guid>1</guid><title>Talks in Kidal</title><pubDate>{} GMT</pubDate>"
        "<link>https://sahel-wire.example/1</link></item>"
    )
    date = "Sun, 22 Nov 2026 10:20:30"
    body = (
        "<rss version='2.0'><channel><title>Sahel Wire</title><ttl>15</ttl>"
        f"{item.format(date)}{item.format(date)}</channel></rss>"
    )
    feed = a_feed()
    document = read_document((Fetched(url=feed.url, status=200, body=body.encode()), feed, NOON))
    assert [article.title for article in document.articles] == ["Talks in Kidal"]
    assert [each.reason for each in document.skipped] == ["listed twice"]
    assert (document.title, document.entries, document.complete) == ("Sahel Wire", 2, True)
    assert document.newest_entry_at == datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)


ARTICLE = Article(
    entry_key="guid:1",
    identity="url:https://a.example/1",
    guid="1",
    url=None,
    link=None,
    title="Talks",
    summary="",
    publisher="Wire",
    language="fr",
    published_at=NOON,
    ordered_at=NOON,
    date_origin=DateOrigin.FETCHED,
    title_key="talks",
    content_hash="0" * 64,
)
moments = st.datetimes(
    EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)
)
articles = st.builds(
    lambda published, ordered, origin, link, title, categories: replace(
        ARTICLE,
        published_at=published,
        ordered_at=ordered,
        date_origin=origin,
        link=link,
        title=title,
        categories=tuple(categories),
    ),
    moments,
    moments,
    st.sampled_from(DateOrigin),
    st.none() | st.text(),
    st.text(),
    st.lists(st.text(), max_size=3),
)


@given(st.lists(articles, max_size=4), st.none() | moments)
def test_a_document_comes_out_of_a_worker_as_it_went_in(
    found: list[Article], newest: datetime | None
) -> None:
    document = Document(
        title="Wire",
        home_url=None,
        ttl=timedelta(minutes=15),
        skip_hours=frozenset({1, 2}),
        skip_days=frozenset(),
        complete=False,
        entries=5,
        articles=tuple(found),
        skipped=(Skipped(guid="2", reason="listed twice"),),
        newest_entry_at=newest,
    )
    assert pickle.loads(pickle.dumps(document)) == document


def test_moments_of_another_zone_travel_as_the_same_moments() -> None:
    paris = datetime(2026, 11, 22, 13, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))
    document = Document(
        title="",
        home_url=None,
        ttl=None,
        skip_hours=frozenset(),
        skip_days=frozenset(),
        complete=True,
        entries=1,
        articles=(replace(ARTICLE, published_at=paris),),
        skipped=(),
        newest_entry_at=None,
    )
    assert pickle.loads(pickle.dumps(document)) == document
