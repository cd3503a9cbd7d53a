"""The keyword editor, as forms; and typed into a real browser."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db import conflicts
from pipeline.model import Approval, Role
from pipeline.watch import Watch, running_rules
from tests.web.conftest import NOW, Browser, Place, make_place, member

SOURCES = """\
version: 1
vocabularies:
  violence: [attack*, ambush*]
feeds:
  - {id: sahel-wire, url: "https://wire.example/feed"}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords: {decisive: [JNIM], places: [Kidal], subjects: ["@violence"]}
"""
WIDER = "decisive: [JNIM, Kidal]\n"
EDITOR = "/desk/conflicts/mali/keywords"


@pytest.fixture
def place(tmp_path: Path):
    made = edited_place(tmp_path)
    yield made
    made.database.close()


def edited_place(folder: Path, **more: str) -> Place:
    path = folder / "sources.yaml"
    path.write_text(SOURCES)
    place = make_place(folder, sources=path, **more)
    Watch(path, place.database).start(NOW)
    return place


def post(browser: Browser, action: str, **data: str):
    page = browser.get(EDITOR).text
    state = re.search(r'name="state" value="(\w+)"', page)
    assert state is not None
    sent = {"csrf": browser.token_on(EDITOR), "state": state[1], "text": WIDER} | data
    return browser.post(f"{EDITOR}/{action}", data=sent)


def typed(page: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def owner(place: Place) -> str:
    with place.database.reading() as connection:
        return conflicts.owners(connection)["mali"]


def test_the_page_shows_rule_vocabularies_owner_and_versions(editor: Browser) -> None:
    page = editor.get(EDITOR).text
    assert "decisive: [JNIM]" in typed(page)
    assert "From sources.yaml" in page
    assert "<code>@violence</code>, 2 terms" in page
    assert "<bdi>sources.yaml</bdi>" in page


def test_check_and_preview_needs_no_script_and_saves_nothing(place: Place, editor: Browser) -> None:
    place.store("Kidal is calm")
    place.store("<b>JNIM</b> statement", words=("JNIM",))
    answer = post(editor, "preview", text="decisive: [calm]\n", note="half a note")
    assert answer.status_code == 200
    assert "Would withdraw 1 pending; gain 1 (1 pending already)." in answer.text
    assert "Kidal is <mark" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert typed(answer.text) == "decisive: [calm]\n"
    assert "half a note" in answer.text
    assert owner(place) == "file"


def test_the_script_gets_only_the_piece_it_shows(editor: Browser) -> None:
    answer = post(editor, "preview", fragment="yes")
    assert "<html" not in answer.text
    assert "gain nothing" in answer.text


def test_a_save_makes_the_desk_the_owner_and_asks_for_a_rematch(
    place: Place, editor: Browser
) -> None:
    place.store("Kidal is calm")
    answer = post(editor, "save", note="Kidal is always meant")
    assert (answer.status_code, answer.headers["location"]) == (303, EDITOR)
    page = editor.get(EDITOR).text
    assert "The desk owns them" in page
    assert "Rematching the stored articles: 0 of 1" in page
    assert "<q>Kidal is always meant</q>" in page
    assert "+ decisive: <bdi>Kidal</bdi>" in page
    assert "What sources.yaml says" in page
    assert "Rematching" in editor.get("/desk/keywords").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "decisive: [JNIM\n", "note": "why"}, "Line 1"),
        ({"text": "decisive: [GSIM]\nexamples: {match: [Rain]}\n", "note": "why"}, "Line 2"),
        ({"note": " "}, "say in the note why"),
    ],
)
def test_what_cannot_be_saved_comes_back_as_it_was_typed(
    place: Place, editor: Browser, changes: dict[str, str], words: str
) -> None:
    answer = post(editor, "save", **changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert typed(answer.text) == changes.get("text", WIDER)
    assert owner(place) == "file"


def test_a_stale_editor_shows_both_and_overwrites_nothing(place: Place, editor: Browser) -> None:
    state = re.search(r'name="state" value="(\w+)"', editor.get(EDITOR).text)
    post(editor, "save", note="first")
    other = member(place, "Cheick", Role.EDITOR)
    answer = post(other, "save", text="decisive: [GSIM]\n", note="mine", state=state[1])  # type: ignore[index]
    assert answer.status_code == 409
    assert "− decisive: [JNIM, Kidal]" in answer.text
    assert "+ decisive: [GSIM]" in answer.text
    assert typed(answer.text) == "decisive: [GSIM]\n"
    [running] = running_rules(place.database).conflicts
    assert [term.text for term in running.keywords.decisive] == ["JNIM", "Kidal"]


def test_a_preview_does_not_make_a_stale_editor_fresh(place: Place, editor: Browser) -> None:
    state = re.search(r'name="state" value="(\w+)"', editor.get(EDITOR).text)
    post(editor, "save", note="first")
    answer = post(editor, "preview", text="decisive: [GSIM]\n", state=state[1])  # type: ignore[index]
    assert f'name="state" value="{state[1]}"' in answer.text  # type: ignore[index]


def test_keywords_are_given_back_to_the_file(place: Place, editor: Browser) -> None:
    post(editor, "save", note="first")
    assert post(editor, "adopt").status_code == 303
    assert owner(place) == "file"
    assert post(editor, "adopt", state="stale").status_code == 409


def test_an_earlier_version_is_loaded_and_not_saved(place: Place, editor: Browser) -> None:
    version = running_rules(place.database).conflicts[0].keywords.version
    post(editor, "save", note="first")
    page = editor.get(f"{EDITOR}?version={version}").text
    assert "places: [Kidal]" in typed(page)
    assert "is loaded, and not saved" in page
    assert editor.get(f"{EDITOR}?version=nothing").status_code == 404


def test_a_suggestion_is_inserted_and_not_saved(place: Place, editor: Browser) -> None:
    page = editor.get(f"{EDITOR}?to=exclude&term=World+Cup").text
    assert "exclude: [World Cup]" in typed(page)
    assert "was added to exclude; it is not saved" in page
    assert owner(place) == "file"


def test_a_term_leads_to_its_line(editor: Browser) -> None:
    page = editor.get(f"{EDITOR}?find=Kidal").text
    assert 'data-line="2" data-at-once' in page
    assert "does not stand in it" in editor.get(f"{EDITOR}?find=ambush*").text


def test_where_nobody_looks_before_publishing_only_an_admin_saves(
    place: Place, editor: Browser, admin: Browser
) -> None:
    with place.database.transaction() as connection:
        [running] = conflicts.running(connection)
        conflicts.declare(connection, [replace(running, approve=Approval.AUTOMATIC)], NOW)
    assert ">Save</button>" not in editor.get(EDITOR).text
    assert post(editor, "save", note="why").status_code == 403
    assert post(editor, "adopt").status_code == 403
    assert post(admin, "save", note="why").status_code == 303


def test_an_unknown_conflict_has_no_keywords(editor: Browser) -> None:
    assert editor.get("/desk/conflicts/atlantis/keywords").status_code == 404


def test_the_list_names_owner_precision_and_doubts(place: Place, editor: Browser) -> None:
    editor.decide("approve", place.store("Ambush in Kidal"))
    page = editor.get("/desk/keywords").text
    assert f'<a href="{EDITOR}">Instability in Mali</a>' in page
    assert "sources.yaml" in page
    assert "100 %</a> of 1 verdict" in page
    place.settings.sources.write_text("version: 1\nfeeds: nothing\n")
    assert "sources.yaml cannot be used just now" in editor.get("/desk/keywords").text
    assert editor.get(EDITOR).status_code == 200


def test_words_on_an_articles_page_lead_to_the_editor(place: Place, editor: Browser) -> None:
    place.store("Ambush in Kidal")
    page = editor.get("/desk/articles/1").text
    assert f'<a href="{EDITOR}?find=Kidal"><bdi>Kidal</bdi></a>' in page


@pytest.mark.parametrize("vector", ["</textarea><script>alert(1)</script>", '"><img src=x>'])
def test_hostile_keywords_are_shown_as_text(place: Place, editor: Browser, vector: str) -> None:
    post(editor, "save", text=f"decisive: [JNIM]\n# {vector}\n", note=vector)
    page = editor.get(EDITOR).text + post(editor, "preview", text=f"'{vector}': 1\n").text
    assert vector not in page
