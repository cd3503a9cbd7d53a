"""Conflicts follow sources.yaml, and every version of their keywords is kept."""

from dataclasses import replace
from datetime import time, timedelta

from sqlalchemy import select, update

from db import Database, conflicts
from db.tables import conflicts as table
from db.tables import keyword_versions
from pipeline.model import Approval, Conflict, CutOff, Example, Keywords, Near, Term
from pipeline.stages.match import keywords_version
from tests.making import NOON, a_conflict, a_feed, watch
from tests.racing import at_once

LATER = NOON + timedelta(days=1)


def declare(database: Database, *declared: Conflict) -> None:
    with database.transaction() as connection:
        conflicts.declare(connection, declared, LATER)


def running(database: Database) -> tuple[Conflict, ...]:
    with database.reading() as connection:
        return conflicts.running(connection)


def versions(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        rows = connection.execute(select(keyword_versions).order_by(keyword_versions.c.id))
        return [(row.conflict, row.version) for row in rows]


def give_to_desk(database: Database, slug: str) -> None:
    with database.transaction() as connection:
        connection.execute(update(table).where(table.c.slug == slug).values(owner="desk"))


def test_a_conflict_comes_back_as_it_was_declared(database: Database) -> None:
    keywords = Keywords(
        decisive=(Term(text="=GAO", languages=("en", "fr"), fields=("title",)),),
        places=(
            Term(
                text="Gao",
                near=Near(words=("Mali", "Tombouctou"), within=9),
                unless_near=Near(words=("Yang Ming",), within=6),
                all=("régiment",),
            ),
        ),
        subjects=(Term(text="هجوم*", vocabulary="violence"),),
        exclude=(Term(text="Mali Lošinj"),),
        examples=(
            Example(title="Gao", summary="…", body="Mali", language="fr", matches=True),
            Example(title="Yang Ming", matches=False),
        ),
    )
    conflict = Conflict(
        slug="mali",
        title="Instability in Mali",
        keywords=replace(keywords, version=keywords_version(keywords)),
        region="Sub-Saharan Africa",
        countries=("ML", "BF"),
        type="political instability",
        impact="significant",
        status="worsening",
        status_reason="The junta’s rule goes on.",
        approve=Approval.AUTOMATIC,
        approve_at=9,
        edition=CutOff(at=time(18, 30), zone="Africa/Bamako"),
    )
    declare(database, conflict)
    assert running(database) == (conflict,)


def test_a_conflict_without_a_daily_edition_stays_without(database: Database) -> None:
    conflict = replace(a_conflict(), edition=None)
    declare(database, conflict)
    assert running(database) == (conflict,)


def test_conflicts_run_in_the_order_of_the_file(database: Database) -> None:
    declare(database, a_conflict("niger"), a_conflict("mali", title="Mali"))
    declare(database, a_conflict("mali", title="Mali"), a_conflict("niger"), a_conflict("chad"))
    assert [conflict.slug for conflict in running(database)] == ["mali", "niger", "chad"]
    with database.reading() as connection:
        assert next(iter(conflicts.titles(connection).items())) == ("mali", "Mali")


def test_a_conflict_that_leaves_the_file_does_not_run_and_can_come_back(
    watching: Database,
) -> None:
    before = running(watching)
    declare(watching, before[0])
    assert running(watching) == before[:1]
    with watching.reading() as connection:
        assert set(conflicts.owners(connection)) == {"mali"}
    declare(watching, *before)
    assert running(watching) == before


def test_every_version_of_the_keywords_is_kept_once(database: Database) -> None:
    first, second = a_conflict(), a_conflict(places=["Mali", "Gao"])
    for conflict in (first, first, second, first):
        declare(database, conflict)
    assert versions(database) == [
        ("mali", first.keywords.version),
        ("mali", second.keywords.version),
    ]
    assert running(database) == (first,)


def test_examples_make_no_version_and_are_those_of_today(database: Database) -> None:
    conflict = a_conflict()
    declare(database, conflict)
    for titles in (("JNIM raid",), ("JNIM raid", "JNIM again"), ()):
        examples = tuple(Example(title=title, matches=True) for title in titles)
        changed = replace(conflict, keywords=replace(conflict.keywords, examples=examples))
        declare(database, changed)
        assert running(database) == (changed,)
    assert len(versions(database)) == 1


def test_the_desks_keywords_stay_when_the_file_changes(database: Database) -> None:
    desk = a_conflict()
    declare(database, desk)
    give_to_desk(database, "mali")

    file = a_conflict(title="Mali, renamed", places=["Gao"])
    declare(database, file)
    [runs] = running(database)
    assert (runs.title, runs.keywords) == ("Mali, renamed", desk.keywords)
    assert versions(database) == [("mali", desk.keywords.version)]


def test_adopting_gives_the_keywords_back_to_the_file(database: Database) -> None:
    declare(database, a_conflict())
    give_to_desk(database, "mali")
    file = a_conflict(places=["Gao"])
    with database.transaction() as connection:
        conflicts.adopt(connection, file, LATER)
        assert conflicts.owners(connection) == {"mali": "file"}
    assert running(database) == (file,)


def test_two_processes_that_start_at_once_declare_without_an_error(database: Database) -> None:
    many = tuple(a_conflict(f"conflict-{number}") for number in range(12))

    starts = [lambda: watch(database, polled=[a_feed()], tracked=many)] * 3
    assert at_once(*starts) == [database] * 3
    assert running(database) == many
    assert len(versions(database)) == 12
