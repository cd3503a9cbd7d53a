"""In a real browser: a morning's queue by keyboard alone, by two editors, taken back, on a phone."""

import time
from collections.abc import Callable

import pytest

from tests.web.conftest import Place
from tests.web.test_browser import browser, come_in, pytestmark, served, sync_api  # noqa: F401

WORDS = [
    "market",
    "bridge",
    "school",
    "river",
    "harbour",
    "convoy",
    "mayor",
    "grain",
    "radio",
    "court",
    "water",
    "clinic",
]


def fill(place: Place, how_many: int) -> list[int]:
    return [
        place.store(f"{WORDS[number % 12]} {number} near Kidal", f"Report {number} on Kidal.")
        for number in range(how_many)
    ]


def eventually(found: Callable[[], object], wanted: object) -> None:
    deadline = time.monotonic() + 8
    while found() != wanted and time.monotonic() < deadline:
        time.sleep(0.03)
    assert found() == wanted


def statuses(place: Place, ids: list[int]) -> list[str]:
    return [place.status(each) for each in ids]


def visible(page) -> int:
    return page.locator(".queue > .row:visible").count()


def test_twenty_stories_are_cleared_by_keyboard_alone(browser, served: Place) -> None:  # noqa: F811
    ids = [1, 2, 3, *fill(served, 17)]
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    come_in(page, served)
    page.goto(f"{served.settings.base_url}/desk?order=oldest")
    page.keyboard.press("j")
    for number in range(20):
        if number % 2:
            page.keyboard.press("a")
        else:
            page.keyboard.press("r")
            page.keyboard.press("Enter" if number % 4 else "s")
    wanted = ["rejected", "approved"] * 10
    eventually(lambda: statuses(served, ids), wanted)
    page.get_by_text("All of these are decided.").wait_for()
    eventually(lambda: page.locator("[data-left]").inner_text(), "0")
    page.keyboard.press("Control+z")
    page.get_by_text("Taken back: 1 match.").wait_for()
    eventually(lambda: statuses(served, ids), [*wanted[:-1], "pending"])
    assert complaints == []


def test_a_bulk_verdict_says_its_count_and_is_undone_as_one(browser, served: Place) -> None:  # noqa: F811
    ids = [1, 2, 3, *fill(served, 7)]
    page = browser.new_page()
    come_in(page, served)
    page.keyboard.press("j")
    page.keyboard.press("x")
    for _ in range(4):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert page.get_by_role("button", name="Reject ticked (5)").is_enabled()
    page.keyboard.press("*")
    page.get_by_role("button", name="Reject ticked (10)").click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("l")
    eventually(lambda: statuses(served, ids), ["rejected"] * 10)
    page.reload()
    page.get_by_text("Nothing is waiting.").wait_for()
    page.keyboard.press("u")
    page.locator(".queue > .row").first.wait_for()
    assert statuses(served, ids) == ["pending"] * 10
    assert visible(page) == 10


def test_two_editors_at_once_see_each_other_and_overwrite_nothing(browser, served: Place) -> None:  # noqa: F811
    pages = []
    for name in ("Awa", "Binta"):
        page = browser.new_context().new_page()
        come_in(page, served, name)
        page.goto(f"{served.settings.base_url}/desk?order=oldest")
        pages.append(page)
    awa, binta = pages
    awa.keyboard.press("j")
    awa.keyboard.press("a")
    eventually(lambda: statuses(served, [1, 2, 3]), ["approved", "pending", "pending"])
    binta.keyboard.press("j")
    binta.keyboard.press("r")
    binta.keyboard.press("Enter")
    binta.get_by_text("you saw pending, it is approved by Awa").wait_for()
    assert visible(binta) == 3
    assert statuses(served, [1, 2, 3]) == ["approved", "pending", "pending"]

    binta.keyboard.press("j")
    binta.keyboard.press("c")
    binta.get_by_text("claimed by you").wait_for()
    awa.keyboard.press("a")
    awa.get_by_text("Skipped, because Binta works on it").wait_for()
    assert statuses(served, [1, 2, 3]) == ["approved", "pending", "pending"]
    awa.keyboard.press("c")
    awa.get_by_role("button", name="Take over").click()
    awa.get_by_text("claimed by you").wait_for()
    awa.keyboard.press("a")
    eventually(lambda: statuses(served, [1, 2, 3]), ["approved", "approved", "pending"])


