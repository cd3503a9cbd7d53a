"""Backgrounds: what is saved comes back whole, and every saved state stays in the history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from db import Database, backgrounds
from pipeline.model import Background, Caption, Section, SectionKind
from tests.making import NOON
from tests.racing import at_once

PAGE = Background(
    title="Instability in Mali",
    sections=(
        Section(kind=SectionKind.BACKGROUND, heading="Background", markdown="It’s l’été.\n\n*Two*"),
        Section(kind=SectionKind.CONCERNS, heading="", markdown="A paragraph without heading."),
        Section(kind=SectionKind.OTHER, heading="عربي", markdown="مالي"),
    ),
    captions=(Caption(text="A street in Bamako", credit="Ada Traoré/Wire"),),
    updated_on=date(2026, 3, 10),
    site="A tracker of conflicts",
    sources=("A page, seen 2026-11-01",),
    conflict="mali",
)


def save(database: Database, page: Background, note: str = "", author: str = "ada") -> int:
    with database.transaction() as connection:
        return backgrounds.save(connection, "mali", page, author=author, note=note, now=NOON)


def current(database: Database, slug: str = "mali") -> Background | None:
    with database.reading() as connection:
        return backgrounds.current(connection, slug)


def test_a_background_comes_back_as_it_was_saved(watching: Database) -> None:
    assert current(watching) is None
    assert current(watching, "atlantis") is None
    assert save(watching, PAGE) == 1
    assert current(watching) == PAGE
    assert current(watching, "niger") is None


def test_saving_again_replaces_the_page_and_keeps_the_old_one(watching: Database) -> None:
    save(watching, PAGE, "imported")
    shorter = replace(PAGE, sections=PAGE.sections[:1], updated_on=None, captions=())
    assert save(watching, shorter, "shortened", "eve") == 2
    assert current(watching) == shorter

    with watching.reading() as connection:
        newest, oldest = backgrounds.history(connection, "mali")
        assert backgrounds.history(connection, "niger") == ()
    assert (newest.number, newest.author, newest.note) == (2, "eve", "shortened")
    assert newest.background == shorter
    assert (oldest.number, oldest.background, oldest.saved_at) == (1, PAGE, NOON)


def test_a_page_without_sections_is_a_page(watching: Database) -> None:
    empty = replace(PAGE, sections=())
    save(watching, empty)
    assert current(watching) == empty


def test_a_page_without_a_title_is_shown_under_the_conflicts(watching: Database) -> None:
    save(watching, replace(PAGE, title=""))
    shown = current(watching)
    assert shown is not None
    assert shown.title == "Instability in Mali"


def test_editors_who_save_at_once_lose_nothing(watching: Database) -> None:
    def saver(number: int) -> Callable[[], int]:
        page = replace(PAGE, title=f"Version {number}", updated_on=PAGE.updated_on)
        return lambda: save(watching, page, author=f"editor {number}")

    assert sorted(map(str, at_once(*map(saver, range(4))))) == ["1", "2", "3", "4"]
    with watching.reading() as connection:
        history = backgrounds.history(connection, "mali")
    assert [each.number for each in history] == [4, 3, 2, 1]
    assert current(watching) == history[0].background


def test_mali_ships_with_a_background_and_other_conflicts_without() -> None:
    shipped = backgrounds.shipped("mali")
    assert shipped is not None
    assert shipped.startswith("---")
    assert backgrounds.shipped("atlantis") is None


def test_saved_times_do_not_matter_for_the_order_of_the_history(watching: Database) -> None:
    for days in (0, -400):
        with watching.transaction() as connection:
            backgrounds.save(
                connection,
                "mali",
                PAGE,
                author="ada",
                note=str(days),
                now=NOON + timedelta(days=days),
            )
    with watching.reading() as connection:
        assert [each.note for each in backgrounds.history(connection, "mali")] == ["-400", "0"]
