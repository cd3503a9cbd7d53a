"""Monitors learn whether the service lives, is ready, and how much it does; strangers little."""

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from db import alarms, runs
from pipeline.model import AlarmKind, Role
from tests.web.conftest import NOW, Browser, Place


def local(place: Place, client: tuple[str, int] = ("127.0.0.1", 50000)) -> TestClient:
    return TestClient(
        place.app(), base_url="http://127.0.0.1:8000", client=client, follow_redirects=False
    )


def test_the_process_lives_even_without_a_database(place: Place, stranger: Browser) -> None:
    with place.database.transaction() as connection:
        connection.execute(text("DROP TABLE job_runs"))
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready_means_database_and_clock(place: Place, stranger: Browser) -> None:
    answer = stranger.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"database": True, "clock": False}}
    with place.database.transaction() as connection:
        runs.begin(connection, "ingest", NOW)
    answer = stranger.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_figures_are_those_of_the_database(place: Place) -> None:
    place.store("Quiet in Kidal")
    with place.database.transaction() as connection:
        runs.begin(connection, "ingest", NOW)
        alarms.raise_(connection, "sahel-wire", AlarmKind.QUIET, "no new article", NOW)
    figures = local(place).get("/metrics")
    assert figures.headers["Content-Type"].startswith("text/plain; version=")
    for line in (
        "dateline_database_up 1.0",
        'dateline_feeds{state="new"} 1.0',
        'dateline_matches{status="pending"} 1.0',
        'dateline_feed_alarms{kind="quiet"} 1.0',
        'dateline_feed_alarms{kind="volume"} 0.0',
        "dateline_articles 1.0",
        'dateline_fetches_last_hour{outcome="failed"} 0.0',
        "dateline_missed_runs_last_day 0.0",
        'dateline_job_age_seconds{job="ingest"} 0.0',
        "dateline_next_fetch_seconds 0.0",
    ):
        assert line in figures.text


def test_requests_are_counted_by_route_not_by_address(place: Place) -> None:
    client = local(place)
    for path in ("/conflicts/one", "/conflicts/two", "/made/up", "/healthz"):
        client.get(path)
    client.head("/healthz")
    client.request("BREW", "/healthz")
    text_ = client.get("/metrics").text
    for line in (
        'dateline_http_requests_total{method="GET",route="/conflicts/{slug}",status="404"} 2.0',
        'dateline_http_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        'dateline_http_requests_total{method="HEAD",route="/healthz",status="200"} 1.0',
        'dateline_http_requests_total{method="other",route="/healthz",status="405"} 1.0',
    ):
        assert line in text_
    assert "made" not in text_


def test_without_a_database_the_figures_say_so(place: Place) -> None:
    with place.database.transaction() as connection:
        connection.execute(text("DROP TABLE job_runs"))
    answer = local(place).get("/metrics")
    assert answer.status_code == 200
    assert "dateline_database_up 0.0" in answer.text
    assert "dateline_articles" not in answer.text


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("198.51.100.7", {}),
        ("198.51.100.7", {"X-Forwarded-For": "127.0.0.1"}),
        ("198.51.100.7", {"X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
        ("127.0.0.1", {"Host": "rebound.example"}),
        ("not an address", {}),
    ],
)
def test_figures_are_only_for_monitors_on_this_machine(
    place: Place, client: str, headers: dict[str, str]
) -> None:
    answer = local(place, (client, 50000)).get("/metrics", headers=headers)
    assert answer.status_code == 303
    assert "dateline_" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_a_monitor_on_this_machine_needs_no_login(place: Place, host: str) -> None:
    client = "::1" if "[" in host else "127.0.0.1"
    answer = local(place, (client, 50000)).get("/metrics", headers={"Host": host})
    assert answer.status_code == 200


def test_an_admin_may_see_the_figures(admin: Browser) -> None:
    assert Role.ADMIN in admin.get("/desk").text
    assert admin.get("/metrics").status_code == 200
