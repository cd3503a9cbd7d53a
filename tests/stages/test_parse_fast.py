"""The quick reader gives what feedparser's way gives, field by field, or it gives nothing.

Real documents come from the collection beside the project where there is one; made-up ones are
built from the pieces feeds are made of, in every order.
"""

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import ParsedFeed
from pipeline.stages.parse.dates import read_date
from pipeline.stages.parse.decode import decode
from pipeline.stages.parse.fast import read_plain_feed
from pipeline.stages.parse.fast.entries import common_date
from pipeline.stages.parse.xmlfeed import read_xml_feed

URL = "https://wire.example/feeds/main.xml"
FEEDS = Path(__file__).parents[2] / "../shared/data/feeds"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/'
    'content/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:x="https://x.example/ns#"'
    ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def differences(quick: ParsedFeed, judge: ParsedFeed | None) -> list[str]:
    if quick == judge:
        return []
    if judge is None:
        return ["feedparser finds no feed"]
    told = [
        f"{part.name}: {getattr(quick, part.name)!r} is not {getattr(judge, part.name)!r}"
        for part in fields(quick)
        if part.name != "entries" and getattr(quick, part.name) != getattr(judge, part.name)
    ]
    if len(quick.entries) != len(judge.entries):
        told.append(f"{len(quick.entries)} entries are not {len(judge.entries)}")
    told += [
        f"{part.name}: {getattr(ours, part.name)!r} is not {getattr(theirs, part.name)!r}"
        for ours, theirs in zip(quick.entries, judge.entries, strict=False)
        for part in fields(ours)
        if getattr(ours, part.name) != getattr(theirs, part.name)
    ]
    return told


def is_read_alike(text: str, url: str = URL) -> bool:
    """Whether the quick reader answers; if so, its answer must be feedparser's."""
    quick = read_plain_feed(text, url)
    if quick is None:
        return False
    assert differences(quick, read_xml_feed(text, url)) == []
    return True


def real_documents() -> list[Path]:
    """Every parser fixture and every eighth document of each outlet."""
    if not FEEDS.is_dir():
        return []
    chosen: list[Path] = []
    for outlet in sorted(path for path in FEEDS.iterdir() if path.is_dir()):
        files = sorted(outlet.iterdir())
        chosen += files if outlet.name.startswith("fx-") else files[::8]
    return chosen


DOCUMENTS = real_documents()


@pytest.mark.skipif(not DOCUMENTS, reason="the collection of feeds is not here")
def test_real_documents_are_read_alike_and_nearly_all_quickly() -> None:
    answers = {
        path: is_read_alike(decode(path.read_bytes()).lstrip("\ufeff\0 \t\r\n"))
        for path in DOCUMENTS
    }
    outlets = [quick for path, quick in answers.items() if not path.parent.name.startswith("fx-")]
    assert sum(outlets) / len(outlets) > 0.9


def rss(channel: str = "", item: str = "", root: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {NAMESPACES} {root}><channel>'
        f"<title>Wire</title><link>https://wire.example/</link>{channel}<item>{item}</item>"
        "</channel></rss>"
    )


def atom(head: str = "", entry: str = "", root: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES} {root}><id>tag:wire,2026:a</id>'
        f"<title>Wire</title>{head}<entry>{entry}</entry></feed>"
    )


def rdf(head: str = "", item: str = "") -> str:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f'<channel rdf:about="https://wire.example/"><title>Wire</title>{head}</channel>'
        f'<item rdf:about="https://wire.example/1">{item}</item></rdf:RDF>'
    )


