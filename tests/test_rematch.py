"""Rematch: new keywords over stored articles; pending matches follow, verdicts stay."""

from datetime import timedelta

import pytest

from db import Database, conflicts, digests, matches
from pipeline import rematch as module
from pipeline.model import Approval, Article, Conflict, Decision, MatchStatus, QueuedMatch, Verdict
from pipeline.rematch import RematchReport, preview_rematch, rematch
from pipeline.review import review
from tests.making import NOON, a_conflict, an_article, rules, take_in, watch
from tests.racing import at_once

HEADLINES = (
    "Convoy attacked near Kidal in northern Mali",
    "Mali junta expels the envoy of its neighbour",
    "Army patrol ambushed at Gao outskirts",
    "Grain prices fall at the coast market again",
)


@pytest.fixture
def filled(database: Database) -> Database:
    """Four articles; the first two pending for Mali as matches 1 and 2."""
    watch(database)
    take_in(database, *[an_article(each) for each in HEADLINES])
    return database


def run(database: Database, *tracked: Conflict, chunks: list[int] | None = None) -> RematchReport:
    with database.transaction() as connection:
        conflicts.declare(connection, tracked, NOON)

    def told(done: int, total: int) -> None:
        assert total == len(HEADLINES)
        if chunks is not None:
            chunks.append(done)

    return rematch(database, rules(*tracked), NOON, told if chunks is not None else None)


def queue(database: Database) -> dict[str, QueuedMatch]:
    with database.reading() as connection:
        return {each.title: each for each in matches.queue(connection, status=None)}


def statuses(database: Database) -> list[MatchStatus | None]:
    found = queue(database)
    return [found[each].status if each in found else None for each in HEADLINES]


def test_the_same_keywords_change_nothing(filled: Database) -> None:
    before = queue(filled)
    assert run(filled, a_conflict()) == RematchReport(articles=4, matches_new=0)
    assert queue(filled) == before


def test_new_keywords_find_what_is_stored_and_let_go_what_they_no_longer_find(
    filled: Database,
) -> None:
    new = a_conflict(places=("Gao", "Kidal"))
    expected = RematchReport(articles=4, matches_new=1, withdrawn=1)
    before = queue(filled)
    assert preview_rematch(filled, rules(new)) == expected
    assert queue(filled) == before
    assert run(filled, new) == expected
    assert statuses(filled) == [
        MatchStatus.PENDING,
        MatchStatus.WITHDRAWN,
        MatchStatus.PENDING,
        None,
    ]
    assert queue(filled)[HEADLINES[2]].story_id is not None


def test_verdicts_stay(filled: Database) -> None:
    review(
        filled,
        [
            Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada"),
            Decision(match_id=2, verdict=Verdict.REJECT, editor="ada"),
        ],
        NOON,
    )
    before = queue(filled)
    report = run(filled, a_conflict(places=("Atlantis",), decisive=()))
    assert (report.matches_new, report.withdrawn, report.approved_stay) == (0, 0, 1)
    assert queue(filled) == before
    with filled.reading() as connection:
        [item] = digests.published(connection)
    assert item.placements[0].withdrawn_at is None


def test_a_conflict_that_became_automatic_approves_what_waits(filled: Database) -> None:
    run(filled, a_conflict(approve=Approval.AUTOMATIC, approve_at=1))
    assert statuses(filled)[:2] == [MatchStatus.APPROVED] * 2
    with filled.reading() as connection:
        assert len(digests.published(connection)) == 2


def test_it_works_in_chunks_and_running_it_again_does_no_harm(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 2)
    told: list[int] = []
    new = a_conflict(places=("Gao", "Kidal"))
    assert run(filled, new, chunks=told) == RematchReport(articles=4, matches_new=1, withdrawn=1)
    assert told == [2, 4, 4]
    before = queue(filled)
    assert run(filled, new) == RematchReport(articles=4, matches_new=0)
    assert queue(filled) == before


class Killed(Exception):
    """Stands for a process that ends in the middle."""


def interrupted(database: Database, conflict: Conflict) -> None:
    """Rematch, and end after the first chunk."""

    def told(done: int, total: int) -> None:
        raise Killed

    with database.transaction() as connection:
        conflicts.declare(connection, [conflict], NOON)
    with pytest.raises(Killed):
        rematch(database, rules(conflict), NOON, told)


def test_after_an_interruption_it_goes_on_from_there_and_then_is_done(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 2)
    new = a_conflict(places=("Gao", "Kidal"))
    interrupted(filled, new)
    report = run(filled, new)
    assert (report.articles, report.resumed) == (4, 2)
    assert statuses(filled)[:3] == [MatchStatus.PENDING, MatchStatus.WITHDRAWN, MatchStatus.PENDING]
    assert run(filled, new).resumed == 0


def test_under_other_rules_or_a_day_later_it_begins_anew(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 2)
    interrupted(filled, a_conflict(places=("Gao",)))
    assert run(filled, a_conflict()).resumed == 0
    interrupted(filled, a_conflict(places=("Gao",)))
    late = rematch(filled, rules(a_conflict(places=("Gao",))), NOON + timedelta(days=2))
    assert late.resumed == 0


def test_what_was_withdrawn_returns(filled: Database) -> None:
    run(filled, a_conflict(places=("Gao",)))
    assert run(filled, a_conflict()) == RematchReport(
        articles=4, matches_new=0, withdrawn=1, returned=2
    )


def test_nothing_stored_is_nothing_to_match(database: Database) -> None:
    watch(database)
    assert run(database, a_conflict()) == RematchReport(articles=0, matches_new=0)


def test_feeds_editors_and_rematches_at_the_same_moment_do_not_block_each_other(
    database: Database,
) -> None:
    watch(database)
    paths = [f"{number}" for number in range(30)]

    def texts(place: str) -> list[Article]:
        return [an_article(f"Convoy {path} attacked near {place}", path=path) for path in paths]

    take_in(database, *texts("Kidal"))
    old, new = a_conflict(), a_conflict(places=("Gao",))

    def rematching() -> None:
        for conflict in (new, old) * 3:
            rematch(database, rules(conflict), NOON)

    def storing() -> None:
        for place in ("Gao", "Kidal", "Gao"):
            take_in(database, *texts(place)[::-1])

    def deciding() -> None:
        for match_id in range(30, 0, -3):
            for verdict in (Verdict.APPROVE, Verdict.REJECT):
                review(database, [Decision(match_id=match_id, verdict=verdict, editor="a")], NOON)

    assert at_once(rematching, rematching, storing, deciding) == [None] * 4

    found = {each.id: each for each in queue(database).values()}
    rejected = set(range(30, 0, -3))
    assert {id for id in found if found[id].status is MatchStatus.REJECTED} == rejected
    rematch(database, rules(new), NOON)
    for each in queue(database).values():
        assert each.id in rejected or each.title[each.hits[-1].start :].startswith("Gao")
