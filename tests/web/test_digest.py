"""The desk's digest: every form works without a script, keeps what one wrote, and clashes aloud."""

from datetime import timedelta

import pytest

from db import digests
from pipeline.bring_out import bring_out, published
from pipeline.model import Role, Scope
from tests.web.conftest import NOW, ORIGIN, Browser, Place, member

DIGEST = "/desk/digest/mali"
DAY = timedelta(days=1)


@pytest.fixture
def desk(place: Place, editor: Browser) -> Browser:
    """Two approved stories, before the cut-off of tomorrow morning."""
    ids = [
        place.store(f"Report {number} from Kidal", url=f"https://wire.example/{number}")
        for number in range(2)
    ]
    place.gather()
    editor.decide("approve", *ids)
    return editor


def send(browser: Browser, room: str, **fields: object):
    data = {"csrf": browser.token_on()} | {key: str(value) for key, value in fields.items()}
    return browser.post(f"{DIGEST}/{room}", data=data)


def test_the_overview_names_every_conflict_its_cut_off_and_its_stories(desk: Browser) -> None:
    shown = " ".join(desk.get("/desk/digest").text.split())
    assert "Instability in Mali" in shown
    assert "War in Sudan" in shown
    assert "23 November 2026, 06:00 UTC" in shown


def test_the_draft_shows_what_will_be_in_it_and_when_it_closes(desk: Browser) -> None:
    shown = desk.get(DIGEST).text
    assert shown.index("Report 0 from Kidal") < shown.index("Report 1 from Kidal")
    assert "Edition of 23 November 2026: closes <strong>06:00</strong> UTC" in shown
    assert "2 stories." in shown


def test_stories_are_moved_pinned_left_out_and_put_back_by_plain_forms(desk: Browser) -> None:
    def order() -> list[str]:
        text = desk.get(DIGEST + "?show=text").text
        body = text[text.index('class="bytes"') :].split("</pre>")[0]
        found = [(body.find(f"Report {each} from Kidal"), each) for each in "01"]
        return [each for at, each in sorted(found) if at >= 0]

    assert order() == ["0", "1"]
    answer = send(desk, "story", item=2, do="up")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DIGEST}#story-2")
    assert order() == ["1", "0"]
    send(desk, "story", item=1, do="pin")
    assert order() == ["0", "1"]
    send(desk, "story", item=1, do="unpin")
    send(desk, "story", item=2, do="down")
    assert order() == ["0", "1"]
    send(desk, "story", item=1, do="out")
    assert order() == ["1"]
    assert "Put back" in desk.get(DIGEST).text
    send(desk, "story", item=1, do="in")
    assert order() == ["0", "1"]
    refused = send(desk, "story", item=1, do="eat")
    assert refused.status_code == 400
    assert "does not know that button" in refused.text
    assert send(desk, "story", item=99, do="pin").status_code == 400


def test_a_note_and_a_line_are_kept_by_form_and_by_script(desk: Browser) -> None:
    answer = send(desk, "note", note=" One\r\ntwo ", version=0)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DIGEST}#note")
    assert "One\ntwo</textarea>" in desk.get(DIGEST).text
    desk.headers["Accept"] = "application/json"
    assert send(desk, "why", item=1, why="A road  is cut.", version=0).json() == {"version": 1}
    assert send(desk, "note", note="x" * 2001, version=1).status_code == 400
    desk.headers["Accept"] = "text/html"
    shown = desk.get(DIGEST).text
    assert 'value="A road is cut."' in shown
    assert "Why it matters: A road is cut." in shown


def test_two_editors_who_write_at_once_see_both_texts(place: Place, desk: Browser) -> None:
    other = member(place, "Eve", Role.EDITOR)
    send(desk, "note", note="Awa's words", version=0)
    answer = send(other, "note", note="Eve's words", version=0)
    assert answer.status_code == 409
    assert "Awa&#39;s words" in answer.text
    assert "Eve&#39;s words" in answer.text
    send(other, "note", note="Eve's words", version=1)
    assert "Eve&#39;s words</textarea>" in desk.get(DIGEST).text
    send(desk, "why", item=1, why="Awa's line", version=0)
    other.headers["Accept"] = "application/json"
    clash = send(other, "why", item=1, why="Eve's line", version=0)
    assert (clash.status_code, clash.json()) == (
        409,
        {"theirs": "Awa's line", "by": "Awa", "version": 1},
    )
    other.headers["Accept"] = "text/html"
    assert "Keep mine" in send(other, "why", item=1, why="Eve's line", version=0).text


def test_an_edition_is_held_and_released(place: Place, desk: Browser) -> None:
    send(desk, "hold", do="hold")
    place.now = NOW + DAY
    desk.log_in()
    made = bring_out(place.database, ORIGIN, place.now).made
    assert [each.conflict for each in made] == ["sudan"]
    shown = " ".join(desk.get(DIGEST).text.split())
    assert "Held back</strong> by <bdi>Awa</bdi>" in shown
    assert "Its cut-off has passed" in shown
    send(desk, "hold", do="release")
    made = bring_out(place.database, ORIGIN, place.now).made
    assert [each.conflict for each in made] == ["mali"]