TEXTS = (
    "Troops &amp; talks", "  spaced \n out ", "", "<![CDATA[<p>Kidal &eacute;t&eacute;</p>]]>", "Ménaka",
    "MÃ©naka", "&#146;quoted&#146;", "a&lt;b&gt;c", "https://wire.example/1", "wire.example/1", "/1?a=1&amp;b=2",
    "https:////wire.example/1", "tag:wire,2026:1", "7",
)  # fmt: skip
DATES = (
    "Sun, 22 Nov 2026 10:20:30 GMT", "Sun, 22 Nov 2026 10:20:30 +0130", "2026-11-22T10:20:30Z",
    "2026-11-22T10:20:30.25-05:00", "22 novembre 2026", "Sun, 22 Nov 2026 10:20:30 IST", "1793527200",
    "01/02/2026", "Sun, 31 Feb 2026 10:20:30 GMT", "1970-01-01T00:00:00Z", "soon", "",
)  # fmt: skip
LEAVES = (
    "title", "link", "description", "guid", "author", "category", "comments", "source", "pubDate",
    "dc:date", "dc:creator", "dc:title", "dc:subject", "dc:description", "dc:language", "language",
    "content:encoded", "media:title", "media:description", "media:keywords", "media:credit",
    "itunes:summary", "itunes:subtitle", "itunes:author", "itunes:keywords", "x:note", "x:title",
    "dcterms:created", "dcterms:modified", "image", "ttl", "sy:updatePeriod", "summary", "content",
    "id", "published", "updated", "rights", "managingEditor", "keywords", "abstract", "date",
)  # fmt: skip
ATTRIBUTES = (
    "", "", "", "", ' isPermaLink="false"', ' type="html"', ' type="text/plain"', ' xml:lang="fr_FR"',
    ' lang="ar-IQ"', ' href="https://wire.example/2"', ' href="https://wire.example/3" rel="self"',
    ' rel="alternate" type="application/json" href="/j"', ' term="war" label="War"', ' domain="d"',
    ' url="https://wire.example/a.mp3" type="audio/mpeg"', ' x:odd="1"', ' x:href="/odd"',
)  # fmt: skip
FIXED = (
    "<atom:link href='https://wire.example/4'/>", "<enclosure url='https://wire.example/5.jpg'/>",
    "<author><name>Ann</name><email>ann@wire.example</email></author>", "<!-- said --><?said so?>",
    "<author><email>ann@wire.example</email></author>", "<contributor><name>Bo</name></contributor>",
    "<media:group><media:title>Deep</media:title><media:description>Text</media:description></media:group>",
    "<x:deep><title>Inside</title><pubDate>Sun, 22 Nov 2026 10:20:30 GMT</pubDate></x:deep>",
    "<image><url>https://wire.example/i.png</url></image>", "stray text", "<link/>", "<title/>",
    "<category xmlns:y='https://y.example/'>y</category>", "<media:content url='/v.mp4' type='v'/>",
    "<description>A <b>bold</b> word</description>", "<source url='/s'>Elsewhere</source>",
)  # fmt: skip

leaf = st.builds(
    lambda name, attribute, text: f"<{name}{attribute}>{text}</{name}>",
    st.sampled_from(LEAVES),
    st.sampled_from(ATTRIBUTES),
    st.sampled_from((*TEXTS, *DATES)),
)
content = st.lists(leaf | st.sampled_from(FIXED), max_size=7).map("".join)


@given(content, content, st.sampled_from((rss, atom)), st.sampled_from(("", 'xml:lang="sw"')))
@example("<itunes:summary>A</itunes:summary><description>B</description>", "", rss, "")
def test_feeds_of_any_pieces_in_any_order_are_read_alike(
    head: str, entry: str, kind: object, root: str
) -> None:
    assert callable(kind)
    is_read_alike(kind(head, entry, root))


@given(content, content)
def test_rdf_of_any_pieces_is_read_alike(head: str, item: str) -> None:
    for prefix in ("media", "itunes", "x", "dcterms", "sy", "atom"):
        head, item = head.replace(f"{prefix}:", "dc:"), item.replace(f"{prefix}:", "dc:")
    is_read_alike(rdf(head, item))


@given(st.sampled_from(DATES) | st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S} GMT")
       | st.from_regex(r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}\Z")
       | st.datetimes(timezones=st.timezones()).map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S %z}"))  # fmt: skip
def test_common_dates_are_read_as_all_dates_are(text: str) -> None:
    moment = common_date(text)
    assert moment is None or moment == read_date(text)


def test_the_two_usual_forms_of_a_date_are_read_at_once() -> None:
    expected = datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)
    assert common_date("Sun, 22 Nov 2026 12:20:30 +0200") == expected
    assert common_date("2026-11-22T10:20:30Z") == expected


PLAIN = {
    "RSS": rss("<language>en</language><ttl>15</ttl>", "<title>A</title><guid>https://wire.example/1</guid>"),
    "Atom": atom('<link href="https://wire.example/"/>', '<id>a</id><title type="html">A &amp;amp; B</title>'),
    "RDF": rdf("<items/>", "<title>A</title><link>https://wire.example/1</link>"),
    "a base on the root": rss("", "<link>https://wire.example/1</link>", 'xml:base="https://wire.example/"'),
    "RSS 0.91": "<rss version='0.91'><channel><title>W</title><item><title>A</title></item></channel></rss>",
    "RSS of no version": "<rss><channel><image><title>I</title><url>u</url></image><title>W</title></channel></rss>",
    "RSS 0.90": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/'
    'rdf/simple/0.9/"><channel><title>W</title></channel><image><title>I</title></image></r:RDF>',
    "namespaces declared on the spot": rss("", '<d:creator xmlns:d="http://purl.org/dc/elements/1.1/">A</d:creator>'),
    "two prefixes for one thing": rss("", "<x:a>1</x:a>", 'xmlns:z="https://x.example/ns#"'),
    "podcasts": rss('<itunes:owner><itunes:name>A</itunes:name></itunes:owner><itunes:category text="a">'
    '<itunes:category text="b"/></itunes:category>', '<itunes:category text="News"/><media:category>war</media:category>'),
    "keywords": rss("<itunes:keywords>war, Mali</itunes:keywords>", "<media:keywords>Kidal,, Gao</media:keywords>"),
    "an entry without a date but for its making": rss("", "<dcterms:created>2026-11-22</dcterms:created>"),
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN.keys())
def test_plain_feeds_are_read_quickly(text: str) -> None:
    assert is_read_alike(text)


