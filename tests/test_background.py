"""Background: a tracker page brought in, shown, and looked back on."""

import pytest

from db import Database
from pipeline.background import current, history, import_page
from pipeline.errors import BackgroundError
from pipeline.model import Background, SectionKind
from pipeline.stages.background import to_markdown
from tests.making import NOON, watch

PAGE = """---
title: Instability in Mali
updated: 2026-03-10
conflict: mali
---

## Background

Mali’s junta governs since 2021.
"""


@pytest.fixture
def watched(database: Database) -> Database:
    return watch(database)


def bring_in(database: Database, text: str = PAGE, slug: str = "mali") -> tuple[Background, int]:
    return import_page(database, slug, text, author="ada", now=NOON)


def test_an_imported_page_is_the_background_and_its_first_revision(watched: Database) -> None:
    assert current(watched, "mali") is None
    background, number = bring_in(watched)
    assert number == 1
    assert current(watched, "mali") == background
    assert background.title == "Instability in Mali"
    [section] = background.sections
    assert (section.kind, section.markdown) == (
        SectionKind.BACKGROUND,
        "Mali’s junta governs since 2021.",
    )
    [saved] = history(watched, "mali")
    assert (saved.author, saved.note, saved.saved_at) == ("ada", "imported", NOON)


def test_importing_again_keeps_what_stood_before(watched: Database) -> None:
    first, _ = bring_in(watched)
    second, number = bring_in(watched, PAGE.replace("since 2021", "since May 2021"))
    assert number == 2
    assert [each.background for each in history(watched, "mali")] == [second, first]
    assert current(watched, "mali") == second


def test_a_byte_order_mark_does_no_harm(watched: Database) -> None:
    assert bring_in(watched, "\ufeff" + PAGE)[0] == bring_in(watched)[0]


def test_what_was_imported_can_be_written_and_read_again(watched: Database) -> None:
    background, _ = bring_in(watched)
    assert bring_in(watched, to_markdown(background))[0] == background


@pytest.mark.parametrize("text", ["", "   \n", "---\ntitle: broken", "\x00\x01"])
def test_what_is_no_page_is_refused_and_changes_nothing(watched: Database, text: str) -> None:
    with pytest.raises(BackgroundError):
        bring_in(watched, text)
    assert current(watched, "mali") is None
    assert history(watched, "mali") == ()


def test_an_unknown_conflict_is_refused_with_the_known_ones(watched: Database) -> None:
    with pytest.raises(BackgroundError, match="there are: mali, niger"):
        bring_in(watched, slug="atlantis")
    with pytest.raises(BackgroundError, match="there is no conflict 'atlantis'"):
        history(watched, "atlantis")
    assert current(watched, "atlantis") is None
