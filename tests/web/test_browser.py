"""In a real browser: an editor comes in by invitation, decides by mouse and key, takes it back."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from pipeline import login
from pipeline.model import Role
from tests.replay import Page, Publisher
from tests.web.conftest import NOW, PASSWORD, Place, make_place

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@contextmanager
def serve(make: Callable[[str], Place]) -> Iterator[Place]:
    """Serve the installation that is made for an address, on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        place = make(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = uvicorn.Server(
            uvicorn.Config(place.app(), log_config=None, proxy_headers=False, ws="none")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield place
        server.should_exit = True
        thread.join()
    place.database.close()


@pytest.fixture
def served(tmp_path) -> Iterator[Place]:
    """An installation with a queue."""
    with serve(lambda url: make_place(tmp_path, base_url=url)) as place:
        for number in range(3):
            place.store(f"Report {number} from Kidal", "All is quiet in Kidal.")
        yield place


@pytest.fixture
def browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


def come_in(page, place: Place, name: str = "Awa") -> None:
    link = login.invite(place.database, place.key, role=Role.EDITOR, now=NOW)
    page.goto(f"{place.settings.base_url}/invite/{link}")
    # Who types before the page has put the cursor there makes the browser complain.
    page.locator("[name=name]:focus").wait_for()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/desk")
    page.wait_for_load_state()


def told(page, words: str) -> None:
    """Wait for a page that says so, and for its script."""
    page.get_by_text(words).wait_for()
    page.wait_for_load_state()


def until(place: Place, wanted: list[str]) -> None:
    """Wait until the service has stored what the page already shows."""
    deadline = time.monotonic() + 5
    while stands(place) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    assert stands(place) == wanted


def stands(place: Place) -> list[str]:
    return [place.status(number) for number in (1, 2, 3)]


def test_an_editor_decides_by_click_and_by_key_and_takes_it_back(browser, served: Place) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    come_in(page, served)

    row = page.locator("#match-1")
    assert row.locator("mark").first.inner_text() == "Kidal"
    row.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved: “Report 0 from Kidal”.").wait_for()
    until(served, ["approved", "pending", "pending"])

    page.keyboard.press("u")
    page.get_by_text("Taken back: 1 match.").wait_for()
    assert stands(served) == ["pending"] * 3

    page.goto(f"{served.settings.base_url}/desk?order=oldest")
    page.keyboard.press("a")  # nothing is chosen yet: this only shows where the keys act
    page.keyboard.press("j")
    assert page.locator(".row[aria-current]").get_attribute("id") == "match-2"
    page.keyboard.press("a")
    until(served, ["pending", "approved", "pending"])

    assert page.locator(".row[aria-current]").get_attribute("id") == "match-3"
    page.keyboard.press("r")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("s")
    until(served, ["pending", "approved", "rejected"])

    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.get_by_role("button", name="Approve ticked (1)").click()
    until(served, ["approved", "approved", "rejected"])
    page.goto(f"{served.settings.base_url}/desk/log")
    assert page.get_by_role("cell", name="sport").count() == 1
    assert complaints == []


def test_keys_typed_into_a_field_decide_nothing(browser, served: Place) -> None:
    page = browser.new_page()
    come_in(page, served)
    page.keyboard.press("j")
    page.keyboard.press("/")
    page.keyboard.type("jarrax")
    assert page.get_by_role("searchbox").input_value() == "jarrax"
    assert stands(served) == ["pending"] * 3


@pytest.mark.parametrize("width", [390, 1200])
def test_everything_works_without_scripts_and_on_a_phone(
    browser, served: Place, width: int
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    come_in(page, served)
    page.locator("#match-2 input[type=checkbox]").check()
    page.locator("#match-3 input[type=checkbox]").check()
    page.locator("#bulk input[name=reason]").fill("old")
    page.get_by_role("button", name="Reject ticked").click()
    told(page, "Rejected: 2 matches.")
    assert stands(served) == ["pending", "rejected", "rejected"]
    page.get_by_role("button", name="Undo").click()
    told(page, "Taken back: 2 matches.")
    assert stands(served) == ["pending"] * 3
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    context.close()


def test_a_feed_is_looked_at_and_watched_without_scripts(browser, served: Place) -> None:
    rss = (
        b"<rss version='2.0'><channel><title>Delta Courier</title><item><guid>a</guid>"
        b"<title>Quiet in Kidal</title></item></channel></rss>"
    )
    with Publisher() as publisher:
        publisher.pages["/feed"] = Page(body=rss)
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        come_in(page, served)
        page.get_by_role("link", name="Feeds").click()
        page.get_by_label("Address of a feed").fill(f"{publisher.url}/feed")
        page.get_by_role("button", name="Look at it").click()
        told(page, "Quiet in Kidal")
        page.get_by_label("Id").fill("delta")
        page.get_by_role("button", name="Watch it").click()
        told(page, "It is watched from now on.")
        page.get_by_role("button", name="Fetch now").click()
        told(page, "Its turn comes")
        assert len(publisher.requests) == 1
        context.close()


@pytest.mark.parametrize(
    "path", ["", "/articles/1", "/feeds", "/feeds/sahel-wire", "/log", "?q=nothing"]
)
def test_nothing_sticks_out_of_a_phones_screen(browser, served: Place, path: str) -> None:
    served.store("Kidal " + "unbrokenheadline" * 20, "x" * 400)
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    come_in(page, served)
    page.goto(f"{served.settings.base_url}/desk{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_text_runs_and_loads_nothing(browser, served: Place) -> None:
    for vector in (
        "<script>document.title = 'ran'</script>",
        "<img src=x onerror=\"document.title = 'ran'\">",
        '"><svg onload="document.title = \'ran\'">',
        "<style>@import url(//evil.example)</style>",
    ):
        served.store(f"{vector} Kidal", vector, words=("Kidal",), publisher=vector)
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    come_in(page, served)
    for path in ("", "/articles/4", "/articles/5", "/articles/6", "/articles/7"):
        page.goto(f"{served.settings.base_url}/desk{path}")
        page.wait_for_load_state("networkidle")
        assert page.title() != "ran"
    assert all(url.startswith(served.settings.base_url) for url in asked)
