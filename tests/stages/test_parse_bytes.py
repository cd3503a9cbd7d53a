"""Parse: encodings, hostile prologs, documents that break off, and the publisher's rhythm."""

import codecs
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParseError
from pipeline.model import Fetched, ParsedFeed
from pipeline.stages.parse import parse
from pipeline.stages.parse.decode import decode

ITEM = "<item><title>{}</title></item>"


def parsed(document: str | bytes, charset: str | None = None) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    return parse(Fetched(url="https://a.example/f", status=200, body=body, charset=charset))


def rss(inside: str, declaration: str = "") -> str:
    return f"{declaration}<rss version='2.0'><channel>{inside}</channel></rss>"


def declared(encoding: str, title: str) -> str:
    return rss(ITEM.format(title), f"<?xml version='1.0' encoding='{encoding}'?>")


def titles(document: str | bytes, charset: str | None = None) -> list[str]:
    return [entry.title_html for entry in parsed(document, charset).entries]


@pytest.mark.parametrize(
    ("body", "charset", "title"),
    [
        (declared("utf-8", "Бамако").encode(), None, "Бамако"),
        (declared("utf-8", "Бамако").encode(), "windows-1251", "Бамако"),
        (declared("windows-1251", "Бамако").encode(), None, "Бамако"),
        (declared("windows-1251", "Бамако").encode("cp1251"), None, "Бамако"),
        (declared("windows-1251", "Бамако").encode("cp1251"), "iso-8859-1", "Бамако"),
        (rss(ITEM.format("Бамако")).encode("koi8-r"), '"KOI8-R"', "Бамако"),
        (rss(ITEM.format("Gaoussou é")).encode("latin-1"), None, "Gaoussou é"),
        (declared("ascii", "“é”").encode("cp1252"), None, "“é”"),
        (declared("Shift_JIS", "日本").encode("shift_jis"), None, "日本"),
        (declared("gb2312", "北京镕").encode("gb18030"), None, "北京镕"),
        (declared("iso-2022-jp", "日本").encode("iso-2022-jp"), None, "日本"),
        (declared("hz-gb-2312", "北京").encode("hz"), None, "北京"),
        (declared("utf-8", "Gao ~{ tilde").encode(), None, "Gao ~{ tilde"),
        (declared("utf-16", "Бамако").encode("utf-16"), None, "Бамако"),
        (declared("utf-16", "Бамако").encode("utf-16-be"), None, "Бамако"),
        (declared("utf-16", "Бамако").encode("utf-16-le"), "utf-8", "Бамако"),
        (codecs.BOM_UTF32_BE + declared("utf-32", "Бамако").encode("utf-32-be"), None, "Бамако"),
        (declared("utf-32", "Бамако").encode("utf-32-le"), None, "Бамако"),
        (codecs.BOM_UTF8 + declared("utf-8", "Бамако").encode(), None, "Бамако"),
        (codecs.BOM_UTF8 + declared("utf-8", "é").encode("latin-1"), None, "é"),
        (declared("utf-7", "+ADw-").encode(), None, "+ADw-"),
        (declared("klingon", "é").encode("latin-1"), "hex", "é"),
        (rss(ITEM.format('encoding="koi8-r" é')).encode("latin-1"), None, 'encoding="koi8-r" é'),
        (declared("utf-16", "é").encode("latin-1"), None, "é"),
    ],
)
def test_text_is_read_in_its_real_encoding(body: bytes, charset: str | None, title: str) -> None:
    assert titles(body, charset) == [title]


def test_one_broken_byte_does_not_turn_a_document_into_mojibake() -> None:
    body = declared("utf-8", "Ségou, Kayes, Mopti: é è ê ë à â ç ï ô û ù X").encode()
    [title] = titles(body.replace(b"X", b"\xff"))
    assert title == "Ségou, Kayes, Mopti: é è ê ë à â ç ï ô û ù \ufffd"


def test_bytes_that_no_label_explains_are_still_read() -> None:
    assert titles(rss(ITEM.format("é")).encode("latin-1").replace(b"\xe9", b"\xe9\x81")) != []
    assert titles(declared("shift_jis", "T").encode().replace(b"T", b"T\x81\xff\x81")) != []


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "koi8-r", "idna", "x", ""]))
def test_no_bytes_break_the_decoder(body: bytes, charset: str | None) -> None:
    decode(body, charset)


