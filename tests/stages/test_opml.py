"""Lists of feeds come in from anywhere and go out to anybody."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParseError
from pipeline.stages.opml import MOST_BYTES, MOST_FEEDS, Outline, read_opml, write_opml

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def opml(body: str, prolog: str = "") -> bytes:
    return f'{prolog}<opml version="2.0"><head/><body>{body}</body></opml>'.encode()


def refused(document: bytes) -> str:
    with pytest.raises(ParseError) as caught:
        read_opml(document)
    return caught.value.kind


def test_every_outline_with_an_address_is_a_feed() -> None:
    document = opml(
        '\n<outline text="Wire" title="Sahel Wire" xmlUrl=" https://a.example/f " '
        'htmlUrl="https://a.example/" language="fr-FR" type="rss"/>'
        '\n<outline text="A note"/>\n<outline text="Only text" xmlUrl="b"/>'
    )
    assert read_opml(document) == (
        Outline(
            url="https://a.example/f",
            title="Sahel Wire",
            home_url="https://a.example/",
            language="fr",
            line=2,
        ),
        Outline(url="b", title="Only text", line=4),
    )


def test_folders_and_categories_become_tags() -> None:
    document = opml(
        '<outline text="West  Africa"><outline title="Mali"><outline xmlUrl="a" '
        'category="/World/Security,mali, ,press"/></outline></outline>'
    )
    assert read_opml(document)[0].tags == ("west-africa", "mali", "security", "press")


def test_spelling_of_names_does_not_matter() -> None:
    document = b'<OPML xmlns="urn:x"><body><Outline XMLURL="a" TITLE="T"/></body></OPML>'
    assert [(each.url, each.title) for each in read_opml(document)] == [("a", "T")]


@pytest.mark.parametrize("written", ["unknown language", "x", "../../etc", ""])
def test_what_is_no_language_is_dropped(written: str) -> None:
    assert read_opml(opml(f'<outline xmlUrl="a" language="{written}"/>'))[0].language == ""


def test_names_become_one_line_that_deceives_no_terminal() -> None:
    title = read_opml(
        opml('<outline xmlUrl="a" title="A&#10;B&#x202E;C&#x9b;31m' + "x" * 500 + '"/>')
    )
    assert title[0].title.startswith("A B C 31mxxx")
    assert len(title[0].title) == 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_list_may_come_in_any_encoding_and_after_blank_lines(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        + opml('<outline xmlUrl="a" title="Actualités"/>').decode()
    )
    assert read_opml(text.encode(encoding))[0].title == "Actualités"
    assert read_opml(b"\n \n" + text.encode("utf-8").replace(encoding.encode(), b"utf-8"))


LAUGHS = "<!DOCTYPE opml [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "document",
    [
        opml('<outline xmlUrl="&a11;"/>', LAUGHS + "]>"),
        opml("&a11;", LAUGHS + "]>"),
        opml("<outline xmlUrl='a'/>", "<!DOCTYPE opml [<!ENTITY e 'unused'>]>"),
        opml("&e;", "<!DOCTYPE opml [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"),
        opml("", "<!DOCTYPE opml [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'> %p;]>"),
        opml('<outline xmlUrl="&c59;"/>', "<!DOCTYPE opml [<!ENTITY c0 'x'>" + "".join(
            f"<!ENTITY c{n} '&c{n - 1};'>" for n in range(1, 60)) + "]>"),
        ("<?xml version='1.0' encoding='utf-16'?>" + LAUGHS + "]><opml/>").encode("utf-16"),
    ],
    ids=["attribute", "text", "unused", "file", "parameter", "chain", "utf-16"],
)  # fmt: skip
def test_entities_are_refused_in_every_disguise(document: bytes) -> None:
    began = time.process_time()
    assert refused(document) == "entity_bomb"
    assert time.process_time() - began < 2


def test_a_harmless_document_type_passes_and_nothing_is_loaded() -> None:
    prolog = '<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/opml.dtd">'
    assert len(read_opml(opml('<outline xmlUrl="a"/>', prolog))) == 1


@pytest.mark.parametrize(
    "document",
    [
        b"<html><body>A page</body></html>", b"<rss/>", b'{"feeds": []}', b"<opml><body>",
        b"<opml><outline xmlUrl='a&b'/></opml>", b"<o>" * 100_000, b"<opml>\0</opml>",
        b"<opml>" + b"<outline>" * 1_000, b"<?xml version='1.0' encoding='x-none'?><opml/>",
    ],
    ids=lambda document: repr(document[:24]),
)  # fmt: skip
def test_what_is_no_list_is_refused(document: bytes) -> None:
    assert refused(document) == "not_opml"


def test_a_fault_in_the_markup_is_named_with_its_line() -> None:
    with pytest.raises(ParseError, match="line 3"):
        read_opml(b"<opml>\n<body>\n<outline text='A & B'/>\n</body></opml>")


@pytest.mark.parametrize("document", [b"", b" \n", b"\0\0"])
def test_an_empty_list_is_refused(document: bytes) -> None:
    assert refused(document) == "empty"


def test_too_many_feeds_are_refused_at_once() -> None:
    began = time.process_time()
    assert refused(opml('<outline xmlUrl="a"/>' * 100_000)) == "too_large"
    assert time.process_time() - began < 5
    assert len(read_opml(opml('<outline xmlUrl="a"/>' * MOST_FEEDS))) == MOST_FEEDS


def test_too_many_bytes_are_refused_unread() -> None:
    assert refused(b"<" * (MOST_BYTES + 1)) == "too_large"


def test_a_list_is_written_in_folders() -> None:
    wire = Outline(
        url="https://a.example/f?x=1&y=2", title="Wire <fr>", language="fr", tags=("a,b",)
    )
    written = write_opml("Our feeds", {"": [Outline(url="u")], "Africa": [wire]}, NOON)
    assert written.decode().splitlines() == [
        "<?xml version='1.0' encoding='UTF-8'?>",
        '<opml version="2.0">',
        "  <head>",
        "    <title>Our feeds</title>",
        "    <dateCreated>Sun, 22 Nov 2026 12:00:00 GMT</dateCreated>",
        "  </head>",
        "  <body>",
        '    <outline type="rss" text="u" title="u" xmlUrl="u"/>',
        '    <outline text="Africa" title="Africa">',
        '      <outline type="rss" text="Wire &lt;fr&gt;" title="Wire &lt;fr&gt;" '
        'xmlUrl="https://a.example/f?x=1&amp;y=2" language="fr" category="a b"/>',
        "    </outline>",
        "  </body>",
        "</opml>",
    ]


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_whatever_is_written_can_be_read(title: str, name: str, tags: list[str]) -> None:
    url = f"https://a.example/{name}"
    outline = Outline(url=url, title=title, home_url=title, tags=tuple(tags))
    assert len(read_opml(write_opml(title, {title: [outline]}, NOON))) == 1


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    for document in (junk, b"<opml>" + junk + b"</opml>"):
        with suppress(ParseError):
            read_opml(document)
