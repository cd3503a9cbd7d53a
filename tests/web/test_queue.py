"""The queue: a story is one row, a claim is respected, a hold comes back, nothing is lost."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from benchmarks.desk import fill
from db import feeds
from db.tables import articles, matches
from pipeline.model import DeedWanted, Feed, Role
from pipeline.recount import recount
from tests.web.conftest import NOW, Browser, Place, member

JSON = {"Accept": "application/json"}


@pytest.fixture
def told(place: Place) -> list[int]:
    """One story of three articles, and a fourth article that is none of it."""
    ids = [
        place.store("Twelve soldiers die as convoy is attacked near Kidal", publisher="Wire"),
        place.store("Twelve soldiers die as convoy is attacked near Kidal today", publisher="Delta"),
        place.store("Twelve soldiers die as convoy attacked near Kidal, army says", publisher="Le Jour"),
        place.store("Quiet in Kidal, the mayor says"),
    ]  # fmt: skip
    place.gather()
    return ids


def rows(page: str) -> list[str]:
    return re.findall(r'data-row="([^"]*)"', page)


def post(browser: Browser, path: str, *match: object, **more: str):
    data = {"csrf": browser.token_on(), "match": [str(each) for each in match]} | more
    return browser.post(f"/desk/{path}", data=data, headers=JSON)


def test_a_story_is_one_row_and_a_verdict_decides_all_its_articles(
    place: Place, editor: Browser, told: list[int]
) -> None:
    page = editor.get("/desk").text
    assert "2</strong> left to decide" in page
    story = next(row for row in rows(page) if row.count("-") == 2)
    assert "Reject all 3" in page
    answer = post(editor, "review", story, verdict="reject", reason="sport").json()
    assert answer["said"] == "Rejected: 3 matches."
    assert answer["left"] == 1
    assert [place.status(each) for each in told] == ["rejected"] * 3 + ["pending"]
    back = post(editor, "undo", review=str(answer["undo"])).json()
    assert back["said"] == "Taken back: 3 matches."
    assert [place.status(each) for each in told] == ["pending"] * 4


def test_one_article_of_a_story_can_be_decided_alone(
    place: Place, editor: Browser, told: list[int]
) -> None:
    post(editor, "review", f"{told[1]}:pending", verdict="reject")
    assert [place.status(each) for each in told] == ["pending", "rejected", "pending", "pending"]
    assert sorted(row.count("-") for row in rows(editor.get("/desk").text)) == [0, 1]
    assert len(rows(editor.get("/desk?status=rejected").text)) == 1


def test_a_verdict_is_taken_back_from_the_log_alone_or_not_at_all(
    place: Place, editor: Browser, told: list[int]
) -> None:
    post(editor, "review", *told, verdict="approve")
    assert editor.get("/desk/log").text.count('name="review"') == 4
    last = recount(place.database, DeedWanted()).deeds[-1]
    answer = post(editor, "undo", review=str(last.key.id), whole="no").json()
    assert answer["said"] == "Taken back: 1 match."
    assert sorted(place.status(each) for each in told) == ["approved"] * 3 + ["pending"]
    again = post(editor, "undo", review=str(last.key.id), whole="no").json()
    assert again["said"].endswith("Everything stood so already.")
    post(editor, "review", told[0], verdict="reject")
    late = post(editor, "undo", review=str(last.key.id), whole="no")
    assert late.status_code == 409
    assert "Nothing was taken back" in late.text
    assert post(editor, "undo", review="999").status_code == 400


def test_what_another_editor_claimed_is_skipped_listed_and_can_be_taken_over(
    place: Place, editor: Browser, admin: Browser, told: list[int]
) -> None:
    other, mine = told[3], told[0]
    assert post(admin, "claim", other).json()["said"] == "Claimed: 1 match."
    assert "claimed by <bdi>Binta</bdi>" in editor.get("/desk").text
    assert editor.get(f"/desk/articles/{other}").status_code == 200
    answer = post(editor, "review", mine, other, verdict="approve").json()
    assert answer["skipped"] == [{"match": other, "editor": "Binta"}]
    assert [place.status(mine), place.status(other)] == ["approved", "pending"]

    refused = post(editor, "claim", other)
    assert refused.status_code == 409
    assert "Binta works on this" in refused.json()["said"]
    assert post(editor, "claim", other, take_over="yes").status_code == 200
    assert "claim.take-over" in admin.get("/desk/log").text
    assert post(admin, "review", other, verdict="approve").json()["skipped"][0]["editor"] == "Awa"
    assert post(editor, "review", other, verdict="reject").json()["skipped"] == []


def test_without_a_script_the_next_page_lists_what_was_skipped(
    place: Place, editor: Browser, admin: Browser, told: list[int]
) -> None:
    post(admin, "claim", told[3])
    editor.decide("approve", told[3])
    page = editor.get("/desk").text
    assert "Nothing was changed." in page
    assert re.search(r"<bdi>Binta</bdi> works on <a [^>]*>Quiet in Kidal", page)


def test_a_claim_ends_by_itself_unless_its_page_stays_open(
    place: Place, editor: Browser, admin: Browser, told: list[int]
) -> None:
    post(admin, "claim", *told)
    place.now += timedelta(minutes=4)
    assert post(admin, "stay").json() == {"kept": 4}
    place.now += timedelta(minutes=4)
    assert "claimed by" in editor.get("/desk").text
    place.now += timedelta(minutes=4)
    assert "claimed by" not in editor.get("/desk").text
    post(admin, "claim", *told)
    assert post(admin, "release", told[0]).json()["said"] == "Released: 1 match."
    assert post(admin, "release").status_code == 200
    assert "claimed by" not in editor.get("/desk").text


def test_what_is_on_hold_leaves_the_queue_and_comes_back_in_time(
    place: Place, editor: Browser, told: list[int]
) -> None:
    assert post(editor, "hold", told[3], hours="4").json()["left"] == 1
    page = editor.get("/desk").text
    assert "1 on hold" in page
    assert rows(page) == [row for row in rows(page) if "-" in row]
    held = editor.get("/desk?held=yes").text
    assert "on hold until 22 Nov 2026, 16:00 UTC" in held
    assert len(rows(editor.get("/desk?held=all").text)) == 2
    place.now = NOW + timedelta(hours=4, minutes=1)
    assert len(rows(editor.get("/desk").text)) == 2

    post(editor, "hold", told[3])
    assert post(editor, "unhold", told[3]).json()["left"] == 2


@pytest.mark.parametrize("path", ["claim", "hold", "unhold"])
def test_unknown_matches_are_neither_claimed_nor_held(
    place: Place, editor: Browser, path: str
) -> None:
    assert post(editor, path, 999).status_code == 400
    assert post(editor, path, "x").status_code == 400


def test_a_held_story_cannot_be_held_over_anothers_claim(
    place: Place, editor: Browser, admin: Browser, told: list[int]
) -> None:
    post(admin, "claim", told[3])
    assert post(editor, "hold", told[3]).status_code == 409
    answer = editor.post(
        "/desk/hold", data={"csrf": editor.token_on(), "match": str(told[3]), "hours": "4"}
    )
    assert answer.status_code == 303
    assert "Binta" in editor.get("/desk").text
    assert "on hold" not in editor.get("/desk?held=all").text.split("<ol", 1)[1]


def test_the_filters_of_the_address_narrow_the_queue(
    place: Place, editor: Browser, told: list[int]
) -> None:
    place.store("Combats à Kidal", language="fr", publisher="Le Jour")
    place.store("Kidal and Kidal", "Kidal", words=("Kidal",), conflict="sudan")

    def shown(query: str) -> int:
        return len(rows(editor.get(f"/desk?{query}").text))

    assert shown("") == 4
    assert shown("publisher=Le+Jour") == 2
    assert shown("language=fr") == 1
    assert shown("score=2") == 1
    assert shown("age=1") == 4
    assert shown("conflict=sudan&score=2") == 1
    assert shown("conflict=mali&score=2") == 0
    assert shown("order=oldest&rows=1") == 1
    for wrong in ("held=maybe", "since=ever", "status=gone", "score=-1", "rows=0"):
        assert editor.get(f"/desk?{wrong}").status_code in (400, 422), wrong


def test_the_line_above_the_filters_counts_those_in_force_and_opens_where_nothing_fits(
    editor: Browser, told: list[int]
) -> None:
    def line(query: str) -> str:
        found = re.search(r'<details class="fold".*?</summary>', editor.get(f"/desk{query}").text, re.S)  # fmt: skip
        assert found is not None
        return found[0]

    assert "in force" not in line("")
    assert "in force" not in line("?conflict=all&order=oldest&rows=100")
    assert "2 in force" in line("?conflict=mali&held=all")
    assert " open" not in line("?conflict=mali&held=all")
    assert "1 in force" in line("?publisher=Nobody")
    assert '<details class="fold" open>' in line("?publisher=Nobody")


def test_since_my_last_visit_shows_what_was_found_after_it(place: Place, editor: Browser) -> None:
    place.store("Quiet in Kidal")
    first = editor.get("/desk?since=visit").text
    assert "your first visit" in first
    assert len(rows(first)) == 1
    place.now += timedelta(hours=8)
    place.store("Fighting in Kidal")
    page = editor.get("/desk?since=visit").text
    assert len(rows(page)) == 1
    assert "Fighting in" in page
    assert "8 h ago" in page
    place.now += timedelta(minutes=10)
    assert "Fighting in" in editor.get("/desk?since=visit").text
    assert len(rows(editor.get("/desk").text)) == 2


def test_new_arrivals_are_counted_for_the_filter_that_is_open(
    place: Place, editor: Browser
) -> None:
    place.store("Quiet in Kidal")
    page = editor.get("/desk?conflict=mali").text
    address = re.search(r'data-arrivals="([^"]*)"', page)
    assert address is not None
    path = address[1].replace("&amp;", "&")
    assert editor.get(path).json() == {"new": 0}
    place.now += timedelta(minutes=1)
    place.store("Fighting in Kidal")
    place.store("Fighting in Kidal and El Fasher", conflict="sudan")
    assert editor.get(path).json() == {"new": 1}
    assert editor.get("/desk/arrivals?after=never").status_code == 400


def test_a_stale_verdict_is_answered_with_both_values_and_who_decided(
    place: Place, editor: Browser, admin: Browser, told: list[int]
) -> None:
    post(admin, "review", f"{told[3]}:pending", verdict="approve")
    answer = post(editor, "review", f"{told[3]}:pending", verdict="reject")
    assert answer.status_code == 409
    [stale] = answer.json()["stale"]
    assert (stale["saw"], stale["stands"], stale["by"]) == ("pending", "approved", "Binta")
    assert "decided by Binta" in answer.json()["said"]


def test_a_row_says_that_its_story_is_published_already(
    place: Place, editor: Browser, told: list[int]
) -> None:
    post(editor, "review", told[0], verdict="approve")
    assert "its story is published" in editor.get("/desk").text


def test_every_match_knows_the_story_of_its_article(place: Place, told: list[int]) -> None:
    with place.database.reading() as connection:
        pairs = connection.execute(
            select(matches.c.story_id, articles.c.story_id).join(
                articles, articles.c.id == matches.c.article_id
            )
        ).all()
    assert len(pairs) == 4
    assert all(one == other and one is not None for one, other in pairs)


def test_five_hundred_ticked_rows_fit_into_one_form(place: Place) -> None:
    ids = [place.store(f"Report {number} from Kidal") for number in range(220)]
    browser = member(place, "Awa", Role.EDITOR)
    answer = post(browser, "review", "-".join(map(str, ids)) + ":pending", verdict="reject").json()
    assert answer["said"] == "Rejected: 220 matches."
    assert answer["left"] == 0
    assert post(browser, "review", "-".join(["1"] * 5_001), verdict="reject").status_code == 400


def test_counting_ends_at_a_thousand_unless_all_are_asked_for(
    place: Place, editor: Browser
) -> None:
    wire = Feed(id="wire", url="https://wire.example/", publisher="Wire")
    with place.database.transaction() as connection:
        feeds.declare(connection, [wire], NOW)
        fill(connection, 3_010, 1, ("mali",))
    page = editor.get("/desk").text
    assert "1,000+</strong> left to decide" in page
    assert "1,000+ stories fit" in page
    assert "page 1 of 20+" in page
    exact = editor.get("/desk?count=all").text
    assert "1,004</strong> left to decide" in exact
    assert "1,004 stories fit, page 1 of 21" in exact
    assert "1,000+ stories fit" in editor.get("/desk?language=en").text
    assert "0 stories fit" not in editor.get("/desk?page=21").text
    assert post(editor, "review", rows(page)[0], verdict="reject").json()["left"] == "1,000+"
