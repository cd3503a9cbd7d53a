"""The public pages in a real browser: for everybody, in every light, from any server."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import httpx
import pytest
from lxml import html

from db import backgrounds, conflicts
from pipeline.bring_out import bring_out
from pipeline.model import Conflict, Decision, Keywords, Verdict
from pipeline.publish import found_installation, publish
from pipeline.review import review
from pipeline.stages.background import read_markdown
from pipeline.stages.render import file_name
from tests.web.conftest import NOW, Place, make_place
from tests.web.test_browser import CHROMIUM, browser, serve

__all__ = ["browser"]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
BACKGROUND = Path(__file__).parents[2] / "db" / "backgrounds" / "mali.md"
TRACKED = (
    ("mali", "Instability in Mali", "Sub-Saharan Africa", ("ML",), "worsening"),
    ("sudan", "War in Sudan", "Sub-Saharan Africa", ("SD",), "unchanging"),
    ("sahel", "Armed groups of the Sahel", "Sub-Saharan Africa", ("ML", "NE"), ""),
    ("gaza", "War in Gaza", "Middle East", ("PS", "IL"), "improving"),
    ("deep", "Piracy on the high seas", "", (), ""),
)
NEWS = (
    ("Convoy reaches Kidal after a week", "en", "mali"),
    ("غارة جوية على سوق في المدينة", "ar", "gaza"),
    ("Une colonne attaquée près de Kidal", "fr", "mali"),
    ("Kidal " + "without-a-space" * 20 + "-" + "e" * 300, "en", "mali"),
    ("Kidal: the report that was wrong", "en", "mali"),
)


def published_place(folder: Path, base_url: str) -> Place:
    """An installation whose pages show everything that pages can show."""
    place = make_place(folder, base_url=base_url)
    found_installation(place.database, base_url, NOW)
    with place.database.transaction() as connection:
        conflicts.declare(
            connection,
            [
                Conflict(
                    slug=slug,
                    title=title,
                    region=region,
                    countries=countries,
                    status=status,
                    status_reason="A blockade is strangling the capital." if status else "",
                    type="civil war",
                    impact="limited",
                    keywords=Keywords(),
                )
                for slug, title, region, countries, status in TRACKED
            ],
            NOW,
        )
        background = read_markdown(BACKGROUND.read_text("utf-8"))
        backgrounds.save(connection, "mali", background, author="Awa", note="", now=NOW)
    for number, (title, language, conflict) in enumerate(NEWS):
        match_id = place.store(title, conflict=conflict, language=language, words=())
        place.gather()
        approve = Decision(match_id=match_id, verdict=Verdict.APPROVE, editor="Awa")
        review(place.database, [approve], NOW + timedelta(minutes=number))
    wrong = replace(approve, verdict=Verdict.REJECT, reason="The publisher retracted it")
    review(place.database, [wrong], NOW + timedelta(hours=1))
    tomorrow = NOW + timedelta(days=1)
    bring_out(place.database, base_url, tomorrow)
    publish(place.database, place.settings.public_dir, base_url, tomorrow)
    return place


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("served")
    with serve(lambda url: published_place(folder, url)) as place:
        yield place


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def file_server(served: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The public folder on a plain file server, two folders down."""
    root = tmp_path_factory.mktemp("files")
    (root / "some").mkdir()
    (root / "some" / "where").symlink_to(served.settings.public_dir)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/some/where/"
    server.shutdown()
    server.server_close()
    thread.join()


def links(page: str, written: bytes) -> set[str]:
    """Every address a page names and a browser would follow or load."""
    tree = html.document_fromstring(written)
    named = tree.xpath("//a/@href | //*/@src | //link[not(@rel='canonical')]/@href")
    return {urldefrag(urljoin(page, str(each)))[0] for each in named if each[:1] != "#"}


def crawl(start: str) -> dict[str, int]:
    """Follow every link of every page under `start`; gives each address with its status."""
    seen: dict[str, int] = {}
    waiting = {start}
    with httpx.Client(follow_redirects=False, timeout=10) as client:
        while waiting:
            url = waiting.pop()
            answer = client.get(url)
            seen[url] = answer.status_code
            if "html" in answer.headers.get("Content-Type", ""):
                found = links(url, answer.content)
                outside = {each for each in found if not each.startswith(start)}
                assert all(each.startswith("https://wire.example/") for each in outside), outside
                waiting |= (found - outside) - seen.keys()
    return seen


def pages_of(place: Place) -> list[str]:
    public = place.settings.public_dir
    return sorted(
        f"{file.parent.relative_to(public).as_posix()}/".removeprefix("./")
        for file in public.rglob("index.html")
    )


