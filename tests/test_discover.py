"""From an address to a feed: asked once, looked at, and not yet watched."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network

import pytest

from pipeline.discover import (
    AlreadyWatched,
    Choice,
    Preview,
    Scout,
    address_key,
    host_of,
    read_answer,
    spelt_out,
)
from pipeline.errors import FeedError
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.isolate import ParserPool
from pipeline.model import Fetched
from tests import warm
from tests.making import NOON, rules
from tests.replay import Page, Publisher

PAGE = "<!doctype html><html lang=fr><head><title>News</title>{}</head><body><p>Hello</body></html>"
ITEMS = (
    "<item><guid>old</guid><title>Grain prices fall</title>"
    "<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate></item>"
    "<item><guid>new</guid><title>Army attacks JNIM camp near Kidal</title>"
    "<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>"
    "<item><guid>mid</guid><title>Junta in Mali speaks</title>"
    "<pubDate>Sun, 22 Nov 2026 09:00:00 GMT</pubDate></item>"
)


def rss(items: str = ITEMS) -> bytes:
    channel = f"<title>Sahel Wire</title><language>fr-FR</language>{items}"
    return f"<rss version='2.0'><channel>{channel}</channel></rss>".encode()


def page(*links: str) -> Page:
    tags = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{href}">' for href in links
    )
    return Page(body=PAGE.format(tags).encode(), content_type="text/html")


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        yield server


def look(
    publisher: Publisher, path: str, watched: Mapping[str, str] | None = None, page: str = ""
) -> Preview | Choice:
    async def go(parsers: ParserPool) -> Preview | Choice:
        policy = FetchPolicy(
            user_agent="Dateline/test",
            allow_private=(ip_network("127.0.0.0/8"),),
            host_interval=0,
            deadline=5,
        )
        async with Fetcher(policy) as fetcher:
            scout = Scout(
                fetcher=fetcher,
                parsers=parsers,
                matcher=rules().matcher,
                watched=watched or {},
                language="en",
                now=NOON,
            )
            if page:
                return await scout.look_at(publisher.url + path, page=page)
            return await scout.look(publisher.url + path)

    return warm.run(go)


def previewed(publisher: Publisher, path: str) -> Preview:
    found = look(publisher, path)
    assert isinstance(found, Preview)
    return found


def asked(publisher: Publisher) -> list[str]:
    return [path for path, _, _ in publisher.requests]


def test_a_feed_is_asked_once_and_shown_newest_first(publisher: Publisher) -> None:
    publisher.pages["/feed"] = Page(body=rss())
    found = previewed(publisher, "/feed")

    assert asked(publisher) == ["/feed"]
    assert (found.title, found.format, found.language) == ("Sahel Wire", "rss20", "fr")
    assert (found.url, found.page) == (publisher.url + "/feed", None)
    assert [entry.article.guid for entry in found.entries] == ["new", "mid", "old"]


def test_a_preview_says_what_would_match_and_by_which_words(publisher: Publisher) -> None:
    publisher.pages["/feed"] = Page(body=rss())
    found = previewed(publisher, "/feed")

    assert (found.matching, found.by_conflict) == (2, {"mali": 2})
    words = [hit.text for match in found.entries[0].matches for hit in match.hits]
    assert sorted(words) == ["Army", "JNIM", "Kidal", "attacks"]
    assert found.entries[2].matches == ()


def test_a_page_that_names_one_feed_leads_to_it_each_asked_once(publisher: Publisher) -> None:
    publisher.pages["/"] = page("/feed", "/comments/feed", "/")
    publisher.pages["/feed"] = Page(body=rss())
    found = previewed(publisher, "/")

    assert asked(publisher) == ["/", "/feed"]
    assert (found.url, found.page) == (publisher.url + "/feed", publisher.url + "/")


def test_a_page_that_names_several_feeds_asks_for_a_choice(publisher: Publisher) -> None:
    publisher.pages["/"] = page("/africa", "/world")
    found = look(publisher, "/")

    assert isinstance(found, Choice)
    assert [link.url for link in found.links] == [
        publisher.url + "/africa",
        publisher.url + "/world",
    ]
    assert asked(publisher) == ["/"]


def test_a_link_that_only_looks_like_a_feed_is_not_followed(publisher: Publisher) -> None:
    publisher.pages["/"] = Page(body=PLAIN, content_type="text/html")
    found = look(publisher, "/")
    assert isinstance(found, Choice)
    assert [link.declared for link in found.links] == [False]


def test_a_page_without_a_feed_says_where_to_look(publisher: Publisher) -> None:
    publisher.pages["/news"] = page("/news")  # it names only itself
    with pytest.raises(FeedError, match=f"{publisher.url}/feed") as caught:
        look(publisher, "/news")
    assert caught.value.kind == "no_feed"


def test_a_page_whose_feed_is_a_page_says_so(publisher: Publisher) -> None:
    publisher.pages["/"] = page("/feed")
    publisher.pages["/feed"] = page()
    with pytest.raises(FeedError, match=r"names .*/feed as a feed") as caught:
        look(publisher, "/")
    assert caught.value.kind == "html"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Page(status=404), "http_404"),
        (Page(body=b"just words"), "not_a_feed"),
        (Page(body=b"{]"), "bad_json"),
        (Page(status=429), "http_429"),
    ],
)
def test_a_failure_keeps_its_kind(publisher: Publisher, answer: Page, kind: str) -> None:
    publisher.pages["/feed"] = answer
    with pytest.raises(FeedError) as caught:
        look(publisher, "/feed")
    assert caught.value.kind == kind
    assert len(publisher.requests) == 1


def test_a_watched_address_is_not_asked_at_all(publisher: Publisher) -> None:
    watched = {address_key(publisher.url + "/feed"): "wire"}
    with pytest.raises(AlreadyWatched, match="already watched, as wire") as caught:
        look(publisher, "/feed?utm_source=x#top", watched)
    assert caught.value.feed_id == "wire"
    assert publisher.requests == []


def test_a_page_whose_only_feed_is_watched_says_so(publisher: Publisher) -> None:
    publisher.pages["/"] = page("/feed")
    with pytest.raises(AlreadyWatched):
        look(publisher, "/", {address_key(publisher.url + "/feed"): "wire"})
    assert asked(publisher) == ["/"]


@pytest.mark.parametrize("status", [301, 302])
def test_an_address_that_leads_to_a_watched_feed_is_refused(
    publisher: Publisher, status: int
) -> None:
    publisher.pages["/old"] = Page(status=status, headers={"Location": "/feed"})
    publisher.pages["/feed"] = Page(body=rss())
    with pytest.raises(AlreadyWatched):
        look(publisher, "/old", {address_key(publisher.url + "/feed"): "wire"})


@pytest.mark.parametrize(("status", "kept"), [(301, "/feed"), (302, "/old")])
def test_a_feed_that_moved_for_good_is_watched_where_it_is(
    publisher: Publisher, status: int, kept: str
) -> None:
    publisher.pages["/old"] = Page(status=status, headers={"Location": "/feed"})
    publisher.pages["/feed"] = Page(body=rss())
    assert previewed(publisher, "/old").url == publisher.url + kept


def test_a_chosen_feed_remembers_its_page(publisher: Publisher) -> None:
    publisher.pages["/feed"] = Page(body=rss(""))
    found = look(publisher, "/feed", page="https://wire.example/")
    assert isinstance(found, Preview)
    assert (found.page, found.entries) == ("https://wire.example/", ())


def test_a_document_that_broke_off_is_shown_as_such(publisher: Publisher) -> None:
    publisher.pages["/feed"] = Page(body=rss()[:-60])
    assert not previewed(publisher, "/feed").complete


PLAIN = b"<p>No document type <a href='/rss.xml'>RSS</a>"


@pytest.mark.parametrize(
    ("body", "links"),
    [
        (page("/a", "/b").body, 2),
        (page().body, 0),
        (b"\n" * 500 + b"<?xml version='1.0'?><!-- x -->" + page("/a").body, 1),
        (PLAIN, 1),
    ],
)
def test_a_page_is_read_for_its_links(body: bytes, links: int) -> None:
    fetched = Fetched(url="https://wire.example/", status=200, body=body)
    found = read_answer((fetched, "en", NOON))
    assert isinstance(found, tuple)
    assert len(found) == links


def test_a_feed_is_read_as_one_whatever_its_server_calls_it() -> None:
    url = "https://wire.example/"
    fetched = Fetched(url=url, status=200, body=rss(), content_type="text/html")
    found = read_answer((fetched, "en", NOON))
    assert not isinstance(found, tuple)
    assert (found.language, len(found.articles)) == ("fr", 3)


@pytest.mark.parametrize(
    ("body", "kind"), [(b"just words", "not_a_feed"), (b"{]", "bad_json"), (b" ", "empty")]
)
def test_what_is_neither_feed_nor_page_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(FeedError) as caught:
        read_answer((Fetched(url="https://wire.example/", status=200, body=body), "en", NOON))
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("wire.example/feed", "https://wire.example/feed"),
        ("  http://wire.example/feed#x ", "http://wire.example/feed"),
        ("feed://wire.example/feed", "https://wire.example/feed"),
        ("feed:http://wire.example/feed", "http://wire.example/feed"),
        ("FEED:https://wire.example/feed", "https://wire.example/feed"),
        ("//wire.example/feed", "https://wire.example/feed"),
        ("wire.example:8080/feed", "https://wire.example:8080/feed"),
    ],
)
def test_an_address_may_be_written_as_people_do(written: str, url: str) -> None:
    assert spelt_out(written) == url


@pytest.mark.parametrize("written", ["", "ftp://x.example", "javascript:x", "https://", "a b c"])
def test_what_cannot_be_an_address_is_refused(written: str) -> None:
    with pytest.raises(FeedError) as caught:
        spelt_out(written)
    assert caught.value.kind == "bad_url"


def test_spellings_of_one_address_share_a_key() -> None:
    spellings = (
        "https://Wire.example/feed",
        "http://wire.example:80/feed#a",
        "https://wire.example:443/feed?utm_medium=rss",
        "https://wire.example/feed#!/x",
    )
    assert len({address_key(url) for url in spellings}) == 1
    assert address_key("https://wire.example/feed?id=1") != address_key(spellings[0])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.wire.example/x", "wire.example"),
        ("https://feeds.wire.example/x", "wire.example"),
        ("https://www.example/x", "www.example"),
        ("https://africa.wire.example/x", "africa.wire.example"),
        ("mailto:x", ""),
    ],
)
def test_the_outlet_is_in_the_host(url: str, host: str) -> None:
    assert host_of(url) == host
