"""Parse: every format becomes the same entries, and what is no feed is named."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import ParseError
from pipeline.model import Entry, Fetched, ParsedFeed
from pipeline.stages.parse import MOST_ENTRIES, parse

URL = "https://news.example/feeds/main.xml"


def parsed(document: str | bytes, *, charset: str | None = None, url: str = URL) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    return parse(Fetched(url=url, status=200, body=body, charset=charset))


def rss(items: str, head: str = "") -> str:
    return f"<rss version='2.0'><channel><title>Wire</title>{head}{items}</channel></rss>"


def atom(entry: str, attributes: str = "") -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {attributes}><id>f</id>{entry}</feed>"


def only(document: str | bytes, **how: str) -> Entry:
    [entry] = parsed(document, **how).entries
    return entry


def refusal(document: str | bytes) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parsed(document)
    return caught.value


def test_rss_2_is_read() -> None:
    feed = parsed(
        """<?xml version="1.0"?>
        <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
        <channel><title>River &amp; Road</title><link>https://news.example/</link>
        <language>fr-ml</language>
        <item><title>Bridge reopens</title><link>https://news.example/bridge</link>
        <guid isPermaLink="false">b1</guid>
        <description>Short</description><content:encoded>&lt;p&gt;Long&lt;/p&gt;</content:encoded>
        <author>A. Writer</author>
        <category>Roads</category><category>Roads</category><category>Rain</category>
        <pubDate>Tue, 10 Jun 2025 10:00:00 +0200</pubDate></item></channel></rss>"""
    )
    assert (feed.format, feed.title, feed.home_url, feed.language, feed.complete) == (
        "rss20",
        "River & Road",
        "https://news.example/",
        "fr-ml",
        True,
    )
    assert feed.entries == (
        Entry(
            guid="b1",
            link="https://news.example/bridge",
            title_html="Bridge reopens",
            summary_html="Short",
            content_html="<p>Long</p>",
            author="A. Writer",
            categories=("Roads", "Rain"),
            published_at=datetime(2025, 6, 10, 8, tzinfo=UTC),
            date_text="Tue, 10 Jun 2025 10:00:00 +0200",
        ),
    )


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("<rss version='0.91'><channel><item><title>T</title></item></channel></rss>", "rss091u"),
        (
            """<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'
            xmlns='http://purl.org/rss/1.0/'><channel/><item><title>T</title></item></rdf:RDF>""",
            "rss10",
        ),
        (
            "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>T</title></entry></feed>",
            "atom03",
        ),
        (atom("<entry><title>T</title></entry>"), "atom10"),
    ],
)
def test_old_and_new_xml_formats_are_read(document: str, name: str) -> None:
    feed = parsed(document)
    assert (feed.format, [e.title_html for e in feed.entries]) == (name, ["T"])


def test_atom_keeps_published_and_updated_apart() -> None:
    entry = only(
        atom(
            "<entry xml:lang='de'><id>tag:x,1:2</id><title>T</title><link href='https://a.example/1'/>"
            "<published>2025-06-10T08:00:00Z</published><updated>2025-06-11T08:00:00Z</updated></entry>"
        )
    )
    assert entry.published_at == datetime(2025, 6, 10, 8, tzinfo=UTC)
    assert entry.updated_at == datetime(2025, 6, 11, 8, tzinfo=UTC)
    assert entry.language == "de"


def test_a_date_of_creation_counts_where_there_is_no_other() -> None:
    dc = "xmlns:dcterms='http://purl.org/dc/terms/'"
    created = "<dcterms:created>2025-06-10</dcterms:created>"
    entry = only(f"<rss version='2.0' {dc}><channel><item>{created}</item></channel></rss>")
    assert entry.published_at == datetime(2025, 6, 10, tzinfo=UTC)
    assert entry.date_text == "2025-06-10"


def test_json_feed_is_read_and_a_bad_item_costs_only_itself() -> None:
    feed = parsed(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "Json & Sons",
                "home_page_url": "https://j.example/",
                "items": [
                    {
                        "id": 7,
                        "url": "/seven",
                        "title": "5 < 7",
                        "content_text": "a < b",
                        "authors": [{"name": "Ada"}],
                        "tags": ["x", 3, "x"],
                        "date_published": "2025-06-10T10:00:00+02:00",
                    },
                    "not an item",
                    {"content_html": "<p>No id</p>", "date_modified": "2025-06-10T10:00:00Z"},
                    {"id": True, "summary": "S & T", "author": {"name": "Old"}},
                    {
                        "id": "https://j.example/by-id",
                        "authors": ["x"],
                        "date_published": "1850-01-01",
                    },
                ],
            }
        ),
        url="https://j.example/feed.json",
    )
    first, second, third, fourth = feed.entries
    assert (feed.format, feed.title, feed.home_url) == (
        "json11",
        "Json & Sons",
        "https://j.example/",
    )
    assert (first.guid, first.link, first.title_html) == (
        "7",
        "https://j.example/seven",
        "5 &lt; 7",
    )
    assert (first.author, first.categories, first.content_html) == ("Ada", ("x",), "a &lt; b")
    assert first.published_at == datetime(2025, 6, 10, 8, tzinfo=UTC)
    assert (second.guid, second.summary_html, second.link) == ("", "<p>No id</p>", None)
    assert second.updated_at == datetime(2025, 6, 10, 10, tzinfo=UTC)
    assert (third.guid, third.summary_html, third.author) == ("", "S &amp; T", "Old")
    assert (fourth.link, fourth.author, fourth.published_at) == (
        "https://j.example/by-id",
        "",
        None,
    )


def test_odd_json_in_one_item_costs_no_other() -> None:
    digits = "9" * 5_000
    odd = f'{{"id": {digits}, "title": "two\nlines \x01", "x": 1e999, "y": NaN}}'
    feed = parsed(f'{{"items": [{odd}, {{"id": "1"}}]}}')
    assert [entry.guid for entry in feed.entries] == [digits, "1"]
    assert feed.entries[0].title_html == "two\nlines "


def test_json_feed_without_a_version_is_read() -> None:
    assert parsed('{"items": [{"id": "1"}]}').format == "json1"


def test_a_news_sitemap_is_read() -> None:
    feed = parsed(
        """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
          xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
        <url><loc>https://news.example/a</loc>
        <news:news><news:publication><news:name>N</news:name>
        <news:language>fr</news:language></news:publication>
        <news:keywords>rain, roads</news:keywords>
        <news:publication_date>2025-06-10T10:00:00Z</news:publication_date>
        <news:title>Le pont</news:title></news:news></url>
        <url><loc>https://news.example/no-news</loc></url></urlset>"""
    )
    assert feed.format == "news-sitemap"
    [entry] = feed.entries
    assert (entry.title_html, entry.link, entry.language) == (
        "Le pont",
        "https://news.example/a",
        "fr",
    )
    assert entry.categories == ("rain", "roads")
    assert entry.published_at == datetime(2025, 6, 10, 10, tzinfo=UTC)


