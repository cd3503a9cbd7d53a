"""Parse: a link is an absolute http(s) address of the article, or there is none."""

import pytest

from pipeline.model import Entry, Fetched
from pipeline.stages.parse import parse

URL = "https://news.example/feeds/main.xml"


def entries(document: str) -> tuple[Entry, ...]:
    return parse(Fetched(url=URL, status=200, body=document.encode())).entries


def in_rss(item: str) -> Entry:
    return entries(
        f"<rss version='2.0'><channel><item><title>T</title>{item}</item></channel></rss>"
    )[0]


def in_atom(entry: str) -> Entry:
    return entries(
        f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title>{entry}</entry></feed>"
    )[0]


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ("<link>https://a.example/1?x=1&amp;y=2</link>", "https://a.example/1?x=1&y=2"),
        ("<link> \n https://a.example/1 \n</link>", "https://a.example/1"),
        ("<link>/a/1</link>", "https://news.example/a/1"),
        ("<link>a/1</link>", "https://news.example/feeds/a/1"),
        ("<link>//b.example/1</link>", "https://b.example/1"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>ftp://a.example/1</link>", None),
        ("<link>http://</link>", None),
        ("<link>http://[broken/</link>", None),
        (f"<link>https://a.example/{'x' * 9000}</link>", None),
        ("<link/>", None),
        ("", None),
        ("<guid>https://a.example/g</guid>", "https://a.example/g"),
        ("<guid isPermaLink='false'>https://a.example/g</guid>", None),
        ("<guid>abc</guid>", None),
        ("<guid>/a/1</guid>", None),
        ("<guid>abc</guid><link>/a/1</link>", "https://news.example/a/1"),
        ("<link></link><guid>https://a.example/g</guid>", "https://a.example/g"),
        ("<link>https://a.example/g</link><guid>https://a.example/g</guid>", "https://a.example/g"),
        ("<link>javascript:x</link><guid>https://a.example/g</guid>", None),
    ],
)
def test_rss_links(item: str, link: str | None) -> None:
    assert in_rss(item).link == link


@pytest.mark.parametrize(
    "written",
    [
        "https://a.example/?x=1&amp;y=2",
        "https://a.example/?x=1&#38;y=2",
        "https://a.example/?x=1&y=2",
        "<![CDATA[https://a.example/?x=1&y=2]]>",
    ],
)
def test_an_id_and_the_link_it_stands_for_are_the_same_in_an_ill_formed_document(
    written: str,
) -> None:
    entry = in_rss(f"<guid>{written}</guid><description>Smith & Sons <br></description>")
    assert (entry.guid, entry.link) == ("https://a.example/?x=1&y=2", "https://a.example/?x=1&y=2")


def test_an_id_of_an_ill_formed_document_leaves_a_link_of_its_own_alone() -> None:
    entry = in_rss(
        "<guid isPermaLink='false'>7&amp;8</guid><link>https://a.example/7</link>"
        "<description><br></description>"
    )
    assert (entry.guid, entry.link) == ("7&8", "https://a.example/7")


def test_an_id_of_an_ill_formed_document_may_hold_a_reference_as_text() -> None:
    entry = in_rss("<guid>a&amp;amp;b &quot;c&quot;</guid><description><br></description>")
    assert entry.guid == 'a&amp;b "c"'


@pytest.mark.parametrize(
    ("entry", "link"),
    [
        ("<link href='/a/1'/>", "https://news.example/a/1"),
        ("<link rel='self' href='/self'/><link href='/a/1'/>", "https://news.example/a/1"),
        ("<id>tag:a,1:2</id>", None),
        ("<id>https://a.example/id</id>", "https://a.example/id"),
        ("<id>1</id>", None),
        ("<link rel='enclosure' href='/sound.mp3'/>", None),
        ("<link type='text/plain' href='https://a.example/t'/>", "https://a.example/t"),
        (
            "<id>urn:x</id><link type='text/plain' href='https://a.example/t'/>",
            "https://a.example/t",
        ),
    ],
)
def test_atom_links(entry: str, link: str | None) -> None:
    assert in_atom(entry).link == link


def test_a_guid_stays_as_it_was_written() -> None:
    assert in_rss("<guid>abc</guid><link>/a/1</link>").guid == "abc"


def test_bases_of_the_document_count_where_they_stand_and_nowhere_else() -> None:
    first, second = entries(
        "<rss version='2.0'><channel><item xml:base='https://base.example/x/'><link>1</link></item>"
        "<item><link>2</link></item></channel></rss>"
    )
    assert (first.link, second.link) == ("https://base.example/x/1", "https://news.example/feeds/2")
