"""The page about the service: admins see how the machines do, and settle what was set aside."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from db import Database, feeds, queued_jobs, runs
from pipeline.dispatch import HandOver, list_jobs, queue_figures, require_engine
from pipeline.mark_folder import note_folder
from pipeline.model import Role
from pipeline.settings import Settings
from tests.fleet import clock_side
from tests.web.conftest import FEED, NOW, ORIGIN, Browser, Place, member

PAGE = "/desk/service"


@pytest.fixture
def many_machines(postgres: Database, tmp_path: Path) -> Iterator[Place]:
    """An installation on PostgreSQL with one job that was set aside."""
    settings = Settings(
        _env_file=None,
        public_dir=tmp_path / "public",
        secret_key="a key for tests only",
        base_url=ORIGIN,
    )
    with postgres.transaction() as connection:
        feeds.declare(connection, [FEED], NOW)
    require_engine(postgres)
    with clock_side(postgres) as ingest:
        HandOver(database=postgres).feeds(ingest)
    with postgres.transaction() as connection:
        queued_jobs.look_there(connection)
        for statement in (
            "UPDATE procrastinate_jobs SET status = 'failed', attempts = 5",
            "INSERT INTO job_faults SELECT id, 'ValueError(''<b>bad</b>'')' FROM procrastinate_jobs",
        ):
            connection.execute(text(statement))
    return Place(database=postgres, settings=settings)


def settle(browser: Browser, job: int, how: str, **more: str):
    return browser.post(f"{PAGE}/jobs/{job}/{how}", data={"csrf": browser.token_on()} | more)


def test_on_one_machine_it_says_that_it_does_all_itself(place: Place, admin: Browser) -> None:
    with place.database.transaction() as connection:
        runs.finish(connection, runs.begin(connection, "sweep", NOW), "failed", "no <b>", NOW)
    shown = admin.get(PAGE).text
    assert "This machine does all work itself" in shown
    assert "Set aside" not in shown
    assert "it never ticked" in shown
    assert "no &lt;b&gt;" in shown
    assert "this process sees what was published last" in shown
    with place.database.transaction() as connection:
        note_folder(connection, Path("/srv/public"), "another")
    assert ":/srv/public, than " in admin.get(PAGE).text


def test_only_admins_see_and_settle_it(many_machines: Place) -> None:
    [job] = list_jobs(many_machines.database)
    editor = member(many_machines, "Awa", Role.EDITOR)
    assert editor.get(PAGE).status_code == 403
    assert PAGE not in editor.get("/desk").text
    assert settle(editor, job.id, "drop").status_code == 403
    admin = member(many_machines, "Binta", Role.ADMIN)
    assert PAGE in admin.get("/desk").text
    assert settle(admin, job.id, "drop", csrf="made up").status_code == 403
    assert settle(admin, job.id, "retry", csrf="made up").status_code == 403
    assert list_jobs(many_machines.database) == (job,)


@pytest.mark.parametrize(("how", "waiting"), [("retry", 1), ("drop", 0)])
def test_what_was_set_aside_is_settled_once_and_logged(
    many_machines: Place, how: str, waiting: int
) -> None:
    database = many_machines.database
    admin = member(many_machines, "Binta", Role.ADMIN)
    [job] = list_jobs(database)
    shown = admin.get(PAGE).text
    assert "ValueError(&#39;&lt;b&gt;bad&lt;/b&gt;&#39;)" in shown
    assert f"{PAGE}/jobs/{job.id}/{how}" in shown
    answer = settle(admin, job.id, how)
    assert answer.headers["Location"].startswith(f"{PAGE}?said=")
    assert 'role="status"' in admin.get(answer.headers["Location"]).text
    assert settle(admin, job.id, how).status_code == 409
    found = queue_figures(database)
    assert found is not None
    assert (found.waiting, found.set_aside) == (waiting, 0)
    done = {"retry": "job.retried", "drop": "job.dropped"}[how]
    assert f"{done}</td>" in admin.get("/desk/log").text
    assert "fetch sahel-wire" in admin.get("/desk/log").text
