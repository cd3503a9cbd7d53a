"""Nobody does on the desk what they may not: sessions, forms, roles, addresses, hostile text."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from fastapi.routing import APIRoute

from pipeline import login
from pipeline.bring_out import bring_out
from pipeline.errors import AccountError
from pipeline.model import Role, Scope
from pipeline.web.assets import asset_name
from pipeline.web.security import Access, Tools, local_path
from tests.web.conftest import ORIGIN, PASSWORD, Browser, Place, make_place, member

PUBLIC = {
    "/",
    "/conflicts/{slug}",
    "/conflicts/{slug}/",
    "/conflicts/{slug}/{date}",
    "/conflicts/{slug}/{date}/",
    "/conflicts/{slug}/daily.{kind}",
    "/conflicts/{slug}/latest-news.{kind}",
    "/latest-news/archive/{number}.{kind}",
    "/regions/{slug}/latest-news.{kind}",
    "/regions/{slug}/latest-news/archive/{number}.{kind}",
    "/conflicts/{slug}/latest-news/archive/{number}.{kind}",
    "/news/{slug}",
    "/news/{slug}/",
    "/latest-news.{kind}",
    "/feeds.opml",
    "/subscribe",
    "/subscribe/",
    "/static/{name}",
    "/static/{version}",
    "/desk/static/{name}",
    "/healthz",
    "/readyz",
    "/login",
    "/login/code",
    "/login/openid",
    "/login/openid/answer",
    "/invite/{token}",
    "/api/openapi.json",
    "/api/docs",
    "/subscribe/mail",
    "/letters/{token}",
    "/letters/{token}/confirm",
    "/letters/{token}/leave",
}
# What mail programs post to by themselves: the token in the address is the whole permission.
ONE_CLICK = {"/letters/{token}/leave"}
# What hubs call by themselves; asking whether a request was ours is a GET (W3C WebSub §5.3).
HUBS = {"/websub/{token}"}
OPEN = PUBLIC | HUBS
# What an admin may see and an editor may not.
ADMIN_ONLY = {
    "/metrics",
    "/desk/service",
    "/desk/service/jobs/{job_id}/retry",
    "/desk/service/jobs/{job_id}/drop",
}
# What a viewer may change, too: their own account.
OWN = {
    "/logout",
    "/desk/account/tokens",
    "/desk/account/revoke",
    "/desk/account/sessions",
    "/desk/account/password",
    "/desk/account/second-factor",
    "/desk/account/second-factor/confirm",
    "/desk/account/second-factor/codes",
    "/desk/account/second-factor/off",
}


def routes(place: Place) -> list[tuple[str, str]]:
    app = place.app()
    assert all(isinstance(route, APIRoute) for route in app.routes)
    return [(method, route.path) for route in app.routes for method in sorted(route.methods)]


def is_api(path: str) -> bool:
    return path.startswith("/api/v1/")


def example(path: str) -> str:
    values = {"slug": "mali", "kind": "atom", "name": "x.css", "token": "t", "article_id": "1", "story_id": "1", "match_id": "1",
              "feed_id": "sahel-wire", "date": "2026-11-22", "number": "1", "job_id": "1", "change_id": "1"}  # fmt: skip
    return re.sub(r"{(\w+)}", lambda found: values[found[1]], path)


# Routes and roles


def test_every_route_has_a_rule_and_only_the_listed_ones_are_public(place: Place) -> None:
    rules: Tools = place.app().state.tools
    assert set(routes(place)) == set(rules.rules)
    public = {path for (_, path), access in rules.rules.items() if access is Access.PUBLIC}
    assert public == PUBLIC
    held = {rule for rule, access in rules.rules.items() if access is Access.LETTER}
    assert held == {("POST", path) for path in ONE_CLICK}
    called = {rule for rule, access in rules.rules.items() if access is Access.HUB}
    assert called == {(method, path) for path in HUBS for method in ("GET", "POST")}


def test_every_other_route_demands_a_login(place: Place, stranger: Browser) -> None:
    guarded = [(method, path) for method, path in routes(place) if path not in OPEN]
    assert len(guarded) >= 8
    for method, path in guarded:
        answer = stranger.request(method, example(path))
        if is_api(path):
            assert answer.status_code == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), path
        elif method == "GET":
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/login"), path
        else:
            assert answer.status_code == 401, path


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_what_its_rule_says(place: Place, role: Role) -> None:
    place.store("Quiet in Kidal")
    place.gather()
    browser = member(place, "Awa", role)
    for method, path in routes(place):
        if path in OPEN or method != "GET" or is_api(path):
            continue
        expected = 403 if path in ADMIN_ONLY and role is not Role.ADMIN else 200
        assert browser.get(example(path)).status_code == expected, path


@pytest.mark.parametrize("role", Role)
def test_each_role_changes_what_its_rule_says(place: Place, role: Role) -> None:
    match = place.store("Quiet in Kidal")
    browser = member(place, "Awa", role)
    changing = [path for method, path in routes(place) if method != "GET" and not is_api(path)]
    for path in sorted(set(changing) - OPEN, key="/logout".__eq__):
        refused = browser.post(example(path), data={"csrf": browser.token_on()}).status_code == 403
        may = role is Role.ADMIN if path in ADMIN_ONLY else role is not Role.VIEWER or path in OWN
        assert refused is not may, path
    browser.log_in()
    browser.decide("approve", match)
    assert place.status(match) == ("pending" if role is Role.VIEWER else "approved")


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("role", Role)
def test_each_token_does_what_its_scope_and_its_owners_role_say(
    place: Place, role: Role, scope: Scope
) -> None:
    place.store("Quiet in Kidal")
    place.gather()
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=role, actor="x", now=place.now
    )
    if role is Role.VIEWER and scope is Scope.REVIEW:
        with pytest.raises(AccountError, match="can only read"):
            place.bearer("Awa", scope)
        return
    headers = place.bearer("Awa", scope)
    bring_out(place.database, ORIGIN, place.now + timedelta(days=1))
    browser = Browser(place)
    for method, path in routes(place):
        if is_api(path):
            needed = Scope.READ if method == "GET" else Scope.REVIEW
            status = browser.request(method, example(path), headers=headers).status_code
            assert (status == 403) is (scope is not needed), path
            answered = {200} if method == "GET" else {400, 404}
            assert status in (answered if scope is needed else {403}), path


def test_an_api_route_reads_no_cookie(place: Place, admin: Browser) -> None:
    for method, path in routes(place):
        if is_api(path):
            assert admin.request(method, example(path)).status_code == 401, path


def test_no_page_of_the_desk_takes_a_token(place: Place, editor: Browser) -> None:
    headers = place.bearer("Awa", Scope.READ, Scope.REVIEW)
    stranger = Browser(place)
    for method, path in routes(place):
        if not is_api(path) and path not in OPEN:
            status = stranger.request(method, example(path), headers=headers).status_code
            assert status in {303, 401}, path


def test_a_route_that_somebody_adds_without_a_rule_answers_nobody(place: Place) -> None:
    browser = member(place, "Awa", Role.ADMIN)
    browser.app.add_api_route("/secret", lambda: "secret", methods=["GET"])
    answer = browser.get("/secret")
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_what_changes_something_is_never_a_get(place: Place, editor: Browser) -> None:
    match = place.store("Quiet in Kidal")
    for method, path in routes(place):
        if method == "POST" and path not in OPEN and not is_api(path):
            assert editor.get(example(path)).status_code == 405, path
    assert place.status(match) == "pending"
    assert editor.get("/desk").status_code == 200


# Forms of other sites


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9000"},
    {"Origin": ""},
    {"Origin": "javascript://127.0.0.1:8000"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_form_of_another_site_is_taken(
    place: Place, editor: Browser, headers: dict[str, str]
) -> None:
    match = place.store("Quiet in Kidal")
    data = {"csrf": editor.token_on(), "verdict": "approve", "match": str(match)}
    for method, path in routes(place):
        if method != "GET" and not is_api(path) and path not in ONE_CLICK | HUBS:
            answer = editor.post(example(path), data=data, headers=headers)
            assert answer.status_code == 403, path
    assert place.status(match) == "pending"
    assert editor.get("/desk").status_code == 200


def test_a_form_from_nowhere_is_not_taken(place: Place, editor: Browser) -> None:
    data = {"csrf": editor.token_on()}
    del editor.headers["Origin"]
    assert editor.post("/logout", data=data).status_code == 403
    assert editor.post("/login", data={"name": "Awa", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_forms_are_taken(place: Place, editor: Browser, site: str) -> None:
    match = place.store("Quiet in Kidal")
    editor.headers["Sec-Fetch-Site"] = site
    assert editor.decide("approve", match).status_code == 303
    assert place.status(match) == "approved"


def test_by_another_of_our_names_the_origin_may_be_that_name(place: Place) -> None:
    browser = Browser(place, origin="http://desk.lan:8000")
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=Role.EDITOR, actor="x", now=place.now
    )
    browser.log_in()


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_without_its_sessions_token_is_not_taken(
    place: Place, editor: Browser, token: str | None
) -> None:
    match = place.store("Quiet in Kidal")
    data = {"verdict": "approve", "match": str(match)} | ({} if token is None else {"csrf": token})
    assert editor.post("/desk/review", data=data).status_code == 403
    assert editor.post("/logout", data=data).status_code == 403
    assert place.status(match) == "pending"


def test_a_token_of_another_session_is_not_taken(
    place: Place, editor: Browser, admin: Browser
) -> None:
    match = place.store("Quiet in Kidal")
    data = {"verdict": "approve", "match": str(match), "csrf": admin.token_on()}
    assert editor.post("/desk/review", data=data).status_code == 403


def test_a_file_in_place_of_the_token_is_not_taken(place: Place, editor: Browser) -> None:
    assert editor.post("/logout", files={"csrf": ("x", b"x")}).status_code == 400
    match = place.store("Quiet in Kidal")
    data = {"verdict": "approve", "match": str(match)}
    answer = editor.post("/desk/review", data=data, files={"csrf": ("x", b"x")})
    assert answer.status_code == 400
    assert place.status(match) == "pending"


# Sessions


def cookie(browser: Browser) -> str:
    return str(browser.cookies["dateline"])


def test_a_copied_cookie_is_worth_nothing_after_logout(place: Place, editor: Browser) -> None:
    copied = cookie(editor)
    answer = editor.post("/logout", data={"csrf": editor.token_on()})
    assert answer.headers["Location"] == "/login"
    assert "dateline" not in editor.cookies
    editor.cookies["dateline"] = copied
    assert editor.get("/desk").status_code == 303


def test_a_planted_cookie_is_not_taken_over_at_login(place: Place, editor: Browser) -> None:
    browser = Browser(place)
    browser.cookies["dateline"] = "planted"
    browser.log_in("Awa")
    fresh = {item.value for item in browser.cookies.jar if item.name == "dateline"} - {"planted"}
    assert len(fresh) == 1
    browser.cookies.clear()
    browser.cookies["dateline"] = "planted"
    assert browser.get("/desk").status_code == 303


def test_logging_in_again_gives_a_new_token_and_ends_the_old_one(
    place: Place, editor: Browser
) -> None:
    before = cookie(editor)
    editor.log_in()
    assert cookie(editor) != before
    editor.cookies.clear()
    editor.cookies["dateline"] = before
    assert editor.get("/desk").status_code == 303


def test_a_new_password_logs_every_browser_out(place: Place, editor: Browser) -> None:
    login.change_password(
        place.database, name="Awa", password="another long one", actor="x", now=place.now
    )
    assert editor.get("/desk").status_code == 303


def test_a_session_dies_of_a_day_without_use(place: Place, editor: Browser) -> None:
    place.now += timedelta(hours=25)
    assert editor.get("/desk").status_code == 303


def test_an_overlong_cookie_is_not_even_looked_up(place: Place, stranger: Browser) -> None:
    stranger.cookies["dateline"] = "x" * 3_000
    assert stranger.get("/desk").status_code == 303


def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(
    place: Place, stranger: Browser
) -> None:
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=Role.EDITOR, actor="x", now=place.now
    )
    answer = stranger.post("/login", data={"name": "Awa", "password": PASSWORD})
    flags = answer.headers["Set-Cookie"]
    assert re.match(r"dateline=[\w-]{43};", flags)
    assert "HttpOnly" in flags
    assert "SameSite=lax" in flags
    assert "Path=/" in flags
    assert "Domain" not in flags


def test_by_https_no_plain_page_and_no_other_host_can_set_the_cookie(tmp_path) -> None:
    place = make_place(tmp_path, base_url="https://desk.example")
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=Role.EDITOR, actor="x", now=place.now
    )
    browser = Browser(place, origin="https://desk.example")
    answer = browser.post("/login", data={"name": "Awa", "password": PASSWORD})
    assert answer.headers["Set-Cookie"].startswith("__Host-dateline=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert browser.get("/desk").status_code == 200
    browser.cookies["dateline"] = browser.cookies.pop("__Host-dateline")
    assert browser.get("/desk").status_code == 303
    place.database.close()


# Logging in


def test_a_refused_login_says_the_same_of_unknown_and_wrong(place: Place, editor: Browser) -> None:
    browser = Browser(place)
    answers = [
        browser.post("/login", data={"name": name, "password": "wrong password"})
        for name in ("Awa", "Eve")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].text.replace("Awa", "Eve") == answers[1].text
    assert "not right" in answers[0].text


def test_guessing_is_stopped_and_told_when_to_come_back(place: Place, stranger: Browser) -> None:
    data = {"name": "Awa", "password": "wrong password"}
    codes = [stranger.post("/login", data=data).status_code for _ in range(12)]
    assert codes == [403] * 10 + [429] * 2
    answer = stranger.post("/login", data=data)
    assert answer.headers["Retry-After"] == "300"
    assert "again in 5 minutes" in answer.text
    stranger.headers["X-Forwarded-For"] = "203.0.113.9"
    assert stranger.post("/login", data=data | {"name": "Eve"}).status_code == 429


def test_no_secret_is_logged(
    place: Place, stranger: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=Role.EDITOR, actor="x", now=place.now
    )
    stranger.post("/login", data={"name": "Awa", "password": "a wrong secret"})
    stranger.log_in()
    stranger.post("/logout", data={"csrf": "0" * 64})
    printed = "".join(capsys.readouterr())
    assert "refused" in printed
    for secret in (PASSWORD, "a wrong secret", cookie(stranger), stranger.token_on()):
        assert secret not in printed


NEXT = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/desk",
    "https:evil.example",
    "javascript:alert(1)",
    "/desk\r\nSet-Cookie: a=b",
    "/desk\t",
    "/%09/evil.example",
    "/desk/\\evil.example",
    "/deskevil",
    "desk",
    "",
    "/desk?" + "x" * 3_000,
]


@pytest.mark.parametrize("wanted", NEXT, ids=ascii)
def test_a_login_leads_nowhere_but_to_the_desk(place: Place, editor: Browser, wanted: str) -> None:
    browser = Browser(place)
    answer = browser.post("/login", data={"name": "Awa", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/desk"
    assert editor.get("/login", params={"next": wanted}).headers["Location"] == "/desk"
    match = place.store("Quiet in Kidal")
    assert editor.decide("approve", match, next=wanted).headers["Location"] == "/desk"


def test_a_login_leads_on_to_what_was_asked_for(place: Place, editor: Browser) -> None:
    browser = Browser(place)
    asked = browser.get("/desk?conflict=mali&q=caf%C3%A9")
    page = browser.get(asked.headers["Location"])
    onward = re.search(r'name="next" value="([^"]*)"', page.text)
    assert onward is not None
    wanted = onward[1].replace("&amp;", "&")
    answer = browser.post("/login", data={"name": "Awa", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/desk?conflict=mali&q=caf%C3%A9"
    assert local_path("/desk/log") == "/desk/log"


def test_extra_fields_make_nobody_an_admin(place: Place, stranger: Browser) -> None:
    link = login.invite(place.database, place.key, role=Role.EDITOR, now=place.now)
    data = {"name": "Eve", "password": PASSWORD, "role": "admin", "is_admin": "1", "id": "1"}
    assert stranger.post(f"/invite/{link}", data=data).status_code == 303
    assert [each.role for each in login.list_editors(place.database)] == [Role.EDITOR]


# Addresses and headers


def test_the_host_header_makes_no_address(place: Place, stranger: Browser) -> None:
    hostile = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    for path in ("/desk", "/desk/", "/conflicts/mali/", "/login", "/nowhere", "//evil.example/x/"):
        answer = stranger.get(f"{ORIGIN}{path}", headers=hostile)
        assert "evil.example" not in str(answer.headers)
        assert "evil.example" not in answer.text


def test_pages_under_a_path_link_within_it(tmp_path) -> None:
    place = make_place(tmp_path, base_url="http://127.0.0.1:8000/tracker")
    browser = member(place, "Awa", Role.EDITOR)
    page = browser.get("/desk").text
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page)
    assert links
    assert all(link.startswith("/tracker/") for link in links)
    assert Browser(place).get("/desk").headers["Location"] == "/tracker/login"
    place.database.close()


def test_every_page_is_protected_from_framing_sniffing_and_foreign_scripts(
    place: Place, editor: Browser
) -> None:
    place.store("Quiet in Kidal")
    stranger = Browser(place)
    for path in (
        "/desk",
        "/desk/articles/1",
        "/login",
        "/nowhere",
        "/desk/feeds",
        "/desk/log",
        "/desk/conflicts",
        "/desk/conflicts/mali/background/edit",
    ):
        answer = (stranger if path == "/login" else editor).get(path)
        policy = answer.headers["Content-Security-Policy"]
        for rule in (
            "default-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
        ):
            assert rule in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        runs_nothing(answer.text)
        if path.startswith("/desk"):
            assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_larger_than_64_kilobytes_is_refused(place: Place, stranger: Browser) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"name=" + b"x" * 65_536
    assert stranger.post("/login", content=body, headers=kind).status_code == 413

    def chunks():
        yield b"name="
        for _ in range(70):
            yield b"x" * 1_000

    assert stranger.post("/login", content=chunks(), headers=kind).status_code == 413


def test_a_form_with_very_many_fields_is_refused(place: Place, stranger: Browser) -> None:
    answer = stranger.post(
        "/login",
        content=b"&".join(b"a=1" for _ in range(10_000)),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 400


# Hostile text


VECTORS = [
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "<img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "{{ 7 * 7 }}{% raw %}",
    "</title><script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "<!--><img src=x onerror=alert(1)>",
]


class Tags(HTMLParser):
    """Collects every tag a browser would see, with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


