"""Promises about importing a published tracker page."""

import contextlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BackgroundError
from pipeline.model import Background, Caption, SectionKind
from pipeline.stages.background import read_tracker_page

PAGE = Path(__file__).parents[2] / "../shared/reference/mali-tracker-page.txt"
needs_page = pytest.mark.skipif(not PAGE.exists(), reason="the published page is not at hand")

PROSE = (
    "The northern provinces have been cut off from the capital since the bridges were destroyed."
)
LONG = f"{PROSE} Traders now cross by boat, and the price of millet has doubled in a single season."


def page(*blocks: str) -> str:
    return "\n\n".join(blocks)


def shape(background: Background) -> list[tuple[SectionKind, str, int]]:
    return [
        (
            section.kind,
            section.heading,
            len(section.markdown.split("\n\n")) if section.markdown else 0,
        )
        for section in background.sections
    ]


@pytest.fixture
def mali() -> Background:
    return read_tracker_page(PAGE.read_text(encoding="utf-8"))


@needs_page
def test_the_published_page_has_its_parts_in_order(mali: Background) -> None:
    assert mali.title == "Instability in Mali"
    assert mali.updated_on == date(2022, 5, 12)
    assert shape(mali) == [
        (SectionKind.BACKGROUND, "", 4),
        (SectionKind.CONCERNS, "", 1),
        (SectionKind.RECENT_DEVELOPMENTS, "Recent Developments", 3),
        (SectionKind.LATEST_NEWS, "Latest News", 0),
    ]


@needs_page
def test_the_five_captions_keep_their_credits_and_are_no_prose(mali: Background) -> None:
    assert [caption.credit for caption in mali.captions] == [
        "Misha Hussain/Reuters",
        "Joe Penney/Reuters",
        "Sylvain Liechti/MINUSMA/Reuters",
        "Benoit Tessier/Reuters",
        "Sebastien Rieussec/AFP/Getty Images",
    ]
    prose = "".join(section.markdown for section in mali.sections)
    assert not any(caption.text in prose for caption in mali.captions)


@needs_page
def test_every_line_of_the_published_page_is_found_again_character_for_character(
    mali: Background,
) -> None:
    found = [mali.title, *mali.site.split("\n"), "Updated May 12, 2022"]
    for caption in mali.captions:
        found += [caption.text, caption.credit]
    for section in mali.sections:
        found += [section.heading, *section.markdown.split("\n\n")]
    expected = PAGE.read_bytes().decode("utf-8").split("\n")
    assert sorted(filter(None, found)) == sorted(filter(None, expected))


@needs_page
def test_typographic_apostrophes_dashes_and_hard_spaces_survive(mali: Background) -> None:
    kept = repr(mali)
    original = repr(PAGE.read_text(encoding="utf-8"))
    for character in ("’", "—", "\\xa0"):
        assert kept.count(character) == original.count(character) > 0


@needs_page
def test_without_its_date_the_published_page_reads_the_same(mali: Background) -> None:
    text = PAGE.read_text(encoding="utf-8").replace("Updated May 12, 2022\n", "")
    assert read_tracker_page(text) == replace(mali, updated_on=None)


@needs_page
@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_change_nothing(mali: Background, ends: str) -> None:
    text = PAGE.read_text(encoding="utf-8").replace("\n", ends)
    assert read_tracker_page("\ufeff" + text) == mali


@pytest.mark.parametrize(
    "line",
    [
        "Updated March 4, 2024",
        "Updated 4 March 2024",
        "Last updated: 2024-03-04",
        "UPDATED ON 4th Mar. 2024",
        "Last Updated Mar 4 2024",
    ],
)
def test_a_date_is_read_however_it_is_written(line: str) -> None:
    assert read_tracker_page(page("Unrest in Freedonia", line, PROSE)).updated_on == date(
        2024, 3, 4
    )


@pytest.mark.parametrize(
    "line", ["Updated 05/12/2022", "Updated February 30, 2023", "Updated Smarch 3, 2023"]
)
def test_a_date_that_is_not_certain_is_refused_with_the_way_to_write_it(line: str) -> None:
    with pytest.raises(BackgroundError, match=r"write it like “Updated May 12, 2022”"):
        read_tracker_page(page("Unrest in Freedonia", line, PROSE))


def test_a_sentence_about_updates_is_text() -> None:
    sentence = "Updated maps of the 12 provinces were published in the spring, after a long delay."
    background = read_tracker_page(
        page("Unrest in Freedonia", sentence, "Updated maps cost 12 crowns.")
    )
    assert background.sections[0].markdown == f"{sentence}\n\nUpdated maps cost 12 crowns."
    assert background.updated_on is None