def test_the_preview_is_plain_text_whatever_is_in_it(place: Place, desk: Browser) -> None:
    evil = place.store("Kidal <script>alert(1)</script>", url="https://wire.example/evil")
    place.gather()
    desk.decide("approve", evil)
    for kind in ("html", "text", "atom", "rss", "json"):
        answer = desk.get(f"{DIGEST}/preview.{kind}")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Report 0 from Kidal" in answer.text
        assert "<script>alert" not in desk.get(f"{DIGEST}?show={kind}").text
    assert desk.get(f"{DIGEST}/preview.pdf").status_code == 404
    assert desk.get("/desk/digest/peru/preview.html").status_code == 404
    assert desk.get("/desk/digest/peru").status_code == 404
    assert desk.get("/desk/digest/peru/arrivals").status_code == 404
    assert desk.get(f"{DIGEST}/arrivals?since=1").json() == {"arrived": 1 + 1}


def test_an_entry_is_corrected_and_the_edition_that_lists_it_says_so(
    place: Place, desk: Browser
) -> None:
    place.now = NOW + DAY
    desk.log_in()
    bring_out(place.database, ORIGIN, place.now)
    place.now = NOW + DAY + timedelta(hours=1)
    with place.database.reading() as connection:
        item = digests.published(connection, conflict="mali")[-1]
    fields = {"entry": item.slug, "title": "Report zero from Kidal", "summary": ""}
    answer = send(desk, "entry", **fields, note="It was zero.", seen=item.revision)
    assert answer.status_code == 303, answer.text
    [edition] = published(place.database, conflict="mali")
    assert edition.revision == 2
    assert "Report zero from Kidal" in [each.title for each in edition.stories]
    assert edition.corrections[0].note == f"“{item.title}”: It was zero."
    stale = send(desk, "entry", **fields, note="Again.", seen=item.revision)
    assert stale.status_code == 409
    assert "Nothing was changed" in stale.text
    assert send(desk, "entry", entry="none", title="x", note="x").status_code == 400


def test_a_published_story_is_withdrawn_from_its_list(place: Place, desk: Browser) -> None:
    shown = desk.get(DIGEST).text
    assert "Withdraw from this conflict" in shown
    form = shown[shown.index("Withdraw…") :]
    match = form[form.index('name="match" value="') + 20 :].split('"')[0]
    answer = desk.post(
        "/desk/review",
        data={
            "csrf": desk.token_on(),
            "verdict": "reject",
            "match": match,
            "reason": "off-topic",
            "next": DIGEST,
        },
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, DIGEST)
    assert "<strong>withdrawn</strong>" in desk.get(DIGEST).text


def test_an_edition_is_corrected_with_a_note(place: Place, desk: Browser) -> None:
    place.now = NOW + DAY
    desk.log_in()
    bring_out(place.database, ORIGIN, place.now)
    [edition] = published(place.database, conflict="mali")
    sent = {"number": edition.number, "seen": 1}
    assert send(desk, "edition", **sent, note="").status_code == 400
    assert send(desk, "edition", **sent, note="A word was wrong.").status_code == 303
    assert "A word was wrong." in desk.get(DIGEST).text
    assert send(desk, "edition", **sent, note="Again.").status_code == 409


def test_a_viewer_sees_the_draft_and_can_change_nothing(place: Place, desk: Browser) -> None:
    viewer = member(place, "Vera", Role.VIEWER)
    shown = viewer.get(DIGEST).text
    assert "Report 0 from Kidal" in shown
    assert "Publish the correction" not in shown
    assert shown.count("disabled") >= 8
    for room in ("note", "why", "story", "hold", "entry", "edition"):
        assert send(viewer, room, item=1, do="out").status_code == 403
    assert "Put back" not in desk.get(DIGEST).text


def test_programs_read_editions(place: Place, desk: Browser, stranger: Browser) -> None:
    place.now = NOW + DAY
    bring_out(place.database, ORIGIN, place.now)
    token = place.bearer("Awa", Scope.READ)
    found = stranger.get("/api/v1/digest/editions?conflict=mali", headers=token).json()
    [item] = found["items"]
    assert (item["conflict"], item["day"], item["revision"]) == ("mali", "2026-11-23", 1)
    assert [each["title"] for each in item["stories"]] == [
        "Report 0 from Kidal",
        "Report 1 from Kidal",
    ]
    assert item["reading"]["blind"] is True
    one = stranger.get(f"/api/v1/digest/editions/{item['number']}", headers=token).json()
    assert one == item
    first = stranger.get("/api/v1/digest/editions?limit=1", headers=token).json()
    rest = stranger.get(first["next"], headers=token).json()
    assert len(rest["items"]) == 1
    assert rest["next"] is None
    assert stranger.get("/api/v1/digest/editions/99", headers=token).status_code == 404
