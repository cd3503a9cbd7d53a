"""Merge, duplicate and split on the desk: by plain forms, by keys, taken back; what others hold."""

import re

import pytest

from pipeline.queue import claim, name_claims
from tests.web.conftest import Browser, Place
from tests.web.test_browser import (  # noqa: F401
    browser,
    come_in,
    pytestmark,
    served,
    sync_api,
)
from tests.web.test_browser import told as browser_told
from tests.web.test_browser_queue import eventually

WORDS = ("Market burns near Kidal", "Bridge opens in Kidal today", "Clinic near Kidal robbed")


def three(place: Place) -> list[int]:
    ids = [place.store(title, "All of Kidal talks.") for title in WORDS]
    place.gather()
    return ids


def told(client: Browser, story: int) -> list[str]:
    found = client.get(f"/desk/stories/{story}").text
    return re.findall(r'id="article-(\d+)"', found)


def send(client: Browser, path: str, **fields: object):
    address = f"/desk/stories/{path}" if "/" in path else f"/desk/{path}"
    return client.post(address, data={"csrf": client.token_on(), **fields})


def test_ticked_rows_are_merged_by_a_plain_form_and_put_back(place: Place, editor: Browser) -> None:
    one, two, _ = three(place)
    answer = send(editor, "merge", match=[f"{one}:pending", f"{two}:pending"], next="/desk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    after = editor.get("/desk").text
    assert "Merged: 1 article moved." in after
    assert told(editor, 1) == ["1", "2"]
    assert editor.get("/desk/stories/2").headers["location"] == "/desk/stories/1"
    assert place.changes == ["changed"]
    change = re.search(r'name="change" value="(\d+)"', after)[1]
    send(editor, "unmerge", change=change)
    assert (told(editor, 1), told(editor, 2)) == (["1"], ["2"])
    assert send(editor, "unmerge", change=change).status_code == 409


def test_a_duplicate_is_picked_from_likely_stories_and_rejected(
    place: Place, editor: Browser
) -> None:
    _, two, _ = three(place)
    page = editor.get("/desk/stories/2/likely?as=duplicate&q=market").text
    assert "Duplicate of this" in page
    assert WORDS[0] in page
    assert WORDS[2] not in page
    offered = editor.get("/desk/stories/2/likely", headers={"Accept": "application/json"}).json()
    assert {each["story"] for each in offered["stories"]} == {1, 3}
    send(editor, "duplicate", story=2, into=1)
    assert place.status(two) == "rejected"
    assert "marked as a duplicate by Awa" in editor.get("/desk/stories/1").text


def test_an_article_is_split_off_on_its_own_page(place: Place, editor: Browser) -> None:
    three(place)
    send(editor, "merge", story=[1, 2, 3])
    assert "Split this article off its story" in editor.get("/desk/articles/2").text
    send(editor, "1/split", article=[2])
    assert told(editor, 1) == ["1", "3"]
    assert told(editor, 4) == ["2"]
    assert "split of 1 article" in editor.get("/desk/stories/4").text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("merge", {}, 400),
        ("merge", {"story": [1]}, 400),
        ("merge", {"story": [1, 99]}, 400),
        ("merge", {"match": ["x"]}, 400),
        ("duplicate", {"story": 1, "into": 1}, 400),
        ("1/split", {}, 400),
        ("1/split", {"article": [1]}, 400),
        ("1/split", {"article": [2]}, 409),
        ("unmerge", {"change": 7}, 400),
    ],
)
def test_what_cannot_be_done_says_so(place: Place, editor: Browser, path, fields, status) -> None:
    three(place)
    answer = send(editor, path, **fields)
    assert answer.status_code == status
    assert place.changes == []


def test_unknown_stories_are_not_found(place: Place, editor: Browser) -> None:
    for path in ("9", "9/likely", str(2**70), f"{2**70}/likely"):
        assert editor.get(f"/desk/stories/{path}").status_code == 404
    assert send(editor, f"{2**70}/split", article=[1]).status_code == 404


def test_what_somebody_works_on_is_not_merged(place: Place, editor: Browser) -> None:
    _, two, _ = three(place)
    claim(place.database, [two], "Binta", place.now)
    send(editor, "merge", story=[1, 2])
    assert "<bdi>Binta</bdi> works on" in editor.get("/desk").text
    answer = editor.post(
        "/desk/merge",
        data={"csrf": editor.token_on(), "story": [1, 2]},
        headers={"Accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["by"]) == (409, "Binta")


# A picker with a dozen long headlines: how many of them do not fit their button?
SQUEEZED = """() => {
  const list = document.querySelector("#picks").cloneNode(true);
  const long = list.firstElementChild;
  long.querySelector("bdi").textContent = "a headline of many words ".repeat(12);
  list.replaceChildren(...Array.from({ length: 12 }, () => long.cloneNode(true)));
  document.querySelector("#picks").after(list);
  const cut = [...list.children].filter((one) => one.scrollHeight > one.clientHeight + 1).length;
  list.remove();
  return cut;
}"""


def test_by_keys_alone_stories_are_merged_marked_split_and_put_back(browser, served: Place) -> None:  # noqa: F811
    ids = three(served)
    base = served.settings.base_url
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    come_in(page, served)
    page.goto(f"{base}/desk?q=talks&order=oldest")
    rows = page.locator(".queue > .row:visible")
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.get_by_role("dialog", name="Duplicate of which story?").wait_for()
    page.locator("#picks button").first.wait_for()
    assert page.evaluate(SQUEEZED) == 0
    page.keyboard.press("1")
    eventually(lambda: served.status(ids[0]), "rejected")
    page.get_by_text("Marked as a duplicate").wait_for()
    page.keyboard.press("u")
    eventually(lambda: served.status(ids[0]), "pending")
    eventually(rows.count, 3)

    page.keyboard.press("*")
    page.keyboard.press("m")
    page.get_by_text("Merged: 3 stories").wait_for()
    eventually(rows.count, 1)
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.get_by_role("heading", name="Its articles").wait_for()
    page.get_by_label("Split off: Clinic").check()
    page.keyboard.press("s")
    browser_told(page, "Split: 1 article moved.")
    page.keyboard.press("u")
    browser_told(page, "Stories put back: 1 article moved.")
    assert page.locator(".match.row").count() == 3
    page.goto(f"{base}/desk?q=talks&order=oldest")
    page.wait_for_load_state()
    page.keyboard.press("u")
    eventually(rows.count, 3)
    assert complaints == []


def test_opening_an_article_claims_it_until_it_is_left(browser, served: Place) -> None:  # noqa: F811
    base = served.settings.base_url
    pages = []
    for name in ("Awa", "Binta"):
        page = browser.new_context().new_page()
        come_in(page, served, name)
        pages.append(page)
    awa, binta = pages

    def holders() -> list[str]:
        found = name_claims(served.database, [1, 2, 3], served.now)
        return [claim.editor for _, claim in found]

    awa.goto(f"{base}/desk/articles/1")
    eventually(holders, ["Awa"])
    binta.goto(f"{base}/desk/articles/1")
    binta.get_by_text("Awa works on this. You can read it").wait_for()
    binta.goto(f"{base}/desk")
    binta.get_by_text("claimed by Awa").wait_for()
    assert holders() == ["Awa"]
    awa.goto(f"{base}/desk/conflicts")
    eventually(holders, [])
