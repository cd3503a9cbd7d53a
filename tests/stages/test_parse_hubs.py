"""Parse: the hub that a feed names, and what it calls itself; both readers find the same."""

import json

import pytest

from pipeline.model import Fetched
from pipeline.stages.parse import parse
from pipeline.stages.parse.fast import read_plain_feed
from pipeline.stages.parse.xmlfeed import read_xml_feed

URL = "https://wire.example/feeds/main.xml"
HUB, OWN = "https://hub.example/?a=1&b=2", "https://wire.example/feeds/self"
ENTRY = "<title>T</title><link>https://wire.example/1</link><guid>1</guid>"


def rss(links: str) -> str:
    return (
        "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>W</title>"
        f"{links}<item>{ENTRY}</item></channel></rss>"
    )


def atom(links: str) -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>W</title>{links}</feed>"


def named(document: str) -> tuple[str | None, str | None]:
    found = parse(Fetched(url=URL, status=200, body=document.encode()))
    return found.hub_url, found.self_url


@pytest.mark.parametrize(
    ("links", "hub_and_self"),
    [
        ("", (None, None)),
        ("<{0}link rel='hub' href='https://hub.example/?a=1&amp;b=2'/>", (HUB, None)),
        ("<{0}link rel='self' href='self'/><{0}link rel='HUB' href='/hub'/>",
         ("https://wire.example/hub", OWN)),
        ("<{0}link rel='alternate hub' href='https://hub.example/?a=1&amp;b=2'/>", (HUB, None)),
        ("<{0}link rel='hub' href='javascript:x'/><{0}link rel='hub' href='//b.example/'/>",
         ("https://b.example/", None)),
        ("<{0}link rel='hubs' href='https://hub.example/'/><{0}link rel='hub'/>", (None, None)),
    ],
)  # fmt: skip
def test_a_hub_is_a_link_of_the_feed(
    links: str, hub_and_self: tuple[str | None, str | None]
) -> None:
    assert named(rss(links.format("atom:"))) == hub_and_self
    assert named(atom(links.format(""))) == hub_and_self
    for document in (rss(links.format("atom:")), atom(links.format(""))):
        quick, judge = read_plain_feed(document, URL), read_xml_feed(document, URL)
        assert judge is not None
        assert (judge.hub_url, judge.self_url) == hub_and_self
        assert quick is None or (quick.hub_url, quick.self_url) == hub_and_self


def test_a_hub_that_an_entry_links_to_is_not_the_feeds() -> None:
    link = "<atom:link rel='hub' href='https://hub.example/'/>"
    assert named(rss("").replace(ENTRY, ENTRY + link)) == (None, None)


@pytest.mark.parametrize(
    ("hubs", "hub"),
    [
        ([{"type": "WebSub", "url": HUB}], HUB),
        ([{"type": "rssCloud", "url": "https://cloud.example/"}, {"type": " websub", "url": HUB}], HUB),
        ([{"type": "WebSub", "url": 7}, {"type": "WebSub", "url": "/hub"}], "https://wire.example/hub"),
        ([HUB, None, {"url": HUB}, {"type": ["WebSub"], "url": HUB}], None),
        ({"type": "WebSub", "url": HUB}, None),
        (None, None),
    ],
)  # fmt: skip
def test_a_json_feed_lists_its_hubs(hubs: object, hub: str | None) -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "feed_url": OWN,
        "items": [],
        "hubs": hubs,
    }
    assert named(json.dumps(document)) == (hub, OWN)
