"""Hostile documents: every one gets an answer within its limits, and no good one suffers for it."""

import asyncio
import time
from typing import Any

import pytest

from pipeline.document import Document, read_document
from pipeline.errors import ParseError
from pipeline.isolate import ParserPool
from pipeline.model import Article, Fetched
from pipeline.stages.parse import _LISTS_ENTRIES, parse
from pipeline.stages.parse.xmlfeed import read_xml_feed
from tests import hostile
from tests.making import NOON, a_feed

FEED = a_feed()
KINDS = {
    *("empty", "html", "blocked", "not_a_feed", "bad_json", "truncated", "entity_bomb"),
    "unreadable",
    *("parser_timeout", "parser_crashed"),
}
CPU_SECONDS = 6
GOOD = hostile.rss().encode()


def reading(body: bytes) -> tuple[Fetched, Any, Any]:
    return Fetched(url=FEED.url, status=200, body=body), FEED, NOON


async def read_all(bodies: list[bytes], **limits: Any) -> list[Document | BaseException]:
    async with ParserPool(workers=2, **limits) as pool:
        calls = (pool.run(read_document, reading(body)) for body in bodies)
        return await asyncio.gather(*calls, return_exceptions=True)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    """What became of every hostile document, a good one after each."""
    bodies = [body for make in hostile.DOCUMENTS.values() for body in (make(), GOOD)]
    told = asyncio.run(
        read_all(bodies, cpu_seconds=CPU_SECONDS, wall_seconds=60, memory_bytes=1 << 29)
    )
    return dict(zip(hostile.DOCUMENTS, told[::2], strict=True)) | {"good": told[1::2]}


def test_there_are_enough_of_them() -> None:
    assert len(hostile.DOCUMENTS) >= 200


def test_every_hostile_document_gives_articles_or_a_kind_of_failure(
    outcomes: dict[str, Any],
) -> None:
    for name in hostile.DOCUMENTS:
        outcome = outcomes[name]
        if not isinstance(outcome, Document):
            assert isinstance(outcome, ParseError), (name, outcome)
            assert outcome.kind in KINDS, (name, outcome.kind)
            assert len(str(outcome)) < 500


def test_none_of_them_hangs_or_crashes_its_reader(outcomes: dict[str, Any]) -> None:
    ended = {
        name: outcomes[name].kind
        for name in hostile.DOCUMENTS
        if isinstance(outcomes[name], ParseError) and outcomes[name].kind.startswith("parser_")
    }
    assert ended == {}


def test_good_documents_between_hostile_ones_are_complete(outcomes: dict[str, Any]) -> None:
    for document in outcomes["good"]:
        assert [article.title for article in document.articles] == ["Talks in Kidal"]


def test_bombs_are_refused_as_such(outcomes: dict[str, Any]) -> None:
    for name in hostile.DOCUMENTS:
        if name.startswith(("billion laughs", "quadratic", "ten thousand ent", "a sitemap of a b")):
            assert outcomes[name].kind == "entity_bomb", name


def articles_of(outcomes: dict[str, Any]) -> list[Article]:
    documents = (outcomes[name] for name in hostile.DOCUMENTS)
    return [
        article
        for document in documents
        if isinstance(document, Document)
        for article in document.articles
    ]


def test_what_they_say_is_text_within_bounds(outcomes: dict[str, Any]) -> None:
    for article in articles_of(outcomes):
        assert len(article.title) <= 1_000
        assert len(article.summary) <= 2_000
        assert len(article.author) <= 200
        assert len(article.categories) <= 50
        assert len(article.entry_key) <= 200
        assert len(article.identity) <= 200
        for said in (article.title, article.summary, article.author, *article.categories):
            assert not set(said) & set(map(chr, (*range(32), 127))), said
            said.encode()  # no halves of letters


def test_their_links_are_addresses_of_pages(outcomes: dict[str, Any]) -> None:
    for article in articles_of(outcomes):
        for address in (article.url, article.link):
            assert address is None or address.startswith(("http://", "https://"))


def test_scripts_in_titles_authors_and_categories_are_gone_or_words(
    outcomes: dict[str, Any],
) -> None:
    for name in hostile.DOCUMENTS:
        if not name.startswith("markup for the reader"):
            continue
        article = outcomes[name].articles[0]
        for said in (article.author, *article.categories, article.title):
            assert isinstance(said, str)
            assert said[-1] in "ACT", (name, said)


def test_nothing_of_this_machine_is_read_through_a_document(outcomes: dict[str, Any]) -> None:
    for name in hostile.DOCUMENTS:
        if name.startswith(("an external", "XInclude", "a style sheet", "a schema")):
            document = outcomes[name]
            for article in document.articles:
                assert article.title in ("ab", "a&x;b", "a", "Talks in Kidal"), (name, article)


CUT = ("in a tag", "in a title", "in a reference", "in hidden text", "in a comment")


@pytest.mark.parametrize("where", CUT)
def test_the_item_a_document_breaks_off_in_is_dropped(where: str) -> None:
    body = hostile.DOCUMENTS[f"cut {where}"]().replace(b"good", b"1", 1)
    document = read_document(reading(body))
    assert not document.complete
    whole = body.count(b"</item>")
    assert document.entries == whole


def test_after_a_kill_the_pool_reads_on_at_once() -> None:
    async def story() -> float:
        async with ParserPool(workers=1, cpu_seconds=1) as pool:
            slow = f"<author>{'aaaaaaaaaa<!-- -->' * 6_400}</author>"
            body = hostile.rss(f"<item>{slow}</item>", "<!DOCTYPE rss>").encode()
            with pytest.raises(ParseError, match="processor time"):
                await pool.run(read_document, reading(body))
            began = time.monotonic()
            document = await pool.run(read_document, reading(GOOD))
            assert document.entries == 1
            return time.monotonic() - began

    assert asyncio.run(story()) < 3


@pytest.mark.parametrize(
    "document",
    [
        "<?xml version='1.0'?>" + "<!DOCTYPE a\n" * 10_000 + "<rss/>",
        "<?xml version='1.0'?><!DOCTYPE a [" + "<!ENTITY a 'x\n" * 10_000 + "<rss/>",
    ],
)
def test_prologs_of_declarations_without_end_are_refused(document: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(Fetched(url=FEED.url, status=200, body=document.encode()))
    assert caught.value.kind == "entity_bomb"


def test_pages_that_are_refused_without_feedparser_hold_no_entry_for_it_either() -> None:
    pages = (make() for name, make in hostile.DOCUMENTS.items() if name.startswith("a page"))
    listing_nothing = [
        text for page in pages if not _LISTS_ENTRIES.search(text := page.decode()[:50_000])
    ]
    assert listing_nothing
    for text in listing_nothing:
        feed = read_xml_feed(text, FEED.url)
        assert feed is None or feed.entries == ()
