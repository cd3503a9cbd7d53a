"""The W3C feed validator's rules, in our own words, applied to every kind of digest.

Each fault is named as the validator names it. What it only informs about is checked too: a digest
must come out with nothing to say.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.model import Digest, DigestEntry, Publication, Region, Tombstone
from pipeline.stages.render import (
    ATOM_CONTENT_TYPE,
    JSON_CONTENT_TYPE,
    OPML_CONTENT_TYPE,
    RSS_CONTENT_TYPE,
    ConflictCard,
    Site,
    render_atom,
    render_json,
    render_opml,
    render_rss,
)
from pipeline.stages.render.languages import language_tag

MakeEntry = Callable[..., DigestEntry]
MakePublication = Callable[..., Publication]
MakeDigest = Callable[..., Digest]
MakeCard = Callable[..., ConflictCard]
A = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
RELATIONS = {
    "alternate",
    "current",
    "enclosure",
    "hub",
    "next-archive",
    "prev-archive",
    "related",
    "self",
    "via",
}
ATOM_ELEMENTS = {
    "feed", "entry", "source", "id", "title", "subtitle", "updated", "published", "author", "name",
    "uri", "link", "generator", "category", "summary", "content",
    "{http://purl.org/syndication/history/1.0}archive",
}  # fmt: skip
SAFE_TAGS = {"a", "bdi", "p"}
SAFE_ATTRIBUTES = {"dir", "href", "lang"}
URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+\-.]*:(//)?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
TAG_URI = re.compile(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


class Markup(HTMLParser):
    """Says what a strict HTML parser and a sanitiser would complain of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in SAFE_TAGS:
            self.faults.append(f"SecurityRisk: {tag}")
        for name, value in attributes:
            if name not in SAFE_ATTRIBUTES:
                self.faults.append(f"SecurityRiskAttr: {name}")
            if name == "href" and not re.match("https?://", value or ""):
                self.faults.append(f"ContainsRelRef: {value}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"NotHtml: </{tag}>")


def html_faults(value: str) -> list[str]:
    parser = Markup()
    parser.feed(value)
    parser.close()
    faults = parser.faults + [f"NotHtml: <{tag}> left open" for tag in parser.open]
    if re.search(r"&(?!(amp|lt|gt|quot|#x27);)", value):
        faults.append("NotHtml: a bare ampersand")
    return faults


def plain_faults(value: str, line: str, rule: str = "ContainsHTML") -> list[str]:
    """Text that may be taken for HTML: an end tag always, an entity unless it is a reference."""
    if re.search(r"</\w+>", value):
        return [f"{rule}: {value}"]
    if "&#x" in line:
        return []
    words = re.findall(r"&(#?\w+)", value)
    if any(not word.isalpha() or word in name2codepoint for word in words):
        return [f"{rule}: {value}"]
    return [f"CharacterData: {value}"] if re.search(r"&#[x0-9]|<[/a-zA-Z]", value) else []


def language_faults(tag: str) -> list[str]:
    return [] if tag == "und" or language_tag(tag) == tag else [f"InvalidLanguage: {tag}"]


def uri_faults(value: str) -> list[str]:
    if not URI.fullmatch(value):
        return [f"InvalidFullLink: {value}"]
    if urlsplit(value).scheme == "http" and not urlsplit(value).netloc:
        return [f"InvalidLink: {value}"]
    return []


def id_faults(value: str) -> list[str]:
    if value.startswith("tag:"):
        return [] if TAG_URI.fullmatch(value) else [f"InvalidTAG: {value}"]
    parts = urlsplit(value)
    canonical = parts.netloc == parts.netloc.lower() and parts.path.startswith("/")
    dotted = (
        "/./" in parts.path or "/../" in parts.path or re.search("%[0-9A-Fa-f]?[a-f]|%7E", value)
    )
    return uri_faults(value) + ([] if canonical and not dotted else [f"NonCanonicalURI: {value}"])


def moment_faults(
    value: str, shape: re.Pattern[str], parse: Callable[[str], datetime]
) -> list[str]:
    if not shape.fullmatch(value):
        return [f"InvalidDate: {value}"]
    return (
        []
        if datetime(1990, 1, 1, tzinfo=UTC) < parse(value) < NOW
        else [f"ImplausibleDate: {value}"]
    )


def rfc3339_faults(value: str) -> list[str]:
    return moment_faults(value, RFC3339, datetime.fromisoformat)


def document_faults(document: bytes) -> tuple[Any, list[str]]:
    faults: list[str] = []
    if not re.match(rb"<\?xml version=.1\.0. encoding=.UTF-8.\?>", document):
        faults.append("MissingEncoding")
    text = document.decode("utf-8")
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufeff]", text):
        faults.append("BadCharacters")
    root = etree.fromstring(document)
    for element in root.iter(etree.Element):
        for value in filter(None, [element.text, *element.attrib.values()]):
            try:
                if re.search("[\xc2\xc3][\x80-\xbf]", value) and value.encode("latin-1").decode(
                    "utf-8"
                ):
                    faults.append(f"BadCharacters: {value}")
            except UnicodeError:
                pass
        faults += language_faults(element.get(LANG, "und"))
    return root, faults