def test_a_verdict_without_an_answer_is_kept_and_stored_once(browser, served: Place) -> None:  # noqa: F811
    context = browser.new_context()
    page = context.new_page()
    come_in(page, served)
    page.goto(f"{served.settings.base_url}/desk?order=oldest")
    context.set_offline(True)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("a")
    page.get_by_text("2 verdicts are kept here").wait_for()
    assert (visible(page), statuses(served, [1, 2, 3])) == (1, ["pending"] * 3)
    context.set_offline(False)
    eventually(lambda: statuses(served, [1, 2, 3]), ["approved", "approved", "pending"])
    page.get_by_text("what was kept is stored").wait_for()

    def lose_the_answer(route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/desk/review", lose_the_answer)
    page.keyboard.press("a")
    page.get_by_text("What you did is kept here").wait_for()
    assert served.status(3) == "approved"
    # The editor leaves before there was an answer; the queue asks again when it is next opened.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{served.settings.base_url}/desk/log")
    page.unroute_all(behavior="ignoreErrors")
    page.goto(f"{served.settings.base_url}/desk")
    page.get_by_text("what was kept is stored").wait_for()
    assert served.status(3) == "approved"
    assert page.evaluate("sessionStorage.getItem('desk-outbox')") == "[]"


def test_hold_takes_a_story_out_and_undo_brings_it_back(browser, served: Place) -> None:  # noqa: F811
    page = browser.new_page()
    come_in(page, served)
    page.keyboard.press("j")
    page.keyboard.press("h")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("d")
    eventually(lambda: page.locator("[data-left]").inner_text(), "2")
    assert visible(page) == 2
    page.keyboard.press("u")
    eventually(lambda: page.locator("[data-left]").inner_text(), "3")
    assert visible(page) == 3


def test_new_arrivals_are_announced_and_move_nothing(browser, served: Place) -> None:  # noqa: F811
    page = browser.new_page()
    come_in(page, served)
    page.evaluate("sessionStorage.setItem('desk-look', '200')")
    page.reload()
    page.keyboard.press("j")
    served.now = served.now.replace(minute=5)
    fill(served, 2)
    page.get_by_text("2 new, show").wait_for()
    assert visible(page) == 3
    page.keyboard.press("n")
    eventually(lambda: visible(page), 5)


def test_filters_are_folded_on_a_phone_and_open_where_there_is_room(browser, served: Place) -> None:  # noqa: F811
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    come_in(page, served)
    search, button = page.get_by_role("searchbox"), page.get_by_role("button", name="Show")
    first = page.locator(".queue > .row").first.bounding_box()
    assert first is not None
    assert first["y"] < 600, "the first story begins on the first screen"
    assert not search.is_visible()
    page.keyboard.press("/")
    page.keyboard.type("Report 1")
    page.keyboard.press("Enter")
    page.get_by_text("1 in force").wait_for()
    assert not button.is_visible()
    page.get_by_text("1 in force").click()
    assert search.input_value() == "Report 1"
    page.get_by_text("1 in force").click()
    page.set_viewport_size({"width": 1200, "height": 844})
    button.wait_for()
    assert not page.get_by_text("1 in force").is_visible()


def test_on_a_phone_a_story_is_rejected_by_touch_with_its_reason(browser, served: Place) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    come_in(page, served)
    page.locator("#match-2").get_by_role("button", name="Reject").tap()
    page.get_by_role("dialog").get_by_role("button", name="opinion").tap()
    eventually(lambda: statuses(served, [1, 2, 3]), ["pending", "rejected", "pending"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-toast]").get_by_role("button", name="Undo").tap()
    eventually(lambda: statuses(served, [1, 2, 3]), ["pending"] * 3)


@pytest.mark.parametrize("rows", [500])
def test_five_hundred_rows_are_walked_without_lag(browser, served: Place, rows: int) -> None:  # noqa: F811
    fill(served, rows - 3)
    page = browser.new_page()
    come_in(page, served)
    page.goto(f"{served.settings.base_url}/desk?rows=500")
    assert page.locator(".queue > .row").count() == rows
    page.keyboard.press("j")
    begun = time.monotonic()
    for _ in range(20):
        page.keyboard.press("j")
    page.evaluate("new Promise(requestAnimationFrame)")
    assert time.monotonic() - begun < 5
    assert page.locator(".row[aria-current]").count() == 1
