"""In a real browser: the next edition is shaped by keys, kept as one types, and on a phone."""

import pytest

from pipeline import edit_digest
from pipeline.model import Decision, Verdict
from pipeline.review import review
from tests.web.conftest import NOW, Place
from tests.web.test_browser import CHROMIUM, browser, come_in, served

__all__ = ["browser", "served"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
DIGEST = "/desk/digest/mali"


def approve_all(place: Place) -> None:
    place.gather()
    review(
        place.database,
        [Decision(match_id=number, verdict=Verdict.APPROVE, editor="Awa") for number in (1, 2, 3)],
        NOW,
    )


def headlines(page) -> list[str]:
    return page.locator(".draft-story h3").all_inner_texts()


def test_a_morning_by_keys(browser, served: Place) -> None:
    approve_all(served)
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    come_in(page, served)
    page.goto(served.settings.base_url + "/desk")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/desk/digest")
    page.get_by_role("link", name="Instability in Mali").click()
    page.wait_for_url("**/desk/digest/mali", wait_until="load")
    first, second, third = headlines(page)
    for _ in range(3):
        page.keyboard.press("j")
    assert page.locator("[aria-current=true].draft-story h3").inner_text() == third
    with page.expect_navigation():
        page.keyboard.press("[")
    page.wait_for_function("document.querySelector('.draft-story[aria-current]')")
    assert headlines(page) == [first, third, second]
    assert page.locator("[aria-current=true].draft-story h3").inner_text() == third
    with page.expect_navigation():
        page.keyboard.press("p")
    assert headlines(page) == [third, first, second]
    page.keyboard.press("w")
    page.keyboard.type("A road is cut.")
    page.get_by_text("Kept just now").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Good morning.")
    page.locator("#note").get_by_text("Kept just now").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("x")
    assert len(headlines(page)) == 2
    found = edit_digest.look(served.database, "mali", served.settings.base_url, NOW)
    assert found is not None
    assert found.draft.note == "Good morning."
    assert found.chosen[0].pick.why == "A road is cut."
    assert found.chosen[0].pick.pinned
    assert len(found.left_out) == 1
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/desk")
    assert complaints == []


def test_a_clash_while_typing_is_shown_and_overwrites_nothing(browser, served: Place) -> None:
    approve_all(served)
    page = browser.new_page()
    come_in(page, served)
    page.goto(served.settings.base_url + DIGEST)
    edit_digest.write_note(served.database, "mali", "Eve's words", seen=0, editor="Eve")
    page.locator("#note-text").fill("Awa's words")
    page.get_by_text("Eve wrote meanwhile: “Eve's words”").wait_for()
    page.locator("#note-text").fill("Awa's words, longer")
    page.wait_for_timeout(900)
    found = edit_digest.look(served.database, "mali", served.settings.base_url, NOW)
    assert found is not None
    assert found.draft.note == "Eve's words"
    page.get_by_role("button", name="Keep the note").click()
    page.wait_for_load_state()
    assert page.locator("#note-text").input_value() == "Awa's words, longer"


def test_arrivals_are_announced_and_move_nothing(browser, served: Place) -> None:
    approve_all(served)
    page = browser.new_page()
    come_in(page, served)
    page.add_init_script("const real = setInterval; window.setInterval = (f, ms) => real(f, 200);")
    page.goto(served.settings.base_url + DIGEST)
    before = headlines(page)
    late = served.store("Late report from Kidal", url="https://wire.example/late")
    served.gather()
    decision = Decision(match_id=late, verdict=Verdict.APPROVE, editor="Eve")
    review(served.database, [decision], NOW)
    page.get_by_text("1 story has been approved since").wait_for()
    assert headlines(page) == before
    page.reload()
    assert headlines(page) == [*before, "Late report from Kidal"]


@pytest.mark.parametrize("path", ["/desk/digest", DIGEST])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_of_a_phones_screen(
    browser, served: Place, path: str, scheme: str
) -> None:
    approve_all(served)
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, color_scheme=scheme
    )
    page = context.new_page()
    come_in(page, served)
    page.goto(served.settings.base_url + path)
    page.get_by_text("Instability in Mali").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
