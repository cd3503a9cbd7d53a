"""The desk hears at once what another process stored, where the database tells it."""

import threading
import time
from pathlib import Path

from db import Database
from pipeline.model import Role
from pipeline.settings import Settings
from tests.fleet import until
from tests.making import an_article, take_in, watch
from tests.web.conftest import NOW, ORIGIN, Browser, Place, member

LISTENING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE left(query, 6) = 'LISTEN' AND datname = current_database()
"""


def test_a_waiting_look_is_answered_when_something_arrives(
    postgres: Database, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None,
        public_dir=tmp_path / "public",
        secret_key="a key for tests only",
        base_url=ORIGIN,
    )
    watch(postgres)
    browser = member(Place(database=postgres, settings=settings), "Awa", Role.EDITOR)
    assert "data-hears" in browser.get("/desk").text
    answers: list[object] = []
    with browser:
        looking = threading.Thread(
            target=lambda: answers.append(
                browser.get("/desk/arrivals", params={"after": NOW.isoformat(), "wait": 25}).json()
            )
        )
        began = time.monotonic()
        looking.start()
        until(lambda: _is_heard(postgres), every=0.02)
        take_in(postgres, an_article(), now=NOW.replace(hour=13))
        looking.join(20)
        assert answers == [{"new": 1}]
        assert time.monotonic() - began < 20
    until(lambda: not _is_heard(postgres))


def _is_heard(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.exec_driver_sql(LISTENING).scalar())


def test_where_nothing_is_told_nobody_waits(place: Place, editor: Browser) -> None:
    assert "data-hears" not in editor.get("/desk").text
    began = time.monotonic()
    assert editor.get("/desk/arrivals?wait=25").json() == {"new": 0}
    assert time.monotonic() - began < 10
    assert editor.get("/desk/arrivals?wait=-1").status_code in {400, 422}