DOUBTFUL = {
    "no feed": "<html><body/></html>",
    "ill-formed": "<rss><channel><item></channel></rss>",
    "a document type": '<!DOCTYPE rss SYSTEM "http://x.example/"><rss version="2.0"><channel/></rss>',
    "a document type after what looks like the root": "<!-- <rss> --><!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0'/>",
    "a document type in a comment": "<!--\n<!DOCTYPE rss> --><rss version='2.0'><channel/></rss>",
    "xlink": rss(root='xmlns:xlink="http://www.w3.org/1999/xlink"'),
    "a base that is no address": rss(root='xml:base="feeds/"'),
    "an address to be resolved": rss("", "<link>/1</link>", 'xml:base="https://wire.example/"'),
    "a prefix with two meanings": rss("", '<x:a xmlns:x="https://other.example/"/>'),
    "a known prefix for something else": rss(root='xmlns:rdf="http://purl.org/rss/1.0/modules/content/"'),
    "an unknown default namespace": rss("", '<note xmlns="https://other.example/"/>'),
    "two prefixes of which one means something": rss(root='xmlns:z="https://z.example/" xmlns:title="https://z.example/"'),
    "prefixes that differ in case": rss(root='xmlns:DC="https://z.example/"'),
    "an address with an entity": rss(root='xmlns:z="https://z.example/?a=1&amp;b=2"'),
    "a name beyond ASCII": rss("", "<été>x</été>"),
    "one attribute twice": rss("", '<link HREF="/1" href="/2"/>'),
    "an item with an address of its own": rss("", "").replace("<item>", '<item href="/1">'),
    "two channels": "<rss><channel/><channel/></rss>",
    "something beside the channel in RDF": rdf().replace("</rdf:RDF>", "<odd/></rdf:RDF>"),
    "RDF of no known version": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "RDF with Atom": rdf().replace("<rdf:RDF ", '<rdf:RDF xmlns:a="http://www.w3.org/2005/Atom" '),
    "RSS 2.0 with RSS 1.0": rss(root='xmlns:r="http://purl.org/rss/1.0/"'),
    "Atom 0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"/>',
    "a frequency with attributes": rss('<ttl unit="m">5</ttl>'),
    "an owner who is more than a person": rss("<itunes:owner><title>T</title></itunes:owner>"),
    "markup in rights": rss("<copyright>a <b>b</b></copyright>"),
    "an image with more in it": rss("<image><guid>1</guid></image>"),
    "an image with more in an item": rss("", "<image><title>T</title></image>"),
    "an item in an item": rss("", "<item/>"),
    "XHTML": atom("", '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a</div></content>'),
    "base64": atom("", '<content mode="base64">YQ==</content>'),
    "markup in text": rss("", "<title>a <b>b</b></title>"),
    "content of the feed": rss("<content:encoded>a</content:encoded>"),
    "an empty address": rss("", '<atom:link href=""/>'),
    "an author with words around the name": atom("", "<author>by <name>A</name></author>"),
    "an author with two names": atom("", "<author><name>A</name><name>B</name></author>"),
    "two authors with details": atom("", "<author><name>A</name></author>" * 2),
    "a contributor who is more than a person": atom("", "<contributor><title>T</title></contributor>"),
    "categories in categories": rss("", '<itunes:category text="a"><itunes:category text="b"/></itunes:category>'),
    "something in a category of the feed": rss('<itunes:category text="a"><title>b</title></itunes:category>'),
    "keywords with attributes": rss("", '<media:keywords role="x">a</media:keywords>'),
    "a second date further down": rss("", "<pubDate>2026-11-22</pubDate><x:a><pubDate>2026-11-21</pubDate></x:a>"),
}  # fmt: skip


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_what_leaves_a_doubt_is_left_to_feedparser(text: str) -> None:
    assert read_plain_feed(text, URL) is None
