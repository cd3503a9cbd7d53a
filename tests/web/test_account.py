"""Everybody looks after their own account, and nobody's but their own."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import login, tokens
from pipeline.errors import AccountError
from pipeline.model import Role, Scope
from tests.web.conftest import PASSWORD, Browser, Place, member

ACCOUNT = "/desk/account"
NEW = "five loud garden gates"


def post(browser: Browser, path: str, **data: object):
    return browser.post(f"{ACCOUNT}/{path}", data={"csrf": browser.token_on(ACCOUNT)} | data)


def make(browser: Browser, **data: object) -> str:
    answer = post(browser, "tokens", **({"name": "my script", "scope": "read"} | data))
    found = re.search(r'id="token">(dateline_[\w-]{43})<', answer.text)
    assert found is not None, answer.text
    return found[1]


def caller(place: Place, token: str) -> tokens.Caller | None:
    return tokens.caller_of(place.database, place.key, token, place.now)


def stored(place: Place) -> bytes:
    path = place.database.engine.url.database
    assert path is not None
    return b"".join(each.read_bytes() for each in Path(path).parent.glob("dateline.db*"))


def test_a_token_is_shown_once_and_kept_only_as_a_hash(place: Place, editor: Browser) -> None:
    token = make(editor)
    assert token not in editor.get(ACCOUNT).text
    assert "my script" in editor.get(ACCOUNT).text
    assert token.encode() not in stored(place)
    found = caller(place, token)
    assert found is not None
    assert found.editor.name == "Awa"


def test_a_token_stops_when_it_is_revoked_or_expires(place: Place, editor: Browser) -> None:
    token = make(editor, days=30)
    other = make(editor, days=7)
    place.now += timedelta(days=7)
    assert caller(place, other) is None
    assert caller(place, token) is not None
    editor.log_in()
    number = re.search(r'name="number" value="(\d{1,4})"', editor.get(ACCOUNT).text)
    assert number is not None
    assert post(editor, "revoke", number=number[1]).status_code == 303
    assert caller(place, token) is None


def test_nobody_revokes_a_token_or_ends_a_session_of_somebody_else(
    place: Place, editor: Browser, admin: Browser
) -> None:
    token = make(editor)
    page = editor.get(ACCOUNT).text
    number = re.findall(r'name="number" value="(\w+)"', page)
    assert post(admin, "revoke", number=number[-1]).status_code == 404
    assert post(admin, "sessions", number=number[0]).status_code == 404
    assert caller(place, token) is not None
    assert editor.get("/desk").status_code == 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 65}, "needs a name"),
        ({"scope": []}, "Choose what"),
    ],
)
def test_a_token_that_will_not_do_is_explained(
    editor: Browser, data: dict[str, object], said: str
) -> None:
    answer = post(editor, "tokens", **({"name": "x", "scope": "read"} | data))
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize("data", [{"scope": "admin"}, {"days": 0}, {"days": 366}])
def test_a_token_is_never_wider_or_longer_than_offered(
    editor: Browser, data: dict[str, object]
) -> None:
    answer = post(editor, "tokens", **({"name": "x", "scope": "read"} | data))
    assert answer.status_code == 400


def test_a_viewer_gets_no_token_that_reviews(place: Place) -> None:
    viewer = member(place, "Cheick", Role.VIEWER)
    assert 'value="review"' not in viewer.get(ACCOUNT).text
    assert "can only read" in post(viewer, "tokens", name="x", scope="review").text


def test_there_is_an_end_to_how_many_tokens_somebody_has(place: Place, editor: Browser) -> None:
    for _ in range(tokens.MOST_TOKENS):
        make(editor)
    assert "revoke one first" in post(editor, "tokens", name="x", scope="read").text


def test_a_session_elsewhere_is_ended_from_here(place: Place, editor: Browser) -> None:
    elsewhere = Browser(place)
    place.now += timedelta(minutes=10)
    elsewhere.log_in()
    page = editor.get(ACCOUNT).text
    assert page.count("this browser") == 1
    for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL):
        number = re.search(r'name="number" value="(\w{16})"', row)
        if number and "this browser" not in row:
            assert post(editor, "sessions", number=number[1]).status_code == 303
    assert elsewhere.get("/desk").status_code == 303
    assert editor.get("/desk").status_code == 200


def test_a_new_password_ends_all_else_and_needs_the_old_one(place: Place, editor: Browser) -> None:
    elsewhere = Browser(place)
    elsewhere.log_in()
    token = make(editor)
    assert post(editor, "password", old="wrong", new=NEW).status_code == 400
    assert post(editor, "password", old=PASSWORD, new="short").status_code == 400
    assert elsewhere.get("/desk").status_code == 200
    before = editor.cookies["dateline"]
    assert post(editor, "password", old=PASSWORD, new=NEW).status_code == 303
    assert editor.get("/desk").status_code == 200
    assert editor.cookies["dateline"] != before
    assert elsewhere.get("/desk").status_code == 303
    assert caller(place, token) is None
    Browser(place).log_in(password=NEW)


def test_guessing_the_password_in_a_stolen_session_is_throttled(editor: Browser) -> None:
    seen = {post(editor, "password", old="wrong", new=NEW).status_code for _ in range(12)}
    assert seen == {400, 429}


def test_a_closed_account_has_no_tokens(place: Place, editor: Browser, admin: Browser) -> None:
    token = make(editor)
    login.disable_editor(place.database, name="Awa", actor="test", now=place.now)
    assert caller(place, token) is None
    with pytest.raises(AccountError, match="closed"):
        login.find_editor(place.database, "Awa")


def test_a_reviewing_token_reviews_only_while_its_owner_may(place: Place, editor: Browser) -> None:
    found = caller(place, make(editor, scope=["read", "review"]))
    assert found is not None
    assert found.may(Scope.REVIEW)
    found = caller(place, make(editor))
    assert found is not None
    assert not found.may(Scope.REVIEW)


@pytest.mark.parametrize("token", ["", "x", "dateline_", "dateline_" + "é" * 43, "a" * 10_000])
def test_what_is_no_token_is_nobodys(place: Place, token: str) -> None:
    assert caller(place, token) is None