def laughs(levels: int, quote: str = '"') -> str:
    unfolding = (f"<!ENTITY a{n} {quote}{f'&a{n - 1};' * 10}{quote}>" for n in range(1, levels))
    declarations = f"<!ENTITY a0 {quote}ha{quote}>" + "".join(unfolding)
    return f"<!DOCTYPE rss [{declarations}]>" + rss(ITEM.format(f"&a{levels - 1};"))


@pytest.mark.parametrize(
    "document",
    [
        laughs(10),
        laughs(10, "'"),
        laughs(10).encode("utf-16"),
        "<?xml version='1.0'?><!-- c -->" + laughs(9).replace('"ha"', '"<b>ha</b>"'),
        f"<!DOCTYPE r [<!ENTITY a '{'x' * 100_000}'>]>" + rss(ITEM.format("&a;" * 1000)),
        f"<!DOCTYPE r [<!ENTITY a '{'x' * 1_100_000}'>]>" + rss(ITEM.format("")),
        "<!DOCTYPE r [<!ENTITY a '&b;'><!ENTITY b '&a;'>]>" + rss(ITEM.format("&a;")),
        "<!DOCTYPE r ["
        + "".join(f"<!ENTITY e{n} '&e{n - 1};'>" for n in range(2000))
        + "]>"
        + rss(""),
        "<!DOCTYPE r SYSTEM 'a[b' [<!-- [ -->" + laughs(10).partition("[")[2],
    ],
)
def test_entity_bombs_are_refused_quickly(document: str | bytes) -> None:
    started = time.process_time()
    with pytest.raises(ParseError) as caught:
        parsed(document)
    assert caught.value.kind == "entity_bomb"
    assert time.process_time() - started < 2


def test_external_entities_read_nothing() -> None:
    document = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + rss(
        ITEM.format("a&x;b")
    )
    assert titles(document) in (["ab"], ["a&x;b"])


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE rss [<!ENTITY nbsp '&#160;'> <!ENTITY eacute \"&#233;\"> ]>"
        + rss(ITEM.format("T")),
        "<!DOCTYPE rss PUBLIC '-//N//DTD RSS 0.91//EN' 'https://dtd.example/x.dtd'>"
        + rss(ITEM.format("T")),
        "<!DOCTYPE rss [<!ENTITY % l SYSTEM 'x'> %l; <?pi?> ]>" + rss(ITEM.format("T")),
        "<!DOCTYPE rss [<!ENTITY a 'x'><!ENTITY b '&a;&a;'><!ENTITY c '&a;&b;'>]>"
        + rss(ITEM.format("T")),
        "<!DOCTYPE rss [<!ENTITY c '&a;&a;'><!ENTITY a 'x'>]>" + rss(ITEM.format("T")),
        rss(
            "<item><title>T</title>"
            "<description><![CDATA[<!DOCTYPE r [<!ENTITY a '&a;'>]]></description></item>"
        ),
        "<!-- <!DOCTYPE r [<!ENTITY a '&a;'>]> -->" + rss(ITEM.format("T")),
        "<!DOCTYPE rss [<!ENTITY a 'x'>" + rss(ITEM.format("T")),
    ],
)
def test_harmless_declarations_and_quotations_pass(document: str) -> None:
    assert titles(document) == ["T"]


def test_text_before_the_root_declares_nothing() -> None:
    with pytest.raises(ParseError, match="no feed"):
        parsed("just words")


@pytest.mark.parametrize(
    ("tail", "kept"),
    [
        ("<item><title>Cut in the mid", 2),
        ("<item><title>Cut</title><link>https://a.example/3</li", 2),
        ("<item><title>Cut</title><description><![CDATA[ x </item> ", 2),
        ("<item><title>Cut</title><!-- </item> ", 2),
        ("<item><title>Cut</title>", 2),
        ("<item", 2),
        ("<it", 2),
        ("", 2),
        ("<item><title>Third</title></item>", 3),
        ("<item/>", 3),
        ("</chan", 2),
    ],
)
def test_a_document_that_breaks_off_keeps_its_whole_entries(tail: str, kept: int) -> None:
    start = "<rss version='2.0'><channel>" + ITEM.format("One") + ITEM.format("Two")
    feed = parsed(start + tail)
    assert (len(feed.entries), feed.complete) == (kept, False)


