"""Pages name their feeds in many ways, and some try to harm whoever looks for them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.discover import MOST_LINKS, FeedLink, find_feed_links, well_known_feeds

PAGE = "https://news.example/africa/"


def found(head: str, body: str = "", url: str = PAGE) -> list[FeedLink]:
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return list(find_feed_links(page.encode(), url))


def addresses(head: str, body: str = "") -> list[str]:
    return [link.url for link in found(head, body)]


def link(type: str = "application/rss+xml", href: str = "/feed", **more: str) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in more.items())
    return f'<link rel="alternate" type="{type}" href="{href}"{attributes}>'


@pytest.mark.parametrize(
    ("media_type", "format_name"),
    [
        ("application/rss+xml", "RSS"),
        ("application/atom+xml", "Atom"),
        ("application/feed+json", "JSON Feed"),
        ("application/rdf+xml", "RSS 1.0"),
        ("text/xml", "XML"),
        ("Application/RSS+XML; charset=utf-8", "RSS"),
    ],
)
def test_a_declared_feed_is_found_by_its_type(media_type: str, format_name: str) -> None:
    assert found(link(media_type, title="Africa  news")) == [
        FeedLink(
            url="https://news.example/feed", title="Africa news", format=format_name, declared=True
        )
    ]


def test_other_alternates_are_no_feeds() -> None:
    others = (
        link("text/html", "/fr") + link("application/json+oembed", "/oembed") + link("", "/amp")
    )
    assert addresses(others + '<link rel="stylesheet" type="text/xml" href="/s">') == []


def test_a_bare_json_type_counts_only_where_the_words_around_it_say_feed() -> None:
    assert addresses(link("application/json", "/feed.json")) == ["https://news.example/feed.json"]
    assert addresses(link("application/json", "/all", title="JSON feed")) == [
        "https://news.example/all"
    ]
    assert addresses(link("application/json", "/wp-json/wp/v2/feed/7")) == []
    assert addresses(link("application/json", "/api/posts")) == []


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("rss.xml", "https://news.example/africa/rss.xml"),
        ("../rss", "https://news.example/rss"),
        ("//feeds.example/x", "https://feeds.example/x"),
        ("feed://news.example/x", "https://news.example/x"),
        ("feed:https://news.example/x", "https://news.example/x"),
        ("?format=rss&amp;page=1#top", "https://news.example/africa/?format=rss&page=1"),
        (" /a\nb ", "https://news.example/a b"),
    ],
)
def test_addresses_become_absolute(href: str, address: str) -> None:
    assert addresses(link(href=href)) == [address]


@pytest.mark.parametrize(
    "href",
    [
        "", "javascript:alert(1)", "data:text/xml,x", "file:///etc/passwd", "ftp://x.example/feed",
        "http://", "http://[::1/feed", "https://me:pass@news.example/feed", "https://x.example:0/",
        "https://x.example:99999/feed", "/" + "a" * 9_000,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_left_out(href: str) -> None:
    assert addresses(link(href=href)) == []
    assert addresses("", f'<a href="{href}">rss</a>') == []


def test_a_base_element_moves_relative_links() -> None:
    assert addresses(
        '<base target="_top"><base href="https://cdn.example/fr/">' + link(href="f")
    ) == ["https://cdn.example/fr/f"]
    assert addresses('<base href="javascript:x">' + link(href="f")) == [PAGE + "f"]


def test_a_feed_of_comments_is_not_the_news() -> None:
    links = found(
        link(href="/comments/feed", title="News » Comments Feed")
        + link(href="/flux", title="Flux des commentaires")
        + link(href="/commentary/feed", title="Commentary")
    )
    assert [(each.url, each.declared) for each in links] == [
        ("https://news.example/commentary/feed", True),
        ("https://news.example/comments/feed", False),
        ("https://news.example/flux", False),
    ]


def test_certain_types_come_before_a_bare_xml_type() -> None:
    assert addresses(link("text/xml", "/a") + link(href="/b")) == [
        "https://news.example/b",
        "https://news.example/a",
    ]


def test_one_address_is_one_link() -> None:
    assert addresses(link() + link("application/atom+xml", "/feed#x") + link()) == [
        "https://news.example/feed"
    ]
    twice = found(link(title="Comments") + link(title="News"))
    assert [(each.title, each.declared) for each in twice] == [("News", True)]


def test_a_link_in_the_text_may_declare_a_feed_too() -> None:
    assert [
        (each.title, each.format, each.declared)
        for each in found("", '<a rel="feed" href="/f">All <b>our</b> news</a>')
    ] == [("All our news", "feed", True)]


def test_links_that_look_like_feeds_are_shown_but_not_believed() -> None:
    body = (
        '<a href="/feed/">Feed</a> <a href="/rss.xml">RSS</a> <a href="/news.atom">A</a>'
        '<a href="/x" type="application/rss+xml">typed</a> <a href="/feedback">Feedback</a>'
        '<a href="/2026/breakfast">Breakfast</a> <a>no address</a>'
    )
    links = found("", body)
    assert [each.url.removeprefix("https://news.example") for each in links] == [
        "/feed/", "/rss.xml", "/news.atom", "/x",
    ]  # fmt: skip
    assert not any(each.declared for each in links)


def test_look_alikes_do_not_count_beside_a_declared_feed() -> None:
    assert addresses(link(href="/real"), '<a href="/rss">RSS</a>') == ["https://news.example/real"]


def test_titles_hold_nothing_that_deceives_a_terminal() -> None:
    title = found(link(title="a\x1b[31mb&#8238;c\n" + "x" * 500))[0].title
    assert title.isprintable()
    assert len(title) <= 200


def test_a_page_may_name_only_so_many_feeds() -> None:
    many = "".join(link(href=f"/{number}") for number in range(500))
    assert len(addresses(many)) == MOST_LINKS


@pytest.mark.parametrize("charset", [None, "windows-1252", "no-such-charset", "utf-8"])
def test_a_title_in_another_encoding_is_read_and_never_stops_the_search(
    charset: str | None,
) -> None:
    page = link(title="Actualités").encode("cp1252")
    links = find_feed_links(page, PAGE, charset)
    assert [each.url for each in links] == ["https://news.example/feed"]
    if charset in (None, "windows-1252"):
        assert links[0].title == "Actualités"


@pytest.mark.parametrize(
    "page",
    [
        b"", b" ", b"\0", b"<", b"plain text", b'{"version": 1}', b"<!--" * 100_000,
        b"<div>" * 200_000, b"<a href=" * 100_000, b"<link " * 100_000, b"<table>" * 100_000,
        b"\xff\xfe\x00", b"<rss><channel/></rss>", b"<a href='/x'>" * 100_000,
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><html>&a;" * 10_000,
    ],
    ids=lambda page: repr(page[:16]),
)  # fmt: skip
def test_hostile_pages_have_no_links_and_cost_little(page: bytes) -> None:
    began = time.process_time()
    assert find_feed_links(page, PAGE) == ()
    assert time.process_time() - began < 5


def test_nul_characters_do_not_hide_a_feed() -> None:
    assert find_feed_links(b"<html>\0" + link().encode(), PAGE)


@given(st.binary(max_size=300), st.sampled_from([None, "utf-16", "hex", "idna", "cp1252"]))
def test_any_bytes_give_an_answer(junk: bytes, charset: str | None) -> None:
    find_feed_links(junk, PAGE, charset)
    find_feed_links(b"<link rel=alternate type=text/xml href='" + junk, PAGE, charset)


def test_the_usual_places_stand_at_the_root_of_the_site() -> None:
    usual = well_known_feeds("https://news.example/africa/mali?x=1#y")
    assert usual[:2] == ("https://news.example/feed", "https://news.example/rss")
