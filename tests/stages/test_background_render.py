"""Promises about a background as HTML: the same text, stable anchors, nothing that could act."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import Background, Section, SectionKind
from pipeline.stages.background import RenderedSection, escape, render_sections


def rendered(*sections: Section) -> tuple[RenderedSection, ...]:
    return render_sections(Background(title="Unrest", sections=sections))


def section(markdown: str, heading: str = "", kind: SectionKind = SectionKind.OTHER) -> Section:
    return Section(kind=kind, heading=heading, markdown=markdown)


def html(markdown: str) -> str:
    (only,) = rendered(section(markdown))
    return only.html


ALLOWED = {
    *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "a", "ul", "ol", "li"),
    *("h3", "h4", "table", "thead", "tbody", "tr", "th", "td"),
}


class Reader(HTMLParser):
    """Collects the elements and the text a browser would see."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("#>+-=~|:*_`[]()!<&;\\1.x \t")
)
paragraphs = st.lists(
    lines.map(lambda line: line.strip(" \t")).filter(lambda line: line.strip()), min_size=1
).map("\n".join)


@given(paragraphs)
@example("a | b\n--- | ---")
@example("Heading\n===")
@example("1. one\n2) two")
@example("&amp; &#65; &copy; AT&T &")
@example("[a]: http://example.org 'b'\n![c][a] <http://example.org>")
@example("```\n~~~\n***\n___\n- - -")
@example("\\* a\\")
@example("\u00a0a\u00a0")
@example("## {#timeline}\n---")
def test_escaped_text_is_rendered_as_it_was_written(text: str) -> None:
    reader = Reader(html(escape(text)))
    assert reader.elements == ["p"]
    assert reader.text == text


@pytest.mark.parametrize(
    "plain",
    [
        "Mali’s army — and 1,500 others (MNLA) – said: “No!”",
        "In 2012. Then AT&T left; 50% remained, a/b, x@y, e-mail.",
        "young\u00a0migrants\u00a0from",
        "",
    ],
)
def test_ordinary_prose_is_escaped_to_itself(plain: str) -> None:
    assert escape(plain) == plain


def test_markdown_is_rendered() -> None:
    source = "*a* **b**\n\n1. c\n\n> d\n\n# e\n\n##### f\n\n| g |\n| --- |\n| h |\n\n`i`\n\n---"
    assert Reader(html(source)).elements == [
        *("p", "em", "strong", "ol", "li", "blockquote", "p", "h3", "h4"),
        *("table", "thead", "tr", "th", "tbody", "tr", "td", "p", "code", "hr"),
    ]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/a?b=1", True),
        ("http://example.org/", True),
        ("mailto:desk@example.org", True),
        ("#timeline", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("data:image/svg+xml,x", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("ftp://example.org/", False),
        ("//example.org/", False),
        ("/desk", False),
    ],
)
def test_only_links_to_the_web_to_mail_and_within_the_page_are_kept(
    address: str, kept: bool
) -> None:
    assert (f'href="{address}"' in html(f"[words]({address})")) is kept
    assert "words" in html(f"[words]({address})")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "text <svg/onload=alert(1)> text",
        "<a href='javascript:alert(1)'>x</a>",
        "<!-- comment --><style>*{}</style><iframe src=//example.org>",
        "![alt](https://example.org/pixel.png)",
        "![alt](javascript:alert(1))",
        "<javascript:alert(1)>",
        "[a](https://example.org '\" onmouseover=alert(1)')",
        "```<script>\nalert(1)\n```",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_hostile_markdown_is_inert(hostile: str) -> None:
    shown = html(hostile)
    assert set(Reader(shown).elements) <= {"p", "a", "pre", "code"}
    assert "<script" not in shown
    assert Reader(shown).attributes <= {"id", "href", "rel"}
    assert 'href="javascript' not in shown


@given(st.text(st.sampled_from("<>&;:()[]!\"'/\\#*_`|-=~ \n\tabhrefscriptjavonx\ud800")))
def test_no_markdown_gets_past_the_list_of_elements(markdown: str) -> None:
    for shown in rendered(section(markdown)):
        reader = Reader(shown.html)
        assert set(reader.elements) <= ALLOWED
        assert reader.attributes <= {"id", "href", "rel", "start"}


def test_deep_nesting_ends_somewhere() -> None:
    assert html(">" * 5_000 + "a").count("<blockquote>") < 100


def test_html_is_shown_as_text_so_that_nothing_is_lost() -> None:
    assert Reader(html("<b>bold</b> & <br>")).text == "<b>bold</b> & <br>"


def test_characters_no_page_can_carry_do_not_break_it() -> None:
    assert "a" in html("a\ud800\0b")


def test_hard_spaces_stay_characters() -> None:
    assert html("a\u00a0b &nbsp; \\&nbsp;").count("\u00a0") == 2


def test_latest_news_and_empty_sections_are_left_to_the_page() -> None:
    shown = rendered(
        section("Text.", "Background", SectionKind.BACKGROUND),
        section("News.", "Latest News", SectionKind.LATEST_NEWS),
        section(" \n", "Sources", SectionKind.SOURCES),
    )
    assert [(each.kind, each.heading) for each in shown] == [(SectionKind.BACKGROUND, "Background")]


def test_anchors_come_from_the_kind_or_the_heading_and_are_unique() -> None:
    shown = rendered(
        section("a", "Why it matters", SectionKind.CONCERNS),
        section("b", "Forces étrangères & Élections"),
        section("c", "أخبار مالي"),
        section("d", "Forces etrangeres: elections"),
        section("e", "?!"),
        section("f", "Latest news"),
        section("g", "", SectionKind.CONCERNS),
        section("h", "Concerns 2"),
    )
    assert [each.anchor for each in shown] == [
        "concerns",
        "forces-etrangeres-elections",
        "اخبار-مالي",
        "forces-etrangeres-elections-2",
        "section",
        "latest-news-2",
        "concerns-2",
        "concerns-2-2",
    ]


def test_a_paragraph_keeps_its_id_until_its_words_change() -> None:
    before, same, other = (
        html(text).split('"')[1]
        for text in ("Kidal  was\ntaken.", "*Kidal* was taken.", "It fell.")
    )
    assert before == same != other
    assert re.fullmatch("p-[0-9a-f]{8}", before)


def test_a_paragraph_repeated_on_a_page_has_ids_of_its_own() -> None:
    first, second = rendered(section("Same."), section("Same."))
    assert second.html.split('"')[1] == first.html.split('"')[1] + "-2"