def test_an_empty_feed_is_a_feed() -> None:
    assert parsed("<rss version='2.0'><channel><title>T</title></channel></rss>").entries == ()


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("", "empty"),
        (b"\xef\xbb\xbf \r\n\0", "empty"),
        ("<!DOCTYPE html><html><body>Back soon</body></html>", "html"),
        ("<?xml version='1.0'?><!-- x --><html xmlns='http://www.w3.org/1999/xhtml'/>", "html"),
        ("<html><item><title>a custom element</title></item></html>", "html"),
        ("/etc/passwd", "not_a_feed"),
        ("http://127.0.0.1/secret", "not_a_feed"),
        ("<catalog><book/></catalog>", "not_a_feed"),
        ("<sitemapindex><sitemap/></sitemapindex>", "not_a_feed"),
        ("<urlset><url><loc>x</loc></url></urlset>", "not_a_feed"),
        ("<urlset><url>", "not_a_feed"),
        ("<html><head><title>Just a moment...</title></head></html>", "blocked"),
        ("<html><script>window._cf_chl_opt={}</script></html>", "blocked"),
        ("<html><script src='https://ct.captcha-delivery.com/c.js'></script></html>", "blocked"),
        ("<rss version='2.0'><channel><title>Cut</ti", "truncated"),
        ("<rss version='2.0'><channel><item><title>Cut</ti", "truncated"),
        ('{"items": [', "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"error": "gone"}', "not_a_feed"),
        ("[1, 2]", "not_a_feed"),
        ('{"version": "2.0", "items": []}', "not_a_feed"),
    ],
)
def test_what_is_no_feed_is_named(document: str | bytes, kind: str) -> None:
    error = refusal(document)
    assert error.kind == kind
    assert str(error).endswith(".")


