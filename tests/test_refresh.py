"""Refreshing a background: what is stale, what bears on it, and what editors noted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db import Database, matches
from pipeline import background, browse, refresh
from pipeline.errors import BackgroundError
from pipeline.model import Background, Decision, MarkKind, Section, SectionKind, Verdict
from pipeline.review import review
from pipeline.stages.background import paragraphs
from tests.making import NOON, an_article, take_in, watch

PAGE = Background(
    title="Instability in Mali",
    conflict="mali",
    updated_on=(NOON - timedelta(days=400)).date(),
    sections=(
        Section(
            kind=SectionKind.BACKGROUND,
            heading="Background",
            markdown="The union ended in 1960.\n\nA French base near Kidal is currently empty.",
        ),
        Section(kind=SectionKind.CONCERNS, heading="Concerns", markdown="Drought in the south."),
    ),
)


@pytest.fixture
def watched(database: Database) -> Database:
    watch(database)
    save(database, PAGE, 0)
    return database


def save(database: Database, page: Background, base: int) -> None:
    background.save(database, "mali", page, base=base, editor="Awa", note="why", now=NOON)


def approve(database: Database, title: str, summary: str = "") -> int:
    """Store an article under Mali and approve it; gives the article's id."""
    take_in(database, an_article(title, summary=summary or "The army was there."))
    with database.reading() as connection:
        found = next(each for each in matches.queue(connection, status=None) if each.title == title)
    decision = Decision(match_id=found.id, verdict=Verdict.APPROVE, editor="Awa", reason="")
    review(database, [decision], NOON)
    return found.article_id


def test_a_stale_sentence_comes_with_the_approved_articles_that_bear_on_it(
    watched: Database,
) -> None:
    near = approve(watched, "French base near Kidal in Mali reopened")
    approve(watched, "Harvest feast in Mali")
    found = refresh.freshness(watched, "mali", PAGE, NOON)
    [sentence] = found.sentences
    assert (sentence.section, sentence.text) == (0, "A French base near Kidal is currently empty.")
    assert "currently" in sentence.reasons[0][1]
    [bearing] = sentence.bearing
    assert bearing.article.id == near
    assert {"Kidal", "base"} <= set(bearing.shared)


def test_a_paragraph_is_as_old_as_the_revision_that_first_held_it(watched: Database) -> None:
    section = replace(PAGE.sections[0], markdown=PAGE.sections[0].markdown + "\n\nGao is now calm.")
    renewed = replace(PAGE, updated_on=NOON.date(), sections=(section, PAGE.sections[1]))
    save(watched, renewed, 1)
    later = refresh.freshness(watched, "mali", renewed, NOON)
    assert [each.text for each in later.sentences] == [
        "A French base near Kidal is currently empty."
    ]


def test_an_edited_sentence_is_new_and_its_neighbours_are_not(watched: Database) -> None:
    text = PAGE.sections[0].markdown + " Gao is now calm."
    edited = replace(PAGE, sections=(replace(PAGE.sections[0], markdown=text), PAGE.sections[1]))
    save(watched, edited, 1)
    later = refresh.freshness(watched, "mali", edited, NOON)
    assert [each.text for each in later.sentences] == [
        "A French base near Kidal is currently empty."
    ]


def test_every_conflict_is_listed_with_how_fresh_it_is(watched: Database) -> None:
    approve(watched, "French base near Kidal in Mali reopened")
    [mali, _] = refresh.overview(watched, NOON)
    assert (mali.slug, mali.days, mali.stale, mali.approved_since) == ("mali", 400, 1, 1)
    assert mali.outdated == 0


def test_a_conflict_without_background_is_listed_too(database: Database) -> None:
    watch(database)
    [mali, _] = refresh.overview(database, NOON)
    assert (mali.updated_on, mali.days, mali.stale) == (None, None, 0)


def test_beside_an_article_the_paragraph_that_shares_most_comes_first(watched: Database) -> None:
    article_id = approve(watched, "French base near Kidal in Mali reopened")
    [beside] = refresh.beside(watched, stored(watched, article_id))
    assert beside.suggested[0].paragraph.text.startswith("A French base")


def stored(database: Database, article_id: int):
    found = browse.article(database, article_id)
    assert found is not None
    return found.article


def test_marks_stand_until_their_paragraph_is_edited(watched: Database) -> None:
    article_id = approve(watched, "French base near Kidal in Mali reopened")
    union, base, drought = paragraphs(PAGE)

    def mark(paragraph: str, kind: MarkKind) -> bool:
        return refresh.mark(
            watched, "mali", paragraph, kind, article_id=article_id, editor="Awa", now=NOON
        )

    def standing() -> list[tuple[str, str]]:
        found = background.editing(watched, "mali", editor="Awa")
        assert found is not None
        return [(each.paragraph, str(each.kind)) for each in found.marks]

    assert mark(base.anchor, MarkKind.OUTDATED)
    assert mark(drought.anchor, MarkKind.LINK)
    assert mark(union.anchor, MarkKind.LINK)
    assert mark(union.anchor, MarkKind.LINK)  # once more takes it back
    assert standing() == [(base.anchor, "outdated"), (drought.anchor, "link")]
    [beside] = refresh.beside(watched, stored(watched, article_id))
    assert [len(each.marks) for each in beside.suggested] == [1, 1]
    assert refresh.overview(watched, NOON)[0].outdated == 1

    edited = replace(PAGE.sections[0], markdown="The union ended in 1960.\n\nThe base reopened.")
    save(watched, replace(PAGE, sections=(edited, PAGE.sections[1])), 1)
    assert standing() == [(drought.anchor, "link")]
    assert not mark(base.anchor, MarkKind.LINK)
    assert not mark("p-00000000", MarkKind.LINK)


def test_what_is_not_approved_is_neither_marked_nor_copied(watched: Database) -> None:
    take_in(watched, an_article("French base near Kidal in Mali reopened by the army"))
    anchor = paragraphs(PAGE)[0].anchor
    assert not refresh.mark(
        watched, "mali", anchor, MarkKind.LINK, article_id=1, editor="Awa", now=NOON
    )
    assert refresh.beside(watched, stored(watched, 1)) == ()
    with pytest.raises(BackgroundError, match="not approved"):
        copy(watched, 1)


def copy(database: Database, article_id: int) -> int:
    return background.copy_bullet(
        database, "mali", article_id, link_of=lambda each: each.url, editor="Awa", now=NOON
    )


def test_a_bullet_is_copied_into_the_draft_and_not_published(watched: Database) -> None:
    article_id = approve(watched, "French base near Kidal in Mali reopened")
    assert copy(watched, article_id) == 2
    assert copy(watched, article_id) == 2
    found = background.editing(watched, "mali", editor="Awa")
    assert found is not None
    assert found.draft is not None
    assert found.draft.base == 1
    assert found.draft.background.sections[2].markdown.count("- ") == 2
    assert found.current == PAGE
