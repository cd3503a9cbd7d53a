"""In a real browser: a background is written with and without scripts, and kept as one types."""

import pytest

from pipeline import background
from tests.web.conftest import Place
from tests.web.test_browser import CHROMIUM, browser, come_in, served

__all__ = ["browser", "served"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
EDIT = "/desk/conflicts/mali/background/edit"


def test_typing_is_previewed_and_kept_and_saving_publishes(browser, served: Place) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    come_in(page, served)
    page.goto(served.settings.base_url + EDIT)
    page.get_by_label("Text, in Markdown").fill("The **north** rose.")
    page.locator("#previewed strong").get_by_text("north").wait_for()
    page.get_by_text("kept just now").wait_for()
    page.reload()
    assert page.get_by_label("Text, in Markdown").input_value() == "The **north** rose."
    page.get_by_label("What you changed, and why").fill("begun")
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_text("Revision 1").wait_for()
    found = background.current(served.database, "mali")
    assert found is not None
    assert found.sections[0].markdown == "The **north** rose."
    assert served.changes == ["changed"]
    assert complaints == []


@pytest.mark.parametrize("width", [390, 1200])
def test_sections_are_arranged_without_scripts(browser, served: Place, width: int) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    come_in(page, served)
    page.goto(served.settings.base_url + EDIT)
    page.get_by_label("Text, in Markdown").fill("One " + "unbroken" * 40)
    page.get_by_role("button", name="Add a section").click()
    page.locator("#section-1 textarea").fill("Two")
    page.locator("button[value=up-1]").click()
    page.wait_for_load_state()
    assert page.locator("#section-0 textarea").input_value() == "Two"
    assert page.locator("#previewed section").count() == 2
    context.close()


@pytest.mark.parametrize("path", [EDIT, "/desk/conflicts", "/desk/articles/1"])
def test_nothing_sticks_out_of_a_phones_screen(browser, served: Place, path: str) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    come_in(page, served)
    page.goto(served.settings.base_url + EDIT)
    page.get_by_label("Text, in Markdown").fill("Report from Kidal " + "unbroken" * 40)
    page.get_by_label("What you changed, and why").fill("begun")
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_text("Revision 1").wait_for()
    page.goto(served.settings.base_url + "/desk")
    page.locator("#match-1").get_by_role("button", name="Approve").click()
    page.locator(".toast", has_text="Approved").wait_for()
    page.goto(served.settings.base_url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