def test_a_document_that_feedparser_chokes_on_is_cleaned_and_read() -> None:
    document = rss("<item><title>bro&ken; &#xD800; title &#8212; &#x41;</title></item>")
    assert only(document).title_html == "bro&ken;  title — A"


def test_a_document_that_feedparser_cannot_read_at_all_is_unreadable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("no way")

    monkeypatch.setattr("feedparser.parse", broken)
    assert refusal("<!DOCTYPE rss>" + rss("")).kind == "unreadable"


@pytest.mark.parametrize(
    "item",
    [
        "<item><title>Q&A</title></item>",
        "<item><title>Q&nbsp;A</title></item>",
        "<item><title>Q\x0bA</title></item>",
        "<item><title>QA</title><description><b>open</description></item>",
    ],
)
def test_ill_formed_but_whole_documents_keep_everything(item: str) -> None:
    feed = parsed(rss(item + "<item><title>Last</title></item>"))
    assert (len(feed.entries), feed.complete) == (2, True)


def test_characters_that_xml_forbids_cost_no_entry_wherever_they_stand() -> None:
    one = "<item><title>One</title></it\0em>"
    two = "<item><gu\x01id isPermaLink='false'>2&amp;2</guid><title>Number\x0btwo</title></item>"
    found = [(entry.guid, entry.title_html) for entry in parsed(rss(one + two)).entries]
    assert found == [("", "One"), ("2&2", "Number two")]


def test_an_entity_bomb_is_refused_also_behind_characters_that_xml_forbids() -> None:
    entities = "".join(f"<!ENT\0ITY a{n} '{f'&a{n - 1};' * 100}'>" for n in range(1, 5))
    bomb = f"<!DOCTY\0PE rss [<!ENT\0ITY a0 'ha'>{entities}]>"
    assert refusal(bomb + rss("<item><title>&a4;</title></item>")).kind == "entity_bomb"


def test_junk_around_the_document_does_not_matter() -> None:
    assert (
        only("\n\n <?xml version='1.0'?>" + rss("<item><title>T</title></item>")).title_html == "T"
    )
    assert only("Notice: x\n" + rss("<item><title>T</title></item>") + "junk").title_html == "T"


def test_the_newest_entries_survive_the_cap_in_document_order() -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    items = [{"id": "undated"}] + [
        {"id": str(n), "date_published": (start + timedelta(minutes=n)).isoformat()}
        for n in range(MOST_ENTRIES + 10)
    ]
    kept = [entry.guid for entry in parsed(json.dumps({"items": items})).entries]
    assert kept == [str(n) for n in range(10, MOST_ENTRIES + 10)]


def test_control_characters_and_lone_surrogates_are_taken_out() -> None:
    item = {"id": "a\0b", "title": "x\ud800y\x07z\x0bw", "tags": ["t\x01"]}
    entry = only(json.dumps({"items": [item]}))
    assert (entry.guid, entry.title_html, entry.categories) == ("ab", "xyz w", ("t",))
    entry.title_html.encode()


def test_elements_with_the_names_of_feedparsers_own_fields_do_no_harm() -> None:
    entry = only(
        rss(
            "<item><published_parsed a='1'/><title_detail a='1'/><links a='1'/><title>T</title>"
            "<content_detail a='b'/></item>"
        )
    )
    assert (entry.title_html, entry.published_at, entry.link) == ("T", None, None)
