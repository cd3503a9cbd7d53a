"""The three feeds say the same, in the words each format has for it."""

import html
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.model import Change, Digest, DigestEntry, Publication, SourceFeed
from pipeline.stages.render import render_atom, render_json, render_rss

MakeEntry = Callable[..., DigestEntry]
MakePublication = Callable[..., Publication]
MakeDigest = Callable[..., Digest]
ATOM = {"a": "http://www.w3.org/2005/Atom"}
RSS = {
    "a": "http://www.w3.org/2005/Atom",
    "c": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FORMATS = [render_atom, render_rss, render_json]


def atom(digest: Digest) -> Any:
    return etree.fromstring(render_atom(digest))


def rss(digest: Digest) -> Any:
    return etree.fromstring(render_rss(digest)).find("channel")


def items(digest: Digest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render_json(digest))["items"]
    return found


def content(entry: Any) -> str:
    return str(entry.findtext("a:content", namespaces=ATOM))


def test_an_entry_has_the_same_id_in_every_format(rich: Digest) -> None:
    ids = [entry.uid for entry in rich.entries]
    assert [item.text for item in atom(rich).findall("a:entry/a:id", ATOM)] == ids
    assert [item.text for item in rss(rich).findall("item/guid")] == ids
    assert [item["id"] for item in items(rich)] == ids
    assert {item.get("isPermaLink") for item in rss(rich).findall("item/guid")} == {"false"}


def test_an_entry_has_the_same_dates_in_every_format(rich: Digest) -> None:
    published = [e.text for e in atom(rich).findall("a:entry/a:published", ATOM)]
    updated = [e.text for e in atom(rich).findall("a:entry/a:updated", ATOM)]
    assert [item["date_published"] for item in items(rich)] == published
    assert [item["date_modified"] for item in items(rich)] == updated
    assert [e.text for e in rss(rich).findall("item/a:updated", RSS)] == updated
    read = feedparser.parse(render_rss(rich)).entries
    seconds = [entry.published_at.astimezone(UTC).timetuple()[:6] for entry in rich.entries]
    assert [entry.published_parsed[:6] for entry in read] == seconds


def test_feedparser_reads_the_same_entries_from_atom_and_rss(
    an_entry: MakeEntry, a_publication: MakePublication, a_digest: MakeDigest
) -> None:
    digest = a_digest(
        an_entry(1, title="Mali : l\u2019armée avance", language="fr"),
        an_entry(
            2,
            title="الجيش يتقدم",
            language="ar",
            publications=(a_publication(publisher="الجزيرة"),),
        ),
        an_entry(3, title="Q&A: who holds Gao?"),
    )
    read_atom, read_rss = (
        feedparser.parse(render_atom(digest)),
        feedparser.parse(render_rss(digest)),
    )
    assert not read_atom.bozo
    assert not read_rss.bozo
    for one, other, entry in zip(read_atom.entries, read_rss.entries, digest.entries, strict=True):
        assert one.id == other.id == entry.uid
        assert html.unescape(one.title) == html.unescape(other.title) == entry.title
        assert one.link == other.link == entry.page_url
        assert one.author == other.author == entry.publications[0].publisher
        assert one.content[0].value == other.content[0].value
        assert one.published_parsed == other.published_parsed
        assert one.updated_parsed == other.updated_parsed
        assert [tag.term for tag in one.tags] == [tag.term for tag in other.tags] == ["mali"]


@pytest.mark.parametrize("render", FORMATS)
def test_the_same_digest_gives_the_same_bytes(
    render: Callable[[Digest], bytes], rich: Digest
) -> None:
    assert render(rich) == render(rich)


@pytest.mark.parametrize("render", FORMATS)
def test_a_feed_is_utf_8_without_byte_order_mark_and_ends_with_a_line_feed(
    render: Callable[[Digest], bytes], rich: Digest
) -> None:
    written = render(rich)
    assert written.decode("utf-8").endswith("\n")
    assert written[:1] in {b"<", b"{"}


def test_every_feed_names_its_own_address(a_digest: MakeDigest) -> None:
    digest = a_digest(base_url="https://dateline.example/")
    own = "https://dateline.example/conflicts/mali/latest-news"
    assert atom(digest).find("a:link[@rel='self']", ATOM).get("href") == f"{own}.atom"
    assert rss(digest).find("a:link[@rel='self']", RSS).get("href") == f"{own}.rss"
    assert json.loads(render_json(digest))["feed_url"] == f"{own}.json"


def test_an_empty_digest_is_a_valid_feed_with_the_time_it_was_made(a_digest: MakeDigest) -> None:
    made = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    digest = a_digest(updated_at=made, subtitle="")
    assert atom(digest).findtext("a:updated", namespaces=ATOM) == "2026-01-02T03:04:05Z"
    assert atom(digest).find("a:entry", ATOM) is None
    assert rss(digest).findtext("lastBuildDate") == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert rss(digest).findtext("description") == digest.title
    assert json.loads(render_json(digest))["items"] == []


def test_milliseconds_are_written_only_where_there_are_any(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    digest = a_digest(
        an_entry(1, updated_at=at),
        an_entry(2, updated_at=at + timedelta(milliseconds=7)),
        an_entry(3, updated_at=at + timedelta(microseconds=7)),
    )
    assert [e.text for e in atom(digest).findall("a:entry/a:updated", ATOM)] == [
        "2026-11-22T09:00:00Z",
        "2026-11-22T09:00:00.007Z",
        "2026-11-22T09:00:00Z",
    ]


def test_times_are_written_in_utc_whatever_zone_they_came_in(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    at = datetime(2026, 7, 1, 1, 30, tzinfo=ZoneInfo("Europe/Paris"))
    digest = a_digest(an_entry(1, published_at=at))
    assert items(digest)[0]["date_published"] == "2026-06-30T23:30:00Z"
    assert rss(digest).findtext("item/pubDate") == "Tue, 30 Jun 2026 23:30:00 GMT"


def test_an_entry_leads_to_our_page_and_credits_the_original(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    digest = a_digest(an_entry())
    entry = atom(digest).find("a:entry", ATOM)
    links = {link.get("rel"): link.get("href") for link in entry.findall("a:link", ATOM)}
    assert links == {
        "alternate": "https://dateline.example/news/00001",
        "related": "https://news.example/convoy",
        "via": "https://news.example/convoy",
    }
    assert entry.findtext("a:author/a:name", namespaces=ATOM) == "BBC News"
    assert entry.findtext("a:source/a:id", namespaces=ATOM) == "https://news.example/feed.xml"
    assert entry.findtext("a:source/a:title", namespaces=ATOM) == "BBC News Africa"
    assert entry.findtext("a:source/a:updated", namespaces=ATOM) == "2026-11-22T11:00:00Z"
    item = rss(digest).find("item")
    assert item.findtext("dc:creator", namespaces=RSS) == "BBC News"
    assert item.find("source").get("url") == "https://news.example/feed.xml"
    assert items(digest)[0]["external_url"] == "https://news.example/convoy"
    assert items(digest)[0]["authors"] == [{"name": "BBC News"}]


def test_a_story_of_several_publishers_links_every_copy_and_has_no_single_source(
    an_entry: MakeEntry, a_publication: MakePublication, a_digest: MakeDigest
) -> None:
    digest = a_digest(
        an_entry(
            publications=(
                a_publication(title="Tankers arrive in capital"),
                a_publication(publisher="Reuters", url="https://wire.example/1"),
                a_publication(publisher="RFI", url="https://rfi.example/1", language="fr"),
                a_publication(publisher="RFI", url="https://rfi.example/1", language="fr"),
                a_publication(publisher="Radio", url=None),
            )
        )
    )
    entry = atom(digest).find("a:entry", ATOM)
    via = [link.get("href") for link in entry.findall("a:link[@rel='via']", ATOM)]
    assert via == ["https://news.example/convoy", "https://wire.example/1", "https://rfi.example/1"]
    assert entry.find("a:source", ATOM) is None
    assert rss(digest).find("item/source") is None
    assert 'as \u201c<bdi lang="en">Tankers arrive in capital</bdi>\u201d' in content(entry)
    assert "Also reported by" in content(entry)
    assert items(digest)[0]["content_text"] == (
        "Forty tankers arrived before dawn.\n\n"
        "Reported by BBC News <https://news.example/convoy> as "
        "\u201cTankers arrive in capital\u201d, 22 November 2026, 10:00 UTC.\n\n"
        "Also reported by Reuters <https://wire.example/1>, "
        "RFI <https://rfi.example/1> and Radio.\n\n"
        "Filed under Instability in Mali <https://dateline.example/conflicts/mali>."
    )


def test_conflicts_are_categories(an_entry: MakeEntry, a_digest: MakeDigest) -> None:
    digest = a_digest(an_entry(conflicts=(("mali", "Instability in Mali"), ("sahel", ""))))
    found = [dict(c.attrib) for c in atom(digest).findall("a:entry/a:category", ATOM)]
    scheme = "https://dateline.example/conflicts/"
    assert found == [
        {"term": "mali", "scheme": scheme, "label": "Instability in Mali"},
        {"term": "sahel", "scheme": scheme, "label": "sahel"},
    ]
    assert [(c.get("domain"), c.text) for c in rss(digest).findall("item/category")] == [
        (scheme, "mali"),
        (scheme, "sahel"),
    ]
    assert items(digest)[0]["tags"] == ["mali", "sahel"]


def test_a_long_summary_becomes_a_short_excerpt(an_entry: MakeEntry, a_digest: MakeDigest) -> None:
    digest = a_digest(an_entry(summary="word " * 400))
    for shown in (items(digest)[0]["summary"], rss(digest).findtext("item/description")):
        assert len(shown) <= 300
        assert shown.endswith("word\u2026")
    assert "word " * 80 not in items(digest)[0]["content_html"]


def test_an_entry_without_summary_still_says_who_reported_it(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    digest = a_digest(
        an_entry(summary=""),
        an_entry(2, summary="Convoy reaches Bamako"),
        an_entry(3, summary="Convoy reaches Bamako \u2013 BBC News"),
    )
    for entry, item in zip(
        atom(digest).findall("a:entry", ATOM), rss(digest).findall("item"), strict=True
    ):
        assert entry.find("a:summary", ATOM) is None
        assert content(entry).startswith('<p lang="en" dir="ltr">Reported by')
        assert item.findtext("description") == "Reported by BBC News, 22 November 2026, 10:00 UTC."


def test_nothing_of_the_full_text_and_no_image_is_passed_on(rich: Digest) -> None:
    for entry in atom(rich).findall("a:entry", ATOM):
        assert "<img" not in content(entry)
        assert len(content(entry)) < 2500


class TestWithdrawal:
    @pytest.fixture
    def withdrawn(self, an_entry: MakeEntry, a_digest: MakeDigest) -> Digest:
        return a_digest(
            an_entry(
                withdrawn_reason="The publisher retracted it.",
                updated_at=datetime(2026, 11, 22, 15, tzinfo=UTC),
            )
        )

    def test_the_title_says_so_first(self, withdrawn: Digest) -> None:
        title = "Withdrawn: Convoy reaches Bamako"
        assert atom(withdrawn).findtext("a:entry/a:title", namespaces=ATOM) == title
        assert rss(withdrawn).findtext("item/title") == title
        assert items(withdrawn)[0]["title"] == title

    def test_the_content_says_why_and_when_and_names_the_publisher(self, withdrawn: Digest) -> None:
        text = items(withdrawn)[0]["content_text"]
        assert (
            "withdrawn on 22 November 2026, 15:00 UTC. Reason: The publisher retracted it." in text
        )
        assert "attributed to BBC News" in text
        assert "Forty tankers" not in text

    def test_nothing_links_to_the_withdrawn_report(self, withdrawn: Digest) -> None:
        for render in FORMATS:
            assert b"news.example" not in render(withdrawn)

    def test_the_id_and_the_publication_date_stay(
        self, withdrawn: Digest, an_entry: MakeEntry
    ) -> None:
        item = items(withdrawn)[0]
        assert item["id"] == an_entry().uid
        assert item["date_published"] == "2026-11-22T10:59:59.999Z"
        assert item["date_modified"] == "2026-11-22T15:00:00Z"

    def test_a_missing_reason_is_said_to_be_missing(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(withdrawn_reason=""))
        assert "No reason was given." in items(digest)[0]["content_text"]

    def test_a_right_to_left_headline_is_set_apart_from_the_prefix(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(title="غارة علی", language="ar", withdrawn_reason=""))
        assert items(digest)[0]["title"] == "Withdrawn: \u2068" + "غارة علی" + "\u2069"


class TestLanguageAndDirection:
    def test_each_entry_carries_its_language(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(1, language="fr"), an_entry(2, language="gibberish"))
        lang = "{http://www.w3.org/XML/1998/namespace}lang"
        assert [e.get(lang) for e in atom(digest).findall("a:entry", ATOM)] == ["fr", "und"]
        assert [i.findtext("dc:language", namespaces=RSS) for i in rss(digest).findall("item")] == [
            "fr",
            None,
        ]
        assert [item.get("language") for item in items(digest)] == ["fr", None]

    def test_right_to_left_words_are_marked_in_the_content(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(language="ar", summary="قالت القوات المسلحة"))
        assert content(atom(digest).find("a:entry", ATOM)).startswith(
            '<p lang="ar" dir="rtl">قالت القوات المسلحة</p>\n<p lang="en" dir="ltr">Reported by'
        )

    def test_a_right_to_left_headline_that_starts_in_latin_keeps_its_direction(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(
            an_entry(title="BBC: غارة", language="ar"), an_entry(2, title="غارة", language="ar")
        )
        assert [item["title"] for item in items(digest)] == ["\u200fBBC: غارة", "غارة"]

    def test_an_unknown_language_is_not_claimed(
        self, an_entry: MakeEntry, a_publication: MakePublication, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(
            an_entry(
                language="", publications=(a_publication(language="", title="Another headline"),)
            )
        )
        entry = atom(digest).find("a:entry", ATOM)
        assert entry.find("a:link[@rel='via']", ATOM).get("hreflang") is None
        assert content(entry).startswith('<p dir="ltr">')
        assert "<bdi>Another headline</bdi>" in content(entry)


class TestHostileText:
    def test_markup_in_a_title_is_text_in_every_format(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        title = "How <script>alert(1)</script> & </b> work"
        digest = a_digest(an_entry(title=title))
        element = atom(digest).find("a:entry/a:title", ATOM)
        assert element.get("type") == "html"
        assert html.unescape(element.text) == title
        assert rss(digest).findtext("item/title").replace("\u2060", "") == title
        assert b"&#x3C;" in render_rss(digest)
        assert items(digest)[0]["title"] == title

    def test_an_rss_title_is_never_taken_for_html(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(title="Use <b>bold</b> and &copy; now"))
        title = rss(digest).findtext("item/title")
        assert title == "Use <\u2060b>bold<\u2060/b> and &\u2060copy; now"
        assert (
            not feedparser.parse(render_rss(digest))
            .entries[0]
            .title_detail.value.startswith("Use bold")
        )

    def test_a_cdata_end_and_control_characters_do_no_harm(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(title="a]]>b\x00c\x0bd\ud800e"))
        assert atom(digest).findtext("a:entry/a:title", namespaces=ATOM) == "a]]>bc de"
        assert rss(digest).findtext("item/title") == "a]]>bc de"

    def test_an_address_that_is_not_http_is_not_linked(
        self, an_entry: MakeEntry, a_publication: MakePublication, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(publications=(a_publication(url="javascript:alert(1)"),)))
        for render in FORMATS:
            assert b"javascript" not in render(digest)
        assert "external_url" not in items(digest)[0]

    def test_a_publisher_feed_without_a_usable_address_is_not_named_as_source(
        self, an_entry: MakeEntry, a_publication: MakePublication, a_digest: MakeDigest
    ) -> None:
        nameless = SourceFeed(
            id="7", title="T", url="file:///etc", updated_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        only_id = SourceFeed(
            id="tag:x.example,2020:a", title="", url="", updated_at=nameless.updated_at
        )
        digest = a_digest(
            an_entry(1, publications=(a_publication(source=nameless),)),
            an_entry(2, publications=(a_publication(source=only_id),)),
        )
        first, second = atom(digest).findall("a:entry", ATOM)
        assert first.find("a:source", ATOM) is None
        assert second.findtext("a:source/a:id", namespaces=ATOM) == "tag:x.example,2020:a"
        assert second.findtext("a:source/a:title", namespaces=ATOM) == "BBC News"
        assert second.find("a:source/a:link", ATOM) is None
        assert rss(digest).find("item/source") is None

    @given(
        title=st.text(
            alphabet=st.one_of(st.characters(), st.sampled_from("<>&;#]/\x0b\u202e\ufffdÃ©אب \n")),
            max_size=80,
        ),
        summary=st.text(alphabet=st.characters(codec=None), max_size=400),
        publisher=st.text(max_size=30),
        language=st.text(max_size=12),
    )
    def test_any_text_gives_feeds_that_every_parser_reads(
        self,
        an_entry: MakeEntry,
        a_publication: MakePublication,
        a_digest: MakeDigest,
        title: str,
        summary: str,
        publisher: str,
        language: str,
    ) -> None:
        entry = an_entry(
            title=title,
            summary=summary,
            language=language,
            publications=(a_publication(publisher=publisher, title=summary, language=language),),
        )
        digest = a_digest(entry)
        [item] = items(digest)
        element = atom(digest).find("a:entry/a:title", ATOM)
        shown = html.unescape(element.text) if element.get("type") == "html" else element.text
        assert shown == item["title"]
        assert rss(digest).findtext("item/title").replace("\u2060", "") == item["title"].replace(
            "\u2060", ""
        )
        assert content(atom(digest).find("a:entry", ATOM)) == item["content_html"]
        assert rss(digest).findtext("item/c:encoded", namespaces=RSS) == item["content_html"]


def test_every_format_names_the_hubs(an_entry: MakeEntry, a_digest: MakeDigest) -> None:
    hubs = ("https://hub.example/", "https://other.example/?a=1&b=2")
    digest = a_digest(an_entry(), hubs=hubs)
    assert [link.get("href") for link in atom(digest).findall("a:link[@rel='hub']", ATOM)] == [
        *hubs
    ]
    assert [link.get("href") for link in rss(digest).findall("a:link[@rel='hub']", RSS)] == [*hubs]
    named = json.loads(render_json(digest))["hubs"]
    assert named == [{"type": "WebSub", "url": hub} for hub in hubs]
    assert "hubs" not in json.loads(render_json(a_digest()))


@pytest.mark.parametrize(
    ("changes", "title", "said"),
    [
        (
            {"corrected_at": NOON, "correction": "It was Gao.", "change": "corrected"},
            "Correction: Convoy reaches Bamako",
            "Corrected on 22 November 2026, 12:00 UTC: It was Gao.",
        ),
        (
            {"corrected_at": NOON},
            "Correction: Convoy reaches Bamako",
            "Corrected on 22 November 2026, 12:00 UTC.",
        ),
        (
            {"change": "revised"},
            "Convoy reaches Bamako",
            "Updated on 22 November 2026, 15:00 UTC: the publisher changed its report.",
        ),
        (
            {"change": "handed_on"},
            "Convoy reaches Bamako",
            "Updated on 22 November 2026, 15:00 UTC: another publisher\u2019s report leads now.",
        ),
        (
            {"change": "restored"},
            "Convoy reaches Bamako",
            "Published again on 22 November 2026, 15:00 UTC, after it had been withdrawn.",
        ),
    ],
)
def test_a_significant_change_is_said_in_words(
    an_entry: MakeEntry, a_digest: MakeDigest, changes: dict[str, Any], title: str, said: str
) -> None:
    if "change" in changes:
        changes = changes | {"change": Change(changes["change"])}
    digest = a_digest(an_entry(updated_at=NOON + timedelta(hours=3), **changes))
    assert items(digest)[0]["title"] == title
    assert items(digest)[0]["content_text"].startswith(f"{said}\n\n")
    assert atom(digest).findtext("a:entry/a:title", namespaces=ATOM) == title
    assert said in content(atom(digest).find("a:entry", ATOM))
    assert rss(digest).findtext("item/title") == title


def test_a_corrected_headline_from_right_to_left_keeps_its_direction(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    entry = an_entry(title="\u063a\u0627\u0631\u0629", language="ar", corrected_at=NOON)
    digest = a_digest(entry)
    assert items(digest)[0]["title"] == "Correction: \u2068\u063a\u0627\u0631\u0629\u2069"
