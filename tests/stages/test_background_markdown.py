"""Promises about our own background file: what is written is read back, and faults are named."""

import contextlib
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BackgroundError
from pipeline.model import Background, Caption, Section, SectionKind
from pipeline.stages.background import read_markdown, read_tracker_page, to_markdown

PAGE = Path(__file__).parents[2] / "../shared/reference/mali-tracker-page.txt"
OURS = Path(__file__).parents[2] / "db/backgrounds/mali.md"

NAMES = re.compile(
    "national movement for the liberation of azawad|al-qaeda in the islamic maghreb"
    "|movement for unity and jihad in west africa|economic community of west african states"
)

printable = st.characters(exclude_categories=["Cs", "Cc"])
values = st.text(st.characters(exclude_categories=["Cs"]))
titles = values.filter(bool)
headings = st.text(printable).map(lambda text: text.strip(" \t"))
bodies = (
    st.lists(st.text(printable))
    .map(lambda lines: "\n".join(lines).strip(" \t\n"))
    .filter(lambda text: not any(line[:2] == "##" for line in text.split("\n")))
)
sections = st.builds(Section, kind=st.sampled_from(SectionKind), heading=headings, markdown=bodies)
backgrounds = st.builds(
    Background,
    title=titles,
    conflict=st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9})?", fullmatch=True) | st.just(""),
    sections=st.lists(sections, min_size=1).map(tuple),
    captions=st.lists(st.builds(Caption, text=values, credit=values)).map(tuple),
    updated_on=st.none() | st.dates(min_value=date(1000, 1, 1)),
    site=values,
    sources=st.lists(values).map(tuple),
)


def file(front: str = "title: Unrest", body: str = "## Background\n\nText.") -> str:
    return f"---\n{front}\n---\n\n{body}\n"


@given(backgrounds)
def test_any_background_is_read_back_as_it_was_written(background: Background) -> None:
    assert read_markdown(to_markdown(background)) == background


@pytest.mark.skipif(not PAGE.exists(), reason="the published page is not at hand")
def test_an_imported_page_is_read_back_as_it_was_written() -> None:
    background = read_tracker_page(PAGE.read_text(encoding="utf-8"))
    assert read_markdown(to_markdown(background)) == background


def test_our_mali_background_has_its_sections_and_is_written_as_it_stands() -> None:
    text = OURS.read_text(encoding="utf-8")
    background = read_markdown(text)
    assert (background.title, background.conflict) == ("Instability in Mali", "mali")
    assert [section.kind.value for section in background.sections] == [
        "background",
        "concerns",
        "recent-developments",
        "key-actors",
        "timeline",
        "sources",
    ]
    assert any("updated 12 May 2022" in source for source in background.sources)
    assert to_markdown(background) == text


@pytest.mark.skipif(not PAGE.exists(), reason="the published page is not at hand")
def test_our_mali_background_borrows_no_wording() -> None:
    theirs, ours = (
        re.findall(r"\w+", NAMES.sub(" ", path.read_text(encoding="utf-8").casefold()))
        for path in (PAGE, OURS)
    )
    borrowed = {tuple(theirs[n : n + 6]) for n in range(len(theirs) - 5)}
    assert [
        words for n in range(len(ours) - 5) if (words := tuple(ours[n : n + 6])) in borrowed
    ] == []


def test_front_matter_is_short_enough_to_write_by_hand() -> None:
    background = read_markdown(
        "\ufeff---\r\ntitle: Unrest: a primer\r\n\r\nconflict: freedonia\r\nupdated: 2024-03-04\r\n"
        "sources:\r\n- A book\r\n- Another: book\r\ncaptions:\r\n  - text: A bridge\r\n"
        "  - text: A ferry\r\n    credit: Ada/AFP\r\n---\r\nText above any heading.\r\n"
    )
    assert background == Background(
        title="Unrest: a primer",
        conflict="freedonia",
        updated_on=date(2024, 3, 4),
        sources=("A book", "Another: book"),
        captions=(Caption(text="A bridge", credit=""), Caption(text="A ferry", credit="Ada/AFP")),
        sections=(
            Section(kind=SectionKind.BACKGROUND, heading="", markdown="Text above any heading."),
        ),
    )


