"""The second factor on the desk: put on, asked for at the login, taken off; by form and by shell."""

import re
from base64 import b32decode
from datetime import timedelta
from pathlib import Path

from pipeline import login
from pipeline.model import Role
from pipeline.stages.totp import code_at, step_at
from tests.web.conftest import PASSWORD, Browser, Place, make_place, member
from tests.web.test_security import PUBLIC, example, is_api, routes

ACCOUNT = "/desk/account"
FACTOR = f"{ACCOUNT}/second-factor"


def send(browser: Browser, path: str, **fields: str):
    return browser.post(path, data={"csrf": browser.token_on(ACCOUNT), **fields})


def code(place: Place, secret: str) -> str:
    return code_at(b32decode(secret.replace(" ", "")), step_at(place.now))


def put_on(place: Place, browser: Browser) -> tuple[str, list[str]]:
    """Give the secret and the recovery codes."""
    begun = send(browser, FACTOR, password=PASSWORD)
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', begun.text)
    assert found is not None, begun.text
    assert f"secret={found[1].replace(' ', '')}&amp;issuer=Dateline" in begun.text
    assert begun.headers["Cache-Control"] == "no-store"
    wrong = send(browser, f"{FACTOR}/confirm", code="000000")
    assert wrong.status_code == 400
    assert found[1] in wrong.text
    done = send(browser, f"{FACTOR}/confirm", code=code(place, found[1]))
    assert done.status_code == 200, done.text
    codes = re.findall(r"<li><code>([A-Z2-7-]{29})</code></li>", done.text)
    assert len(codes) == login.RECOVERY_CODES
    return found[1], codes


def test_after_the_password_the_desk_asks_for_a_code(place: Place, editor: Browser) -> None:
    assert send(editor, FACTOR, password="wrong").status_code == 400
    secret, codes = put_on(place, editor)
    assert "10 recovery codes are left" in editor.get(ACCOUNT).text
    place.now += timedelta(minutes=1)

    stranger = Browser(place)
    assert stranger.get("/login/code").headers["Location"].startswith("/login?")
    asked = stranger.post(
        "/login", data={"name": "Awa", "password": PASSWORD, "next": "/desk/feeds"}
    )
    assert (asked.status_code, asked.headers["Location"]) == (
        303,
        "/login/code?next=%2Fdesk%2Ffeeds",
    )
    assert "dateline-step" in asked.headers["Set-Cookie"]
    assert "HttpOnly" in asked.headers["Set-Cookie"]
    assert stranger.get("/desk").status_code == 303, "the password alone opens nothing"
    assert 'autocomplete="one-time-code"' in stranger.get("/login/code").text
    refused = stranger.post("/login/code", data={"code": "000000"})
    assert refused.status_code == 403
    assert "The code is not right" in refused.text
    let_in = stranger.post("/login/code", data={"code": code(place, secret), "next": "/desk/feeds"})
    assert (let_in.status_code, let_in.headers["Location"]) == (303, "/desk/feeds")
    assert stranger.get("/desk").status_code == 200

    again = Browser(place)
    again.post("/login", data={"name": "Awa", "password": PASSWORD})
    assert again.post("/login/code", data={"code": code(place, secret)}).status_code == 403
    outside = {"code": codes[0], "next": "https://evil.example/"}
    assert again.post("/login/code", data=outside).headers["Location"] == "/desk"


def test_without_the_step_a_code_leads_back_to_the_login(place: Place, editor: Browser) -> None:
    secret, _ = put_on(place, editor)
    stranger = Browser(place)
    place.now += timedelta(minutes=1)
    answer = stranger.post("/login/code", data={"code": code(place, secret)})
    assert answer.status_code == 403
    assert "Log in again from the start" in answer.text


def test_guessing_is_told_when_to_come_back(place: Place, editor: Browser) -> None:
    put_on(place, editor)
    stranger = Browser(place)
    stranger.post("/login", data={"name": "Awa", "password": PASSWORD})
    answers = [
        stranger.post("/login/code", data={"code": "000000"})
        for _ in range(login.ATTEMPTS_PER_ACCOUNT)
    ]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "300"


def test_codes_are_renewed_and_the_factor_is_taken_off(place: Place, editor: Browser) -> None:
    secret, codes = put_on(place, editor)
    place.now += timedelta(minutes=1)
    assert send(editor, f"{FACTOR}/codes", code="000000").status_code == 400
    renewed = send(editor, f"{FACTOR}/codes", code=code(place, secret)).text
    fresh = re.findall(r"<li><code>([A-Z2-7-]{29})</code></li>", renewed)
    assert set(fresh).isdisjoint(codes)
    assert send(editor, f"{FACTOR}/off", code=codes[0]).status_code == 400
    assert send(editor, f"{FACTOR}/off", code=fresh[0]).status_code == 303
    assert "Present password" in editor.get(ACCOUNT).text
    Browser(place).log_in()


def test_a_second_confirmation_says_to_begin_anew(place: Place, editor: Browser) -> None:
    answer = send(editor, f"{FACTOR}/confirm", code="000000")
    assert answer.status_code == 400
    assert "Begin anew" in answer.text


def test_guessing_the_password_to_begin_is_slowed_down(place: Place, editor: Browser) -> None:
    for _ in range(login.ATTEMPTS_PER_ACCOUNT):
        login.count_attempt(place.database, "Awa", "192.0.2.7", place.now)
    refused = send(editor, FACTOR, password=PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "300")


def test_where_it_is_demanded_nobody_gets_further_without_one(tmp_path: Path) -> None:
    place = make_place(tmp_path, second_factor="required")
    editor = member(place, "Awa", Role.EDITOR)
    for method, path in routes(place):
        if path in PUBLIC or is_api(path) or path in {ACCOUNT, "/logout"}:
            continue
        if path in {FACTOR, f"{FACTOR}/confirm"} or path.startswith(("/letters/", "/websub/")):
            continue
        answer = editor.request(method, example(path))
        if path in {"/healthz", "/readyz", "/metrics"}:
            continue  # a monitor on this machine needs no login
        wanted = 303 if method == "GET" else 403
        assert answer.status_code == wanted, path
        if method == "GET":
            assert answer.headers["Location"] == "/desk/account#factor", path
    assert "put one on" in editor.get(ACCOUNT).text
    secret, _ = put_on(place, editor)
    assert editor.get("/desk").status_code == 200
    place.now += timedelta(minutes=1)
    assert send(editor, f"{FACTOR}/off", code=code(place, secret)).status_code == 400
    again = Browser(place)
    again.log_in()
    assert again.post("/login/code", data={"code": code(place, secret)}).status_code == 303
    assert again.get("/desk").status_code == 200
    changed = {"old": PASSWORD, "new": "five other garden gates"}
    assert send(again, f"{ACCOUNT}/password", **changed).status_code == 303
    assert again.get("/desk").status_code == 200
    place.database.close()
