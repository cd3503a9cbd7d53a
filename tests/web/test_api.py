"""Programs read the desk and take verdicts by the API, in somebody's name and as far as it goes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from db import feeds
from pipeline.model import Feed, Role, Scope
from tests.web.conftest import FEED, Browser, Place, make_place, member
from tests.web.test_security import runs_nothing

V1 = "/api/v1"
# What takes nothing that could be wrong.
NOTHING_TO_TAKE = {"GET /api/v1/conflicts", "GET /api/v1/account/conflicts"}


@pytest.fixture
def program(place: Place) -> Browser:
    """A program with a token of an editor that reads and reviews."""
    member(place, "Awa", Role.EDITOR)
    browser = Browser(place)
    browser.headers.update(place.bearer("Awa", Scope.READ, Scope.REVIEW))
    del browser.headers["Origin"]
    return browser


def decide(program: Browser, verdict: str, seen_as: str, *matches: int, **more: str):
    seen = [{"id": match, "seen_as": seen_as} for match in matches]
    return program.post(f"{V1}/reviews", json={"verdict": verdict, "matches": seen} | more)


def items(program: Browser, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = program.get(f"{V1}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_every_page_follows_the_last_and_nothing_is_listed_twice(
    place: Place, program: Browser
) -> None:
    for number in range(7):
        place.store(f"Quiet in Kidal {number}")
    place.gather()
    for path in ("articles?q=kidal", "matches?status=pending", "stories?conflict=mali"):
        seen: list[int] = []
        following = f"{V1}/{path}&limit=3"
        while following:
            # What is stored between two pages moves none of them.
            place.store(f"More from Kidal {len(seen)} {path}")
            page = program.get(following).json()
            seen += [each["id"] for each in page["items"]]
            following = page["next"]
        assert len(seen) >= 7, path
        assert seen == sorted(set(seen), reverse=True), path


def test_filters_are_those_of_the_desk(place: Place, program: Browser) -> None:
    first = place.store("Quiet in Kidal", publisher="Sahel Wire")
    second = place.store("Calme à Kidal", publisher="Le Fil", language="fr")
    decide(program, "approve", "pending", first)
    assert [each["id"] for each in items(program, "matches", status="approved")] == [first]
    assert [each["id"] for each in items(program, "matches", language="fr")] == [second]
    assert [each["id"] for each in items(program, "matches", publisher="Le Fil")] == [second]
    assert [each["id"] for each in items(program, "matches", q="calme")] == [second]
    assert items(program, "matches", conflict="sudan") == []
    assert items(program, "matches", score=99) == []
    assert items(program, "articles", since="2027-01-01T00:00:00Z") == []
    assert len(items(program, "articles", status="approved")) == 1


def test_a_verdict_is_logged_in_its_owners_name_and_published(
    place: Place, program: Browser
) -> None:
    match = place.store("Quiet in Kidal")
    place.gather()
    answer = decide(program, "approve", "pending", match, reason="by rule")
    assert answer.status_code == 200
    assert answer.json()["decided"][0]["after"] == "approved"
    (logged,) = items(program, "reviews", match=match)
    assert (logged["editor"], logged["reason"]) == ("Awa", "by rule")
    assert [each["title"] for each in items(program, "digest")] == ["Quiet in Kidal"]
    assert place.changes == ["changed"]


def test_a_stale_verdict_changes_nothing(place: Place, program: Browser) -> None:
    first, second = place.store("Quiet in Kidal"), place.store("Loud in Kidal")
    decide(program, "reject", "pending", second)
    answer = decide(program, "approve", "pending", first, second)
    assert answer.status_code == 409
    assert "rejected by now" in answer.json()["detail"]
    assert (place.status(first), place.status(second)) == ("pending", "rejected")


def test_a_verdict_on_what_does_not_exist_changes_nothing(place: Place, program: Browser) -> None:
    match = place.store("Quiet in Kidal")
    assert decide(program, "approve", "pending", match, 99).status_code == 404
    assert place.status(match) == "pending"


@pytest.mark.parametrize(
    "more", [{"editor": "Binta"}, {"role": "admin"}, {"reason": "x" * 501}, {"reason": "\0"}]
)
def test_a_verdict_takes_no_field_that_it_does_not_know(
    place: Place, program: Browser, more: dict[str, str]
) -> None:
    match = place.store("Quiet in Kidal")
    answer = decide(program, "approve", "pending", match, **more)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert place.status(match) == "pending"


def test_feeds_and_conflicts_are_listed_by_name_a_page_at_a_time(
    place: Place, program: Browser
) -> None:
    delta = Feed(id="delta-post", url="https://delta.example/feed", publisher="Delta Post")
    with place.database.transaction() as connection:
        feeds.declare(connection, [FEED, delta], place.now)
    for path, key in (("feeds", "id"), ("conflicts", "slug")):
        whole = [each[key] for each in items(program, path, limit=200)]
        seen: list[str] = []
        following = f"{V1}/{path}?limit=1"
        while following:
            page = program.get(following).json()
            seen += [each[key] for each in page["items"]]
            following = page["next"]
        assert seen == whole == sorted(set(seen)), path
        assert len(seen) > 1, path
        assert items(program, path, cursor="ff") == []


def test_stories_are_merged_split_marked_and_put_back_as_on_the_desk(
    place: Place, program: Browser, admin: Browser
) -> None:
    for title in ("Convoy attacked near Kidal", "Rain floods Bamako, Mali", "Mali votes on a law"):
        place.store(title)
    place.gather()
    one, two, three = (each["story_id"] for each in reversed(items(program, "articles")))

    def change(path: str, **body: Any) -> Any:
        return program.post(f"{V1}/{path}", json=body or None)

    merged = change("stories/merge", stories=[one, two], into=one).json()
    assert (merged["story"], merged["articles"]) == (one, 1)
    assert len(program.get(f"{V1}/stories/{one}").json()["articles"]) == 2
    assert place.changes == ["changed"]
    again = change("stories/merge", stories=[two], into=one)
    assert (again.status_code, "one story already" in again.text) == (409, True)
    assert change(f"stories/{one}/split", articles=[2]).json()["articles"] == 1
    undone = change(f"changes/{merged['change']}/undo")
    assert (undone.status_code, "undo that first" in undone.text) == (409, True)
    marked = change(f"stories/{three}/duplicate-of", story=one).json()
    assert (marked["rejected"], place.status(3)) == (1, "rejected")
    assert change(f"changes/{marked['change']}/undo").json()["articles"] == 1
    assert place.status(3) == "pending"
    assert change(f"changes/{marked['change']}/undo").status_code == 409
    for path, body, status in (
        ("stories/merge", {"stories": [99], "into": one}, 404),
        ("stories/merge", {"stories": [one], "into": one}, 400),
        ("stories/99/duplicate-of", {"story": one}, 404),
        (f"stories/{one}/split", {"articles": [1]}, 400),
        ("changes/99/undo", {}, 404),
    ):
        refused = change(path, **body)
        assert (refused.status_code, refused.json()["status"]) == (status, status), path
    admin.post("/desk/claim", data={"csrf": admin.token_on(), "match": ["1"]})
    claimed = change("stories/merge", stories=[one], into=three)
    assert (claimed.status_code, "Binta works on this" in claimed.text) == (409, True)
    assert "story.duplicate" in admin.get("/desk/log").text


def test_what_a_program_holds_already_is_not_sent_again(place: Place, program: Browser) -> None:
    match = place.store("Quiet in Kidal")
    answer = program.get(f"{V1}/matches")
    again = {"If-None-Match": answer.headers["ETag"]}
    assert program.get(f"{V1}/matches", headers=again).status_code == 304
    decide(program, "approve", "pending", match)
    assert program.get(f"{V1}/matches", headers=again).status_code == 200


def test_a_token_has_so_many_requests_a_minute_and_no_other_is_slowed(
    place: Place, program: Browser
) -> None:
    allowed = place.settings.api_per_minute
    other = place.bearer("Awa", Scope.READ)
    statuses = [program.get(f"{V1}/conflicts").status_code for _ in range(allowed + 1)]
    assert statuses == [200] * allowed + [429]
    slow = program.get(f"{V1}/conflicts")
    assert 1 <= int(slow.headers["Retry-After"]) <= 60
    assert program.get(f"{V1}/conflicts", headers=other).status_code == 200
    place.now += timedelta(seconds=int(slow.headers["Retry-After"]))
    assert program.get(f"{V1}/conflicts").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nothing", 404),
        ("articles/99", 404),
        ("articles/x", 400),
        ("matches?limit=0", 400),
        ("matches?conflct=mali", 400),
        ("articles?since=0", 400),
    ],
)
def test_every_refusal_has_one_shape(program: Browser, path: str, status: int) -> None:
    answer = program.get(f"{V1}/{path}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_hostile_text_is_json_and_never_a_page(place: Place, program: Browser) -> None:
    place.store("<script>alert(1)</script> Kidal")
    for path in ("matches", "articles", "<script>alert(1)</script>"):
        answer = program.get(f"{V1}/{path}")
        assert answer.headers["Content-Type"].startswith("application/")
        assert "html" not in answer.headers["Content-Type"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_documentation_names_every_route_and_runs_nothing(place: Place) -> None:
    page = Browser(place).get("/api/docs")
    runs_nothing(page.text)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    described = Browser(place).get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for route in place.app().routes:
        if route.path.startswith(V1):
            assert route.path in page.text
            assert {each.lower() for each in route.methods} <= set(described["paths"][route.path])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_what_the_description_promises_holds_for_whatever_is_sent(
    tmp_path: Path, mode: GenerationMode
) -> None:
    """Schemathesis makes requests from the description, right or wrong, and checks the answers."""
    place = make_place(tmp_path, api_per_minute=1_000_000)
    for number in range(3):
        place.store(f"Quiet in Kidal {number}")
    place.gather()
    member(place, "Awa", Role.EDITOR)
    headers = place.bearer("Awa", Scope.READ, Scope.REVIEW)
    described = Browser(place).get("/api/openapi.json").json()
    for methods in described["paths"].values():
        for operation in methods.values():
            # Every request here is sent with a token; without one, see the matrix of routes.
            del operation["security"]
    schema = schemathesis.openapi.from_dict(described)
    schema.app = place.app()
    tried = set()
    for result in schema.get_all_operations():
        tried_now = result.ok()
        if mode is GenerationMode.NEGATIVE and tried_now.label in NOTHING_TO_TAKE:
            continue

        @settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(tried_now.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            case.call_and_validate(headers=headers)
            tried.add(case.operation.label)

        check()
    assert len(tried) >= 15
    place.database.close()
