"""Signing in with an OpenID provider: only who was proven, only to their own account."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwk, jwt

from db import editors
from pipeline import login, sign_in
from pipeline.errors import SettingsError
from pipeline.model import Role
from tests.identity import CLIENT, SECRET, Identity, identity_provider
from tests.web.conftest import NOW, PASSWORD, Browser, Place, make_place

START, ANSWER = "/login/openid", "/login/openid/answer"


@pytest.fixture
def provider() -> Iterator[Identity]:
    with identity_provider(NOW) as known:
        yield known


def a_place(folder: Path, provider: Identity, role: str = "editor") -> Place:
    return make_place(
        folder,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_role=role,
    )


@pytest.fixture
def place(tmp_path: Path, provider: Identity) -> Iterator[Place]:
    made = a_place(tmp_path, provider)
    yield made
    made.database.close()


@pytest.fixture
def browser(place: Place) -> Browser:
    return Browser(place)


def sent(browser: Browser, **params: str) -> str:
    answer = browser.get(START, params=params)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def come_back(browser: Browser, provider: Identity, **params: str):
    return browser.get(ANSWER, params=provider.authorize(sent(browser, **params)))


def nobody_came_in(place: Place, browser: Browser, answer) -> None:
    assert answer.status_code in {403, 503}, answer.text
    assert 'role="alert"' in answer.text
    assert "dateline" not in browser.cookies
    assert browser.get("/desk").status_code == 303
    assert [each.name for each in login.list_editors(place.database)] == []
    with place.database.reading() as connection:
        assert editors.audit_trail(connection) == ()


def test_a_first_sign_in_makes_an_account_and_the_next_ones_find_it(
    place: Place, browser: Browser, provider: Identity, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"{START}?next=%2Fdesk" in browser.get("/login").text
    answer = come_back(browser, provider, next="/desk/log?q=x")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/log?q=x")
    assert browser.get("/desk").status_code == 200
    first = browser.cookies["dateline"]
    provider.claims = {"preferred_username": "Renamed"}
    come_back(browser, provider)
    assert browser.cookies["dateline"] != first
    assert [(each.name, each.role) for each in login.list_editors(place.database)] == [
        ("Awa", Role.EDITOR)
    ]
    old = Browser(place)
    old.cookies.set("dateline", first)
    assert old.get("/desk").status_code == 303
    printed = "".join(capsys.readouterr())
    assert "login of Awa from testclient: by http://127.0.0.1" in printed
    for secret in (SECRET, "an access token", first, "eyJ"):
        assert secret not in printed


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (jwk.ECKey.generate_key("P-256", {"kid": "e"}), "ES256"),
        (jwk.OKPKey.generate_key("Ed25519", {"kid": "d"}), "Ed25519"),
        (jwk.RSAKey.generate_key(2048, {"kid": "p"}), "PS256"),
    ],
    ids=["ES256", "Ed25519", "PS256"],
)
def test_each_usual_signature_is_understood(browser: Browser, provider: Identity, key, alg) -> None:
    provider.key, provider.alg = key, alg
    assert come_back(browser, provider).status_code == 303


def test_without_a_provider_nothing_is_offered(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    browser = Browser(place)
    assert "Sign in with" not in browser.get("/login").text
    assert browser.get(START).status_code == browser.get(ANSWER).status_code == 404
    place.database.close()


def test_without_a_role_only_whom_an_admin_linked_comes_in(
    tmp_path: Path, provider: Identity
) -> None:
    place = a_place(tmp_path, provider, role="")
    browser = Browser(place)
    refused = come_back(browser, provider)
    assert "You have no account here" in refused.text
    assert "user-1" in refused.text
    nobody_came_in(place, browser, refused)
    login.add_editor(
        place.database, name="Fatou", password=PASSWORD, role=Role.ADMIN, actor="test", now=NOW
    )
    sign_in.link_editor(
        place.database, name="fatou", issuer=provider.issuer, subject="user-1", actor="t", now=NOW
    )
    assert come_back(browser, provider).status_code == 303
    assert "Fatou" in browser.get("/desk").text
    assert sign_in.unlink_editor(place.database, name="Fatou", actor="t", now=NOW) == 1
    assert browser.get("/desk").status_code == 303
    assert come_back(browser, provider).status_code == 403
    place.database.close()


def test_a_name_at_the_provider_opens_nobodys_account(
    place: Place, browser: Browser, provider: Identity
) -> None:
    login.add_editor(
        place.database, name="Binta", password=PASSWORD, role=Role.ADMIN, actor="test", now=NOW
    )
    for name in ("Binta", "  BINTA "):
        provider.claims = {"preferred_username": name, "sub": "stranger"}
        answer = come_back(browser, provider)
        assert answer.status_code == 403
        assert "not linked to you" in answer.text
    assert browser.get("/desk").status_code == 303
    assert len(login.list_editors(place.database)) == 1


def test_an_address_is_a_name_only_when_it_was_verified(
    place: Place, browser: Browser, provider: Identity
) -> None:
    provider.claims = {"preferred_username": None, "email": "awa@wire.example"}
    nobody_came_in(place, browser, come_back(browser, provider))
    provider.claims["email_verified"] = True
    assert come_back(browser, provider).status_code == 303
    assert login.list_editors(place.database)[0].name == "awa@wire.example"


@pytest.mark.parametrize("name", ["x" * 65, "a\x00b", "\ud800", "-", ["Awa"]], ids=ascii)
def test_a_name_that_will_not_do_makes_no_account(
    place: Place, browser: Browser, provider: Identity, name: object
) -> None:
    provider.claims = {"preferred_username": name}
    nobody_came_in(place, browser, come_back(browser, provider))


def test_a_closed_account_stays_closed(place: Place, browser: Browser, provider: Identity) -> None:
    come_back(browser, provider)
    login.disable_editor(place.database, name="Awa", actor="test", now=NOW)
    answer = come_back(browser, provider)
    assert (answer.status_code, "is closed" in answer.text) == (403, True)
    assert browser.get("/desk").status_code == 303


def test_an_account_made_by_a_sign_in_has_no_password_that_fits(
    place: Place, browser: Browser, provider: Identity
) -> None:
    come_back(browser, provider)
    for password in ("", "!", PASSWORD):
        answer = Browser(place).post("/login", data={"name": "Awa", "password": password})
        assert answer.status_code == 403


SECOND = int(NOW.timestamp())


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"nonce": None}, {"nonce": 7},
        {"aud": "another client"}, {"aud": None}, {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"}, {"azp": "another"},
        {"exp": SECOND - 61}, {"exp": None}, {"exp": "tomorrow"}, {"exp": True},
        {"iat": SECOND - 3600}, {"iat": SECOND + 3600}, {"iat": None},
        {"nbf": SECOND + 3600}, {"nbf": "x"},
        {"iss": "https://evil.example"}, {"iss": None},
        {"sub": None}, {"sub": ""}, {"sub": "x" * 256}, {"sub": "a\x00b"}, {"sub": ["user-1"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_claim_that_is_not_right_lets_nobody_in(
    place: Place, browser: Browser, provider: Identity, claims: dict[str, object]
) -> None:
    provider.claims = claims
    answer = come_back(browser, provider)
    assert "could not be trusted" in answer.text
    nobody_came_in(place, browser, answer)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "forgery", ["none", "HS256", "another key", "nonsense", "a shared secret published"]
)
def test_a_signature_that_is_not_the_providers_lets_nobody_in(
    place: Place, browser: Browser, provider: Identity, forgery: str
) -> None:
    brought = provider.authorize(sent(browser))
    claims = {
        "iss": provider.issuer, "sub": "user-1", "aud": CLIENT, "exp": SECOND + 300, "iat": SECOND,
        "nonce": provider.codes[brought["code"]]["nonce"], "preferred_username": "Awa",
    }  # fmt: skip
    public = provider.key.as_pem(private=False)
    if forgery == "none":
        provider.token = f"{part({'alg': 'none', 'kid': 'one'})}.{part(claims)}."
    elif forgery == "HS256":
        head = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"
        seal = hmac.digest(public, head.encode(), "sha256")
        provider.token = f"{head}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"
    elif forgery == "another key":
        other = jwk.RSAKey.generate_key(2048, {"kid": "one"})
        provider.token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)
    elif forgery == "nonsense":
        provider.token = "eyJ.a.b"
    else:
        shared = jwk.OctKey.generate_key(256, {"kid": "one"})
        provider.published = [shared.as_dict()]
        provider.token = jwt.encode({"alg": "HS256", "kid": "one"}, claims, shared)
    nobody_came_in(place, browser, browser.get(ANSWER, params=brought))


@pytest.mark.parametrize(
    "change", [{"state": "0" * 64}, {"state": ""}, {"state": "é"}, {"iss": "https://evil.example"},
               {"code": ""}, {"code": "guessed"}, {"error": "access_denied"}, {"code": "x" * 5000}],
    ids=lambda change: str(change)[:30],
)  # fmt: skip
def test_an_answer_that_was_changed_on_the_way_lets_nobody_in(
    place: Place, browser: Browser, provider: Identity, change: dict[str, str]
) -> None:
    brought = provider.authorize(sent(browser)) | change
    nobody_came_in(place, browser, browser.get(ANSWER, params=brought))


def test_a_provider_that_names_itself_in_answers_is_held_to_it(
    place: Place, browser: Browser, provider: Identity
) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    brought = provider.authorize(sent(browser))
    del brought["iss"]
    nobody_came_in(place, browser, browser.get(ANSWER, params=brought))


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    place: Place, browser: Browser, provider: Identity
) -> None:
    brought = provider.authorize(sent(browser))
    other = Browser(place)
    nobody_came_in(place, other, other.get(ANSWER, params=brought))
    sent(other)
    nobody_came_in(place, other, other.get(ANSWER, params=brought))
    kept = browser.cookies["dateline-openid"]
    assert browser.get(ANSWER, params=brought).status_code == 303
    assert "dateline-openid" not in browser.cookies
    again = Browser(place)
    assert again.get(ANSWER, params=brought).status_code == 403
    again.cookies.set("dateline-openid", kept)
    assert again.get(ANSWER, params=brought).status_code == 403
    assert "dateline" not in again.cookies


def test_a_sign_in_that_took_too_long_starts_again(
    place: Place, browser: Browser, provider: Identity
) -> None:
    brought = provider.authorize(sent(browser))
    kept = browser.cookies["dateline-openid"]
    place.now += timedelta(minutes=10)
    provider.now = place.now
    late = Browser(place)
    late.cookies.set("dateline-openid", kept)
    nobody_came_in(place, late, late.get(ANSWER, params=brought))


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c.d", "." * 50, "x" * 5000])
def test_a_cookie_that_is_not_ours_is_nothing(
    place: Place, browser: Browser, provider: Identity, cookie: str
) -> None:
    brought = provider.authorize(sent(browser))
    stranger = Browser(place)
    stranger.cookies.set("dateline-openid", cookie)
    nobody_came_in(place, stranger, stranger.get(ANSWER, params=brought))


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil", "/x"])
def test_a_sign_in_leads_nowhere_but_to_the_desk(
    browser: Browser, provider: Identity, wanted: str
) -> None:
    assert come_back(browser, provider, next=wanted).headers["Location"] == "/desk"


def test_a_provider_that_is_away_is_told_in_plain_words(
    place: Place, browser: Browser, provider: Identity
) -> None:
    provider.down = True
    answer = browser.get(START)
    assert "does not answer" in answer.text
    nobody_came_in(place, browser, answer)
    tries = len(provider.asked)
    browser.get(START)
    assert len(provider.asked) == tries
    provider.down = False
    place.now += timedelta(seconds=11)
    provider.now = place.now
    brought = provider.authorize(sent(browser))
    provider.down = True
    nobody_came_in(place, browser, browser.get(ANSWER, params=brought))


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_metadata_of_another_issuer_or_without_https_is_not_used(
    place: Place, browser: Browser, provider: Identity, metadata: dict[str, object]
) -> None:
    provider.metadata = metadata
    nobody_came_in(place, browser, browser.get(START))


def test_keys_are_kept_and_asked_for_once_more_when_one_is_unknown(
    browser: Browser, provider: Identity
) -> None:
    for _ in range(3):
        come_back(browser, provider)
    assert provider.asked.count("/keys") == 1
    provider.key = jwk.RSAKey.generate_key(2048, {"kid": "two"})
    assert come_back(browser, provider).status_code == 303
    assert provider.asked.count("/keys") == 2


def test_guessing_answers_is_throttled(browser: Browser, provider: Identity) -> None:
    codes = []
    for _ in range(11):
        brought = provider.authorize(sent(browser)) | {"code": "guessed"}
        codes.append(browser.get(ANSWER, params=brought).status_code)
    assert codes == [403] * 10 + [429]


def test_by_https_the_cookie_of_a_sign_in_is_for_this_host_and_no_script(
    tmp_path: Path, provider: Identity
) -> None:
    place = make_place(
        tmp_path, base_url="https://tracker.example", oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT, oidc_client_secret=SECRET,
    )  # fmt: skip
    given = Browser(place, origin="https://tracker.example").get(START).headers["Set-Cookie"]
    assert given.startswith("__Host-dateline-openid=")
    for part_ in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert part_ in given
    place.database.close()


def test_without_the_extra_the_service_says_what_to_install(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.openid.provider.INSTALLED", False)
    with pytest.raises(SettingsError, match=r"dateline\[oidc\]"):
        place.app()
