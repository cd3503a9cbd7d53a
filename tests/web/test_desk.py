"""The desk: an editor sees why an article is there, decides, and can take it back."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from db import feeds, matches, pages
from pipeline import background, login
from pipeline.errors import StoreError
from pipeline.model import DuePage, Field, Hit, Kind, Match, PageState, Role, StoredPage
from pipeline.web import create_app
from pipeline.web.rows import ago
from tests.web.conftest import FEED, NOW, PASSWORD, Browser, Place, member

BACKGROUND = """---
conflict: mali
title: Instability in Mali
updated: 2026-11-01
---

## Background

The country is **large**.
"""


def marks(page: str) -> list[str]:
    return re.findall(r"<mark[^>]*>([^<]*)</mark>", page)


# The queue


def test_a_row_shows_at_once_why_the_article_is_there(place: Place, editor: Browser) -> None:
    place.store("Convoy hit near Kidal", "Gunmen struck north of Kidal.", words=("Kidal", "Gunmen"))
    page = editor.get("/desk").text
    assert marks(page) == ["Kidal", "Gunmen", "Kidal"]
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert "places Kidal Gunmen" in words
    for shown in ("Sahel Wire", "English", "3 h ago", "Instability in Mali", "score 3"):
        assert shown in page


def test_the_headline_carries_its_language_and_finds_its_direction(
    place: Place, editor: Browser
) -> None:
    place.store("هجوم قرب كيدال", words=("كيدال",), language="ar")
    assert re.search(r'<h2[^>]* lang="ar" dir="auto">', editor.get("/desk").text)


def test_an_article_without_a_headline_can_still_be_decided(place: Place, editor: Browser) -> None:
    place.store("", "Kidal is quiet")
    assert "(no headline)" in editor.get("/desk").text
    assert "(no headline)" in editor.get("/desk/articles/1").text


def test_the_queue_is_filtered_by_its_address(place: Place, editor: Browser) -> None:
    place.store("Quiet in Kidal")
    place.store("Fighting in Kidal and El Fasher", conflict="sudan")
    rejected = place.store("Football in Kidal")
    editor.decide("reject", rejected)

    def headlines(query: str) -> list[str]:
        found = re.findall(r"<h2 id=[^>]*><a[^>]*>(.*?)</a>", editor.get(f"/desk{query}").text)
        return [re.sub(r"<[^>]*>", "", each) for each in found]

    assert headlines("?conflict=sudan") == ["Fighting in Kidal and El Fasher"]
    assert headlines("?status=rejected") == ["Football in Kidal"]
    assert headlines("?q=quiet") == ["Quiet in Kidal"]
    assert len(headlines("?status=all&order=newest")) == 3


def test_a_long_queue_is_shown_page_by_page_with_its_filters(place: Place, editor: Browser) -> None:
    for number in range(51):
        place.store(f"Report {number} from Kidal")
    first = editor.get("/desk?order=oldest&conflict=mali").text
    assert "51 stories fit, page 1 of 2" in first
    onward = re.search(r'rel="next" href="([^"]*)"', first)
    assert onward is not None
    second = editor.get(onward[1].replace("&amp;", "&")).text
    assert "page 2 of 2" in second
    assert second.count('<li class="row"') == 1
    assert "This page is empty by now" in editor.get("/desk?page=9").text


def test_an_empty_queue_says_when_the_next_fetch_comes(place: Place, editor: Browser) -> None:
    place.now = NOW - timedelta(minutes=12)
    page = editor.get("/desk").text
    assert "Nothing is waiting" in page
    assert "in 12 min" in page
    assert "22 Nov 2026, 12:00 UTC" in page
    place.now = NOW + timedelta(seconds=1)
    assert "due now" in editor.get("/desk").text
    with place.database.transaction() as connection:
        feeds.declare(connection, [], NOW)
    assert "No feed will be fetched" in editor.get("/desk").text


def test_empty_filters_say_what_waits_elsewhere(place: Place, editor: Browser) -> None:
    place.store("Quiet in Kidal")
    assert "1 waits elsewhere" in editor.get("/desk?conflict=sudan").text
    assert "Nothing fits these filters" in editor.get("/desk?status=approved").text


# Verdicts


def test_an_approval_is_stored_published_and_offered_for_undo(
    place: Place, editor: Browser
) -> None:
    match = place.store("Quiet in Kidal")
    answer = editor.decide("approve", f"{match}:pending", next="/desk?order=oldest")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk?order=oldest")
    assert place.status(match) == "approved"
    assert place.changes == ["changed"]
    page = editor.get("/desk").text
    assert "Approved: 1 match." in page
    assert 'name="review" value="1"' in page
    assert "Undo" not in editor.get("/desk").text


def undo(browser: Browser) -> None:
    """Send the form behind Undo, as the page wrote it."""
    page = browser.get("/desk").text
    for form in re.findall(r"<form[^>]*data-undo>(.*?)</form>", page, re.S):
        fields: dict[str, list[str]] = {}
        for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
            fields.setdefault(name, []).append(value)
        assert browser.post("/desk/undo", data=fields).status_code == 303


def test_undo_brings_every_match_back_to_where_it_stood(place: Place, editor: Browser) -> None:
    ids = [place.store(f"Report {number} from Kidal") for number in range(3)]
    editor.decide("approve", ids[0])
    editor.decide("reject", *ids)
    assert [place.status(each) for each in ids] == ["rejected"] * 3
    undo(editor)
    assert [place.status(each) for each in ids] == ["approved", "pending", "pending"]


def test_a_reopened_match_goes_back_by_undo(place: Place, editor: Browser) -> None:
    match = place.store("Quiet in Kidal")
    editor.decide("reject", match)
    editor.decide("reopen", f"{match}:rejected")
    assert place.status(match) == "pending"
    undo(editor)
    assert place.status(match) == "rejected"


def test_several_are_decided_together_with_one_reason(place: Place, editor: Browser) -> None:
    ids = [place.store(f"Report {number} from Kidal") for number in range(3)]
    editor.decide("reject", *ids, reason="sport")
    assert "Rejected: 3 matches." in editor.get("/desk").text
    page = editor.get("/desk/log").text
    assert page.count("sport") == 3
    assert "Awa" in page


def test_of_two_editors_the_slower_is_told_and_nothing_is_overwritten(
    place: Place, editor: Browser, admin: Browser
) -> None:
    one, two = place.store("Quiet in Kidal"), place.store("Fighting in Kidal")
    editor.decide("approve", f"{one}:pending")
    answer = admin.decide("reject", f"{two}:pending", f"{one}:pending")
    assert answer.status_code == 409
    assert "is approved by now; you saw it as pending" in answer.text
    assert [place.status(one), place.status(two)] == ["approved", "pending"]


def test_a_double_click_decides_once(place: Place, editor: Browser) -> None:
    match = place.store("Quiet in Kidal")
    editor.decide("approve", f"{match}:pending")
    assert editor.decide("approve", f"{match}:pending").status_code == 303
    assert place.changes == ["changed"]
    assert editor.get("/desk/log.jsonl").text.count("approve") == 2  # what, and where it stands now
    assert "Everything stood so already" in editor.get("/desk").text


def test_the_status_seen_may_stand_in_the_form_once_for_all(place: Place, editor: Browser) -> None:
    match = place.store("Quiet in Kidal")
    assert editor.decide("reject", match, seen_as="approved").status_code == 409
    assert editor.decide("reject", match, seen_as="pending").status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {"match": "x"},
        {"match": "1:nowhere"},
        {"match": "-1"},
        {"match": "999"},
        {"match": ["1"] * 201},
        {"verdict": "delete"},
        {"verdict": ""},
        {"reason": "x" * 501},
        {"seen_as": "somewhere"},
        {"match": []},
    ],
    ids=str,
)
def test_a_form_that_cannot_be_taken_changes_nothing(
    place: Place, editor: Browser, form: dict[str, object]
) -> None:
    match = place.store("Quiet in Kidal")
    data = {"csrf": editor.token_on(), "verdict": "approve", "match": str(match)} | form
    answer = editor.post("/desk/review", data=data)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert place.status(match) == "pending"


def test_a_verdict_stands_even_when_it_cannot_be_published_yet(place: Place) -> None:
    editor = member(place, "Awa", Role.EDITOR)
    match = place.store("Quiet in Kidal")

    def full() -> None:
        raise StoreError("the disk is full")

    editor.app = create_app(
        place.database, place.settings, place.policy, clock=lambda: place.now, on_change=full
    )
    editor._transport.app = editor.app
    assert editor.decide("approve", match).status_code == 303
    assert place.status(match) == "approved"


def test_a_made_up_flash_shows_nothing(place: Place, editor: Browser) -> None:
    for value in ("<script>", "approve.pending-x", "delete.pending-1", "approve.1", "approve.1.x"):
        editor.cookies["dateline-flash"] = value
        assert "data-undo" not in editor.get("/desk").text


# Article, feeds, log, background


def test_an_article_page_shows_its_text_matches_revisions_and_verdicts(
    place: Place, editor: Browser
) -> None:
    match = place.store("Quiet in Kidal", "All is quiet in Kidal today.")
    editor.decide("reject", match, reason="old")
    page = editor.get("/desk/articles/1").text
    assert marks(page) == ["Kidal", "Kidal"]
    for shown in ("sahel-wire", "<q>old</q>", "pending → rejected", 'value="approve"', "Reopen"):
        assert shown in page


def test_the_feeds_page_shows_health(place: Place, editor: Browser) -> None:
    page = editor.get("/desk/feeds").text
    for shown in ("Sahel Wire", "sahel-wire", "never fetched yet", "never"):
        assert shown in page
    with place.database.transaction() as connection:
        feeds.declare(connection, [], NOW)
    assert "No feed is watched yet" in editor.get("/desk/feeds").text


def test_only_admins_see_what_was_done_to_accounts(
    place: Place, editor: Browser, admin: Browser
) -> None:
    assert "editor.add" in admin.get("/desk/log").text
    assert "editor.add" not in editor.get("/desk/log").text
    assert "No verdict was taken yet" in editor.get("/desk/log").text


def test_the_background_of_a_conflict_can_be_read(place: Place, editor: Browser) -> None:
    assert "no background yet" in editor.get("/desk/conflicts/mali/background").text
    background.import_page(place.database, "mali", BACKGROUND, author="Awa", now=NOW)
    page = editor.get("/desk/conflicts/mali/background").text
    assert "<strong>large</strong>" in page
    assert "1 November 2026" in page
    assert editor.get("/desk/conflicts/nowhere/background").status_code == 404


@pytest.mark.parametrize("name", ["desk.css", "desk.js", "queue.js"])
def test_the_desk_brings_its_own_style_and_script(stranger: Browser, name: str) -> None:
    answer = stranger.get(f"/desk/static/{name}")
    assert answer.status_code == 200
    assert "://" not in answer.text
    assert stranger.get("/desk/static/app.py").status_code == 404
    assert stranger.get("/desk/static/..%2fapp.py").status_code == 404


# Accounts


def test_an_invitation_leads_to_the_desk(place: Place, stranger: Browser) -> None:
    link = login.invite(place.database, place.key, role=Role.ADMIN, now=NOW)
    assert "an admin" in stranger.get(f"/invite/{link}").text
    answer = stranger.post(f"/invite/{link}", data={"name": "Awa", "password": "short"})
    assert answer.status_code == 400
    assert "10 to" in answer.text
    answer = stranger.post(f"/invite/{link}", data={"name": "Awa", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")
    assert stranger.get("/desk").status_code == 200
    again = stranger.get(f"/invite/{link}")
    assert again.status_code == 404
    assert "used already" in again.text
    late = stranger.post(f"/invite/{link}", data={"name": "Eve", "password": PASSWORD})
    assert late.status_code == 404


def test_the_login_says_how_to_begin_when_there_is_nobody(place: Place, stranger: Browser) -> None:
    assert "Nobody can log in as admin yet" in stranger.get("/login").text
    member(place, "Awa", Role.ADMIN)
    assert "Nobody can log in" not in stranger.get("/login").text


# What goes wrong


def test_a_database_out_of_order_is_answered_calmly(place: Place, editor: Browser) -> None:
    with place.database.transaction() as connection:
        connection.execute(text("ALTER TABLE matches RENAME TO elsewhere"))
    with capture_logs() as lines:
        answer = editor.get("/desk")
        editor.get("/desk")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nothing was lost" in answer.text
    assert "no such table" not in answer.text
    [line] = lines
    assert line["event"].startswith("GET /desk: the database is not set up")


def test_a_defect_of_ours_is_answered_calmly_and_tells_nothing(place: Place) -> None:
    browser = member(place, "Awa", Role.EDITOR)
    broken = Browser(place, raise_server_exceptions=False)
    broken.cookies.update(browser.cookies)
    place.now = "not a time"
    answer = broken.get("/desk")
    assert answer.status_code == 500
    assert "The fault is ours" in answer.text
    assert "Traceback" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_another_method_is_answered_with_the_ones_there_are(
    place: Place, stranger: Browser
) -> None:
    answer = stranger.put("/login")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert "Not this way" in answer.text
    assert stranger.delete("/latest-news.atom").headers["Allow"] == "GET, HEAD"
    assert stranger.head("/login").content == b""


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=27), "27 d ago"),
        (timedelta(weeks=60), "60 wk ago"),
        (timedelta(minutes=-12), "in 12 min"),
    ],
)
def test_an_age_is_said_in_one_unit(before: timedelta, words: str) -> None:
    assert ago(NOW - before, NOW) == words


def read_page(place: Place, body: str, **changes: object) -> None:
    """Have the one article's page read, with this text, and matched by its word Kidal."""
    start = body.find("Kidal")
    hit = Hit(
        term="Kidal", kind=Kind.PLACE, field=Field.BODY, start=start, end=start + 5, text="Kidal"
    )
    found = Match(conflict="mali", score=1, hits=(hit,), rule_version="r1")
    values = {"state": PageState.READ, "due_at": NOW, "attempts": 1, "read_at": NOW, "body": body}
    held = DuePage(article_id=1, url="https://wire.example/story", attempts=1, held_until=NOW)
    with place.database.transaction() as connection:
        pages.expect(connection, replace(FEED, full_text=True), [1], NOW)
        pages.record(connection, held, StoredPage(**(values | changes)))
        if start >= 0:
            matches.propose(connection, {1: [found]}, {1: 1}, NOW)


