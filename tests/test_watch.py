"""Watch: a good edit is taken up, a wrong one refused, and the last good version stays in force."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from db import Database, backgrounds, conflicts, feeds, open_database
from db.tables import conflicts as conflicts_table
from pipeline.errors import SourcesError, StoreError
from pipeline.model import ArticleText
from pipeline.sources import parse_sources
from pipeline.watch import (
    Watch,
    adopt,
    compare_owners,
    refused_edit,
    rules_in_force,
    sources_in_force,
)
from tests.making import NOON
from tests.racing import at_once

SOURCES = """\
version: 1
feeds:
  - {id: sahel-wire, url: "https://wire.example/feed", publisher: Sahel Wire}
conflicts:
  - {slug: mali, title: Instability in Mali, keywords: {decisive: [JNIM]}}
  - {slug: niger, title: Unrest in Niger, keywords: {decisive: [Niamey]}}
"""
LATER = NOON + timedelta(minutes=1)


class House:
    """A sources.yaml and the database it is declared to."""

    def __init__(self, folder: Path, database: Database, url: str) -> None:
        self.file = folder / "sources.yaml"
        self.database = database
        self.url = url
        self.write(SOURCES)
        self.watch = Watch(self.file, database)

    def write(self, content: str) -> None:
        self.file.write_text(content, encoding="utf-8")

    def matching(self, headline: str) -> list[str]:
        """The conflicts this headline falls under, by the rules in force."""
        found = self.watch.rules.matcher.match(ArticleText(title=headline))
        return [match.conflict for match in found]

    def own_by_desk(self, old: str, new: str) -> None:
        """Let the desk own Mali's keywords, changed in this way."""
        desk = parse_sources(SOURCES.replace(old, new), "desk").conflicts
        with self.database.transaction() as connection:
            conflicts.declare(connection, desk, NOON)
            connection.execute(
                conflicts_table.update()
                .where(conflicts_table.c.slug == "mali")
                .values(owner="desk")
            )


@pytest.fixture
def house(tmp_path: Path, sqlite: Database, sqlite_url: str) -> House:
    return House(tmp_path, sqlite, sqlite_url)


@pytest.fixture
def started(house: House) -> House:
    house.watch.start(NOON)
    return house


def test_starting_declares_the_file_and_brings_shipped_backgrounds(started: House) -> None:
    assert started.matching("JNIM statement") == ["mali"]
    assert [feed.id for feed in started.watch.sources.feeds] == ["sahel-wire"]
    with started.database.reading() as connection:
        assert [each.feed.id for each in feeds.health(connection)] == ["sahel-wire"]
        shipped = backgrounds.current(connection, "mali")
        assert backgrounds.current(connection, "niger") is None
        assert shipped is not None
        assert backgrounds.history(connection, "mali")[0].author == "Dateline"


def test_a_background_somebody_saved_is_never_replaced_by_the_shipped_one(started: House) -> None:
    with started.database.transaction() as connection:
        page = backgrounds.current(connection, "mali")
        assert page is not None
        backgrounds.save(connection, "mali", page, author="ada", note="", now=NOON)
    Watch(started.file, started.database).start(LATER)
    with started.database.reading() as connection:
        assert [each.author for each in backgrounds.history(connection, "mali")] == [
            "ada", "Dateline",
        ]  # fmt: skip


def test_a_wrong_file_starts_nothing_and_declares_nothing(house: House) -> None:
    house.write(SOURCES.replace("JNIM", '"@nowhere"').replace("https", "ftp"))
    with pytest.raises(SourcesError) as raised:
        house.watch.start(NOON)
    assert {fault.where for fault in raised.value.faults} == {"sources.yaml:3", "sources.yaml:5"}
    with house.database.reading() as connection:
        assert feeds.health(connection) == ()
        assert conflicts.running(connection) == ()


def test_an_edit_is_in_force_from_the_next_look_on(started: House) -> None:
    started.write(SOURCES.replace("[JNIM]", "[JNIM, GSIM]"))
    assert started.watch.refresh(LATER) == ()
    assert started.matching("GSIM statement") == ["mali"]
    with started.database.reading() as connection:
        assert len(conflicts.running(connection)[0].keywords.decisive) == 2


def test_a_file_that_did_not_change_is_not_read_again(started: House) -> None:
    rules = started.watch.rules
    assert started.watch.refresh(LATER) == ()
    assert started.watch.rules is rules


def test_a_wrong_edit_is_refused_with_every_fault_and_the_last_good_version_stays(
    started: House,
) -> None:
    started.write(SOURCES.replace("[JNIM]", '["@nowhere"]').replace("https", "ftp"))
    assert len(started.watch.refresh(LATER)) >= 2
    assert started.matching("JNIM statement") == ["mali"]
    assert refused_edit(started.database).count("sources.yaml:") >= 2
    assert started.watch.refresh(LATER) == ()  # told once, not at every tick

    started.write(SOURCES)
    assert started.watch.refresh(LATER) == ()
    assert refused_edit(started.database) == ""


