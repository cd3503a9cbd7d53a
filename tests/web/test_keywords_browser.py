"""In a real browser: keywords are typed, their effect shows, they are saved."""

import pytest

from pipeline.watch import running_rules
from tests.web.conftest import Place
from tests.web.test_browser import CHROMIUM, browser, come_in, serve
from tests.web.test_keywords import EDITOR, WIDER, edited_place

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture
def served(tmp_path):
    with serve(lambda url: edited_place(tmp_path, base_url=url)) as place:
        for number in range(3):
            place.store(f"Report {number} from Kidal", "All is quiet in Kidal.")
        yield place


def test_typing_shows_what_would_change_and_a_save_keeps_it(browser, served: Place) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    come_in(page, served)
    page.goto(f"{served.settings.base_url}{EDITOR}?find=Kidal")
    area = page.get_by_label("The rule")
    assert page.evaluate("document.activeElement.id") == "text"

    area.fill("decisive: [JNIM\n")
    page.get_by_text("1 fault keeps it from being saved").wait_for()
    area.fill(WIDER)
    page.get_by_text("gain 3 (3 pending already)").wait_for()
    assert page.locator("#preview mark").first.inner_text() == "Kidal"

    page.get_by_label("Why you change it").fill("Kidal is always meant")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The desk owns them").wait_for()
    assert area.input_value() == WIDER
    [running] = running_rules(served.database).conflicts
    assert [term.text for term in running.keywords.decisive] == ["JNIM", "Kidal"]
    assert complaints == []


def test_an_answer_to_an_older_text_is_never_shown(browser, served: Place) -> None:
    page = browser.new_page()
    come_in(page, served)
    page.goto(f"{served.settings.base_url}{EDITOR}")
    asked: list[str] = []

    def slowly(route) -> None:
        asked.append(route.request.post_data or "")
        if len(asked) == 1:
            area.fill(WIDER)  # typed while the first answer is under way
            page.wait_for_timeout(600)
        route.continue_()

    area = page.get_by_label("The rule")
    page.route("**/preview", slowly)
    area.fill("decisive: [JNIM\n")
    page.get_by_text("gain 3 (3 pending already)").wait_for()
    assert page.get_by_text("fault").count() == 0
    assert len(asked) == 2


@pytest.mark.parametrize("width", [390, 1200])
def test_the_editor_works_without_scripts_and_on_a_phone(
    browser, served: Place, width: int
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    come_in(page, served)
    page.goto(f"{served.settings.base_url}{EDITOR}")
    page.get_by_label("The rule").fill(WIDER)
    page.get_by_role("button", name="Check and preview").click()
    page.get_by_text("gain 3 (3 pending already)").wait_for()
    page.get_by_label("Why you change it").fill("Kidal is always meant")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The desk owns them").wait_for()
    context.close()


@pytest.mark.parametrize("path", [EDITOR, "/desk/keywords"])
def test_the_editor_fits_a_phones_screen(browser, served: Place, path: str) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    come_in(page, served)
    page.goto(f"{served.settings.base_url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