def test_no_link_is_broken_on_a_file_server_under_any_path(served: Place, file_server: str) -> None:
    seen = crawl(file_server)
    assert {url: status for url, status in seen.items() if status != 200} == {}
    reached = {url.removeprefix(file_server) for url in seen}
    assert set(pages_of(served)) <= reached
    assert f"static/{file_name('world.svg')}" in reached
    assert any(path.startswith("conflicts/mali/2026-") for path in reached)
    for feed in (
        "conflicts/mali/latest-news",
        "conflicts/mali/daily",
        "latest-news",
        "regions/sub-saharan-africa/latest-news",
        "regions/middle-east/latest-news",
    ):
        for form in ("atom", "rss", "json"):
            assert f"{feed}.{form}" in reached
    assert "feeds.opml" in reached


def test_no_link_is_broken_on_our_own_server(served: Place) -> None:
    start = f"{served.settings.base_url}/"
    seen = crawl(start)
    assert {url: status for url, status in seen.items() if status != 200} == {}
    assert set(pages_of(served)) <= {url.removeprefix(start) for url in seen}
    # The short addresses that programs call show the same pages, with links that hold.
    for path in ("conflicts/mali", "subscribe"):
        answer = httpx.get(start + path)
        assert links(start + path, answer.content) == links(f"{start}{path}/", answer.content)


def test_pages_opened_from_a_disk_find_their_style_and_their_map(served: Place) -> None:
    public = served.settings.public_dir
    for file in public.rglob("index.html"):
        tree = html.document_fromstring(file.read_bytes())
        loaded = tree.xpath("//link[@rel='stylesheet']/@href | //img/@src | //head//link/@href")
        for each in loaded:
            if not each.startswith("http"):
                assert (file.parent / each).exists(), (file, each)


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# In the dark only colours are others.
LOOKS = [("light", 1200, RULES), ("light", 390, RULES), ("dark", 390, ["color-contrast"])]


@needs_chromium
def test_every_page_keeps_the_accessibility_rules(browser, served: Place) -> None:
    """axe-core's rules for WCAG 2.2 A and AA, and its best practices."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = browser.new_page(reduced_motion="reduce")
    for path in [*pages_of(served), "nothing-here"]:
        page.goto(f"{served.settings.base_url}/{path}")
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            options = {"runOnly": rules, "resultTypes": ["violations"]}
            found = axe.run(page, options=options).response["violations"]
            told = [
                (each["id"], node["target"], node["failureSummary"])
                for each in found
                for node in each["nodes"]
            ]
            assert told == [], f"/{path} at {width}, {scheme}"
    page.close()


@needs_chromium
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_pages_fit_the_screen_and_break_no_policy(browser, served: Place, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in pages_of(served):
        page.goto(f"{served.settings.base_url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert complaints == []
    context.close()


@needs_chromium
def test_filters_work_without_a_script(browser, served: Place) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.settings.base_url}/")

    def standing() -> list[str]:
        return [row.inner_text() for row in page.locator(".row h4").all() if row.is_visible()]

    assert len(standing()) == len(TRACKED)
    page.get_by_role("radio", name="Middle East").check()
    assert standing() == ["War in Gaza"]
    assert page.locator(".pin:visible").count() == 1
    page.get_by_role("group", name="Region").get_by_label("All").check()
    page.get_by_role("radio", name="Worsening").check()
    assert standing() == ["Instability in Mali"]
    # A region where nothing is left goes with its heading.
    assert page.get_by_role("heading", name="Middle East").count() == 0
    page.get_by_role("radio", name="Quiet").check()
    assert standing() == []
    context.close()


@needs_chromium
def test_the_map_is_walked_by_keyboard(browser, served: Place) -> None:
    page = browser.new_page()
    page.goto(f"{served.settings.base_url}/")
    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    pin = page.locator(".pin").first
    assert pin.evaluate("pin => pin === document.activeElement")
    assert pin.locator("text").is_visible()
    ring = pin.locator(".hit").evaluate("hit => getComputedStyle(hit).strokeWidth")
    assert float(ring.removesuffix("px")) >= 3
    page.keyboard.press("Enter")
    page.wait_for_url("**/conflicts/mali/")
    page.close()


@needs_chromium
def test_data_for_machines_passes_the_policy_and_is_not_run(browser, served: Place) -> None:
    page = browser.new_page()
    violations: list[str] = []
    page.on("console", lambda message: violations.append(message.text))
    page.goto(f"{served.settings.base_url}/conflicts/mali/")
    told = page.locator("script[type='application/ld+json']").evaluate(
        "script => JSON.parse(script.textContent).name"
    )
    assert told == "Instability in Mali"
    assert violations == []
    page.close()
