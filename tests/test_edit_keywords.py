"""Keywords edited on the desk: checked, saved once by whom and why, and given back to the file."""

from datetime import timedelta
from pathlib import Path

import pytest

from db import Database, articles, conflicts, editors, instance, matches
from pipeline import edit_keywords
from pipeline.archive import Archive
from pipeline.backtest import backtest, preview
from pipeline.edit_keywords import Draft, changes, check, declared, edited, give_back, save
from pipeline.errors import KeywordsChanged, KeywordsError
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.rematch import rematch_if_wanted, rematch_progress
from pipeline.review import review
from pipeline.stages.match import compile_keywords
from pipeline.store import store_document
from pipeline.watch import Rules, Watch, running_rules
from tests.making import NOON, a_feed, an_article

SOURCES = """\
version: 1
vocabularies:
  violence: [attack*, ambush*]
feeds:
  - {id: sahel-wire, url: "https://sahel-wire.example/feed"}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords:
      decisive: [JNIM]
      places: [Mali, Kidal, {term: Gao, unless_near: [Yang]}]
      subjects: ["@violence", army]
      examples:
        match: [Army enters Kidal]
"""
WIDER = """\
# Gao is one word now.
decisive: [JNIM]
places: [Kidal, Gao]
subjects: ["@violence", army]
"""
HEADLINES = (
    "Army convoy in Mali",
    "Army patrol in Mali",
    "Army leaves Mali",
    "Army enters Kidal",
    "Army meets Gao Yang",
    "Calm on the river",
)
PENDING, APPROVED, REJECTED = MatchStatus.PENDING, MatchStatus.APPROVED, MatchStatus.REJECTED


