"""Backtest: what other keywords would change in the stored articles, and rematch then does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import Database, conflicts, matches, open_database
from db.tables import article_pages
from pipeline import backtest as module
from pipeline.backtest import backtest
from pipeline.model import (
    Conflict,
    ConflictBacktest,
    Decision,
    Field,
    Keywords,
    MatchStatus,
    Near,
    Term,
    Verdict,
)
from pipeline.rematch import preview_rematch, rematch
from pipeline.review import review
from pipeline.stages.match import keywords_version
from tests.making import NOON, a_conflict, an_article, rules, take_in, watch

APPROVED, REJECTED = MatchStatus.APPROVED, MatchStatus.REJECTED
PENDING, WITHDRAWN = MatchStatus.PENDING, MatchStatus.WITHDRAWN


@pytest.fixture
def archive(database: Database) -> Database:
    """Five articles a day apart, the first four pending for Mali as matches 1 to 4."""
    watch(database)
    for number, place in enumerate(("Mali", "Mali", "Mali", "Kidal", "Gao")):
        title = f"Army convoy attacked near {place} {number}"
        published = NOON - timedelta(days=number)
        take_in(database, an_article(title, published_at=published), now=published)
    return database


def decide(database: Database, verdict: Verdict, *ids: int) -> None:
    decisions = [
        Decision(match_id=each, verdict=verdict, editor="ada", reason="off-topic") for each in ids
    ]
    review(database, decisions, NOON)


def one(database: Database, proposed: Conflict, *, shown: int = 10) -> ConflictBacktest:
    [found] = backtest(database, [a_conflict()], [proposed], shown=shown).conflicts
    return found


def test_what_would_be_lost_is_split_by_past_verdicts(archive: Database) -> None:
    decide(archive, Verdict.APPROVE, 1)
    decide(archive, Verdict.REJECT, 2)
    found = one(archive, a_conflict(places=("Kidal", "Gao"), decisive=()))
    assert found.lost == {APPROVED: 1, REJECTED: 1, PENDING: 1}
    assert found.kept == {PENDING: 1}
    assert found.gained == {None: 1}


def test_the_newest_are_shown_with_their_hits(archive: Database) -> None:
    found = one(archive, a_conflict(places=("Gao",)), shown=2)
    assert sum(found.lost.values()) == 4
    assert [each.article.title[-6:] for each in found.lost_articles] == ["Mali 0", "Mali 1"]
    [gained] = found.gained_articles
    assert [hit.text for hit in gained.hits] == ["Army", "attacked", "Gao"]
    assert (gained.article.publisher, gained.status, gained.score) == ("Sahel Wire", None, 8)
    assert one(archive, a_conflict(places=("Gao",)), shown=0).lost_articles == ()


def test_what_was_withdrawn_would_come_back(archive: Database) -> None:
    rematch(archive, rules(a_conflict(places=("Gao",))), NOON)
    [found] = backtest(archive, [a_conflict(places=("Gao",))], [a_conflict()]).conflicts
    assert (found.gained, found.lost) == ({WITHDRAWN: 4}, {PENDING: 1})


def test_a_rule_that_says_the_same_is_not_evaluated(archive: Database) -> None:
    same = a_conflict(places=("Kidal", "Bamako", "Mali"))
    found = backtest(archive, [a_conflict()], [replace(same, title="Another")])
    assert (found.articles, found.conflicts, found.unchanged) == (5, (), ("mali",))


def test_a_conflict_that_only_one_side_has_is_gained_or_lost_whole(archive: Database) -> None:
    other = a_conflict("gao", places=("Gao",))
    gained = backtest(archive, [], [other])
    assert [each.gained for each in gained.conflicts] == [{None: 1}]
    [lost, _] = backtest(archive, [a_conflict()], [other]).conflicts
    assert (lost.conflict, lost.lost) == ("mali", {PENDING: 4})


def test_it_works_in_chunks_and_tells_how_far_it_is(
    archive: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 2)
    told: list[tuple[int, int]] = []
    proposed = [a_conflict(places=("Gao",))]
    whole = backtest(archive, [a_conflict()], proposed, progress=lambda *at: told.append(at))
    assert told == [(2, 5), (4, 5), (5, 5)]
    monkeypatch.undo()
    assert backtest(archive, [a_conflict()], proposed) == whole


def test_the_texts_of_pages_count_as_they_do_live(archive: Database) -> None:
    with archive.transaction() as connection:
        page = {"state": "read", "due_at": NOON, "attempts": 1, "body": "GSIM was there."}
        connection.execute(article_pages.insert().values(article_id=5, **page))
    found = one(archive, a_conflict(decisive=("JNIM", "GSIM")))
    [gained] = found.gained_articles
    assert [(hit.field, hit.text) for hit in gained.hits if hit.text == "GSIM"] == [
        (Field.BODY, "GSIM")
    ]


def test_nothing_is_changed(archive: Database) -> None:
    before = stored(archive)
    backtest(archive, [a_conflict()], [a_conflict(places=("Gao",))])
    assert stored(archive) == before


# The property: backtest, rematch and live matching say the same.

WORDS = ("mali", "Gao", "GAO", "armée", "armee", "raid", "raids", "peace", "مالي", "cup")
WORD = st.sampled_from(WORDS)
TEXT = st.lists(WORD, min_size=1, max_size=5).map(" ".join)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    text = draw(st.sampled_from(["", "=", "^"])) + draw(
        st.lists(WORD, min_size=1, max_size=2).map(" ".join)
    )
    near = st.builds(Near, words=st.tuples(WORD), within=st.integers(1, 3))
    return Term(
        text=text + draw(st.sampled_from(["", "*"])),
        languages=draw(st.sampled_from([(), (), ("en",), ("fr",)])),
        fields=draw(st.sampled_from([(), (), (Field.TITLE,)])),
        near=draw(st.none() | near),
        unless_near=draw(st.none() | near),
        all=draw(st.sampled_from([(), (), ("peace",)])),
    )


LIST = st.lists(terms(), max_size=3).map(tuple)


@st.composite
def rule(draw: st.DrawFn, slug: str) -> Conflict:
    keywords = Keywords(
        decisive=draw(LIST), places=draw(LIST), subjects=draw(LIST), exclude=draw(LIST)
    )
    return Conflict(
        slug=slug,
        title=slug,
        keywords=replace(keywords, version=keywords_version(keywords)),
    )


SET = st.tuples(rule("mali"), rule("niger"))
NEWS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6)


def stored(database: Database) -> dict[tuple[str, str], MatchStatus]:
    with database.reading() as connection:
        queued = matches.queue(connection, status=None)
    return {(each.url, each.conflict): each.status for each in queued}


def live(
    folder: Path, empty: Path, news: Sequence[tuple[str, str]], tracked: Sequence[Conflict]
) -> Database:
    """A database that took these articles in under these rules."""
    file = folder / f"{len(list(folder.iterdir()))}.db"
    copyfile(empty, file)
    database = watch(open_database(f"sqlite:///{file}"), tracked=tracked)
    items = [
        an_article(title, summary=summary, path=f"{number}")
        for number, (title, summary) in enumerate(news)
    ]
    for item in items:
        unlike = replace(item, title_key=item.identity)
        take_in(database, unlike, tracked=tracked)
    return database


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(news=NEWS, running=SET, changed=SET, kept=st.booleans())
def test_backtest_is_what_live_matching_and_rematch_would_find(
    sqlite_file: Path,
    news: list[tuple[str, str]],
    running: tuple[Conflict, Conflict],
    changed: tuple[Conflict, Conflict],
    kept: bool,
) -> None:
    proposed = (running[0] if kept else changed[0], changed[1])
    with TemporaryDirectory() as name:
        before = live(Path(name), sqlite_file, news, running)
        after = live(Path(name), sqlite_file, news, proposed)
        was, now = set(stored(before)), set(stored(after))

        found = backtest(before, running, proposed, shown=100)
        assert found.articles == len(news)
        for each in found.conflicts:
            gained = {key for key in now - was if key[1] == each.conflict}
            lost = {key for key in was - now if key[1] == each.conflict}
            stay = {key for key in was & now if key[1] == each.conflict}
            told = [each.gained_articles, each.lost_articles]
            assert [{one.article.url for one in side} for side in told] == [
                {url for url, _ in gained},
                {url for url, _ in lost},
            ]
            assert (each.gained, each.lost, each.kept) == (
                {None: len(gained)} if gained else {},
                {PENDING: len(lost)} if lost else {},
                {PENDING: len(stay)} if stay else {},
            )
        for slug in found.unchanged:
            assert {key for key in now if key[1] == slug} == {key for key in was if key[1] == slug}

        with before.transaction() as connection:
            conflicts.declare(connection, proposed, NOON)
        expected = preview_rematch(before, rules(*proposed))
        report = rematch(before, rules(*proposed), NOON)
        assert report == expected
        assert {key for key, status in stored(before).items() if status is PENDING} == now
        before.close()
        after.close()