def test_an_article_page_shows_of_its_own_page_only_what_was_found(
    place: Place, editor: Browser
) -> None:
    place.store("Grain prices fall")
    far = "The market opened late and closed early, and nobody knew why that was. " * 20
    read_page(place, f"{far}Lorries for <b>Kidal</b> were turned back. {far}The end of the story.")
    shown = editor.get("/desk/articles/1").text
    assert '<mark class="hit hit--place" title="place: Kidal">Kidal</mark>' in shown
    assert "Lorries for &lt;b&gt;" in shown
    assert "The end of the story" not in shown
    assert shown.count("The market opened late") <= 3
    assert "never published" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": PageState.WAITING, "read_at": None, "attempts": 0}, "To be read for"),
        ({"state": PageState.WAITING, "read_at": None}, "To be read again for"),
        ({"state": PageState.REFUSED, "read_at": None, "error_message": "It <asks>."}, "Not read. It &lt;asks&gt;."),
    ],
)  # fmt: skip
def test_an_article_page_says_why_its_own_page_is_not_read(
    place: Place, editor: Browser, changes: dict[str, object], said: str
) -> None:
    place.store("Grain prices fall")
    read_page(place, "", **changes)
    assert said in editor.get("/desk/articles/1").text


def test_a_text_that_was_forgotten_leaves_no_passage(place: Place, editor: Browser) -> None:
    place.store("Grain prices fall")
    read_page(place, "Lorries for Kidal were turned back.")
    with place.database.transaction() as connection:
        matches.propose(connection, {1: []}, {1: 1}, NOW)
        pages.forget_bodies(connection, NOW + timedelta(days=1))
    assert "Lorries" not in editor.get("/desk/articles/1").text


def test_a_story_shows_its_copies_its_origins_and_why_they_joined(
    place: Place, editor: Browser
) -> None:
    place.store("Twelve soldiers die as convoy is attacked near Kidal")
    place.store("Twelve soldiers die as convoy is attacked near Kidal today", publisher="Delta")
    place.store("Quiet in Kidal, the mayor says")
    place.gather()
    rows = editor.get("/desk").text
    assert rows.count("2 copies, 1 origin") == 1
    page = editor.get("/desk/articles/2").text
    assert "Its story: 2 copies, 1 origin" in page
    assert "began the story" in page
    assert re.search(r"same headline as [A-Z][a-z ]+ \(0\.9", page, re.IGNORECASE)
    assert "Its story:" not in editor.get("/desk/articles/3").text
