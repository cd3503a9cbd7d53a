"""A cited bullet: it lands in Recent Developments and shows what the article said."""

import pytest

from pipeline.model import Background, Section, SectionKind
from pipeline.stages.background import add_bullet, paragraphs, render_sections

NEWS = {"day": "21 November 2026", "headline": "Army *leaves* Kidal", "publisher": "Sahel [Wire]"}


def page(markdown: str, kind: SectionKind = SectionKind.RECENT_DEVELOPMENTS) -> Background:
    first = Section(kind=SectionKind.CONCERNS, heading="Concerns", markdown="Drought.")
    return Background(
        title="Mali", sections=(first, Section(kind=kind, heading="N", markdown=markdown))
    )


@pytest.mark.parametrize(("before", "items"), [("", 1), ("A coup.", 1), ("A coup.\n\n- One\n", 2)])
def test_a_bullet_goes_on_with_the_list_or_begins_one(before: str, items: int) -> None:
    cited, at = add_bullet(page(before), **NEWS, link="https://wire.example/a b>c")
    assert at == 1
    html = render_sections(cited)[1].html
    assert html.count("<li") == items
    assert "21 November 2026: Army *leaves* Kidal (" in html
    assert 'href="https://wire.example/a%20b%3Ec"' in html
    assert ">Sahel [Wire]</a>)" in html


def test_without_the_section_or_a_link_both_are_done_without() -> None:
    cited, at = add_bullet(page("x", SectionKind.OTHER), **NEWS, link=None)
    assert at == 2
    assert cited.sections[2].heading == "Recent Developments"
    assert "<a" not in render_sections(cited)[2].html


def test_paragraphs_items_and_rows_are_read_as_plain_text_with_the_ids_of_the_page() -> None:
    markdown = (
        "A **bold**\nline.\n\n# Head\n\n- item *one*\n- item two\n\n  more of it\n\n"
        "| a | b |\n| --- | --- |\n| 1960 | free |\n|  |  |\n\n> quoted\n\n    code\n"
    )
    told = paragraphs(page(markdown))
    assert [each.text for each in told] == [
        "Drought.", "A bold line.", "item one", "item two", "a · b", "1960 · free", "",
    ]  # fmt: skip
    html = "".join(each.html for each in render_sections(page(markdown)))
    for each in told:
        assert (f'id="{each.anchor}"' in html) is bool(each.anchor)
    assert [each.section for each in told] == [0, 1, 1, 1, 1, 1, 1]