class Desk:
    """A database under a file's keywords, with what the editor asks of them."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.path = path
        path.write_text(SOURCES)
        self.watch = Watch(path, database)
        self.watch.start(NOON)
        self.archive = Archive()

    def take_in(self, *titles: str) -> None:
        for number, title in enumerate(titles):
            published = NOON - timedelta(days=number)
            with self.database.transaction() as connection:
                article = an_article(title, published_at=published)
                store_document(connection, a_feed(), [article], self.watch.rules, published)

    def draft(self, text: str) -> Draft:
        found = edited(self.database, self.path, "mali")
        assert found is not None
        return check(found.conflict, text, declared(self.path))

    def state(self) -> str:
        found = edited(self.database, self.path, "mali")
        assert found is not None
        return found.state

    def save(self, text: str, note: str = "Gao is missed", **changes: str) -> None:
        state = changes.get("state") or self.state()
        save(self.database, self.draft(text), state=state, author="Awa", note=note, now=NOON)

    def statuses(self) -> dict[str, MatchStatus]:
        with self.database.reading() as connection:
            return {each.title: each.status for each in matches.queue(connection, status=None)}


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "sources.yaml")


def test_the_editor_shows_the_rule_as_the_file_writes_it(desk: Desk) -> None:
    found = edited(desk.database, desk.path, "mali")
    assert found is not None
    assert (found.owner, found.in_file, found.outdated) == ("file", "", False)
    assert '"@violence"' in found.text or "'@violence'" in found.text
    assert "{term: Gao, unless_near: [Yang]}" in found.text
    assert "Army enters Kidal" in found.text
    assert edited(desk.database, desk.path, "atlantis") is None


def test_a_save_runs_at_the_next_tick_and_is_kept_as_it_was_typed(desk: Desk) -> None:
    desk.save(WIDER)
    desk.watch.refresh(NOON)
    assert [term.text for term in desk.watch.rules.conflicts[0].keywords.places] == ["Kidal", "Gao"]
    found = edited(desk.database, desk.path, "mali")
    assert found is not None
    assert (found.text, found.owner) == (WIDER, "desk")
    assert "Mali" in found.in_file


def test_a_save_is_in_the_log_with_who_and_why(desk: Desk) -> None:
    desk.save(WIDER)
    with desk.database.reading() as connection:
        [entry] = editors.audit_trail(connection)
    assert (entry.actor, entry.action, entry.subject) == ("Awa", "keywords.save", "mali")
    assert entry.detail["note"] == "Gao is missed"


def test_the_history_names_the_terms_that_each_save_changed(desk: Desk) -> None:
    desk.save(WIDER)
    newest, first = changes(desk.database, "mali")
    assert newest.save.note == "Gao is missed"
    assert newest.added == {"places": ("Gao",)}
    assert newest.removed == {"places": ("Mali", "Gao (with conditions)")}
    assert first.save.author == "sources.yaml"


def test_going_back_to_an_earlier_version_is_a_save_of_its_own(desk: Desk) -> None:
    first = running_rules(desk.database).conflicts[0].keywords.version
    desk.save(WIDER)
    text = edit_keywords.version_text(desk.database, desk.path, "mali", first)
    assert text is not None
    assert "@violence" in text
    assert edit_keywords.version_text(desk.database, desk.path, "mali", "none") is None
    desk.save(text, note="too wide")
    assert running_rules(desk.database).conflicts[0].keywords.version == first
    assert [each.save.note for each in changes(desk.database, "mali")] == [
        "too wide",
        "Gao is missed",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("decisive: [JNIM]\nplaces: Mali: Kidal\n", 2, "colon"),
        ("decisive: [JNIM]\nexamples:\n  match: [Rain in Bamako]\n", 3, "must match and does not"),
        ("decisive: ['@weather']\n", 1, "weather"),
        ("\n", 1, "no keywords"),
    ],
)
def test_what_has_a_fault_is_told_by_line_and_not_saved(
    desk: Desk, text: str, line: int, words: str
) -> None:
    draft = desk.draft(text)
    assert draft.conflict is None
    assert any(fault.where == f"mali:{line}" and words in str(fault) for fault in draft.faults)
    with pytest.raises(KeywordsError, match="faults"):
        desk.save(text)
    assert edited(desk.database, desk.path, "mali").owner == "file"  # type: ignore[union-attr]


@pytest.mark.parametrize("note", ["", "  ", "x" * 501])
def test_a_save_needs_a_note(desk: Desk, note: str) -> None:
    with pytest.raises(KeywordsError, match="note"):
        desk.save(WIDER, note=note)
    assert changes(desk.database, "mali")[0].save.author == "sources.yaml"


def test_what_somebody_else_saved_is_not_overwritten(desk: Desk) -> None:
    before = desk.state()
    desk.save(WIDER)
    with pytest.raises(KeywordsChanged):
        desk.save("decisive: [GSIM]\n", state=before)
    # Examples alone are somebody's work, too, though the version is the same.
    now = desk.state()
    desk.save(WIDER + "examples: {match: [Army near Gao]}\n")
    with pytest.raises(KeywordsChanged):
        desk.save(WIDER, state=now)


def test_keywords_given_back_are_the_files_again(desk: Desk) -> None:
    desk.save(WIDER)
    state = desk.state()
    give_back(desk.database, desk.path, "mali", state=state, author="Awa", now=NOON)
    found = edited(desk.database, desk.path, "mali")
    assert found is not None
    assert (found.owner, "Mali" in found.text) == ("file", True)
    assert changes(desk.database, "mali")[0].save.given_back
    with pytest.raises(KeywordsChanged):
        give_back(desk.database, desk.path, "mali", state=state, author="Awa", now=NOON)


def test_a_file_that_cannot_be_used_stops_saving_and_nothing_else(desk: Desk) -> None:
    desk.save(WIDER)
    desk.path.write_text("version: 1\nfeeds: nothing\n")
    found = edited(desk.database, desk.path, "mali")
    assert found is not None
    assert found.text == WIDER
    assert "sources.yaml cannot be used" in desk.draft(WIDER).faults[0].what
    with pytest.raises(KeywordsError):
        give_back(desk.database, desk.path, "mali", state=found.state, author="Awa", now=NOON)


def test_vocabularies_that_changed_since_are_told(desk: Desk) -> None:
    desk.save(WIDER)
    desk.path.write_text(SOURCES.replace("ambush*", "raid*"))
    found = edited(desk.database, desk.path, "mali")
    assert found is not None
    assert found.outdated


def test_a_suggestion_is_added_to_its_list(desk: Desk) -> None:
    vocabularies = declared(desk.path).vocabularies  # type: ignore[union-attr]
    added = edit_keywords.with_term(WIDER, "exclude", "World Cup", vocabularies)
    keywords = desk.draft(added).conflict.keywords  # type: ignore[union-attr]
    assert [term.text for term in keywords.exclude] == ["World Cup"]
    assert added.startswith("# Gao is one word now.")
    assert edit_keywords.with_term(WIDER, "places", "N'Djamena: a, b", vocabularies) == (
        WIDER.replace("Kidal, Gao]", "Kidal, Gao, 'N''Djamena: a, b']")
    )
    below = "decisive:\n  - JNIM\n"
    assert edit_keywords.with_term(below, "decisive", "GSIM", vocabularies) == (
        "decisive: [JNIM, GSIM]\n"
    )
    assert edit_keywords.with_term(WIDER, "places", "Gao", vocabularies) == WIDER
    assert edit_keywords.with_term(WIDER, "examples", "Gao", vocabularies) == WIDER
    assert edit_keywords.with_term("places: [", "places", "Gao", vocabularies) == "places: ["


def test_what_the_preview_says_is_what_the_rematch_then_does(desk: Desk) -> None:
    desk.take_in(*HEADLINES)
    for verdict, match in ((Verdict.APPROVE, 1), (Verdict.REJECT, 2)):
        review(
            desk.database,
            [Decision(match_id=match, verdict=verdict, editor="Awa", reason="old")],
            NOON,
        )
    draft = desk.draft(WIDER)
    [running] = running_rules(desk.database).conflicts
    assert draft.conflict is not None
    [told] = preview(desk.database, desk.archive, running, draft.conflict).conflicts
    assert told.gained == {None: 1}
    assert told.lost == {APPROVED: 1, REJECTED: 1, PENDING: 1}

    desk.save(WIDER)
    assert rematch_progress(desk.database) == (0, 6)
    report = rematch_if_wanted(desk.database, NOON)
    assert report is not None
    assert (report.matches_new, report.withdrawn, report.approved_stay) == (1, 1, 1)
    assert desk.statuses() == {
        "Army convoy in Mali": APPROVED,
        "Army patrol in Mali": REJECTED,
        "Army leaves Mali": MatchStatus.WITHDRAWN,
        "Army enters Kidal": PENDING,
        "Army meets Gao Yang": PENDING,
    }
    assert rematch_progress(desk.database) is None
    assert rematch_if_wanted(desk.database, NOON) is None


def test_a_rematch_that_is_stopped_goes_on(desk: Desk) -> None:
    desk.take_in(*HEADLINES)
    desk.save(WIDER)
    assert rematch_if_wanted(desk.database, NOON, lambda: True) is None
    assert rematch_progress(desk.database) is not None
    assert rematch_if_wanted(desk.database, NOON) is not None


def test_a_rematch_gives_way_to_newer_keywords(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take_in(*HEADLINES)
    desk.save(WIDER)

    def saved_meanwhile() -> bool:
        with desk.database.transaction() as connection:
            instance.note(connection, instance.REMATCH_WANTED, "later")
        return False

    # The newer request comes while the first chunk is checked: it is seen at the end at the latest.
    rematch_if_wanted(desk.database, NOON, saved_meanwhile)
    assert rematch_progress(desk.database) is not None


@pytest.mark.parametrize("most_held", [0, 60, 10_000])
def test_previews_from_memory_and_from_the_database_agree(desk: Desk, most_held: int) -> None:
    desk.archive = Archive(most_held=most_held)
    desk.take_in(*HEADLINES)
    [running] = running_rules(desk.database).conflicts
    for text in (WIDER, WIDER.replace("army", "calm"), "decisive: [river]\n"):
        proposed = desk.draft(text).conflict
        assert proposed is not None
        [slow] = backtest(desk.database, [running], [proposed]).conflicts
        [fast] = preview(desk.database, desk.archive, running, proposed).conflicts
        assert (fast.gained, fast.lost) == (slow.gained, slow.lost)
        assert fast.gained_articles == slow.gained_articles
        assert fast.lost_articles == slow.lost_articles


def test_a_preview_knows_what_came_changed_and_went_since_the_last(desk: Desk) -> None:
    desk.take_in(*HEADLINES)
    [running] = running_rules(desk.database).conflicts
    proposed = desk.draft("decisive: [river, lake]\n").conflict
    assert proposed is not None

    def gained() -> list[str]:
        found = preview(desk.database, desk.archive, running, proposed)
        return [each.article.title for each in found.conflicts[0].gained_articles]

    assert gained() == ["Calm on the river"]
    desk.take_in("Calm on the lake")
    assert gained() == ["Calm on the lake", "Calm on the river"]
    with desk.database.transaction() as connection:
        calm = an_article("Calm on the sea", guid=an_article("Calm on the lake").guid)
        store_document(connection, a_feed(), [calm], _none(), NOON)
    assert gained() == ["Calm on the river"]
    with desk.database.transaction() as connection:
        articles.prune_unmatched(connection, range(99), NOON + timedelta(days=1), NOON)
    assert gained() == []


def test_the_same_rule_changes_nothing(desk: Desk) -> None:
    desk.take_in(*HEADLINES)
    [running] = running_rules(desk.database).conflicts
    found = preview(desk.database, desk.archive, running, running)
    assert (found.articles, found.conflicts, found.unchanged) == (6, (), ("mali",))


def _none() -> Rules:
    return Rules(conflicts=(), matcher=compile_keywords(()))


def test_a_conflict_that_is_retired_meanwhile_cannot_be_saved(desk: Desk) -> None:
    draft, state = desk.draft(WIDER), desk.state()
    with desk.database.transaction() as connection:
        conflicts.declare(connection, [], NOON)
    with pytest.raises(KeywordsError, match="not tracked"):
        save(desk.database, draft, state=state, author="Awa", note="why", now=NOON)
