"""The background editor: forms that work without scripts, and lose and overwrite nothing."""

import re

import pytest

from pipeline import background
from pipeline.model import Background, Role, Section, SectionKind
from pipeline.web.backgrounds import rearranged
from tests.web.conftest import Browser, Place, member
from tests.web.test_security import runs_nothing

FOLDER = "/desk/conflicts/mali/background"


def form(browser: Browser, *texts: str, base: int = 0, **more: object) -> dict[str, object]:
    """Fill in the editor with a section for each text."""
    return {
        "csrf": browser.token_on(),
        "base": str(base),
        "title": "Instability in Mali",
        "updated_on": "2026-11-20",
        "sources": "One\n\nTwo",
        "kind": ["background"] * len(texts),
        "heading": [f"Part {number}" for number in range(len(texts))],
        "markdown": list(texts),
        "caption": ["A street", ""],
        "credit": ["Ada/Wire", ""],
    } | more


def save(browser: Browser, *texts: str, **more: object):
    return browser.post(f"{FOLDER}/save", data=form(browser, *texts, **{"note": "why"} | more))


def keep(browser: Browser, *texts: str, **more: object):
    return browser.post(f"{FOLDER}/draft", data=form(browser, *texts, **more))


def current(place: Place) -> Background:
    found = background.current(place.database, "mali")
    assert found is not None
    return found


def test_a_saved_background_is_shown_and_published_at_once(place: Place, editor: Browser) -> None:
    answer = save(editor, "The **north**.\r\n\r\nTwo.", "South.")
    assert (answer.status_code, answer.headers["Location"]) == (303, FOLDER)
    assert place.changes == ["changed"]
    saved = current(place)
    assert [section.markdown for section in saved.sections] == ["The **north**.\n\nTwo.", "South."]
    assert saved.sources == ("One", "Two")
    assert [(each.text, each.credit) for each in saved.captions] == [("A street", "Ada/Wire")]
    page = editor.get(FOLDER).text
    assert "The <strong>north</strong>." in page
    assert "Revision 1" in page
    assert "<q>why</q>" in page


def test_saving_needs_a_note_and_loses_nothing_without(place: Place, editor: Browser) -> None:
    answer = save(editor, "Typed for an hour.", note="  ")
    assert answer.status_code == 400
    assert "the note is empty" in answer.text
    assert "Typed for an hour." in answer.text
    assert background.current(place.database, "mali") is None
    assert place.changes == []


def test_a_preview_keeps_the_text_over_a_restart(place: Place, editor: Browser) -> None:
    assert keep(editor, "A *draft*.").headers["Location"] == f"{FOLDER}/edit#preview"
    page = Browser(place)
    page.cookies = editor.cookies
    shown = page.get(f"{FOLDER}/edit").text
    assert "A <em>draft</em>." in shown
    assert "A *draft*." in shown
    assert "Unsaved text of yours" in shown
    assert background.current(place.database, "mali") is None


def test_the_autosave_answers_with_the_preview_alone(editor: Browser) -> None:
    answer = keep(editor, "A *draft*.", do="type")
    assert "<em>draft</em>" in answer.text
    assert "<html" not in answer.text


def test_a_preview_is_cleaned_as_the_public_page_is(editor: Browser) -> None:
    answer = keep(editor, "<script>x</script> [y](javascript:z) ![p](https://a.example)", do="type")
    assert not re.search(r"<script|<img|href=.?javascript", answer.text)


@pytest.mark.parametrize("vector", ["<script>x</script>", '"><svg onload=x>', "{{ 7 * 7 }}"])
def test_hostile_text_is_shown_as_text_wherever_a_background_stands(
    place: Place, editor: Browser, vector: str
) -> None:
    hostile = {"title": vector, "sources": vector, "caption": [vector], "credit": [vector]}
    save(editor, f"Kidal army {vector} will rise.", **hostile, heading=[vector], note=vector)
    save(editor, "Other.", **hostile, heading=[vector], note=vector, base=1)
    keep(editor, f"Kidal army {vector} will rise soon.", **hostile, heading=[vector], base=1)
    approved(place, editor, f"Kidal army {vector}")
    for path in (FOLDER, f"{FOLDER}/edit", f"{FOLDER}/revisions", "/desk/articles/1"):
        answer = editor.get(path)
        assert answer.status_code == 200
        runs_nothing(answer.text)


def test_a_stale_save_shows_both_texts_and_overwrites_only_when_told(
    place: Place, editor: Browser
) -> None:
    other = member(place, "Chidi", Role.EDITOR)
    save(editor, "The first text.")
    save(other, "Their later text.", base=1)
    answer = save(editor, "My later text.", base=1)
    assert answer.status_code == 409
    shown = re.sub(r"\s*\([^)]*\) ", "", re.sub(r"<[^>]*>", "", answer.text))
    assert "Revision 2 was saved while you wrote" in shown
    assert "Their" in shown
    assert "My later text." in shown
    assert current(place).sections[0].markdown == "Their later text."
    assert "Revision 2 was saved while you wrote" in editor.get(f"{FOLDER}/edit").text
    assert save(editor, "My later text.", base=2).status_code == 303
    assert current(place).sections[0].markdown == "My later text."
    assert "while you wrote" not in editor.get(f"{FOLDER}/edit").text


