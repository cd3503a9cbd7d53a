"""Extract: an article's text out of its page, by trafilatura and by Beautiful Soup alone."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.extract import (
    LONGEST_TEXT,
    Extracted,
    Lack,
    RawPage,
    extract_text,
    text_by_soup,
)

PARAGRAPHS = (
    "Fighters of JNIM stopped fuel lorries on the road between Kayes and Bamako on Saturday, two "
    "drivers and a village chief said by telephone.",
    "The army spoke of an incident that was under control. It did not say how many lorries burned, "
    "nor whether the road was open again.",
    "Since September the group has kept fuel from the capital; schools closed for two weeks.",
)
STORY = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
PAGE = f"""<!doctype html><html lang=en><head><meta charset=utf-8><title>Fuel lorries stopped</title>
<style>p {{ color: red }}</style><script>var place = "Niamey";</script></head><body class="has-sidebar">
<header><a href=/>Sahel Wire</a></header><nav><ul><li>World</li><li>Sport</li></ul></nav>
<main><article><h1>Fuel lorries stopped</h1>{STORY}
<div class="related-links"><p>Khartoum: the war in its third year</p></div>
<form><input name=q><button>Subscribe to the Kinshasa letter</button></form></article></main>
<aside><p>Advertisement from Mogadishu</p></aside>
<section id=comments><p>A reader in Tripoli writes: I do not believe it at all.</p></section>
<footer>All rights reserved, Abuja</footer></body></html>"""
AROUND = ("Niamey", "Khartoum", "Kinshasa", "Mogadishu", "Tripoli", "Abuja", "Sport", "color: red")


@pytest.fixture(params=["trafilatura", "soup"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra `fulltext`, and without."""
    if request.param == "soup":
        monkeypatch.setitem(sys.modules, "trafilatura", None)


def extracted(markup: str | bytes, content_type: str = "text/html", **more: str) -> Extracted:
    body = markup.encode() if isinstance(markup, str) else markup
    return extract_text(RawPage(body=body, content_type=content_type, **more))


@pytest.mark.usefixtures("either")
def test_the_article_is_found_and_what_stands_around_it_left_out() -> None:
    found = extracted(PAGE)
    assert found.lack is None
    for paragraph in PARAGRAPHS:
        assert paragraph in found.text.split("\n")
    assert [word for word in AROUND if word in found.text] == []


@pytest.mark.usefixtures("either")
def test_an_encoding_only_the_page_itself_names_is_understood() -> None:
    text = "Les soldats français ont quitté Ménaka, a déclaré le porte-parole. " * 4
    markup = f'<html><head><meta charset="iso-8859-1"></head><body><article><p>{text}</p></article></body></html>'
    assert "français ont quitté Ménaka" in extracted(markup.encode("cp1252")).text


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [("utf-8", "iso-8859-1"), ("utf-8-sig", None), ("cp1256", "windows-1256"), ("utf-16", None)],
)
def test_encodings_are_told_apart(encoding: str, charset: str | None) -> None:
    text = "قال الجيش إن الهجوم وقع قرب كيدال في شمال مالي صباح السبت. " * 4
    markup = f"<html><body><article><p>{text}</p></article></body></html>"
    page = RawPage(body=markup.encode(encoding), content_type="text/html", charset=charset)
    assert "قرب كيدال" in extract_text(page).text


@pytest.mark.parametrize("charset", [None, "utf-8", "x-unheard-of", "rot13", "idna", "utf-8\0"])
def test_a_wrong_or_missing_label_stops_nothing(charset: str | None) -> None:
    markup = b"<article><p>" + b"caf\xe9 " * 60 + b"</p></article>"
    assert "caf" in extract_text(RawPage(body=markup, charset=charset)).text


def test_an_asian_page_under_a_broken_label_is_read_as_far_as_it_goes() -> None:
    markup = b"<p>" + "新闻".encode("gb2312") * 80 + b"\xff</p>"
    assert "新闻" in extract_text(RawPage(body=markup, charset="gb2312")).text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7 <<", "application/pdf"),
        (b"%PDF-1.7 <<", "text/html"),
        (b"\x89PNG\r\n<", ""),
        (b"{}", "application/json"),
        (b"no markup at all", "text/html"),
        (b"", "text/html"),
    ],
)
def test_what_is_no_page_is_said_to_be_none(body: bytes, content_type: str) -> None:
    assert extracted(body, content_type) == Extracted(text="", lack=Lack.NOT_HTML)


@pytest.mark.usefixtures("either")
def test_a_page_without_text_is_said_to_have_none() -> None:
    markup = (
        "<html><body><div id=root></div><noscript>Switch JavaScript on.</noscript></body></html>"
    )
    assert extracted(markup) == Extracted(text="", lack=Lack.NO_TEXT)


