"""The desk in a real browser is for everybody: axe-core finds nothing on any of its pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from db import articles, backgrounds
from pipeline import login, sample
from pipeline.model import Decision, Role, Scope, Verdict
from pipeline.review import review
from pipeline.stages.background import read_markdown
from tests.making import an_article
from tests.web.conftest import FEED, NOW, PASSWORD, Place, make_place
from tests.web.test_browser import CHROMIUM, browser, serve

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
BACKGROUND = Path(backgrounds.__file__).parent / "mali.md"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# In the dark only colours are others.
LOOKS = [("light", 1200, RULES), ("dark", 1200, ["color-contrast"]), ("light", 390, RULES)]
EXAMPLES = {
    "slug": "mali",
    "article_id": "1",
    "story_id": "1",
    "feed_id": "sahel-wire",
}
# What is no page: assets, and what scripts ask for.
NO_PAGE = re.compile(r"/desk/static/.*|.*/arrivals|.*\.\{kind\}|.*\.(csv|jsonl)")
MORE = [
    "/desk?status=all",
    "/desk?q=nothing+of+that+kind",
    "/desk/stories/2/likely?as=duplicate",
    "/desk/nothing-here",
]


def furnished(folder: Path, base_url: str) -> Place:
    """A desk on whose pages there is something to see, and an admin who sees all of it."""
    place = make_place(folder, base_url=base_url)
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=Role.ADMIN, actor="test", now=NOW
    )
    for title, language, conflict in (
        ("Convoy reaches Kidal after a week", "en", "mali"),
        ("Une colonne attaquée près de Kidal", "fr", "mali"),
        ("هجوم قرب كيدال", "ar", "mali"),
        ("Market in Kidal reopens", "en", "sudan"),
        ("Kidal: the report that was wrong", "en", "mali"),
    ):
        place.store(title, f"{title}. All is quiet.", language=language, conflict=conflict)
    place.gather()
    for number, verdict, reason in (
        (1, Verdict.APPROVE, ""),
        (4, Verdict.REJECT, "sport"),
    ):
        decision = Decision(match_id=number, verdict=verdict, editor="Awa", reason=reason)
        review(place.database, [decision], NOW)
    with place.database.transaction() as connection:
        articles.add(connection, [an_article("Calm on the river")], FEED, NOW)
    sample.draw(place.database, NOW)
    text = BACKGROUND.read_text("utf-8")
    for page in (text, text.replace("Mali", "The country", 1)):
        with place.database.transaction() as connection:
            read = read_markdown(page)
            backgrounds.save(connection, "mali", read, author="Awa", note="A new word", now=NOW)
    place.bearer("Awa", Scope.READ)
    return place


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("desk")
    with serve(lambda url: furnished(folder, url)) as place:
        yield place


def pages_of(place: Place) -> list[str]:
    """Every page of the desk that can be asked for, from the router itself."""
    found = [
        route.path
        for route in place.app().routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    ]
    asked = [path for path in found if re.match(r"/desk\b", path) and not NO_PAGE.fullmatch(path)]
    return [re.sub(r"{(\w+)}", lambda name: EXAMPLES[name[1]], path) for path in asked] + MORE


def complaints(page, path: str) -> list[tuple[object, ...]]:
    """What axe-core says of the page as it is now: in each look of it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    told = []
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        for each in axe.run(page, options=options).response["violations"]:
            told += [
                (path, scheme, width, each["id"], node["target"], node["failureSummary"])
                for node in each["nodes"]
            ]
    return told


def test_every_page_of_the_desk_keeps_wcag_aa(browser, desk: Place) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{desk.settings.base_url}/login")
    told = complaints(page, "/login")
    page.get_by_label("Name").fill("Awa")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/desk")
    for path in pages_of(desk):
        page.goto(f"{desk.settings.base_url}{path}")
        told += complaints(page, path)
    assert told == [], "\n".join(map(str, told))
    page.goto(f"{desk.settings.base_url}/desk")
    for key in ("j", "?"):
        page.keyboard.press(key)
    page.get_by_role("dialog").wait_for()
    assert complaints(page, "/desk, its help") == []
    page.close()


def test_a_page_that_breaks_the_rules_is_noticed(browser, desk: Place) -> None:
    page = browser.new_page()
    page.goto(f"{desk.settings.base_url}/login")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert {each[3] for each in complaints(page, "/login")} == {"html-has-lang"}
    page.close()