def test_two_revisions_are_compared_word_by_word_and_reverted(
    place: Place, editor: Browser
) -> None:
    save(editor, "The army left Kidal.")
    save(editor, "The army left Gao.", base=1)
    page = editor.get(f"{FOLDER}/revisions?from=1&to=2").text
    assert re.search(r"<del>.*Kidal</del><ins>.*Gao</ins>", page)
    assert re.search(
        r"<del>.*Gao</del><ins>.*Kidal</ins>", editor.get(f"{FOLDER}/revisions?from=2&to=1").text
    )
    data = {"csrf": editor.token_on(), "base": "2", "to": "1", "note": "too early"}
    assert editor.post(f"{FOLDER}/revert", data=data).status_code == 303
    assert current(place).sections[0].markdown == "The army left Kidal."
    assert place.changes == ["changed"] * 3
    assert editor.post(f"{FOLDER}/revert", data=data).status_code == 409
    assert editor.post(f"{FOLDER}/revert", data=data | {"base": "3", "to": "9"}).status_code == 404
    assert editor.get(f"{FOLDER}/revisions?from=7&to=9").status_code == 404


def test_what_stayed_far_from_a_change_is_cut_short(editor: Browser) -> None:
    lines = [f"Paragraph {number}." for number in range(30)]
    save(editor, "\n\n".join(lines))
    save(editor, "\n\n".join([*lines[:29], "Changed."]), base=1)
    page = editor.get(f"{FOLDER}/revisions").text
    assert "Paragraph 28." in page
    assert "…" in page
    assert "Paragraph 5." not in page


def test_a_discarded_draft_is_gone(editor: Browser) -> None:
    keep(editor, "A draft.")
    assert keep(editor, "A draft.", do="discard").headers["Location"] == FOLDER
    assert "A draft." not in editor.get(f"{FOLDER}/edit").text


@pytest.mark.parametrize(
    ("do", "order", "at"),
    [
        ("add", "abc-", 3),
        ("up-2", "acb", 1),
        ("down-0", "bac", 1),
        ("up-0", "abc", 0),
        ("down-2", "abc", 2),
        ("remove-1", "ac", 0),
        ("remove-9", "abc", None),
        ("preview", "abc", None),
    ],
)
def test_sections_are_added_moved_and_removed(do: str, order: str, at: int | None) -> None:
    def of(letters: str) -> Background:
        return Background(
            title="T",
            sections=tuple(
                Section(kind=SectionKind.OTHER, heading="", markdown=each.strip("-"))
                for each in letters
            ),
        )

    assert rearranged(of("abc"), do) == (of(order), at)


@pytest.mark.parametrize(
    "wrong", [{"updated_on": "soon"}, {"kind": ["background"] * 2}, {"kind": ["novel"]}]
)
def test_a_form_that_does_not_fit_saves_nothing(
    place: Place, editor: Browser, wrong: dict[str, object]
) -> None:
    assert save(editor, "Text.", **wrong).status_code == 400
    assert background.current(place.database, "mali") is None


def test_an_unknown_conflict_has_no_editor(editor: Browser) -> None:
    for path in ("", "/edit", "/revisions"):
        assert editor.get(f"/desk/conflicts/nowhere/background{path}").status_code == 404
    for path in ("draft", "save"):
        data = form(editor, "Text.")
        assert (
            editor.post(f"/desk/conflicts/nowhere/background/{path}", data=data).status_code == 404
        )
    data = {"csrf": editor.token_on(), "base": "0", "to": "1"}
    assert editor.post("/desk/conflicts/nowhere/background/revert", data=data).status_code == 404


# What is stale, and what bears on it


def approved(place: Place, editor: Browser, title: str) -> None:
    editor.decide("approve", place.store(title, "Gunmen struck the army there."))


def test_the_editor_shows_what_is_stale_with_what_came_in_since(
    place: Place, editor: Browser
) -> None:
    approved(place, editor, "Envoy for Kidal named")
    save(editor, "An envoy for Kidal will be named soon.", updated_on="2025-01-02")
    page = editor.get(f"{FOLDER}/edit").text
    assert "Still pending" in page
    assert "“will” was written" in page
    assert re.search(r"Since: <a[^>]*>Envoy for Kidal named</a>", page)
    listed = editor.get("/desk/conflicts").text
    assert re.search(r"2 January 2025, 689 days ago", listed)
    assert "no date" in listed


def test_beside_an_approved_article_its_paragraph_is_linked_flagged_and_cited(
    place: Place, editor: Browser
) -> None:
    save(editor, "Drought in the south.\n\nThe army holds Kidal since 2023.")
    assert 'id="beside"' not in editor.get("/desk").text
    approved(place, editor, "Army leaves Kidal")
    page = editor.get("/desk/articles/1").text
    anchor = re.search(r'id="(p-[0-9a-f]{8})" class="best">The army holds', page)
    assert anchor is not None
    data = {"csrf": editor.token_on(), "conflict": "mali", "paragraph": anchor[1]}
    answer = editor.post("/desk/articles/1/paragraph", data=data | {"kind": "outdated"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/articles/1#beside")
    assert "Flagged outdated: take back" in editor.get("/desk/articles/1").text
    assert (
        "<strong>Flagged outdated</strong> by <bdi>Awa</bdi>" in editor.get(f"{FOLDER}/edit").text
    )
    wrong = editor.post(
        "/desk/articles/1/paragraph", data=data | {"kind": "link", "paragraph": "p"}
    )
    assert wrong.status_code == 409

    answer = editor.post("/desk/articles/1/bullet", data=data)
    assert answer.headers["Location"] == f"{FOLDER}/edit#section-1"
    draft = editor.get(f"{FOLDER}/edit").text
    assert (
        "- 22 November 2026: Army leaves Kidal ([Sahel Wire](&lt;https://wire.example/story&gt;))"
        in draft
    )
    assert len(current(place).sections) == 1
    assert editor.post("/desk/articles/9/bullet", data=data).status_code == 409
    nowhere = editor.post("/desk/articles/1/bullet", data=data | {"conflict": "nowhere"})
    assert nowhere.status_code == 409