@pytest.mark.usefixtures("either")
def test_a_bot_check_is_not_taken_for_the_article() -> None:
    markup = (
        "<html><head><title>Just a moment...</title></head><body><p>Checking if the connection is "
        "secure before you go on. This takes a few seconds; your browser will be redirected to the "
        "page that you asked for.</p><script>window._cf_chl_opt={};var a='__cf_chl_tk'</script>"
        "</body></html>"
    )
    assert extracted(markup) == Extracted(text="", lack=Lack.CHALLENGE)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    "sign",
    [
        '<script type="application/ld+json">{"isAccessibleForFree": false}</script>',
        '<script type="application/ld+json">{"isAccessibleForFree":"False"}</script>',
        '<meta property="article:content_tier" content="locked">',
    ],
)
def test_the_teaser_of_a_paid_article_is_said_to_be_one(sign: str) -> None:
    found = extracted(PAGE.replace("</head>", f"{sign}</head>"))
    assert found.lack is Lack.TEASER
    assert PARAGRAPHS[0] in found.text


def test_a_paid_article_that_is_there_in_full_is_no_teaser() -> None:
    sign = '<script type="application/ld+json">{"isAccessibleForFree": false}</script>'
    found = extracted(PAGE.replace("</head>", f"{sign}</head>").replace(STORY, STORY * 6))
    assert found.lack is None


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("space", [" ", ""])
def test_a_text_without_end_is_cut(space: str) -> None:
    words = "".join(f"place{number}{space}" for number in range(30_000))
    found = extracted(f"<html><body><article><p>{words}</p></article></body></html>")
    assert LONGEST_TEXT // 2 < len(found.text) <= LONGEST_TEXT
    assert not found.text.endswith(" ")


def test_without_an_article_the_marked_body_is_taken() -> None:
    markup = f"<div><p>Around.</p></div><div itemprop=articleBody>{STORY}</div>"
    assert text_lines(markup) == list(PARAGRAPHS)


def test_without_either_main_is_taken() -> None:
    assert text_lines(f"<div>Around.</div><div role=main>{STORY}</div>") == list(PARAGRAPHS)


def test_without_any_sign_the_place_with_most_paragraphs_is_taken() -> None:
    markup = f"<div><p>Around.</p></div><div>{STORY}</div><div><p>Below.</p></div>"
    assert text_lines(markup) == list(PARAGRAPHS)


def test_a_page_of_hardly_any_text_is_taken_whole() -> None:
    assert text_lines("<h1>Short</h1><p>One line.<br>Another.</p>") == [
        "Short",
        "One line.",
        "Another.",
    ]


def test_of_many_articles_the_longest_is_taken() -> None:
    teaser = "<article><p>Another story.</p></article>"
    assert text_lines(f"{teaser}<article>{STORY}</article>{teaser}") == list(PARAGRAPHS)


def test_most_of_a_page_is_not_dropped_for_its_name() -> None:
    assert text_lines(f"<div class='layout social' hidden>{STORY}</div>") == list(PARAGRAPHS)


def test_hidden_parts_and_landmarks_are_left_out() -> None:
    extras = (
        "<div hidden><p hidden>Hidden.</p></div><div aria-hidden=true>Hidden.</div>"
        "<div role=navigation>Hidden.</div><nav><nav>Hidden.</nav></nav><!-- Hidden. -->"
    )
    assert text_lines(f"<article>{STORY}{extras}</article>") == list(PARAGRAPHS)


def text_lines(markup: str) -> list[str]:
    lines = (line.strip() for line in text_by_soup(markup).split("\n"))
    return [line for line in lines if line]


def test_a_library_that_stumbles_leaves_the_page_to_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import trafilatura

    def stumble(*args: object, **more: object) -> str:
        raise RecursionError

    monkeypatch.setattr(trafilatura, "extract", stumble)
    assert PARAGRAPHS[0] in extracted(PAGE).text


def test_a_lack_of_memory_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura

    def exhaust(*args: object, **more: object) -> str:
        raise MemoryError

    monkeypatch.setattr(trafilatura, "extract", exhaust)
    with pytest.raises(MemoryError):
        extracted(PAGE)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 20_000,
        "<article>" * 3_000 + "text",
        "<p" * 20_000,
        "<table>" * 2_000 + "x",
        "<![CDATA[<" * 5_000,
        "<a href='" + "x" * 200_000,
        "&" * 100_000 + "<p>",
        "<p>\ud800</p>".encode("utf-8", "surrogatepass"),
        "<?xml version='1.0' encoding='utf-8'?><html><body><p>x</p></body></html>",
    ],
    ids=range(9),
)
def test_odd_markup_does_no_harm(markup: str | bytes) -> None:
    found = extracted(markup)
    assert len(found.text) <= LONGEST_TEXT


_TAGS = ["<p>", "</p>", "<article>", "</div>", "<div hidden>", "<br", "<!--", "<nav>", "<script>", "é", "\x1e"]  # fmt: skip


@given(st.binary(max_size=300), st.lists(st.sampled_from(_TAGS), max_size=30), st.text(max_size=12))
def test_no_bytes_raise(noise: bytes, tags: list[str], charset: str) -> None:
    body = b"<" + noise.join(tag.encode() for tag in tags) + noise
    found = extract_text(RawPage(body=body, content_type="text/html", charset=charset))
    assert found.text == "" or found.lack in (None, Lack.TEASER)
    found.text.encode()
    assert len(text_by_soup(body.decode("utf-8", "replace"))) <= 2 * len(body) + 100