HARMFUL = {"img", "svg", "iframe", "object", "embed", "style", "base", "math", "audio", "video"}


def is_chart(tag: str, given: dict[str, str | None]) -> bool:
    """Whether this is a feed's chart, which our templates draw."""
    ours = {"class", "viewbox", "role", "aria-label"}
    return tag == "svg" and set(given) == ours and (given["class"] or "").startswith("chart chart-")


def runs_nothing(page: str) -> None:
    """Every tag is one our templates wrote: nothing of a text became one."""
    tags = Tags()
    tags.feed(page)
    assert HARMFUL.isdisjoint(tag for tag, given in tags.found if not is_chart(tag, given))
    scripts = [attributes for tag, attributes in tags.found if tag == "script"]
    names = ("desk.js", "queue.js", "keywords.js", "backgrounds.js", "digest.js")
    ours = {f"/desk/static/{asset_name(name)}" for name in names}
    for script in scripts:
        assert script == {"type": "module", "src": script["src"]}
        assert script["src"] in ours
    for _, attributes in tags.found:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action", "formaction"):
            address = attributes.get(name) or "/"
            assert address.startswith(("/", "#", "http://", "https://")), address


@pytest.mark.parametrize("vector", VECTORS)
def test_hostile_text_is_shown_as_text_wherever_it_stands(
    place: Place, admin: Browser, vector: str
) -> None:
    match = place.store(
        f"{vector} Kidal",
        f"Kidal {vector}",
        words=("Kidal", vector),
        publisher=vector,
        language="en",
    )
    admin.decide("reject", match, reason=vector)
    for path in (
        "/desk?status=all",
        "/desk/articles/1",
        "/desk/log",
        "/desk/feeds",
    ):
        page = admin.get(path)
        assert page.status_code == 200
        runs_nothing(page.text)
    for path in ("/desk", "/login", "/desk/log"):
        page = admin.get(path, params={"q": vector, "next": vector, "editor": vector})
        runs_nothing(page.text)
    assert "&lt;" in admin.get("/desk/log").text or "<" not in vector
    for path in (f"/{vector}", f"/desk/articles/{vector}", f"/invite/{vector}"):
        answer = admin.get(path)
        assert answer.status_code in {400, 404}
        assert vector not in answer.text or "<" not in vector


