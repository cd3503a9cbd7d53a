"""An editor's own conflicts: with them the queue begins, and the others stay one choice away."""

import pytest

from db import Database, conflicts, editors, followed_conflicts
from pipeline.model import Role, Scope
from tests.making import NOON, a_conflict
from tests.web.conftest import Browser, Place, member
from tests.web.test_queue import post, rows

ACCOUNT = "/desk/account"
API = "/api/v1/account/conflicts"


@pytest.fixture
def two(place: Place) -> dict[str, int]:
    found = {
        "mali": place.store("Quiet in Kidal, the mayor says"),
        "sudan": place.store("Kidal on the mind of Khartoum", conflict="sudan"),
    }
    place.gather()
    return found


def choose(browser: Browser, *slugs: str) -> None:
    data = {"csrf": browser.token_on(ACCOUNT), "conflict": list(slugs)}
    assert browser.post(f"{ACCOUNT}/conflicts", data=data).status_code == 303


def test_the_queue_begins_with_ones_own_and_all_is_one_choice_away(
    editor: Browser, two: dict[str, int]
) -> None:
    assert len(rows(editor.get("/desk").text)) == 2
    choose(editor, "mali")
    own = editor.get("/desk").text
    assert rows(own) == [f"{two['mali']}:pending"]
    assert "1</strong> left to decide in my conflicts" in own
    assert "My conflicts (1)" in own
    assert "All conflicts (2)" in own
    assert len(rows(editor.get("/desk?conflict=all").text)) == 2
    assert rows(editor.get("/desk?conflict=sudan").text) == [f"{two['sudan']}:pending"]


def test_what_is_left_and_what_arrives_is_counted_in_ones_own(
    editor: Browser, two: dict[str, int]
) -> None:
    choose(editor, "mali")
    long_ago = "2020-01-01T00:00:00+00:00"
    asked = f"/desk/arrivals?after={long_ago.replace('+', '%2B')}"
    assert editor.get(asked).json() == {"new": 1}
    assert editor.get(f"{asked}&conflict=all").json() == {"new": 2}
    answer = post(editor, "review", f"{two['mali']}:pending", verdict="reject").json()
    assert answer["left"] == 0
    empty = editor.get("/desk").text
    assert "Nothing is waiting in your conflicts." in empty
    assert 'href="/desk?conflict=all">show all' in empty


def test_everybody_has_conflicts_of_their_own_and_may_let_them_go(
    place: Place, editor: Browser, two: dict[str, int]
) -> None:
    choose(editor, "mali", "nowhere")
    other = member(place, "Binta", Role.EDITOR)
    assert len(rows(other.get("/desk").text)) == 2
    assert 'value="mali" checked' in editor.get(ACCOUNT).text
    choose(editor)
    assert len(rows(editor.get("/desk").text)) == 2


def test_a_conflict_that_is_tracked_no_more_is_nobodys(
    place: Place, editor: Browser, two: dict[str, int]
) -> None:
    choose(editor, "mali")
    with place.database.transaction() as connection:
        kept = [each for each in conflicts.running(connection) if each.slug != "mali"]
        conflicts.declare(connection, kept, place.now)
    assert f"{two['sudan']}:pending" in rows(editor.get("/desk").text)


def test_programs_read_and_choose_them_and_list_what_is_in_them(
    place: Place, editor: Browser, two: dict[str, int]
) -> None:
    program = Browser(place)
    program.headers.update(place.bearer("Awa", Scope.READ, Scope.REVIEW))
    everything = {path: listed(program, path) for path in ("matches", "articles", "stories")}
    assert program.get(API).json() == {"conflicts": []}
    assert {path: listed(program, path, mine="true") for path in everything} == everything
    chosen = program.put(API, json={"conflicts": ["sudan", "sudan"]})
    assert (chosen.status_code, chosen.json()) == (200, {"conflicts": ["sudan"]})
    assert rows(editor.get("/desk").text) == [f"{two['sudan']}:pending"]
    for path, every in everything.items():
        assert len(listed(program, path, mine="true")) == 1 < len(every), path
        assert listed(program, path, mine="false") == every, path
    assert listed(program, "matches", mine="true", status="pending") == [two["sudan"]]
    assert listed(program, "matches", mine="true", conflict="mali") == []
    choose(editor, "mali")
    assert program.get(API).json() == {"conflicts": ["mali"]}


def test_a_program_that_names_a_conflict_that_is_not_there_changes_nothing(
    place: Place, editor: Browser
) -> None:
    choose(editor, "mali")
    program = Browser(place)
    program.headers.update(place.bearer("Awa", Scope.READ, Scope.REVIEW))
    refused = program.put(API, json={"conflicts": ["sudan", "nowhere"]})
    assert refused.status_code == 404
    assert refused.json()["detail"] == "Nothing was changed: there is no conflict nowhere."
    assert program.put(API, json={}).status_code == 400
    assert program.get(API).json() == {"conflicts": ["mali"]}
    program.headers.update(place.bearer("Awa", Scope.READ))
    assert program.put(API, json={"conflicts": []}).status_code == 403
    assert program.get(API).json() == {"conflicts": ["mali"]}


def listed(program: Browser, path: str, **query: str) -> list[int]:
    return [each["id"] for each in program.get(f"/api/v1/{path}", params=query).json()["items"]]


def test_on_both_databases_they_are_kept_by_editor(database: Database) -> None:
    with database.transaction() as connection:
        conflicts.declare(connection, [a_conflict("mali"), a_conflict("sudan")], NOON)
        ids = [
            editors.add(connection, name, "hash", Role.EDITOR, NOON).id for name in ("Awa", "Binta")
        ]
        followed_conflicts.choose(connection, ids[0], ["mali", "nowhere"])
        followed_conflicts.choose(connection, ids[1], ["mali", "sudan"])
        followed_conflicts.choose(connection, ids[0], ["sudan"])
        assert followed_conflicts.of(connection, ids[0]) == {"sudan"}
        assert followed_conflicts.of(connection, ids[1]) == {"mali", "sudan"}