def test_an_atom_document_that_breaks_off_is_noticed() -> None:
    feed = parsed("<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id></entry><entry><id>2")
    assert ([e.guid for e in feed.entries], feed.complete) == (["1"], False)


@pytest.mark.parametrize(
    "document",
    [
        "<rss version='2.0'><channel>" + ITEM.format("Q&A") + "</channel>",
        "<rss version='2.0'><channel>"
        + ITEM.format("T")
        + "<item><title>Q&A</title></channel></rss>",
        "Warning: x <br/>" + rss(ITEM.format("Q&A")),
        "<rss version='2.0'/> &",
    ],
)
def test_a_whole_document_is_complete_however_ill_formed(document: str) -> None:
    assert parsed(document).complete


def period(name: str, frequency: str = "") -> str:
    often = f"<sy:updateFrequency>{frequency}</sy:updateFrequency>" if frequency else ""
    return f"<sy:updatePeriod>{name}</sy:updatePeriod>{often}"


@pytest.mark.parametrize(
    ("head", "ttl"),
    [
        ("<ttl>60</ttl>", timedelta(hours=1)),
        ("<ttl> 10080 </ttl>", timedelta(days=7)),
        ("<ttl>0</ttl>", None),
        ("<ttl>0.1</ttl>", None),
        ("<ttl>-1</ttl>", None),
        ("<ttl></ttl>", None),
        ("<ttl>nan</ttl>", None),
        ("<ttl>1e300</ttl>", None),
        ("<ttl x='1'>60</ttl>", None),
        (period("hourly"), timedelta(hours=1)),
        (period(" dayly "), timedelta(days=1)),
        (period("always"), None),
        (period("daily", "4"), timedelta(hours=6)),
        (period("daily", "0"), timedelta(days=1)),
        (period("hourly", "0.1"), timedelta(hours=10)),
        ("<ttl>0</ttl>" + period("weekly"), timedelta(weeks=1)),
    ],
)
def test_the_wished_interval_is_read_where_it_is_of_use(head: str, ttl: timedelta | None) -> None:
    namespace = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
    assert parsed(f"<rss version='2.0' {namespace}><channel>{head}</channel></rss>").ttl == ttl


def test_hours_to_skip_that_never_end_are_none() -> None:
    feed = parsed(rss("<x/><skipHours><hour>1</hour>" + "x" * 5_000 + "</skipHours>"))
    assert feed.skip_hours == frozenset()


def test_a_long_prolog_changes_nothing() -> None:
    subset = '<!ENTITY wire "Wire">'
    inside = "<title>&wire;</title>" + ITEM.format("Talks &wire;")
    documents = [
        rss(inside, f"<?xml version='1.0'?>{space}<!DOCTYPE rss [{space}{subset}{space}]>{space}")
        for space in ("\n", "\n \t" * 2_000, "\n" * 100_000)
    ]
    short, *long = map(parsed, documents)
    assert [entry.title_html for entry in short.entries] == ["Talks Wire"]
    assert [replace(feed, format=short.format) for feed in long] == [short, short]


def test_names_longer_than_anybodys_are_cut_before_feedparser_looks_for_addresses_in_them() -> None:
    began = time.process_time()
    authors = "".join(
        f"<item><title>T</title><{name}>{start}{'a' * 60_000}</{name.split()[0]}></item>"
        for name in ("author", "dc:creator x='1'", "managingEditor")
        for start in ("", "A. Writer ")
    )
    feed = parsed(
        "<!DOCTYPE rss>"
        + rss(authors).replace("<rss", "<rss xmlns:dc='http://purl.org/dc/elements/1.1/'")
    )
    assert len(feed.entries) == 6
    assert time.process_time() - began < 3


def test_all_hours_and_days_to_skip_are_read() -> None:
    feed = parsed(
        rss(
            "<skipHours><hour>1</hour><hour> 7 </hour><hour>24</hour><hour>25</hour>"
            "<hour>x</hour></skipHours>"
            "<skipDays><day>Saturday</day><day>sun</day><day>Moonday</day></skipDays>"
            "<!-- <skipHours><hour>3</hour></skipHours> -->"
        )
    )
    assert (feed.skip_hours, feed.skip_days) == (frozenset({0, 1, 7}), frozenset({5, 6}))