@pytest.mark.parametrize("vector", VECTORS)
def test_a_hostile_name_is_shown_as_text(place: Place, vector: str) -> None:
    browser = member(place, vector[:64], Role.ADMIN)
    match = place.store("Quiet in Kidal")
    browser.decide("approve", match)
    for path in ("/desk?status=all", "/desk/articles/1", "/desk/log"):
        runs_nothing(browser.get(path).text)
    refused = Browser(place).post("/login", data={"name": vector, "password": "x"})
    runs_nothing(refused.text)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "jav\tascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example/x",
        "http://[broken",
        "ftp://wire.example/x",
        None,
    ],
)
def test_only_http_links_are_links(place: Place, editor: Browser, url: str | None) -> None:
    place.store("Quiet in Kidal", url=url)
    for path in ("/desk", "/desk/articles/1"):
        assert "Read it" not in editor.get(path).text


def test_a_link_to_an_article_gives_nothing_away(place: Place, editor: Browser) -> None:
    place.store("Quiet in Kidal", url="https://wire.example/story?a=1&b=2")
    page = editor.get("/desk").text
    link = re.search(r'<a href="https://wire.example/story\?a=1&amp;b=2"[^>]*>', page)
    assert link is not None
    assert 'rel="noopener noreferrer"' in link[0]


