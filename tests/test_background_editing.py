"""Editing a background: nothing typed is lost, nothing saved is overwritten unseen."""

from dataclasses import replace

import pytest

from db import Database, editors
from pipeline import background
from pipeline.background import Saved, Stale
from pipeline.errors import BackgroundError
from pipeline.model import Background, Section, SectionKind
from tests.making import NOON, watch

PAGE = Background(
    title="Instability in Mali",
    conflict="mali",
    sections=(
        Section(kind=SectionKind.BACKGROUND, heading="Background", markdown="One.\n\nTwo."),
        Section(kind=SectionKind.CONCERNS, heading="Concerns", markdown="Three."),
    ),
)


@pytest.fixture
def watched(database: Database) -> Database:
    return watch(database)


def save(database: Database, page: Background, base: int, by: str = "Awa", note: str = "because"):
    return background.save(database, "mali", page, base=base, editor=by, note=note, now=NOON)


def changed(text: str) -> Background:
    return replace(PAGE, sections=(replace(PAGE.sections[0], markdown=text),))


def test_saving_makes_a_revision_with_its_author_and_note(watched: Database) -> None:
    assert save(watched, PAGE, 0) == Saved(number=1)
    assert background.current(watched, "mali") == PAGE
    [revision] = background.history(watched, "mali")
    assert (revision.author, revision.note) == ("Awa", "because")
    with watched.reading() as connection:
        [record] = editors.audit_trail(connection)
    assert (record.actor, record.action, record.subject) == ("Awa", "background saved", "mali")


def test_saving_what_stands_already_makes_no_revision(watched: Database) -> None:
    save(watched, PAGE, 0)
    assert save(watched, PAGE, 1) == Saved(number=1, changed=False)
    assert len(background.history(watched, "mali")) == 1


def test_a_stale_save_overwrites_nothing_and_keeps_the_text(watched: Database) -> None:
    save(watched, PAGE, 0)
    save(watched, changed("Awa’s."), 1)
    assert save(watched, changed("Binta’s."), 1, by="Binta") == Stale(number=2)
    assert background.current(watched, "mali") == changed("Awa’s.")
    found = background.editing(watched, "mali", editor="Binta")
    assert found is not None
    assert found.draft is not None
    assert (found.draft.base, found.draft.background) == (1, changed("Binta’s."))


@pytest.mark.parametrize(
    ("page", "note", "said"),
    [
        (PAGE, "", "note is empty"),
        (PAGE, "x" * 501, "longer than 500"),
        (replace(PAGE, title=""), "because", "needs a title"),
        (replace(PAGE, sections=()), "because", "section with text"),
    ],
)
def test_what_is_not_whole_is_not_saved(
    watched: Database, page: Background, note: str, said: str
) -> None:
    with pytest.raises(BackgroundError, match=said):
        save(watched, page, 0, note=note)
    assert background.history(watched, "mali") == ()


def test_drafts_are_each_editors_own_and_gone_once_saved(watched: Database) -> None:
    for name, text in (("Awa", "A."), ("Awa", "B."), ("Binta", "C.")):
        background.keep_draft(watched, "mali", changed(text), base=0, editor=name, now=NOON)
    found = background.editing(watched, "mali", editor="Awa")
    assert found is not None
    assert found.draft is not None
    assert (found.draft.background, found.others) == (changed("B."), ("Binta",))
    save(watched, changed("B."), 0)
    after = background.editing(watched, "mali", editor="Awa")
    assert after is not None
    assert after.draft is None
    background.discard_draft(watched, "mali", editor="Binta")
    again = background.editing(watched, "mali", editor="Awa")
    assert again is not None
    assert again.others == ()


def test_reverting_is_a_new_revision(watched: Database) -> None:
    save(watched, PAGE, 0)
    save(watched, changed("New."), 1)
    done = background.revert(
        watched, "mali", 1, base=2, editor="Awa", note="it was wrong", now=NOON
    )
    assert done == Saved(number=3)
    assert background.current(watched, "mali") == PAGE
    assert background.history(watched, "mali")[0].note == "reverted to revision 1: it was wrong"
    again = background.revert(watched, "mali", 1, base=3, editor="Awa", note="", now=NOON)
    assert again == Saved(number=3, changed=False)
    stale = background.revert(watched, "mali", 2, base=2, editor="Awa", note="", now=NOON)
    assert stale == Stale(number=3)
    with pytest.raises(BackgroundError, match="no revision 9"):
        background.revert(watched, "mali", 9, base=3, editor="Awa", note="", now=NOON)


def test_an_unknown_conflict_cannot_be_edited(watched: Database) -> None:
    assert background.editing(watched, "nowhere", editor="Awa") is None
    with pytest.raises(BackgroundError, match="no conflict 'nowhere'"):
        background.keep_draft(watched, "nowhere", PAGE, base=0, editor="Awa", now=NOON)
