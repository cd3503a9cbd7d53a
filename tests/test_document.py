"""A document from bytes to articles, as a worker process reads it."""

from datetime import UTC, datetime

from pipeline.document import read_document
from pipeline.model import Fetched
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