@pytest.mark.parametrize(
    "path",
    [
        "/desk?page=0",
        "/desk?page=x",
        "/desk?status=nonsense",
        "/desk?order=id;drop",
        "/desk/log?before=" + "x" * 81,
        "/desk/articles/x",
    ],
)
def test_a_nonsense_address_is_answered_calmly(editor: Browser, path: str) -> None:
    answer = editor.get(path)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("number", ["9" * 19, "9" * 400, "99", "0"])
def test_an_article_that_does_not_exist_is_404(editor: Browser, number: str) -> None:
    assert editor.get(f"/desk/articles/{number}").status_code in {400, 404}


# What every answer says, and what the log says of who tried


def test_every_answer_says_what_browsers_may_do_with_it(place: Place, editor: Browser) -> None:
    stranger = Browser(place)
    for path in ("/desk", "/login", "/nowhere", "/healthz", "/readyz", "/api/openapi.json",
                 "/desk/static/desk.css", "/api/v1/conflicts", "/conflicts/{slug}/feed"):  # fmt: skip
        answer = (editor if path == "/desk" else stranger).get(path)
        said = answer.headers
        assert said["X-Content-Type-Options"] == "nosniff", path
        assert "frame-ancestors 'none'" in said["Content-Security-Policy"], path
        assert "base-uri 'none'" in said["Content-Security-Policy"], path
        assert said["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert re.search(r"charset=utf-8|json", said["Content-Type"]), path
        assert "Strict-Transport-Security" not in said, path
        assert "Server" not in said, path
        assert "X-Powered-By" not in said, path
        if said["Content-Type"].startswith("text/html"):
            assert said["Cross-Origin-Opener-Policy"] == "same-origin"
            assert "camera=()" in said["Permissions-Policy"]


def test_by_https_every_answer_asks_for_https_for_a_year(tmp_path) -> None:
    place = make_place(tmp_path, base_url="https://desk.example")
    bring_out(place.database, "https://desk.example", place.now)
    browser = Browser(place, origin="https://desk.example")
    for path in ("/desk", "/login", "/nowhere", "/healthz", "/static/dateline.css", "/api/docs"):
        assert browser.get(path).headers["Strict-Transport-Security"] == "max-age=31536000", path
    place.database.close()


def test_after_logging_out_the_browser_is_told_to_forget(editor: Browser) -> None:
    answer = editor.post("/logout", data={"csrf": editor.token_on()})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_logins_and_refusals_are_logged_with_who_and_what(
    place: Place, editor: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = Browser(place)
    link = "t" * 40
    editor.get("/metrics")
    editor.post("/desk/review", data={"csrf": "0" * 64})
    stranger.post("/login", data={"name": "Awa", "password": "a wrong secret"})
    stranger.get(f"/invite/{link}")
    stranger.get("/api/v1/conflicts", headers={"Authorization": "Bearer secret-token"})
    editor.post("/desk/account/revoke", data={"csrf": editor.token_on(), "number": "a secret"})
    editor.post("/logout", data={"csrf": editor.token_on()})
    editor.log_in()
    printed = "".join(capsys.readouterr())
    for line in (
        "refused 403 to 'Awa': GET /metrics",
        "refused 403 to 'Awa': POST /desk/review",
        "login from testclient: refused",
        "refused 401 to testclient: GET /api/v1/conflicts",
        "not understood from 'Awa': POST /desk/account/revoke: ['body.number']",
        "logout of Awa",
        "login of Awa from testclient: by password",
    ):
        assert line in printed, line
    for secret in (link, "secret-token", "a wrong secret", "a secret", "0" * 64, PASSWORD):
        assert secret not in printed


ODD = [
    "' OR '1'='1", "1) UNION SELECT password_hash FROM editors--", "{{7*7}}", "${7*7}",
    "../../etc/passwd", "%00", "<svg onload=1>", "a\r\nSet-Cookie: x=y", "(a+)+$", '"' * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value[:20]))
def test_no_parameter_is_a_language(place: Place, editor: Browser, value: str) -> None:
    place.store("Quiet in Kidal")
    names = ("q", "conflict", "publisher", "language", "sort", "status", "since", "cursor", "next",
             "age", "score", "order")  # fmt: skip
    for path in ("/desk", "/desk/log", "/desk/feeds", "/desk/digest"):
        for name in names:
            answer = editor.get(path, params={name: value})
            assert answer.status_code in {200, 303, 400, 404}, (path, name)
            assert "$argon2" not in answer.text
            assert "<svg onload" not in answer.text
            assert "x=y" not in str(answer.headers.get("set-cookie"))


OUTSIDE = [
    "/static/..%2f..%2fetc/passwd", "/static/../../dateline.db", "/static/%2e%2e/dateline.db",
    "//etc/passwd", "/static/..\\..\\dateline.db", "/static/x.css%00.svg", "/.git/config",
    "/.env", "/static/", "/static/.publishing", "/desk/static/../templates/base.html",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_address_leads_out_of_the_public_folder(
    place: Place, stranger: Browser, path: str
) -> None:
    bring_out(place.database, ORIGIN, place.now)
    answer = stranger.get(ORIGIN + path)
    assert answer.status_code in {303, 400, 404}
    assert "root:" not in answer.text
    assert "SQLite" not in answer.text


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PUT", "DELETE", "PATCH"])
def test_a_method_nobody_serves_is_refused(place: Place, editor: Browser, method: str) -> None:
    for path in ("/desk", "/login", "/healthz", "/", "/desk/review"):
        answer = editor.request(method, path, headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code in {403, 404, 405}, path


def test_headers_of_a_proxy_make_nobody_an_operator(place: Place, stranger: Browser) -> None:
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "Remote-User",
                 "X-Forwarded-User", "X-Forwarded-Host"):  # fmt: skip
        answer = stranger.get("/metrics", headers={name: "127.0.0.1"})
        assert answer.status_code in {303, 403}, name
    assert stranger.get("/desk", headers={"Remote-User": "Binta"}).status_code == 303


@pytest.mark.parametrize(
    "token", ["", "t", "t" * 43, "0" * 75, "é" * 50, "x" * 5_000, "%00", "' OR '1'='1"]
)
def test_a_guessed_link_tells_nothing(place: Place, stranger: Browser, token: str) -> None:
    """Every wrong token of an invitation or a letter is answered alike, and none is short."""
    login.invite(place.database, place.key, role=Role.ADMIN, now=place.now)
    for path in ("/invite/{}", "/letters/{}", "/letters/{}/confirm", "/letters/{}/leave"):
        answers = {stranger.get(path.format(each)).text for each in (token or "y", "z" * 43)}
        assert len(answers) == 1, path
        assert stranger.get(path.format(token or "y")).status_code == 404, path
    assert len(login.invite(place.database, place.key, role=Role.VIEWER, now=place.now)) >= 43


def test_password_fields_are_masked_and_take_what_a_manager_pastes(
    place: Place, editor: Browser
) -> None:
    link = login.invite(place.database, place.key, role=Role.EDITOR, now=place.now)
    stranger = Browser(place)
    for page in (
        stranger.get("/login"),
        stranger.get(f"/invite/{link}"),
        editor.get("/desk/account"),
    ):
        fields = [each for each in re.findall(r"<input[^>]*>", page.text) if "password" in each]
        assert fields
        for field in fields:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
            assert 'maxlength="1000"' in field
            assert "onpaste" not in field


def test_every_page_of_the_desk_offers_to_log_out(place: Place, editor: Browser) -> None:
    place.store("Quiet in Kidal")
    for path in (
        "/desk",
        "/desk/log",
        "/desk/feeds",
        "/desk/digest",
        "/desk/account",
        "/desk/keywords",
    ):
        assert 'action="/logout"' in editor.get(path).text, path


def test_a_field_counts_only_where_it_belongs(place: Place, editor: Browser) -> None:
    match = place.store("Quiet in Kidal")
    token = editor.token_on()
    wanted = {"csrf": token, "verdict": "approve", "match": str(match)}
    assert editor.post("/desk/review", params=wanted).status_code == 403
    assert editor.post("/desk/review", params=wanted, data={"csrf": token}).status_code == 400
    assert place.status(match) == "pending"
    stranger = Browser(place)
    given = {"name": "Awa", "password": PASSWORD}
    assert stranger.post("/login", params=given).status_code == 403
