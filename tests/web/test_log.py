"""The log: who did what, when and why, narrowed, page by page, as a file, and taken back."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO

import pytest

from db import editors
from pipeline import recount, regroup
from pipeline.model import DeedWanted
from tests.web.conftest import NOW, Browser, Place


def said(page: str) -> list[str]:
    """What the rows say, without what only screen readers hear."""
    rows = re.findall(r"<tr id=.*?</tr>", page, re.DOTALL)
    return [" ".join(re.sub(r"<form.*?</form>|<[^>]*>", " ", row).split()) for row in rows]


def note(place: Place, action: str, subject: str, actor: str = "Awa", **detail: object) -> None:
    with place.database.transaction() as connection:
        editors.audit(
            connection, actor=actor, action=action, subject=subject, detail=detail, now=place.now
        )


@pytest.fixture
def morning(place: Place, editor: Browser, admin: Browser) -> Place:
    """Two editors' verdicts, and a save between them."""
    for number, title in enumerate(("Quiet in Kidal", "Football in Kidal", "Été à Kidal")):
        place.store(title, conflict="sudan" if number == 2 else "mali")
    editor.decide("approve", 1)
    place.now = NOW + timedelta(hours=1)
    note(place, "keywords.save", "mali", words="Kidal")
    place.now = NOW + timedelta(hours=20)
    admin.decide("reject", 2, reason="sport")
    admin.decide("approve", 3, reason="Évident")
    return place


def test_verdicts_and_other_deeds_stand_in_one_order(morning: Place, editor: Browser) -> None:
    rows = said(editor.get("/desk/log").text)
    wanted = ["Été à Kidal", "Football in Kidal", "keywords.save", "Quiet in Kidal"]
    assert [words in row for words, row in zip(wanted, rows, strict=True)] == [True] * 4
    assert "rejected was pending" in rows[1]
    assert "sport" in rows[1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("editor=Awa", ["keywords.save", "Quiet"]),
        ("what=reject", ["Football"]),
        ("what=keywords.save", ["keywords.save"]),
        ("conflict=mali", ["Football", "keywords.save", "Quiet"]),
        ("conflict=sudan", ["Été"]),
        ("since=2026-11-23", ["Été", "Football"]),
        ("until=2026-11-22", ["keywords.save", "Quiet"]),
        ("since=2026-11-22&until=2026-11-22", ["keywords.save", "Quiet"]),
        ("q=SPORT", ["Football"]),
        ("q=Évident", ["Été"]),
        ("q=kidal+quiet", ["Quiet"]),
        ("q=%25", []),
        ("editor=Binta&what=approve&conflict=sudan&q=Kidal", ["Été"]),
        ("editor=Nobody", []),
    ],
)
def test_every_filter_stands_in_the_address(
    morning: Place, editor: Browser, query: str, found: list[str]
) -> None:
    rows = said(editor.get(f"/desk/log?{query}").text)
    assert len(rows) == len(found)
    assert all(words in row for words, row in zip(found, rows, strict=True))
    lines = editor.get(f"/desk/log.jsonl?{query}").text.splitlines()
    assert len(lines) == len(found)


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=0001-01-01", "before=x", "before=2026-11-22T00:00~1~1"]
)
def test_nonsense_in_the_address_is_explained(editor: Browser, query: str) -> None:
    answer = editor.get(f"/desk/log?{query}")
    assert answer.status_code == 400
    assert "written like 2026-11-22" in answer.text or "newest entries" in answer.text


def test_pages_follow_each_other_without_gap_or_repeat(place: Place, editor: Browser) -> None:
    ids = [place.store(f"Report {number} from Kidal") for number in range(70)]
    editor.decide("reject", *ids)  # all in one moment
    for number in range(60):
        note(place, "hold.begin", f"match {number}")
    seen, path = [], "/desk/log?editor=Awa"
    while path:
        page = editor.get(path).text
        seen += re.findall(r'<tr id="(\w+-\d+)"', page)
        onward = re.search(r'rel="next" href="([^"]*)"', page)
        path = onward[1].replace("&amp;", "&") if onward else ""
        assert "editor=Awa" in path or not path
    assert len(seen) == len(set(seen)) == 130


def test_a_file_holds_all_of_it_and_no_cell_is_a_formula(
    place: Place, editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount, "_AT_ONCE", 2)
    starts = ["=1+1", "+1", "-1", "@SUM(1)", "＝1", 'say "no", then', "plain"]
    for number, start in enumerate(starts):
        match = place.store(f"{start} near Kidal {number}")
        editor.decide("reject", match, reason=start)
    answer = editor.get("/desk/log.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="log-2026-11-22.csv"'
    head, *rows = csv.reader(StringIO(answer.text))
    assert head[:3] == ["at", "who", "what"]
    reasons = [row[head.index("reason")] for row in rows]
    assert reasons == [*starts[:4:-1], *(f"'{each}" for each in starts[4::-1])]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    lines = [json.loads(line) for line in editor.get("/desk/log.jsonl").text.splitlines()]
    assert [line["reason"] for line in lines] == starts[::-1]
    assert lines[0]["article"] == 7


@pytest.mark.parametrize("start", ["\t=1", "\r=1", "\n=1"])
def test_white_space_before_a_formula_does_not_hide_it(start: str) -> None:
    assert recount._tame(start) == f"'{start}"


def test_only_admins_get_what_was_done_to_accounts(
    place: Place, editor: Browser, admin: Browser
) -> None:
    note(place, "something.new", "of a kind nobody sorted yet", actor="Shell")
    for path in ("/desk/log", "/desk/log.csv", "/desk/log.jsonl"):
        for words in ("editor.add", "something.new", "Shell"):
            assert words in admin.get(path).text
            assert words not in editor.get(path).text


def test_what_was_merged_is_taken_back_from_the_log_and_only_once(
    place: Place, editor: Browser
) -> None:
    place.store("Quiet in Kidal")
    place.store("A school burns in Gao near Kidal")
    place.gather()
    regroup.merge(place.database, [1, 2], 1, "Awa", place.now)
    page = editor.get("/desk/log").text
    [change] = re.findall(r'name="change" value="(\d+)"', page)
    data = {"csrf": editor.token_on(), "change": change, "next": "/desk/log"}
    assert editor.post("/desk/unmerge", data=data).headers["location"] == "/desk/log"
    page = editor.get("/desk/log").text
    assert 'name="change"' not in page
    assert ["story.undo" in row for row in said(page)] == [True, False]


def test_only_the_last_verdict_on_a_match_is_taken_back(place: Place, editor: Browser) -> None:
    match = place.store("Quiet in Kidal")
    editor.decide("approve", match)
    editor.decide("reject", match)
    assert editor.get("/desk/log").text.count('name="whole" value="no"') == 1
    found = recount.recount(place.database, DeedWanted()).deeds
    assert [bool(deed.review_id) for deed in found] == [True, False]
