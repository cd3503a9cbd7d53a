"""Corrections: a published entry is put right, and its subscribers are told unless it is a typo."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db import Database, articles, digests, editors
from pipeline.correct import CORRECTED, Correction, correct, correctable
from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import Decision, Listing, PublishedItem, Verdict
from pipeline.publish import publish
from pipeline.review import review
from tests.making import NOON, a_feed, an_article, take_in, watch

HOUR = timedelta(hours=1)
WRONG, RIGHT = "Army kills 40 near Kidal in Mali", "Army kills 14 near Kidal in Mali"
NOTE = "An earlier version said that 40 were killed."


@pytest.fixture
def told(database: Database) -> Database:
    """A database with one published entry, match 1."""
    watch(database)
    take_in(database, an_article(WRONG, path="one", summary="Near Kidal."))
    say(database, Verdict.APPROVE, NOON)
    return database


def say(database: Database, verdict: Verdict, now: Any, match_id: int = 1) -> None:
    review(database, [Decision(match_id=match_id, verdict=verdict, editor="ada")], now)


def entry(database: Database) -> PublishedItem:
    with database.reading() as connection:
        [slug] = digests.slugs(connection)
    found = correctable(database, slug)
    assert found is not None
    return found


def correction(database: Database, **changes: Any) -> Correction:
    values: dict[str, Any] = {
        "slug": entry(database).slug,
        "title": RIGHT,
        "summary": "Near Kidal.",
        "note": NOTE,
        "editor": "ada",
    }
    return Correction(**(values | changes))


def test_a_correction_keeps_the_id_and_moves_the_update(told: Database) -> None:
    before = entry(told)
    after = correct(told, correction(told), NOON + HOUR)
    assert after == entry(told)
    assert (after.uid, after.slug, after.published_at) == (before.uid, before.slug, NOON)
    assert (after.title, after.correction) == (RIGHT, NOTE)
    assert after.updated_at == after.corrected_at == NOON + HOUR
    assert after.revision > before.revision


def test_a_typo_changes_the_words_and_no_date(told: Database) -> None:
    before = entry(told)
    after = correct(told, correction(told, title="Army kills 40 near Kidal, Mali", note=""), NOON)
    assert after.title == "Army kills 40 near Kidal, Mali"
    assert (after.updated_at, after.corrected_at) == (before.updated_at, None)
    assert after.revision > before.revision


def test_the_audit_log_keeps_both_texts(told: Database) -> None:
    correct(told, correction(told), NOON + HOUR)
    with told.reading() as connection:
        [record] = editors.audit_trail(connection)
    assert (record.actor, record.action, record.at) == ("ada", CORRECTED, NOON + HOUR)
    assert record.detail["before"] == {"title": WRONG, "summary": "Near Kidal."}
    assert record.detail["after"] == {"title": RIGHT, "summary": "Near Kidal."}
    assert record.detail["note"] == NOTE


def test_approving_the_same_text_again_does_not_undo_a_correction(told: Database) -> None:
    correct(told, correction(told), NOON + HOUR)
    say(told, Verdict.REJECT, NOON + 2 * HOUR)
    say(told, Verdict.APPROVE, NOON + 3 * HOUR)
    after = entry(told)
    assert (after.title, after.correction) == (RIGHT, NOTE)
    assert after.updated_at == NOON + 3 * HOUR


def test_changed_text_that_an_editor_approves_takes_the_place_of_a_correction(
    told: Database,
) -> None:
    correct(told, correction(told), NOON + HOUR)
    with told.transaction() as connection:
        edited = an_article("Army kills 14 in northern Mali", path="one")
        articles.revise(connection, Listing(article_id=1, article=edited), a_feed(), NOON + HOUR)
    say(told, Verdict.REOPEN, NOON + 2 * HOUR)
    say(told, Verdict.APPROVE, NOON + 3 * HOUR)
    assert entry(told).title == "Army kills 14 in northern Mali"
    assert entry(told).correction == NOTE


def test_what_a_publisher_changed_is_not_public_before_it_is_approved(told: Database) -> None:
    with told.transaction() as connection:
        edited = an_article("Nobody approved this", path="one")
        articles.revise(connection, Listing(article_id=1, article=edited), a_feed(), NOON + HOUR)
    assert "Nobody approved this" not in repr(entry(told))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"title": " "}, "needs a headline"),
        ({"title": "x" * 501}, "at most 500"),
        ({"summary": "x" * 2001}, "at most 2000"),
        ({"note": "x" * 501}, "at most 500"),
        ({"editor": ""}, "editor's name"),
        ({"slug": "nowhere"}, "no published entry nowhere"),
        ({"title": WRONG, "note": ""}, "nothing was changed"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(
    told: Database, changes: dict[str, str], complaint: str
) -> None:
    before = entry(told)
    with pytest.raises(ReviewError, match=complaint):
        correct(told, correction(told, **changes), NOON + HOUR)
    assert entry(told) == before


def test_a_withdrawn_entry_is_not_corrected(told: Database) -> None:
    say(told, Verdict.REJECT, NOON + HOUR)
    with pytest.raises(ReviewError, match="is withdrawn"):
        correct(told, correction(told), NOON + 2 * HOUR)


def test_of_two_editors_who_saw_the_same_entry_the_second_looks_again(told: Database) -> None:
    seen = entry(told).revision
    correct(told, correction(told, seen=seen), NOON + HOUR)
    with pytest.raises(AlreadyDecided, match="look at it again"):
        correct(told, correction(told, title="Another headline", seen=seen), NOON + HOUR)
    assert entry(told).title == RIGHT


def test_subscribers_read_that_an_entry_was_corrected(told: Database, tmp_path: Path) -> None:
    correct(told, correction(told), NOON + HOUR)
    publish(told, tmp_path, "https://tracker.example", NOON + HOUR)
    [item] = json.loads((tmp_path / "latest-news.json").read_bytes())["items"]
    assert item["title"] == f"Correction: {RIGHT}"
    said = f"Corrected on 22 November 2026, 13:00 UTC: {NOTE}"
    assert item["content_text"].startswith(said)
    assert item["_dateline"]["correction"] == {"date": "2026-11-22T13:00:00Z", "note": NOTE}
    for form in ("atom", "rss"):
        document = (tmp_path / f"latest-news.{form}").read_text(encoding="utf-8")
        assert f"Correction: {RIGHT}</title>" in document
        assert said in document
    page = tmp_path / "news" / entry(told).slug / "index.html"
    assert NOTE in page.read_text(encoding="utf-8")