def test_a_page_may_have_no_date_no_captions_and_no_site() -> None:
    background = read_tracker_page(page("Unrest in Freedonia", PROSE, PROSE))
    assert (background.title, background.site, background.captions) == (
        "Unrest in Freedonia",
        "",
        (),
    )
    assert shape(background) == [(SectionKind.BACKGROUND, "", 2)]


def test_the_title_stands_below_a_site_and_its_blurb_even_without_a_date() -> None:
    background = read_tracker_page(page(f"World Watch\n{PROSE}", "Unrest in Freedonia", PROSE))
    assert (background.title, background.site) == ("Unrest in Freedonia", f"World Watch\n{PROSE}")


def test_a_title_directly_above_its_text_is_no_site() -> None:
    background = read_tracker_page(page(f"Unrest in Freedonia\n{LONG}", "Sources", "A book."))
    assert (background.title, background.site) == ("Unrest in Freedonia", "")
    assert shape(background) == [
        (SectionKind.BACKGROUND, "", 1),
        (SectionKind.SOURCES, "Sources", 1),
    ]


def test_a_title_may_end_in_an_abbreviation() -> None:
    text = page("Watch", "Confrontation With the U.S.", "Updated 2024-03-04", PROSE)
    assert read_tracker_page(text).title == "Confrontation With the U.S."


@pytest.mark.parametrize("first", [PROSE, "Background", "Updated 2024-03-04", "- a list"])
def test_a_page_without_a_title_says_where_to_put_one(first: str) -> None:
    with pytest.raises(BackgroundError, match="put it on a line of its own"):
        read_tracker_page(page(first, PROSE) if "date" not in first else first)


def test_a_date_at_the_end_of_the_page_still_counts() -> None:
    text = page("Unrest in Freedonia", "Background", PROSE, "Updated 2024-03-04", PROSE, PROSE)
    background = read_tracker_page(text)
    assert background.updated_on == date(2024, 3, 4)
    assert shape(background) == [(SectionKind.BACKGROUND, "Background", 3)]


def test_a_wide_gap_parts_the_concerns_from_the_background() -> None:
    text = f"Unrest in Freedonia\n\n{PROSE}\n\n{PROSE}\n\n\n{PROSE}\n\n\n{PROSE}"
    assert shape(read_tracker_page(text)) == [
        (SectionKind.BACKGROUND, "", 2),
        (SectionKind.CONCERNS, "", 2),
    ]


def test_gaps_that_are_wide_everywhere_part_nothing() -> None:
    text = "\n\n\n".join(["Unrest in Freedonia", PROSE, PROSE, PROSE])
    assert shape(read_tracker_page(text)) == [(SectionKind.BACKGROUND, "", 3)]


def test_concerns_with_a_heading_need_no_gap_to_be_found() -> None:
    text = page("Unrest in Freedonia", f"{PROSE}\n\n\n{PROSE}", "CONCERNS:", PROSE)
    assert shape(read_tracker_page(text)) == [
        (SectionKind.BACKGROUND, "", 2),
        (SectionKind.CONCERNS, "CONCERNS:", 1),
    ]


def test_headings_of_any_wording_open_sections() -> None:
    text = page("Unrest in Freedonia", PROSE, "What comes next?", PROSE, f"Who pays\n{LONG}", PROSE)
    assert shape(read_tracker_page(text)) == [
        (SectionKind.BACKGROUND, "", 1),
        (SectionKind.OTHER, "What comes next?", 1),
        (SectionKind.OTHER, "Who pays", 2),
    ]


def test_shared_headings_are_found_without_blank_lines_and_long_lines_are_paragraphs() -> None:
    lines = ["Unrest in Freedonia", "Updated 2024-03-04", LONG, LONG, "Recent Developments", LONG]
    assert shape(read_tracker_page("\n".join(lines))) == [
        (SectionKind.BACKGROUND, "", 2),
        (SectionKind.RECENT_DEVELOPMENTS, "Recent Developments", 1),
    ]


def test_wrapped_lines_stay_one_paragraph() -> None:
    wrapped = "The northern provinces have been cut off\nfrom the capital since spring.\nKey actors"
    background = read_tracker_page(page("Unrest in Freedonia", wrapped))
    assert background.sections[0].markdown == wrapped.removesuffix("\nKey actors")
    assert background.sections[1].kind is SectionKind.KEY_ACTORS