def test_a_caption_needs_no_credit() -> None:
    background = read_markdown(file("title: Unrest\ncaptions:\n  - text: A bridge"))
    assert background.captions == (Caption(text="A bridge", credit=""),)


@given(st.text(), st.text())
def test_any_file_is_read_or_refused(front: str, body: str) -> None:
    with contextlib.suppress(BackgroundError):
        read_markdown(file(front, body))


def test_an_empty_key_says_nothing() -> None:
    assert read_markdown(file("title: Unrest\nupdated:\nsources:")).updated_on is None


@pytest.mark.parametrize(
    ("heading", "kind", "shown"),
    [
        ("## Timeline", SectionKind.TIMELINE, "Timeline"),
        ("## key  ACTORS:", SectionKind.KEY_ACTORS, "key  ACTORS:"),
        ("## The road ahead", SectionKind.OTHER, "The road ahead"),
        ("## Why it matters {#concerns}", SectionKind.CONCERNS, "Why it matters"),
        ("## {#concerns}", SectionKind.CONCERNS, ""),
        ("##", SectionKind.BACKGROUND, ""),
    ],
)
def test_a_heading_names_the_kind_of_its_section(
    heading: str, kind: SectionKind, shown: str
) -> None:
    (section,) = read_markdown(file(body=f"{heading}\n\nText.")).sections
    assert (section.kind, section.heading, section.markdown) == (kind, shown, "Text.")


def test_deeper_headings_and_hashtags_belong_to_the_text() -> None:
    text = "### Within\n\n#hashtag ##\n\n ## indented"
    (section,) = read_markdown(file(body=f"## Background\n\n{text}")).sections
    assert section.markdown == text


def test_a_line_that_would_split_a_section_is_written_so_that_it_does_not() -> None:
    section = Section(kind=SectionKind.OTHER, heading="A\r\nB", markdown="One\r\n## Two\r\n##")
    written = to_markdown(Background(title="Unrest", sections=(section,)))
    assert read_markdown(written).sections == (
        Section(kind=SectionKind.OTHER, heading="A B", markdown="One\n ## Two\n ##"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: a background file begins with “---”"),
        ("title: Unrest", "line 1: a background file begins with “---”"),
        ("---\ntitle: Unrest\n", "line 1: the front matter is never closed"),
        (file(body=""), "line 3: no text follows"),
        (file("conflict: mali"), "no title"),
        (file("title:"), "no title"),
        (file('title: ""'), "no title"),
        (file("title: A\ntitle: B"), "line 3: “title” stands here twice"),
        (file("title: A\nauthor: B"), "line 3: unknown key “author” .known are title, conflict"),
        (file("title: A\nauthors:\n  - B"), "line 3: unknown key “authors”"),
        (file("title: A\nsources: B"), "line 3: “sources” is a list"),
        (file("  - B\ntitle: A"), "line 2: cannot read “- B”"),
        (file("title: A\n  - B"), "line 3: cannot read “- B”"),
        (file("title: A\nwhatever"), "line 3: cannot read “whatever”"),
        (file("title: A\nconflict: The Mali"), "line 3: “The Mali” is not the slug"),
        (file("title: A\nupdated: May 2022"), "line 3: “May 2022” is no date"),
        (file("title: A\nupdated: 2022-02-30"), "line 3: “2022-02-30” is no date"),
        (file('title: A\nsources:\n  - "B'), "line 4: the quotation marks do not close"),
        (file("title: A\ncaptions:\n  - A bridge"), "line 4: this is not a caption"),
        (file("title: A\ncaptions:\n  - credit: B"), "line 4: this is not a caption"),
        (file(body="Text.\n\n## Who {#people}"), "line 7: unknown kind of section “people”"),
    ],
)
def test_a_fault_is_named_with_its_line_and_the_fix(text: str, message: str) -> None:
    with pytest.raises(BackgroundError, match=message):
        read_markdown(text)


def test_all_faults_of_the_front_matter_are_named_at_once() -> None:
    with pytest.raises(BackgroundError) as caught:
        read_markdown(file("author: B\nupdated: soon"))
    assert [line.split(":")[0] for line in str(caught.value).split("\n")] == [
        "line 2",
        "front matter",
        "line 3",
    ]