def test_a_file_that_is_gone_is_refused_until_it_is_back(started: House) -> None:
    started.file.unlink()
    (fault,) = started.watch.refresh(LATER)
    assert "cannot be read" in fault.what
    assert started.matching("JNIM statement") == ["mali"]
    started.write(SOURCES.replace("[JNIM]", "[GSIM]"))
    started.watch.refresh(LATER)
    assert started.matching("GSIM statement") == ["mali"]


def test_an_edit_the_database_could_not_take_is_taken_at_the_next_look(started: House) -> None:
    started.write(SOURCES.replace("[JNIM]", "[GSIM]"))
    with started.database.transaction() as connection:
        connection.execute(text("ALTER TABLE keyword_versions RENAME TO aside"))
    with pytest.raises(StoreError):
        started.watch.refresh(LATER)
    assert started.matching("JNIM statement") == ["mali"]
    with started.database.transaction() as connection:
        connection.execute(text("ALTER TABLE aside RENAME TO keyword_versions"))
    assert started.watch.refresh(LATER) == ()
    assert started.matching("GSIM statement") == ["mali"]


def test_a_feed_taken_out_of_the_file_is_no_longer_polled_and_may_come_back(
    started: House,
) -> None:
    started.write(SOURCES.replace("sahel-wire", "delta-post"))
    started.watch.refresh(LATER)
    with started.database.reading() as connection:
        assert [each.feed.id for each in feeds.health(connection)] == ["delta-post"]
    started.write(SOURCES)
    started.watch.refresh(LATER)
    with started.database.reading() as connection:
        assert [each.feed.id for each in feeds.health(connection)] == ["sahel-wire"]


def test_the_desks_keywords_run_and_an_edit_of_the_file_does_not_touch_them(
    started: House,
) -> None:
    started.own_by_desk("[JNIM]", "[JNIM, GSIM]")
    started.write(SOURCES.replace("[JNIM]", "[FLA]"))
    started.watch.refresh(LATER)
    assert started.matching("GSIM statement") == ["mali"]
    assert started.matching("FLA statement") == []
    (item,) = compare_owners(started.database, started.watch.sources)
    assert (item.name, item.differs) == ("mali", True)


def test_what_is_given_back_runs_as_the_file_says(started: House) -> None:
    started.own_by_desk("[JNIM]", "[GSIM]")
    assert adopt(started.database, started.watch.sources, "mali", LATER)
    again = Watch(started.file, started.database)
    again.start(LATER)
    assert compare_owners(started.database, again.sources) == ()
    assert again.rules.matcher.match(ArticleText(title="JNIM statement"))
    assert adopt(started.database, started.watch.sources, "sahel-wire", LATER)
    assert not adopt(started.database, started.watch.sources, "nobody", LATER)


def test_trying_uses_the_desks_keywords_where_it_owns_them(started: House) -> None:
    started.own_by_desk("[JNIM]", "[GSIM]")
    found = rules_in_force(started.file, started.url).matcher.match(
        ArticleText(title="GSIM in Niamey")
    )
    assert [match.conflict for match in found] == ["mali", "niger"]
    in_force = sources_in_force(started.file, started.url)
    assert set(in_force.raw_keywords) == {"niger"}


@pytest.mark.parametrize("standing", ["nothing", "empty", "no server"])
def test_trying_does_without_a_database(house: House, tmp_path: Path, standing: str) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    if standing == "empty":
        (tmp_path / "other.db").touch()
    if standing == "no server":
        url = "postgresql://127.0.0.1:1/dateline"
    found = rules_in_force(house.file, url).matcher.match(ArticleText(title="JNIM statement"))
    assert [match.conflict for match in found] == ["mali"]
    assert (tmp_path / "other.db").exists() == (standing == "empty")


def test_two_processes_declare_the_same_file_without_harm(house: House) -> None:
    other = open_database(house.url)
    try:
        at_once(lambda: house.watch.start(NOON), lambda: Watch(house.file, other).start(NOON))
        with other.reading() as connection:
            assert len(conflicts.running(connection)) == 2
            assert len(backgrounds.history(connection, "mali")) == 1
    finally:
        other.close()


def test_keywords_changed_by_another_process_come_into_force_with_the_next_tick(
    started: House,
) -> None:
    started.own_by_desk("[JNIM]", "[GSIM]")
    started.watch.refresh(LATER)
    assert started.matching("GSIM statement") == ["mali"]
    assert adopt(started.database, started.watch.sources, "mali", LATER)
    started.watch.refresh(LATER)
    assert started.matching("JNIM statement") == ["mali"]