def test_a_caption_may_lack_its_credit_and_text_may_follow_without_a_gap() -> None:
    captions = "A bridge.\nA market.\nAda Byron/Reuters\nA ferry.\nPhoto by Emmy Noether"
    background = read_tracker_page(page(f"Unrest in Freedonia\n{captions}\n{PROSE}", PROSE))
    assert background.captions == (
        Caption(text="A bridge.", credit=""),
        Caption(text="A market.", credit="Ada Byron/Reuters"),
        Caption(text="A ferry.", credit="Photo by Emmy Noether"),
    )
    assert shape(background) == [(SectionKind.BACKGROUND, "", 2)]


def test_a_wrapped_caption_is_one_caption() -> None:
    text = page("Unrest in Freedonia\nA bridge across\nthe river.\nAda Byron/AFP", PROSE)
    assert read_tracker_page(text).captions == (
        Caption(text="A bridge across\nthe river.", credit="Ada Byron/AFP"),
    )


def test_captions_are_found_further_down_and_across_blank_lines() -> None:
    text = page(
        "Unrest in Freedonia",
        PROSE,
        "A bridge.\nAda Byron/AFP\nA market.\n© Emmy Noether",
        "A ferry.",
        "Getty Images",
        PROSE,
    )
    background = read_tracker_page(text)
    assert [caption.credit for caption in background.captions] == [
        "Ada Byron/AFP",
        "© Emmy Noether",
        "Getty Images",
    ]
    assert shape(background) == [(SectionKind.BACKGROUND, "", 2)]


def test_a_slash_in_text_makes_no_caption() -> None:
    text = page(
        "Unrest in Freedonia", PROSE, "Roads were cut,\nfields/farms burned\nand wells poisoned."
    )
    background = read_tracker_page(text)
    assert background.captions == ()
    assert shape(background) == [(SectionKind.BACKGROUND, "", 2)]


def test_control_characters_are_dropped_and_lines_of_hard_spaces_are_blank() -> None:
    background = read_tracker_page(f"Unrest in Freedonia\n\u00a0\nOne\x07 two\tthree.\n \n{PROSE}")
    assert background.sections[0].markdown == f"One two\tthree.\n\n{PROSE}"


page_lines = st.sampled_from(
    [
        *("", "", "", "Unrest in Freedonia", "Who pays", PROSE, LONG, "wrapped line", "A bridge."),
        *("Ada Byron/AFP", "Reuters", "Background", "Concerns", "Latest News", "Updated soon"),
    ]
)


@given(st.lists(page_lines), st.sampled_from(["\n", "\r\n"]))
def test_whatever_the_layout_every_line_is_found_again(lines: list[str], end: str) -> None:
    background = read_tracker_page(end.join(["World Watch", *lines, PROSE]))
    found = [background.title, background.site]
    found += [part for each in background.captions for part in (each.text, each.credit)]
    found += [part for each in background.sections for part in (each.heading, each.markdown)]
    kept = [line for text in found for line in text.split("\n") if line]
    assert sorted(kept) == sorted(["World Watch", *filter(None, lines), PROSE])


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BackgroundError):
        read_tracker_page(text)


def test_a_page_full_of_spaces_does_not_hold_up_the_import() -> None:
    spaces = " " * 200_000
    background = read_tracker_page(f"Unrest in Freedonia\n\nUpdated {spaces}x\n\n{PROSE}")
    assert background.sections[0].markdown.startswith(f"Updated {spaces}x")


@pytest.mark.parametrize("text", ["", "\ufeff", " \n\u00a0\n"])
def test_an_empty_page_is_refused(text: str) -> None:
    with pytest.raises(BackgroundError, match="page is empty"):
        read_tracker_page(text)


def test_a_page_of_headings_only_is_refused() -> None:
    with pytest.raises(BackgroundError, match="no text below it"):
        read_tracker_page(page("Unrest in Freedonia", "Latest News"))


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE html><title>x</title>", "\n<html>", "%PDF-1.7", "{\\rtf1"]
)
def test_a_document_that_is_no_plain_text_is_refused(text: str) -> None:
    with pytest.raises(BackgroundError, match="not plain text"):
        read_tracker_page(text)


@pytest.mark.parametrize("misread", ["\0", "\ufffd", "\x92"])
def test_a_page_read_in_the_wrong_encoding_is_refused_with_the_line(misread: str) -> None:
    with pytest.raises(BackgroundError, match="line 3: some characters cannot be read"):
        read_tracker_page(f"Unrest in Freedonia\n\nMali{misread}s army is large.")