def missing(element: Any, *tags: str) -> list[str]:
    children = Counter(child.tag for child in element)
    return [f"MissingElement: {tag}" for tag in tags if not children[tag]] + [
        f"DuplicateElement: {tag}" for tag in tags if children[tag] > 1
    ]


def construct_faults(element: Any) -> list[str]:
    if not element.text:
        return [f"NotBlank: {element.tag}"]
    if element.get("type") == "html":
        return html_faults(element.text)
    return plain_faults(element.text, "", "ContainsUndeclaredHTML")


def link_faults(links: Iterable[Any]) -> list[str]:
    links = list(links)
    faults: list[str] = []
    for link in links:
        faults += uri_faults(link.get("href"))
        faults += language_faults(link.get("hreflang", "und"))
        faults += plain_faults(link.get("title", "x"), "")
        if link.get("rel") not in RELATIONS:
            faults.append(f"UnregisteredAtomLinkRel: {link.get('rel')}")
    kinds = Counter(
        (link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"
    )
    return faults + [f"DuplicateAtomLink: {kind}" for kind, times in kinds.items() if times > 1]


def self_faults(links: Iterable[Any], address: str, content_type: str) -> list[str]:
    own = [link for link in links if link.get("rel") == "self"]
    if [link.get("href") for link in own] != [address]:
        return ["MissingSelf or SelfDoesntMatchLocation"]
    return [] if own[0].get("type") == content_type else ["SelfNotAtom"]


def atom_faults(document: bytes, address: str) -> list[str]:
    root, faults = document_faults(document)
    lines = document.decode().split("\n")
    faults += missing(root, f"{A}id", f"{A}title", f"{A}updated", f"{A}author")
    faults += self_faults(root.findall(f"{A}link"), address, "application/atom+xml")
    for element in root.iter(etree.Element):
        name = element.tag.removeprefix(A)
        rule = ATOM_RULES.get(name, lambda _: [])
        faults += rule(element) if name in ATOM_ELEMENTS else [f"UndefinedElement: {name}"]
    for name in root.iter(f"{A}name"):
        value = "".join(name.itertext())
        faults += plain_faults(value, lines[name.sourceline - 1])
        faults += ["ContainsEmail"] if re.search(r"<[\w.+'-]+@", value) else []
        faults += [] if value else ["NotBlank: name"]
    tags = [child.tag for child in root]
    if A + "entry" in tags and set(tags[tags.index(A + "entry") :]) != {A + "entry"}:
        faults.append("MisplacedMetadata")
    for name in ("id", "updated"):
        values = Counter(entry.findtext(A + name) for entry in root.findall(f"{A}entry"))
        faults += [f"Duplicate: {value}" for value, times in values.items() if times > 1]
    return faults


def category_faults(category: Any) -> list[str]:
    blank = [] if category.get("term") else ["NotBlank: term"]
    return blank + uri_faults(category.get("scheme")) + plain_faults(category.get("label"), "")


def entry_faults(entry: Any) -> list[str]:
    parts = [A + name for name in ("id", "title", "updated", "author", "content")]
    return missing(entry, *parts) + link_faults(entry.findall(f"{A}link"))


def source_faults(source: Any) -> list[str]:
    parts = [A + name for name in ("id", "title", "updated")]
    return missing(source, *parts) + link_faults(source.findall(f"{A}link"))


ATOM_RULES: dict[str, Callable[[Any], list[str]]] = {
    "feed": lambda feed: link_faults(feed.findall(f"{A}link")),
    "entry": entry_faults,
    "source": source_faults,
    "category": category_faults,
    "id": lambda element: id_faults(element.text),
    "updated": lambda element: rfc3339_faults(element.text),
    "published": lambda element: rfc3339_faults(element.text),
    "title": construct_faults,
    "subtitle": construct_faults,
    "summary": construct_faults,
    "content": construct_faults,
}


def rss_faults(document: bytes, address: str) -> list[str]:
    root, faults = document_faults(document)
    lines = document.decode().split("\n")
    channel = root.find("channel")
    if root.get("version") != "2.0":
        faults.append("InvalidRSSVersion")
    faults += missing(
        channel, "title", "link", "description", "language", "lastBuildDate", "ttl", "docs"
    )
    faults += self_faults(channel.findall(f"{A}link"), address, "application/rss+xml")
    faults += language_faults(channel.findtext("language"))
    faults += [] if int(channel.findtext("ttl")) > 0 else ["InvalidPositiveInteger: ttl"]
    tags = [child.tag for child in channel]
    if "item" in tags and set(tags[tags.index("item") :]) != {"item"}:
        faults.append("MisplacedItem")
    for element in channel.iter("title", "description", "category", "source"):
        value = "".join(element.itertext())
        if element.tag == "description" and element.getparent().tag == "item":
            continue
        faults += plain_faults(value, lines[element.sourceline - 1])
        faults += [] if value.strip() else [f"NotBlank: {element.tag}"]
    for element in channel.iter("link", "docs"):
        faults += uri_faults(element.text)
    for element in channel.iter("pubDate", "lastBuildDate"):
        faults += moment_faults(element.text, RFC822, parsedate_to_datetime)
    for element in channel.iter("category"):
        faults += uri_faults(element.get("domain"))
    for item in channel.iter("item"):
        faults += missing(
            item, "title", "link", "description", "guid", "pubDate", ENCODED, f"{DC}creator"
        )
        faults += html_faults(item.findtext("description")) + html_faults(item.findtext(ENCODED))
        faults += language_faults(item.findtext(f"{DC}language", "und"))
        faults += rfc3339_faults(item.findtext(f"{A}updated"))
        faults += [] if item.find("guid").get("isPermaLink") == "false" else ["InvalidHttpGUID"]
        faults += [
            fault for source in item.findall("source") for fault in uri_faults(source.get("url"))
        ]
        children = [child.tag for child in item]
        if children.index("description") > children.index(ENCODED):
            faults.append("NeedDescriptionBeforeContent")
        if "author" in children or f"{DC}date" in children or f"{DC}subject" in children:
            faults.append("DuplicateItemSemantics")
    guids = Counter(element.text for element in channel.iter("guid"))
    return faults + [f"DuplicateValue: {guid}" for guid, times in guids.items() if times > 1]


def json_faults(document: bytes, address: str) -> list[str]:
    feed = json.loads(document)
    faults = []
    if feed["version"] != "https://jsonfeed.org/version/1.1" or feed["feed_url"] != address:
        faults.append("version or feed_url")
    allowed = {
        "version",
        "title",
        "home_page_url",
        "feed_url",
        "next_url",
        "description",
        "authors",
        "language",
        "_dateline",
        "items",
    }
    faults += [f"unknown key {key}" for key in feed.keys() - allowed]
    faults += uri_faults(feed.get("next_url", address))
    faults += ["next_url is this document"] if feed.get("next_url") == address else []
    faults += uri_faults(feed["home_page_url"]) + language_faults(feed["language"])
    allowed = {
        "id", "url", "external_url", "title", "content_html", "content_text", "summary",
        "date_published", "date_modified", "authors", "tags", "language", "_dateline",
    }  # fmt: skip
    for item in feed["items"]:
        faults += [f"unknown key {key}" for key in item.keys() - allowed]
        faults += [f"null {key}" for key, value in item.items() if value is None or value == ""]
        faults += [
            f"{key} missing"
            for key in ("id", "url", "title", "content_html", "content_text", "authors")
            if key not in item
        ]
        faults += uri_faults(item["url"]) + uri_faults(item.get("external_url", item["url"]))
        faults += html_faults(item["content_html"]) + language_faults(item.get("language", "und"))
        faults += rfc3339_faults(item["date_published"]) + rfc3339_faults(item["date_modified"])
    return faults


VALIDATED = [
    (render_atom, atom_faults, ".atom"),
    (render_rss, rss_faults, ".rss"),
    (render_json, json_faults, ".json"),
]


def faults_of(digest: Digest) -> list[str]:
    return [
        fault
        for render, faults, extension in VALIDATED
        for fault in faults(render(digest), f"{digest.base_url}{digest.own_path}{extension}")
    ]


def test_a_rich_digest_is_valid(rich: Digest) -> None:
    assert faults_of(rich) == []


def test_an_empty_digest_is_valid(a_digest: MakeDigest) -> None:
    assert faults_of(a_digest()) == []


def test_a_digest_of_withdrawn_entries_is_valid(an_entry: MakeEntry, a_digest: MakeDigest) -> None:
    entries = [
        an_entry(1, withdrawn_reason="It was <b>false</b> & old."),
        an_entry(2, withdrawn_reason=""),
    ]
    assert faults_of(a_digest(*entries)) == []


def test_an_archive_is_valid(an_entry: MakeEntry, a_digest: MakeDigest) -> None:
    digest = a_digest(an_entry(), archive=2, previous_archive=1)
    assert faults_of(digest) == []
    assert faults_of(replace(digest, archive=None)) == []


def test_a_feed_with_tombstones_has_no_other_name_a_validator_does_not_know(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    tombstones = [
        Tombstone(uid=f"tag:a.example,2026:{n}", withdrawn_at=NOW, reason=reason)
        for n, reason in enumerate(("It was <b>false</b> & old.", ""))
    ]
    digest = a_digest(an_entry(), tombstones=tuple(tombstones))
    unknown = "{http://purl.org/atompub/tombstones/1.0}"
    assert set(faults_of(digest)) == {
        f"UndefinedElement: {unknown}deleted-entry",
        f"UndefinedElement: {unknown}comment",
    }


def test_a_digest_with_odd_titles_of_its_own_is_valid(
    an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    digest = a_digest(
        an_entry(), title="R&D2 </b> &copy;", subtitle="<i>x</i> &#65;", language="zz", page_url=""
    )
    assert faults_of(digest) == []
    assert faults_of(a_digest(title="\x00", subtitle="\x00")) == []


@settings(deadline=None)
@given(
    words=st.lists(
        st.text(
            alphabet=st.one_of(st.characters(), st.sampled_from("<>&;#/abx1ÃÂ\xa9\xa0@.")),
            max_size=40,
        ),
        min_size=7,
        max_size=7,
    )
)
def test_a_digest_of_any_words_is_valid(
    an_entry: MakeEntry, a_publication: MakePublication, a_digest: MakeDigest, words: list[str]
) -> None:
    title, summary, publisher, headline, path, conflict, language = words
    digest = a_digest(
        an_entry(
            title=title,
            summary=summary,
            language=language,
            conflicts=(("mali", conflict),),
            publications=(
                a_publication(
                    publisher=publisher,
                    title=headline,
                    url=f"https://news.example/{path}",
                    language=language,
                ),
            ),
        ),
        title=headline,
        subtitle=summary,
    )
    assert faults_of(digest) == []


class TestTheRulesThemselves:
    """A validator that never complains proves nothing."""

    @pytest.mark.parametrize(
        ("good", "bad", "fault"),
        [
            (b'rel="self"', b'rel="other"', "MissingSelf"),
            (b"2026-11-22T11:00:00Z", b"2036-11-22T11:00:00Z", "ImplausibleDate"),
            (b'hreflang="en"', b'hreflang="english"', "InvalidLanguage"),
            (
                b'<title type="text">Convoy',
                b'<title type="text">&lt;/b&gt;Convoy',
                "ContainsUndeclaredHTML",
            ),
            (b"<id>tag:", b"<id>tag:A", "InvalidTAG"),
            (
                b'href="https://news.example/convoy"',
                b'href="https://news.example/con voy"',
                "InvalidFullLink",
            ),
            (b"&lt;bdi&gt;", b"&lt;script&gt;", "SecurityRisk"),
            (b"&lt;/bdi&gt;", b"", "NotHtml"),
            (b"dawn.&lt;", b"dawn &amp; up&lt;", "NotHtml"),
            (b'rel="related"', b'rel="original"', "UnregisteredAtomLinkRel"),
            (b"news/00002", b"news/00001", "Duplicate"),
            (b"BBC News<", "CafÃ©<".encode(), "BadCharacters"),
            (b"<summary", b"<blurb/><summary", "UndefinedElement"),
        ],
    )
    def test_a_fault_is_found(
        self, an_entry: MakeEntry, a_digest: MakeDigest, good: bytes, bad: bytes, fault: str
    ) -> None:
        written = render_atom(a_digest(an_entry(1), an_entry(2)))
        assert good in written
        found = atom_faults(
            written.replace(good, bad), "https://dateline.example/conflicts/mali/latest-news.atom"
        )
        assert any(item.startswith(fault) for item in found), found

    def test_two_entries_updated_at_the_same_time_are_found(
        self, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        at = NOW - timedelta(days=1)
        written = render_atom(a_digest(an_entry(1, updated_at=at), an_entry(2, updated_at=at)))
        assert "Duplicate: 2026-11-22T00:00:00Z" in atom_faults(
            written, "https://dateline.example/conflicts/mali/latest-news.atom"
        )


def test_the_content_types_are_the_registered_ones() -> None:
    assert ATOM_CONTENT_TYPE == "application/atom+xml; charset=utf-8"
    assert RSS_CONTENT_TYPE == "application/rss+xml; charset=utf-8"
    assert JSON_CONTENT_TYPE == "application/feed+json; charset=utf-8"
    assert OPML_CONTENT_TYPE == "text/x-opml; charset=utf-8"


def test_a_feed_opened_in_a_browser_is_styled(a_digest: MakeDigest) -> None:
    for render in (render_atom, render_rss):
        assert (
            b'<?xml-stylesheet type="text/css" href="https://dateline.example/static/feed.css"?>\n<'
            in render(a_digest())
        )


class TestOpml:
    def test_it_lists_every_feed_in_its_region(self, site: Site, a_card: MakeCard) -> None:
        cards = [
            a_card(),
            a_card(slug="sudan", title="R&D & <b>"),
            a_card(slug="x", title="X", region=""),
        ]
        root, faults = document_faults(render_opml(site, cards, NOW))
        assert faults == []
        assert root.get("version") == "2.0"
        assert RFC822.fullmatch(root.findtext("head/dateModified"))
        assert [outline.get("text") for outline in root.findall("body/outline")] == [
            "Dateline: all conflicts",
            "Sub-Saharan Africa",
            "X",
            "Daily: X",
        ]
        feeds = [outline.attrib for outline in root.iter("outline") if outline.get("type")]
        assert [feed["xmlUrl"] for feed in feeds] == [
            "https://dateline.example/latest-news.atom",
            "https://dateline.example/conflicts/mali/latest-news.atom",
            "https://dateline.example/conflicts/mali/daily.atom",
            "https://dateline.example/conflicts/sudan/latest-news.atom",
            "https://dateline.example/conflicts/sudan/daily.atom",
            "https://dateline.example/conflicts/x/latest-news.atom",
            "https://dateline.example/conflicts/x/daily.atom",
        ]
        assert {feed["type"] for feed in feeds} == {"rss"}
        assert all(feed["text"] == feed["title"] for feed in feeds)
        assert feeds[3]["text"] == "R&amp;D & &lt;b>"
        assert feeds[4]["text"] == "Daily: R&amp;D & &lt;b>"

    def test_it_is_never_empty(self, site: Site) -> None:
        assert etree.fromstring(render_opml(site, [], NOW)).find("body/outline") is not None

    def test_a_regions_own_feed_comes_first_in_its_folder(
        self, site: Site, a_card: MakeCard
    ) -> None:
        region = Region(slug="the-sahel", title="The Sahel", conflicts=frozenset({"mali"}))
        cards = [a_card(region="the sahel"), a_card(slug="x", region="")]
        root, faults = document_faults(render_opml(site, cards, NOW, [region]))
        assert faults == []
        folder = root.find("body/outline[@text='The Sahel']")
        assert [outline.get("xmlUrl") for outline in folder] == [
            f"{site.address}/regions/the-sahel/latest-news.atom",
            f"{site.address}/conflicts/mali/latest-news.atom",
            f"{site.address}/conflicts/mali/daily.atom",
        ]
